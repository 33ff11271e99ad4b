/**
 * The part of `evolve` that records what passes between an execution and its children. Same promises: total, no rules,
 * constant cost.
 *
 * A step that ends by anything but the end of its child leaves that child a cancellation behind: it is made here, where
 * every end of a step comes by, so that no way of ending a step can forget it.
 */
import { unreachable } from '../../kit/assert.ts';
import {
  type ChildCommand,
  type ChildEnded,
  type ChildEvent,
  type ChildPhase,
  childCommandId,
  isAwaited,
  mayGoOn,
} from '../child-events.ts';
import type { ExecutionEvent } from '../events.ts';
import { openCommand } from '../outstanding.ts';
import { attemptId, type ExecutionState, isEnded, passId, type StepState } from '../state.ts';

/** The newest attempt of a step calls its child. */
export function openChild(state: ExecutionState, step: StepState, at: number): void {
  if (!step.child) return;
  const { target } = step.child;
  const call = attemptId(step);
  step.child = { target, execution: undefined, version: undefined, hasEnded: false };
  const id = childCommandId(call);
  openCommand(state, { type: 'child', id, call, step: step.path, target, openedAt: at, phase: 'starting' });
}

/**
 * An event about a step whose child may be under way. A child that was never waited for is left alone, and so is one that
 * may outlive its parent, unless the step itself ran out of time.
 */
export function releaseChild(state: ExecutionState, step: StepState, type: ExecutionEvent['type']): void {
  const command = state.outstanding.get(childCommandId(attemptId(step)));
  if (command?.type !== 'child' || !isAwaited(command)) return;
  switch (type) {
    case 'step.cancelled':
      if (command.target.outlivesParent) return void state.outstanding.delete(command.id);
      break;
    case 'step.completed':
    case 'step.failed':
    case 'step.retrying':
    case 'step.cancel_requested':
      break;
    default:
      return;
  }
  if (command.target.isDetached) state.outstanding.delete(command.id);
  else setPhase(state, command, 'cancelling');
}

function setPhase(state: ExecutionState, command: ChildCommand, phase: ChildPhase): void {
  openCommand(state, { ...command, phase });
}

export function evolveChild(state: ExecutionState, event: ChildEvent): void {
  switch (event.type) {
    case 'child.started':
      recordStarted(state, event);
      break;
    case 'child.refused':
      state.outstanding.delete(childCommandId(event.call));
      break;
    case 'child.told': {
      const command = state.outstanding.get(childCommandId(event.call));
      if (command?.type !== 'child') break;
      // Who has ended does not wait for it.
      if (isEnded(state)) state.outstanding.delete(command.id);
      else setPhase(state, command, 'ending');
      break;
    }
    case 'child.ended':
      recordEnded(state, event);
      break;
    case 'children.terminated':
      for (const command of [...state.outstanding.values()]) {
        if (command.type === 'child' && !(isAwaited(command) && mayGoOn(command)))
          setPhase(state, command, 'terminating');
      }
      break;
    case 'execution.reported':
      state.outstanding.delete('report');
      state.isReportTaken = event.isTaken;
      break;
    default:
      unreachable(event);
  }
}

function recordStarted(state: ExecutionState, event: Extract<ChildEvent, { type: 'child.started' }>): void {
  const command = state.outstanding.get(childCommandId(event.call));
  if (command?.type !== 'child') return;
  if (command.target.isDetached) state.outstanding.delete(command.id);
  else setPhase(state, command, 'running');
  const step = state.steps.get(event.step);
  if (!step?.child || attemptId(step) !== event.call) return;
  step.child = { ...step.child, execution: event.execution, version: event.version };
}

function recordEnded(state: ExecutionState, event: ChildEnded): void {
  state.outstanding.delete(childCommandId(event.call));
  const step = state.steps.get(event.step);
  if (!step?.child) return;
  if (attemptId(step) === event.call) step.child = { ...step.child, execution: event.execution, hasEnded: true };
  const isOfThisVisit = event.call.startsWith(`${passId(step)}/`);
  step.outcomeUnknown ||= isOfThisVisit && event.outcome === 'unknown';
}

export function openReport(state: ExecutionState): void {
  if (!state.parent || state.parent.isDetached || state.isReportTaken !== undefined) return;
  openCommand(state, { type: 'report', id: 'report' });
}
