/** The part of `evolve` that records what happened to a human task. Same promises: total, no rules, constant cost. */
import type { ExecutionEvent, HumanAsked } from '../events.ts';
import { openTimer } from '../outstanding.ts';
import { type ExecutionState, type HumanTask, passId, type StepState } from '../state.ts';

type HumanEvent = Extract<ExecutionEvent, { type: `human.${string}` }>;

/** A person is asked: a task for each attempt. */
export function askHuman(state: ExecutionState, step: StepState, given: { asked: HumanAsked; at: number }): void {
  const { title, assignees, defaults, dueAt, escalations = [] } = given.asked;
  const { path, name, visit, attempt } = step;
  step.human = {
    step: path,
    name,
    visit,
    attempt,
    title,
    defaults,
    createdAt: given.at,
    dueAt,
    escalations,
    escalated: 0,
    assignees,
    status: 'open',
    claimedBy: undefined,
    answer: undefined,
    endedAt: undefined,
  };
  openEscalation(state, step, step.human);
  noteHuman(state, step.human);
}

function openEscalation(state: ExecutionState, step: StepState, human: HumanTask): void {
  const next = human.escalations[human.escalated];
  if (!next) return;
  openTimer(state, { id: `escalation:${passId(step)}`, timer: 'escalation', step: step.path, dueAt: next.dueAt });
}

/** For the shell's inbox: the row of this task is out of date. */
function noteHuman(state: ExecutionState, human: HumanTask): void {
  state.humanTasks.push(human);
}

export function evolveHuman(state: ExecutionState, event: HumanEvent, at: number): void {
  const step = state.steps.get(event.step);
  const human = step?.human;
  if (!step || !human) return;
  switch (event.type) {
    case 'human.claimed':
      human.status = 'claimed';
      human.claimedBy = event.by;
      break;
    case 'human.unclaimed':
      human.status = 'open';
      human.claimedBy = undefined;
      break;
    case 'human.escalated':
      human.status = 'open';
      human.claimedBy = undefined;
      human.assignees = event.assignees;
      human.escalated += 1;
      state.outstanding.delete(`escalation:${passId(step)}`);
      openEscalation(state, step, human);
      break;
    case 'human.answered': {
      const { by, outcome, answer, comment, id } = event;
      human.answer = { by, outcome, answer, comment, id };
      endHuman(state, human, { status: 'completed', at });
      break;
    }
  }
  noteHuman(state, human);
}

const isOver = ({ status }: HumanTask): boolean => status !== 'open' && status !== 'claimed';

function endHuman(state: ExecutionState, human: HumanTask, end: { status: HumanTask['status']; at: number }): void {
  human.status = end.status;
  human.endedAt = end.at;
  noteHuman(state, human);
}

/** The step goes on without an answer, whatever the reason. */
export function settleHuman(state: ExecutionState, step: StepState, event: ExecutionEvent, at: number): void {
  const { human } = step;
  if (!human || isOver(human)) return;
  switch (event.type) {
    case 'step.failed':
      return endHuman(state, human, { status: event.status === 'timed_out' ? 'timed_out' : 'cancelled', at });
    case 'step.retrying':
      return endHuman(state, human, { status: 'timed_out', at });
    case 'step.cancelled':
    case 'step.completed':
      return endHuman(state, human, { status: 'cancelled', at });
    default:
  }
}
