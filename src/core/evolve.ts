/**
 * The only way an execution's state changes: one event recorded.
 *
 * Total (an event that is in the journal is never refused), pure bookkeeping (no rule, no lookup in the definition,
 * no clock: `at` is the record's time), and cheap: no event costs more for an execution with a longer past. Mutates
 * the state it is given.
 */
import type { ExecutionEvent, ExecutionStarted, StepScheduled, StepWaiting } from './events.ts';
import { evolveStep, openStep } from './evolve-step.ts';
import { signalIdsKept } from './limits.ts';
import { openCommand, openDispatch, openTimer, reopenAll, settleAll } from './outstanding.ts';
import { type ExecutionState, passId } from './state.ts';

export function evolve(state: ExecutionState, event: ExecutionEvent, at: number): ExecutionState {
  state.position += 1;
  switch (event.type) {
    case 'execution.started':
      recordStart(state, event, at);
      break;
    case 'execution.admitted':
      state.status = 'running';
      state.startedAt = at;
      state.outstanding.delete('admission');
      break;
    case 'execution.paused':
      state.paused = true;
      break;
    case 'execution.resumed':
      state.paused = false;
      reopenAll(state);
      break;
    case 'execution.deadline_ignored':
      state.outstanding.delete('deadline');
      state.deadlineAt = undefined;
      break;
    case 'execution.closing':
      state.status = 'compensating';
      state.closing = event.closing;
      state.error = event.closing.error;
      state.outstanding.delete('deadline');
      break;
    case 'compensation.started':
      state.compensation = { remaining: [...event.undos], failed: false };
      break;
    case 'compensation.advanced':
      recordCompensated(state, event.failed);
      break;
    case 'execution.closed':
      state.status = event.status;
      state.output = event.output;
      state.error = event.error;
      state.warnings = event.warnings ?? [];
      state.deadLetter = event.deadLetter ?? false;
      state.endedAt = at;
      state.paused = false;
      settleAll(state);
      break;
    case 'execution.retried':
      recordRetry(state, event);
      break;
    case 'rule.fired':
      state.rulesFired.add(event.rule);
      break;
    case 'signal.received':
      state.signals.push({ id: event.id, name: event.name, payload: event.payload });
      rememberSignal(state, event.id);
      break;
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
    default:
      evolveStep(state, event, at);
  }
  return state;
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
  state.createdAt = at;
  state.status = event.queued ? 'queued' : 'running';
  state.startedAt = event.queued ? undefined : at;
  if (event.queued) openCommand(state, { type: 'admission', id: 'admission' });
  setDeadline(state, event.deadlineAt);
}

function setDeadline(state: ExecutionState, deadlineAt: number | undefined): void {
  state.deadlineAt = deadlineAt;
  if (deadlineAt === undefined) return;
  openTimer(state, { id: 'deadline', timer: 'deadline', step: '', dueAt: deadlineAt });
}

function recordRetry(state: ExecutionState, event: Extract<ExecutionEvent, { type: 'execution.retried' }>): void {
  state.run = event.run;
  state.status = 'running';
  state.endedAt = undefined;
  state.output = undefined;
  state.error = undefined;
  state.warnings = [];
  state.deadLetter = false;
  state.closing = undefined;
  state.rulesFired.clear();
  setDeadline(state, event.deadlineAt);
}

function recordCompensated(state: ExecutionState, failed: boolean): void {
  if (!state.compensation) return;
  const undo = state.compensation.remaining.shift();
  state.compensation.failed ||= failed;
  const undone = undo?.undoes === undefined || failed ? undefined : state.steps.get(undo.undoes);
  if (undone) undone.status = 'compensated';
}

function rememberSignal(state: ExecutionState, id: string): void {
  state.signalIds.add(id);
  if (state.signalIds.size <= signalIdsKept) return;
  const [oldest] = state.signalIds;
  if (oldest !== undefined) state.signalIds.delete(oldest);
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
  const pass = passId(step);
  if (event.dueAt !== undefined) {
    openTimer(state, { id: `wait:${pass}`, timer: 'wait', step: event.step, dueAt: event.dueAt });
  }
  if (event.deadlineAt !== undefined) {
    openTimer(state, { id: `timeout:${pass}`, timer: 'timeout', step: event.step, dueAt: event.deadlineAt });
  }
}
