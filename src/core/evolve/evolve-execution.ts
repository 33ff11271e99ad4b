/** The part of `evolve` that records what happened to the execution as a whole. Same promises: total, no rules, constant cost. */
import { unreachable } from '../../kit/assert.ts';
import type { ChildEvent } from '../child-events.ts';
import type { ExecutionEvent, ExecutionStarted, SignalReceived } from '../events.ts';
import { signalIdsKept } from '../limits.ts';
import { openCommand, openTimer, reopenAll, settleAll, settleTimers } from '../outstanding.ts';
import type { ExecutionState } from '../state.ts';
import { leaveLimits, leaveTurn, openTurn, permitId } from '../task-limits.ts';
import { openReport } from './evolve-child.ts';

type WholeEvent = Extract<
  Exclude<ExecutionEvent, ChildEvent>,
  { type: `execution.${string}` | `compensation.${string}` | 'rule.fired' | 'signal.received' }
>;

export function evolveExecution(state: ExecutionState, event: WholeEvent, at: number): void {
  switch (event.type) {
    case 'execution.started':
      recordStart(state, event, at);
      break;
    case 'execution.admitted':
      state.status = 'running';
      state.startedAt = at;
      state.outstanding.delete('admission');
      break;
    case 'execution.permitted':
      recordPermitted(state, event.queued === true, at);
      break;
    case 'execution.paused':
      state.paused = true;
      break;
    case 'execution.resumed':
      state.paused = false;
      reopenAll(state);
      break;
    case 'execution.operated':
      remember(state, event.id);
      break;
    case 'execution.dead_letter_discarded':
      state.deadLetter = false;
      state.deadLetterReason = undefined;
      break;
    case 'execution.deadline_ignored':
      state.outstanding.delete('deadline');
      state.deadlineAt = undefined;
      break;
    case 'execution.retrying':
      state.outstanding.delete('deadline');
      state.deadlineAt = undefined;
      openTimer(state, { id: 'rerun', timer: 'rerun', step: '', dueAt: event.dueAt });
      break;
    case 'execution.closing':
      state.status = 'compensating';
      state.closing = event.closing;
      state.paused = false;
      state.error = event.closing.error;
      settleTimers(state);
      break;
    case 'compensation.started':
      state.compensation = { remaining: [...event.undos], failed: false };
      break;
    case 'compensation.advanced':
      recordCompensated(state, event.failed);
      break;
    case 'execution.closed':
      recordClosed(state, event, at);
      break;
    case 'execution.retried':
      recordRetry(state, event);
      break;
    case 'rule.fired':
      state.rulesFired.push(event.rule);
      break;
    case 'signal.received':
      keepSignal(state, event);
      break;
    default:
      unreachable(event);
  }
}

function recordStart(state: ExecutionState, event: ExecutionStarted, at: number): void {
  state.workspace = event.workspace;
  state.workflow = event.workflow;
  state.version = event.version;
  state.definition = event.definition;
  state.input = event.input;
  state.metadata = event.metadata;
  state.tags = event.tags;
  state.labels = event.labels;
  state.seed = event.seed;
  state.priority = event.priority;
  state.parent = event.parent;
  state.createdAt = at;
  state.rerun = event.rerun && { of: event.rerun.of, from: event.rerun.from };
  Object.assign(state.vars, event.rerun?.vars);
  state.status = event.queued ? 'queued' : 'running';
  state.startedAt = event.queued ? undefined : at;
  state.turn = event.turn && { ...event.turn, isHeld: event.inLine === undefined };
  if (event.turn && event.inLine) openTurn(state, event.turn.key);
  else if (event.queued) openCommand(state, { type: 'admission', id: 'admission' });
  setDeadline(state, event.deadlineAt);
}

function recordClosed(
  state: ExecutionState,
  event: Extract<ExecutionEvent, { type: 'execution.closed' }>,
  at: number,
): void {
  state.status = event.status;
  state.output = event.output;
  state.error = event.error;
  state.warnings = event.warnings ?? [];
  state.deadLetter = event.deadLetter ?? false;
  state.deadLetterReason = event.deadLetter && (event.deadLetterReason ?? 'rule');
  state.endedAt = at;
  state.paused = false;
  settleAll(state);
  leaveTurn(state);
  openReport(state);
}

function recordPermitted(state: ExecutionState, isQueued: boolean, at: number): void {
  leaveLimits(state, { id: permitId(''), keepsSlot: true });
  if (state.turn) state.turn = { ...state.turn, isHeld: true };
  if (isQueued) return openCommand(state, { type: 'admission', id: 'admission' });
  state.status = 'running';
  state.startedAt = at;
}

function setDeadline(state: ExecutionState, deadlineAt: number | undefined): void {
  state.deadlineAt = deadlineAt;
  if (deadlineAt === undefined) return;
  openTimer(state, { id: 'deadline', timer: 'deadline', step: '', dueAt: deadlineAt });
}

function recordRetry(state: ExecutionState, event: Extract<ExecutionEvent, { type: 'execution.retried' }>): void {
  state.run = event.run;
  if (state.turn) state.turn = { ...state.turn, isHeld: true };
  state.outstanding.delete('rerun');
  state.status = 'running';
  state.endedAt = undefined;
  state.output = undefined;
  state.blamed = state.error?.step;
  state.error = undefined;
  state.warnings = [];
  state.deadLetter = false;
  state.deadLetterReason = undefined;
  state.closing = undefined;
  state.rulesFired = [];
  setDeadline(state, event.deadlineAt);
}

function recordCompensated(state: ExecutionState, failed: boolean): void {
  if (!state.compensation) return;
  const undo = state.compensation.remaining.shift();
  state.compensation.failed ||= failed;
  const undone = undo?.undoes === undefined || failed ? undefined : state.steps.get(undo.undoes);
  if (undone) undone.status = 'compensated';
}

function keepSignal(state: ExecutionState, { id, name, payload, key }: SignalReceived): void {
  state.signals.push({ id, name, payload, ...(key === undefined ? {} : { key }) });
  remember(state, id);
}

/** A repeat is refused by it. */
function remember(state: ExecutionState, id: string): void {
  state.signalIds.push(id);
  if (state.signalIds.length > signalIdsKept) state.signalIds.shift();
}
