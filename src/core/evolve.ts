/**
 * The only way an execution's state changes: one event recorded.
 *
 * Total (an event that is in the journal is never refused), pure bookkeeping (no rule, no lookup in the definition,
 * no clock: `at` is the record's time), and cheap: no event costs more for an execution with a longer past. Mutates
 * the state it is given.
 */
import type { ExecutionEvent, StepScheduled, StepWaiting } from './events.ts';
import { evolveExecution } from './evolve-execution.ts';
import { evolveStep, openStep } from './evolve-step.ts';
import { openCommand, openDispatch, openStepTimers } from './outstanding.ts';
import type { ExecutionState } from './state.ts';

export function evolve(state: ExecutionState, event: ExecutionEvent, at: number): ExecutionState {
  state.position += 1;
  switch (event.type) {
    case 'frame.opened':
      state.frames.set(event.frame, {
        path: event.frame,
        list: event.list,
        owner: event.owner,
        status: 'open',
        last: undefined,
        active: new Set(),
        begun: new Set(),
        error: undefined,
        result: undefined,
      });
      break;
    case 'frame.closed':
    case 'frame.reopened':
    case 'frame.deferred':
      evolveFrame(state, event);
      break;
    case 'step.scheduled':
      recordScheduled(state, event, at);
      break;
    case 'step.waiting':
      recordWaiting(state, event, at);
      break;
    case 'step.entered':
      openStep(state, event, 'running', at);
      break;
    case 'step.skipped':
      openStep(state, event, 'skipped', at);
      break;
    case 'step.attempted':
    case 'step.redelivered':
    case 'step.cancel_requested':
    case 'step.claimed':
    case 'step.retrying':
    case 'step.completed':
    case 'step.failed':
    case 'step.cancelled':
    case 'step.replaced':
      evolveStep(state, event, at);
      break;
    default:
      evolveExecution(state, event, at);
  }
  return state;
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
      break;
    case 'frame.reopened':
      frame.status = 'open';
      frame.error = undefined;
      frame.result = undefined;
      break;
    case 'frame.deferred': {
      const id = `continue:${event.frame}`;
      openCommand(state, { type: 'continue', id, frame: event.frame, next: event.next });
    }
  }
}

function recordScheduled(state: ExecutionState, event: StepScheduled, at: number): void {
  const step = openStep(state, event, 'running', at);
  step.input = event.input;
  step.task = event.task;
  openDispatch(state, step, event.queueDeadlineAt);
}

function recordWaiting(state: ExecutionState, event: StepWaiting, at: number): void {
  const step = openStep(state, event, 'waiting', at);
  step.dueAt = event.dueAt;
  step.deadlineAt = event.deadlineAt;
  step.signal = event.signal;
  openStepTimers(state, step);
}
