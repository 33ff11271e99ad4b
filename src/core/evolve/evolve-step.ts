/** The part of `evolve` that records what happened to one step. Same promises: total, no rules, constant cost. */
import { unreachable } from '../../kit/assert.ts';
import type {
  ExecutionEvent,
  StepAttempted,
  StepCompleted,
  StepEntered,
  StepReused,
  StepScheduled,
  StepSkipped,
  StepWaiting,
} from '../events.ts';
import { openDispatch, openStepTimers, openTimer, openWithdrawal, settleStep } from '../outstanding.ts';
import { attemptId, type ExecutionState, pathByName, type StepState, type StepStatus } from '../state.ts';
import { openRedelivery, recordPermitted } from '../task-limits.ts';
import { recordVars } from '../variables.ts';
import { openChild, releaseChild } from './evolve-child.ts';
import { settleHuman } from './evolve-human.ts';
import { forgetTaken, recordWaits } from './evolve-waiting.ts';

type Arriving = StepScheduled | StepEntered | StepWaiting | StepSkipped | StepReused;

/** A pass through a step begins: the state of an earlier visit is replaced. */
export function openStep(state: ExecutionState, event: Arriving, status: StepStatus, at: number): StepState {
  const frame = state.frames.get(event.frame);
  const earlier = state.steps.get(event.step);
  const step: StepState = {
    path: event.step,
    name: event.name,
    kind: event.kind,
    frame: event.frame,
    visit: event.visit,
    visitsBefore: earlier && frame?.begun.has(event.step) ? earlier.visitsBefore : event.visit - 1,
    attempt: 1,
    attemptsBefore: 0,
    deliveries: 1,
    status,
    origin: event.origin,
    after: event.after,
    previous: event.previous ?? frame?.last,
    input: undefined,
    task: undefined,
    child: undefined,
    output: undefined,
    error: undefined,
    passed: false,
    outcomeUnknown: false,
    isReused: event.type === 'step.reused',
    hasLists: false,
    quality: undefined,
    scheduledAt: at,
    startedAt: status === 'skipped' ? undefined : at,
    endedAt: status === 'skipped' ? at : undefined,
    dueAt: undefined,
    deadlineAt: undefined,
    signal: undefined,
    awaits: undefined,
    human: undefined,
  };
  if (earlier) settleStep(state, earlier);
  if (event.type === 'step.entered') recordEntry(state, step, event);
  state.steps.set(event.step, step);
  if (event.name !== event.step) recordName(state, event);
  state.completed.delete(event.step);
  // The last to begin stands last, also where it began before.
  frame?.begun.delete(event.step);
  frame?.begun.add(event.step);
  if (status !== 'skipped') frame?.active.add(event.step);
  return step;
}

function recordName(state: ExecutionState, { step: path, name }: Arriving): void {
  const found = pathByName(path, name);
  if (found !== path) state.pathsByName.set(found, path);
}

function recordEntry(state: ExecutionState, step: StepState, event: StepEntered): void {
  step.input = event.input;
  step.deadlineAt = event.deadlineAt;
  if (event.child) step.child = { target: event.child, execution: undefined, version: undefined, hasEnded: false };
  openStepTimers(state, step);
}

type StepEvent = Extract<
  ExecutionEvent,
  {
    type:
      | 'step.attempted'
      | 'step.redelivered'
      | 'step.cancel_requested'
      | 'step.claimed'
      | 'step.permitted'
      | 'step.retrying'
      | 'step.completed'
      | 'step.failed'
      | 'step.cancelled'
      | 'step.replaced';
  }
>;

export function evolveStep(state: ExecutionState, event: StepEvent, at: number): void {
  if (event.type === 'step.completed') recordOutside(state, event);
  const step = state.steps.get(event.step);
  if (!step) return;
  if (step.human) settleHuman(state, step, event, at);
  if (step.child) releaseChild(state, step, event.type);
  switch (event.type) {
    case 'step.attempted':
      recordAttempt(state, step, event, at);
      openChild(state, step, at);
      break;
    case 'step.redelivered':
      recordRedelivery(state, step, event.delivery);
      break;
    case 'step.permitted':
      recordPermitted(state, step, at);
      break;
    case 'step.claimed':
      state.outstanding.delete(`queue:${attemptId(step)}`);
      break;
    case 'step.cancel_requested':
      if (step.task) openWithdrawal(state, step);
      break;
    case 'step.retrying':
      settleStep(state, step);
      reopen(state, step);
      step.status = 'retrying';
      step.error = event.error;
      step.dueAt = event.dueAt;
      step.outcomeUnknown ||= event.outcome === 'unknown';
      openTimer(state, { id: `retry:${attemptId(step)}`, timer: 'retry', step: step.path, dueAt: event.dueAt });
      break;
    case 'step.completed':
      recordCompleted(state, step, event, at);
      break;
    case 'step.failed':
      end(state, step, event.status, at);
      step.error = event.error;
      step.quality = event.quality;
      step.startedAt = event.startedAt ?? step.startedAt;
      step.outcomeUnknown ||= event.outcome === 'unknown';
      break;
    case 'step.cancelled':
      end(state, step, 'cancelled', at);
      step.outcomeUnknown ||= event.outcome === 'unknown';
      break;
    case 'step.replaced':
      step.passed = true;
      if (event.by !== undefined) step.output = state.steps.get(event.by)?.output;
      break;
    default:
      unreachable(event);
  }
}

function recordAttempt(state: ExecutionState, step: StepState, event: StepAttempted, at: number): void {
  settleStep(state, step);
  reopen(state, step);
  step.attempt = event.attempt;
  step.deliveries = 1;
  step.status = step.kind === 'wait' || event.human || step.task?.limits ? 'waiting' : 'running';
  step.deadlineAt = event.deadlineAt;
  recordWaits(state, step, { waits: event, at });
  step.passed = false;
  if (step.task) openDispatch(state, step, event.queueDeadlineAt);
  else openStepTimers(state, step);
}

function recordRedelivery(state: ExecutionState, step: StepState, delivery: number): void {
  step.deliveries = delivery;
  const limits = step.task?.limits;
  if (limits?.rate) return openRedelivery(state, step, limits);
  if (limits) return recordPermitted(state, step, step.startedAt ?? step.scheduledAt);
  openDispatch(state, step, undefined);
}

/** A step that had ended goes on, with a fresh budget of attempts. */
function reopen(state: ExecutionState, step: StepState): void {
  if (step.endedAt === undefined) return;
  step.attemptsBefore = step.attempt;
  step.endedAt = undefined;
  state.frames.get(step.frame)?.active.add(step.path);
}

function recordCompleted(state: ExecutionState, step: StepState, event: StepCompleted, at: number): void {
  end(state, step, 'completed', at);
  step.output = event.output;
  step.error = event.insteadOf;
  step.quality = event.quality ?? step.quality;
  step.passed = true;
  step.startedAt = event.startedAt ?? step.startedAt;
  if (step.origin === 'compensation') return;
  state.completed.add(step.path);
  const frame = state.frames.get(step.frame);
  if (frame) frame.last = step.path;
}

/** What a step changes beyond itself stays, even where the step is folded away and its other events are elided. */
function recordOutside(state: ExecutionState, event: StepCompleted): void {
  if (event.signal !== undefined || event.signals) forgetTaken(state, event);
  recordVars(state, event.vars);
}

function end(state: ExecutionState, step: StepState, status: StepStatus, at: number): void {
  settleStep(state, step);
  step.status = status;
  step.endedAt = at;
  step.dueAt = undefined;
  state.frames.get(step.frame)?.active.delete(step.path);
}
