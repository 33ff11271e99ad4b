/**
 * What a person is asked, and what comes of the answer.
 *
 * The task lives in the step that waits: open, claimed by somebody, answered, or over without an answer. Everything that
 * changes it is an event, so that the journal says who had it when. Who may do what is asked in `admit-human.ts`, whether an
 * answer fits its form in `check-answer.ts`; both before a fact comes here.
 */
import { ExpressionFault, type Scope } from '../expression/expression.ts';
import { isObject, type Json, type JsonObject } from '../kit/json.ts';
import { assigneesMax } from '../model/limits.ts';
import type { Escalation, HumanAsked } from './events.ts';
import type { HumanFact } from './facts.ts';
import { succeed } from './flow.ts';
import { assigneeLengthMax, titleLengthMax } from './limits.ts';
import type { HumanWork } from './program.ts';
import { emit, stepAt, type Turn } from './turn.ts';

type Filled = { fill(scope: Scope): unknown };

/** The question, with its people and times taken now. */
export function humanAsked(turn: Turn, work: HumanWork, scope: Scope): HumanAsked {
  const given = work.title(scope);
  const title = typeof given === 'number' ? String(given) : given;
  if (typeof title !== 'string' || title.length > titleLengthMax) {
    throw failed('title', `a text of at most ${titleLengthMax} characters`);
  }
  const dueMs = work.due?.(scope);
  if (work.due && dueMs === undefined) throw failed('due', 'a duration');
  const escalations = escalationsOf(turn, work, scope);
  const defaults = work.defaults?.fill(scope);
  return {
    title,
    assignees: peopleOf(work.assignees, scope),
    ...(dueMs === undefined ? {} : { dueAt: turn.at + dueMs }),
    ...(isObject(defaults) ? { defaults: defaults as JsonObject } : {}),
    ...(escalations.length === 0 ? {} : { escalations }),
  };
}

function escalationsOf(turn: Turn, work: HumanWork, scope: Scope): readonly Escalation[] {
  const escalations = work.escalations.map(({ after, assignees }) => {
    const afterMs = after(scope);
    if (afterMs === undefined) throw failed('after', 'a duration');
    return { dueAt: turn.at + afterMs, assignees: peopleOf(assignees, scope) };
  });
  return escalations.sort((a, b) => a.dueAt - b.dueAt);
}

/** Each gives a name or a list of names; a name that comes twice counts once. */
function peopleOf(assignees: readonly Filled[], scope: Scope): readonly string[] {
  const names = assignees.flatMap((assignee) => assignee.fill(scope));
  const isName = (name: unknown): name is string =>
    typeof name === 'string' && name !== '' && name.length <= assigneeLengthMax;
  const people = [...new Set(names.filter(isName))];
  if (!names.every(isName)) throw failed('assignee', `names of 1 to ${assigneeLengthMax} characters`);
  if (people.length > assigneesMax) throw failed('assignee', `at most ${assigneesMax} names`);
  return people;
}

const failed = (field: string, wanted: string): ExpressionFault =>
  new ExpressionFault('EXPRESSION_FAILED', `"${field}" does not give ${wanted}`);

/** Somebody takes the task, gives it back, or answers. */
export function takeHuman(turn: Turn, fact: HumanFact): void {
  const { step, by } = fact;
  if (fact.type !== 'human.answered') return emit(turn, { type: fact.type, step, by });
  const { outcome, answer, comment, id } = fact;
  emit(turn, {
    type: 'human.answered',
    step,
    by,
    outcome,
    answer,
    ...(comment === undefined ? {} : { comment }),
    ...(id === undefined ? {} : { id }),
  });
  succeed(turn, step, { response: responseOf(turn, fact) });
}

function responseOf(turn: Turn, { by, outcome, answer, comment }: HumanFact & { type: 'human.answered' }): Json {
  return {
    outcome,
    answer,
    comment: comment ?? null,
    answered_by: by,
    answered_at: new Date(turn.at).toISOString(),
  };
}

/** Nobody answered in time: the next ones are asked, and whoever had claimed it has it no more. */
export function escalate(turn: Turn, path: string): void {
  const { human } = stepAt(turn.state, path);
  const next = human?.escalations[human.escalated];
  if (next) emit(turn, { type: 'human.escalated', step: path, assignees: next.assignees });
}
