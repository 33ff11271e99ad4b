/**
 * The commands of an execution that wait for an answer, and what changed about them since the shell last looked.
 *
 * `opened`, `settled`, `humanTasks` and `limitsLeft` are the shell's inbox, not part of what an execution is: they are left out of snapshots, and a
 * replay ends by clearing them. They keep the cost of a move independent of how much is outstanding.
 */
import { isUndelivered } from './child-events.ts';
import {
  attemptId,
  type Command,
  type ExecutionState,
  type HumanTask,
  passId,
  type StepState,
  type TimerKind,
} from './state.ts';
import { type LimitLeft, leaveLimits, noteLeft, openPermit, permitId } from './task-limits.ts';

export interface Changes {
  /** Commands opened and not settled since. */
  readonly opened: readonly Command[];
  /** Attempt ids of tasks that are settled. */
  readonly settled: readonly string[];
  /** Human tasks that are not what they were. */
  readonly humanTasks: readonly HumanTask[];
  /** Who waits for a limit no longer, and whose slot is over. */
  readonly limitsLeft: readonly LimitLeft[];
}

export function takeChanges(state: ExecutionState): Changes {
  const opened = state.opened.filter((command) => state.outstanding.get(command.id) === command);
  const { settled } = state;
  state.opened = [];
  state.settled = [];
  const { limitsLeft = nobody } = state;
  state.limitsLeft = undefined;
  return { opened, settled, humanTasks: takeHumanTasks(state), limitsLeft };
}

const noTasks: readonly HumanTask[] = [];
const nobody: readonly LimitLeft[] = [];

/** Each once, however often it changed. */
function takeHumanTasks(state: ExecutionState): readonly HumanTask[] {
  if (state.humanTasks.length === 0) return noTasks;
  const changed = [...new Set(state.humanTasks)];
  state.humanTasks = [];
  return changed;
}

export function openCommand(state: ExecutionState, command: Command): void {
  state.outstanding.set(command.id, command);
  state.opened.push(command);
}

export function openTimer(
  state: ExecutionState,
  timer: { id: string; timer: TimerKind; step: string; dueAt: number },
): void {
  openCommand(state, { type: 'timer', ...timer });
}

/** What ends a step that runs inside the core: the time it waits for, its timeout. */
export function openStepTimers(state: ExecutionState, step: StepState): void {
  const { path, dueAt, deadlineAt } = step;
  const pass = passId(step);
  if (dueAt !== undefined) openTimer(state, { id: `wait:${pass}`, timer: 'wait', step: path, dueAt });
  if (deadlineAt === undefined) return;
  openTimer(state, { id: `timeout:${pass}`, timer: 'timeout', step: path, dueAt: deadlineAt });
}

export function openDispatch(state: ExecutionState, step: StepState, queueDeadlineAt: number | undefined): void {
  const id = attemptId(step);
  const limits = step.task?.limits;
  if (limits) openPermit(state, step, limits);
  else openCommand(state, { type: 'dispatch', id, step: step.path, visit: step.visit, attempt: step.attempt });
  if (queueDeadlineAt === undefined) return;
  openTimer(state, { id: `queue:${id}`, timer: 'queue', step: step.path, dueAt: queueDeadlineAt });
}

/** The task is asked back: it stays somebody's until it settles. */
export function openWithdrawal(state: ExecutionState, step: StepState): void {
  const dispatch = attemptId(step);
  const held = state.outstanding.get(dispatch);
  const slot = held?.type === 'dispatch' && held.slot !== undefined ? { slot: held.slot } : {};
  state.outstanding.delete(dispatch);
  openCommand(state, { type: 'withdraw', id: `withdraw:${dispatch}`, step: step.path, dispatch, ...slot });
}

/** No command of this pass is outstanding any more. */
export function settleStep(state: ExecutionState, step: StepState): void {
  const { outstanding } = state;
  if (outstanding.size === 0) return;
  if (step.task) {
    const attempt = attemptId(step);
    if (step.task.limits) settleLimits(state, attempt);
    if (outstanding.delete(attempt) || outstanding.delete(`withdraw:${attempt}`)) state.settled.push(attempt);
    if (step.task.queueTimeoutMs !== undefined) outstanding.delete(`queue:${attempt}`);
  } else {
    outstanding.delete(`wait:${passId(step)}`);
    outstanding.delete(`timeout:${passId(step)}`);
    if (step.human) outstanding.delete(`escalation:${passId(step)}`);
  }
  if (step.status === 'retrying') outstanding.delete(`retry:${attemptId(step)}`);
}

/** Notes what the attempt held or waited for; its dispatch or withdrawal is settled by the caller. */
function settleLimits(state: ExecutionState, attempt: string): void {
  leaveLimits(state, { id: permitId(attempt) });
  const command = state.outstanding.get(attempt) ?? state.outstanding.get(`withdraw:${attempt}`);
  if (command) noteLeft(state, command);
}

/** No time counts any more but that of what is in flight and of compensation, which has not begun. */
export function settleTimers(state: ExecutionState): void {
  for (const command of state.outstanding.values()) {
    if (command.type === 'timer') state.outstanding.delete(command.id);
  }
}

/** The execution has ended: nothing is outstanding any more but what its children must learn of it. */
export function settleAll(state: ExecutionState): void {
  for (const command of state.outstanding.values()) {
    if (command.type === 'dispatch') state.settled.push(command.id);
    if (command.type === 'withdraw') state.settled.push(command.dispatch);
    noteLeft(state, command);
    if (command.type !== 'child' || !isUndelivered(command)) state.outstanding.delete(command.id);
  }
}

/** After a pause everything outstanding is looked at again. */
export function reopenAll(state: ExecutionState): void {
  state.opened.push(...state.outstanding.values());
}
