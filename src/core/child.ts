/**
 * A `workflow` step: it calls a child, waits for its end, and lets it go.
 *
 * The child is an execution of its own. What passes between the two are facts that may be lost with a node, come twice and
 * late: each is named by its call, owed by a command that stays outstanding until it is delivered, and admitted once. So
 * a crash between any two of these is harmless:
 *
 * - the parent's call is durable, the child's start is not: the command is `starting`, and is delivered again;
 * - the child's start is durable, the parent does not know: its second start is refused, which says that it is there;
 * - the child has ended, the parent does not know: the child's report is outstanding, and is delivered again;
 * - the parent took the report, the child does not know: the parent refuses it as taken before;
 * - the report overtakes the news of the start: it settles the call, and the news is refused;
 * - the parent gave the child up, the child does not know: the command is `cancelling`, and is delivered again; a child that
 *   is not there yet is started as one that was cancelled before it began, so that no late start can bring it to life;
 * - the child was told, the parent does not know: the child refuses to end twice, which says that it knows.
 *
 * An execution that is closing (cancelled, out of time, compensating) waits for its children to end before it undoes anything;
 * one that fails, completes or is terminated does not.
 */
import type { Json } from '../kit/json.ts';
import {
  type ChildCommand,
  type ChildEndedFact,
  type ChildFact,
  type ChildTarget,
  childCommandId,
  isAwaited,
  mayGoOn,
} from './child-events.ts';
import { isStopping, settleInFlight } from './closing.ts';
import type { StepError } from './errors.ts';
import type { StepEntered } from './events.ts';
import { failAttempt } from './failure.ts';
import { succeed } from './flow.ts';
import { childDepthMax } from './limits.ts';
import { attemptId, type ExecutionState, type StepState } from './state.ts';
import { emit, type Turn } from './turn.ts';

type Entry = Omit<StepEntered, 'type' | 'child'>;

/** The flow comes to a step that calls a workflow. */
export function callChild(turn: Turn, entry: Entry, target: ChildTarget): void {
  const depth = turn.state.parent?.depth ?? 0;
  if (target.isDetached || depth < childDepthMax) return emit(turn, { type: 'step.entered', ...entry, child: target });
  emit(turn, { type: 'step.entered', ...entry });
  const message = `${childDepthMax} workflows wait for each other already: call ${target.workflow} with "mode: detached", or less deep`;
  failAttempt(turn, entry.step, { error: { code: 'CHILD_DEPTH_EXCEEDED', message, step: entry.step } });
}

export function takeChild(turn: Turn, fact: Exclude<ChildFact, { type: 'reported' }>): void {
  const command = turn.state.outstanding.get(childCommandId(fact.call));
  if (command?.type !== 'child') return;
  const { call, step } = command;
  switch (fact.type) {
    case 'child.started':
      emit(turn, { type: 'child.started', step, call, execution: fact.execution, version: fact.version });
      if (command.target.isDetached) succeed(turn, step, { response: { execution_id: fact.execution } });
      return;
    case 'child.refused':
      emit(turn, { type: 'child.refused', step, call });
      return failAttempt(turn, step, { error: { ...fact.error, step } });
    case 'child.told':
      return emit(turn, { type: 'child.told', step, call });
    case 'child.ended':
      return takeEnd(turn, command, fact);
  }
}

function takeEnd(turn: Turn, command: ChildCommand, fact: ChildEndedFact): void {
  const { state } = turn;
  const { call, step: path } = command;
  const { status, execution } = fact;
  const step = state.steps.get(path);
  const isWanted = step?.status === 'running' && attemptId(step) === call;
  const late = !isWanted && status === 'completed' ? ({ outcome: 'unknown' } as const) : {};
  emit(turn, { type: 'child.ended', step: path, call, execution, status, ...late });
  if (isWanted) endStep(turn, step, { fact, wasAsked: !isAwaited(command) });
  settleInFlight(turn);
}

function endStep(turn: Turn, step: StepState, { fact, wasAsked }: { fact: ChildEndedFact; wasAsked: boolean }): void {
  if (fact.status === 'completed') return succeed(turn, step.path, { response: fact.output });
  const isUndone = fact.status === 'cancelled' && wasAsked && isStopping(turn.state, step.frame);
  if (isUndone) return emit(turn, { type: 'step.cancelled', step: step.path });
  failAttempt(turn, step.path, { error: errorOf(step.path, fact) });
}

/** The child's own error, as the step's: the same code, so that policies and rules need not know who failed. */
function errorOf(step: string, { status, execution, error }: ChildEndedFact): StepError {
  const details: Json = { execution_id: execution, status };
  const cause = error === undefined ? {} : { cause: error };
  if (status === 'cancelled') {
    const message = `the execution ${execution}, for which the step waited, was cancelled`;
    return { code: 'CHILD_CANCELLED', message, details, step, ...cause };
  }
  const { code = 'CHILD_FAILED', message = `the execution ${execution} ended as ${status}` } = error ?? {};
  return { code, message, details, step, ...(error?.retryable === false ? { retryable: false } : {}), ...cause };
}

/** The execution is closing: a child that it waits for is asked to end first, any other is let go. */
export function askChild(turn: Turn, command: ChildCommand): void {
  if (!isAwaited(command)) return;
  emit(turn, { type: mayGoOn(command) ? 'step.cancelled' : 'step.cancel_requested', step: command.step });
}

/** Whether the end of a child must come before this execution compensates, and so before it ends. */
export function waitsForChild({ outstanding }: ExecutionState): boolean {
  for (const command of outstanding.values()) {
    if (command.type === 'child' && !(isAwaited(command) && mayGoOn(command))) return true;
  }
  return false;
}

/** Whether a child of a step there is under way. */
export function waitsForChildIn({ outstanding }: ExecutionState, isThere: (path: string) => boolean): boolean {
  for (const command of outstanding.values()) if (command.type === 'child' && isThere(command.step)) return true;
  return false;
}

/** The execution ends at once, and so shall they. */
export function terminateChildren(turn: Turn): void {
  for (const command of turn.state.outstanding.values()) {
    if (command.type === 'child') return emit(turn, { type: 'children.terminated' });
  }
}
