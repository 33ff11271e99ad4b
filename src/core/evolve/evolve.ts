/**
 * The only way an execution's state changes: one event recorded.
 *
 * Total (an event that is in the journal is never refused), pure bookkeeping (no rule, no lookup in the definition,
 * no clock: `at` is the record's time), and cheap: no event costs more for an execution with a longer past. Mutates
 * the state it is given.
 */
import type { ExecutionEvent, FrameClosed, FrameOpened, StepReused, StepScheduled, StepWaiting } from '../events.ts';
import { openCommand, openDispatch, openStepTimers } from '../outstanding.ts';
import { type ExecutionState, type FrameState, resultOf } from '../state.ts';
import { evolveChild, openChild } from './evolve-child.ts';
import { evolveExecution } from './evolve-execution.ts';
import { evolveHuman } from './evolve-human.ts';
import { evolveLoop, recordRound, recordRoundClosed } from './evolve-loop.ts';
import { evolveStep, openStep } from './evolve-step.ts';
import { recordWaits } from './evolve-waiting.ts';

export function evolve(state: ExecutionState, event: ExecutionEvent, at: number): ExecutionState {
  state.position += event.type === 'journal.elided' ? event.count : 1;
  state.recordedAt = at;
  switch (event.type) {
    case 'frame.opened':
      recordFrame(state, event);
      break;
    case 'frame.closed':
    case 'frame.reopened':
    case 'frame.deferred':
      evolveFrame(state, event);
      break;
    case 'loop.opened':
    case 'loop.folded':
    case 'loop.deferred':
    case 'loop.continued':
    case 'loop.resumed':
      evolveLoop(state, event);
      break;
    case 'journal.elided':
      break;
    case 'step.scheduled':
      recordScheduled(state, event, at);
      break;
    case 'step.waiting':
      recordWaiting(state, event, at);
      break;
    case 'step.entered':
      openChild(state, openStep(state, event, 'running', at), at);
      break;
    case 'step.skipped':
      openStep(state, event, 'skipped', at);
      break;
    case 'step.reused':
      recordReused(state, event, at);
      break;
    case 'step.attempted':
    case 'step.redelivered':
    case 'step.cancel_requested':
    case 'step.claimed':
    case 'step.permitted':
    case 'step.retrying':
    case 'step.completed':
    case 'step.failed':
    case 'step.cancelled':
    case 'step.replaced':
      evolveStep(state, event, at);
      break;
    case 'human.claimed':
    case 'human.unclaimed':
    case 'human.escalated':
    case 'human.answered':
      evolveHuman(state, event, at);
      break;
    case 'child.started':
    case 'child.refused':
    case 'child.told':
    case 'child.ended':
    case 'children.terminated':
    case 'execution.reported':
      evolveChild(state, event);
      break;
    default:
      evolveExecution(state, event, at);
  }
  return state;
}

function recordFrame(state: ExecutionState, event: FrameOpened): void {
  const { frame: path, list, owner, index } = event;
  state.frames.set(path, {
    path,
    list,
    owner,
    status: 'open',
    last: undefined,
    active: new Set(),
    begun: new Set(),
    error: undefined,
    result: undefined,
    index,
    visitsBefore: visitsBefore(state, event),
  });
  const container = owner === undefined ? undefined : state.steps.get(owner);
  if (container) container.hasLists = true;
  state.roundVars.delete(event.frame);
  recordRound(state, event);
}

/** Of a round those that were folded, of a list inside a round those of the round. */
function visitsBefore(state: ExecutionState, { owner, index }: FrameOpened): number {
  if (owner === undefined) return 0;
  const loop = index === undefined ? undefined : state.loops.get(owner);
  if (index !== undefined) return loop && index < loop.foldedEver ? loop.visits : 0;
  return state.frames.get(state.steps.get(owner)?.frame ?? '')?.visitsBefore ?? 0;
}

type FrameEvent = Extract<ExecutionEvent, { type: 'frame.closed' | 'frame.reopened' | 'frame.deferred' }>;

function evolveFrame(state: ExecutionState, event: FrameEvent): void {
  const frame = state.frames.get(event.frame);
  if (!frame) return;
  state.outstanding.delete(`continue:${event.frame}`);
  switch (event.type) {
    case 'frame.closed':
      frame.status = event.status;
      frame.error = event.error;
      frame.result = event.result;
      closeRound(state, frame, event);
      break;
    case 'frame.reopened':
      frame.status = 'open';
      frame.error = undefined;
      frame.result = undefined;
      recordRound(state, frame);
      break;
    case 'frame.deferred': {
      const id = `continue:${event.frame}`;
      openCommand(state, { type: 'continue', id, frame: event.frame, next: event.next });
    }
  }
}

function closeRound(state: ExecutionState, frame: FrameState, event: FrameClosed): void {
  const { owner, index } = frame;
  if (owner === undefined || index === undefined) return;
  recordRoundClosed(state, { owner, index, result: resultOf(state, frame) }, event);
}

function recordReused(state: ExecutionState, event: StepReused, at: number): void {
  const step = openStep(state, event, event.status, at);
  step.input = event.input;
  step.output = event.output;
  step.passed = true;
  step.startedAt = undefined;
  step.endedAt = at;
  const frame = state.frames.get(event.frame);
  frame?.active.delete(event.step);
  if (event.status !== 'completed') return;
  state.completed.add(event.step);
  if (frame) frame.last = event.step;
}

function recordScheduled(state: ExecutionState, event: StepScheduled, at: number): void {
  const step = openStep(state, event, 'running', at);
  step.input = event.input;
  step.task = event.task;
  if (event.task.limits) step.status = 'waiting';
  openDispatch(state, step, event.queueDeadlineAt);
}

function recordWaiting(state: ExecutionState, event: StepWaiting, at: number): void {
  const step = openStep(state, event, 'waiting', at);
  step.input = event.input;
  step.deadlineAt = event.deadlineAt;
  recordWaits(state, step, { waits: event, at });
  openStepTimers(state, step);
}
