/** Who was asked, who had a task and who answered it: once, in its time, and only who may. And the rows that say so. */
import type { ExecutionEvent, HumanAnswered } from '../../../src/core/events.ts';
import type { HumanTask, StepState } from '../../../src/core/state.ts';
import { humanTaskIdOf, humanTaskRow } from '../../../src/engine/human-tasks/human-task-row.ts';
import { member } from '../../../src/kit/json.ts';
import type { HumanTaskStep } from '../../../src/model/definition.ts';
import type { MemoryDisk } from '../../../src/storage/memory/memory-disk.ts';
import { claim } from '../violation.ts';
import { type Book, type Check, latenessMaxMs } from './book.ts';

type HumanEvent = Extract<ExecutionEvent, { type: `human.${string}` }>;

const operator = 'root';

export function checkPeople(book: Book): Check {
  const { shadow, id, tally } = book;
  /** Attempts that were answered, kept apart from the engine's own bookkeeping. */
  const answered = new Set<string>();
  /** Who has claimed which attempt. */
  const holders = new Map<string, string>();
  /** How often an attempt went on to others. */
  const escalations = new Map<string, number>();
  /** Who is asked in an attempt now. */
  const asked = new Map<string, readonly string[]>();
  let unfinished: string | undefined;

  const attemptOf = ({ step, visit, attempt }: HumanTask): string => `${step}#${visit}/${attempt}`;

  function taskOf(event: HumanEvent): { step: StepState; human: HumanTask; key: string } {
    const step = shadow.steps.get(event.step);
    const human = step?.human;
    claim(step && human, 'I3', () => `${id}: ${event.type} for ${event.step}, which asks nobody`);
    const isOpen = step.status === 'waiting' && step.endedAt === undefined;
    claim(isOpen, 'I3', () => `${id}: ${event.type} for ${event.step}, which is ${step.status}`);
    return { step, human, key: attemptOf(human) };
  }

  function definedAs(step: StepState): HumanTaskStep {
    const found = book.outline.steps.get(step.name)?.step;
    claim(found?.type === 'human_task', 'I10', () => `${id}: ${step.path} is no human task`);
    return found;
  }

  function checkPerson(event: HumanEvent & { by: string }): void {
    const { key } = taskOf(event);
    const holder = holders.get(key);
    const people = asked.get(key) ?? [];
    const isTheirs = people.length === 0 || people.includes(event.by) || holder === event.by || event.by === operator;
    claim(isTheirs, 'I3', () => `${id}: ${event.by} has ${event.type} of a task that is for ${people}`);
    const mayTake =
      holder === undefined || holder === event.by || (event.type === 'human.unclaimed' && event.by === operator);
    claim(mayTake, 'I3', () => `${id}: ${event.by} has ${event.type} of a task that ${holder} holds`);
    if (event.type === 'human.claimed') holders.set(key, event.by);
    if (event.type === 'human.unclaimed') holders.delete(key);
  }

  function checkAnswered(event: HumanAnswered): void {
    const { step, key } = taskOf(event);
    claim(!answered.has(key), 'I3', () => `${id}: ${key} is answered twice`);
    answered.add(key);
    unfinished = step.path;
    const { form, outcomes } = definedAs(step);
    const number = member(event.answer, 'n');
    const isFilled = form === undefined || event.outcome === 'rejected' || (typeof number === 'number' && number <= 5);
    claim(isFilled, 'I4', () => `${id}: ${key} is answered with ${JSON.stringify(event.answer)}`);
    const allowed = outcomes ?? ['completed', 'rejected'];
    claim(allowed.includes(event.outcome), 'I4', () => `${id}: ${key} has the outcome ${event.outcome}`);
    if (event.outcome === 'rejected') tally.saw('human task rejected');
  }

  function checkEscalated(event: HumanEvent & { type: 'human.escalated' }, at: number): void {
    const { human, key, step } = taskOf(event);
    const count = escalations.get(key) ?? 0;
    const due = human.createdAt + dueAfter(definedAs(step), count);
    escalations.set(key, count + 1);
    claim(at >= due, 'I8', () => `${id}: ${key} escalates ${due - at} ms early`);
    const lateMs = at - Math.max(due, book.heldUntil);
    if (book.isFair) claim(lateMs <= latenessMaxMs, 'I8', () => `${id}: ${key} escalates ${lateMs} ms late`);
    asked.set(key, event.assignees);
    holders.delete(key);
    tally.saw('human task escalated');
  }

  /** Escalations come in the order of their times. */
  function dueAfter({ escalation = [] }: HumanTaskStep, count: number): number {
    const times = escalation.map(({ after }) => Number(after)).sort((a, b) => a - b);
    claim(times[count] !== undefined, 'I8', () => `${id}: escalation ${count + 1} of ${times.length}`);
    return times[count] ?? 0;
  }

  return {
    before(event, at) {
      switch (event.type) {
        case 'human.claimed':
        case 'human.unclaimed':
          return checkPerson(event);
        case 'human.answered':
          checkPerson(event);
          return checkAnswered(event);
        case 'human.escalated':
          return checkEscalated(event, at);
        case 'step.completed':
        case 'step.failed':
        case 'step.retrying': {
          const human = shadow.steps.get(event.step)?.human;
          const isByAnswer = event.step === unfinished || (event.type === 'step.completed' && event.insteadOf);
          unfinished = undefined;
          if (!human || isByAnswer) return;
          claim(event.type !== 'step.completed', 'I3', () => `${id}: ${event.step} completes and nobody answered`);
          if (event.error.code === 'TIMEOUT') tally.saw('human task timed out');
          return;
        }
        default:
      }
    },
    moved() {
      claim(unfinished === undefined, 'I3', () => `${id}: ${unfinished} was answered and goes on waiting`);
      for (const step of shadow.steps.values()) {
        const { human } = step;
        if (!human) continue;
        const key = attemptOf(human);
        if (!asked.has(key)) asked.set(key, human.assignees);
        const isOpen = step.status === 'waiting';
        const isAsked = human.status === 'open' || human.status === 'claimed';
        claim(isOpen === isAsked, 'I7', () => `${id}: ${key} is ${human.status}, its step ${step.status}`);
        if (isOpen) checkTimer(step, key);
      }
    },
  };

  /** The next escalation is waited for. */
  function checkTimer(step: StepState, key: string): void {
    const total = definedAs(step).escalation?.length ?? 0;
    const isArmed = shadow.outstanding.has(`escalation:${step.path}#${step.visit}`);
    const isWanted = (escalations.get(key) ?? 0) < total && !shadow.closing;
    claim(isArmed || !isWanted || shadow.compensation, 'I7', () => `${id}: ${step.path} would never escalate`);
  }
}

/** The row of each task is what its step says; a task of an earlier pass is over. */
export function checkHumanRows({ shadow, id }: Book, disk: MemoryDisk): void {
  const current = new Set<string>();
  for (const { human } of shadow.steps.values()) {
    if (!human) continue;
    const humanTaskId = humanTaskIdOf(id, human);
    current.add(humanTaskId);
    const { executionId: _, workspace: __, position, ...row } = disk.humanTasks.get(humanTaskId) ?? {};
    const { position: ___, ...expected } = humanTaskRow(shadow, human);
    const [actual, wanted] = [row, expected].map((each) => JSON.stringify(each));
    claim(actual === wanted, 'rows', () => `${humanTaskId} is ${actual} at ${position}, a rebuild gives ${wanted}`);
  }
  for (const row of disk.humanTasks.values()) {
    if (row.executionId !== id || current.has(row.humanTaskId)) continue;
    claim(row.endedAt !== null, 'rows', () => `${row.humanTaskId} of an earlier pass is ${row.status}`);
  }
}
