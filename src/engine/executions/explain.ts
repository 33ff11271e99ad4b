/**
 * Why an execution is where it is: the one thing it waits for, and all the others.
 *
 * Read from the state alone, as recovery reads it: whatever is outstanding is a reason, and an open execution without one
 * would be a defect. Who holds a task and who asks for work comes in beside it.
 */
import { type ChildCommand, runsInside } from '../../core/child-events.ts';
import { type Awaited, serverExecutor } from '../../core/events.ts';
import { type Command, type ExecutionState, isEnded, type StepState, statusOf } from '../../core/state.ts';
import { awaitedBy } from '../../core/waiting.ts';
import { unreachable } from '../../kit/assert.ts';
import { childIdOf } from '../children/child-id.ts';
import { type LimitSight, limitReason, nextReason } from '../concurrency/limit-reasons.ts';
import type { Explanation, Reason } from '../engine.ts';

export interface ExplainDeps {
  readonly nowMs: number;
  /** Who holds the task of a step; undefined where nobody does. */
  readonly holder: (step: string) => { readonly since: number; readonly worker: string } | undefined;
  /** When somebody last asked for tasks of an executor's function; undefined where nobody has since the start. */
  readonly lastAskedFor: (executor: string, functionName: string) => number | undefined;
  readonly isLocal: (command: Command) => boolean;
  /** Executions of the workspace that may run at once. */
  readonly runningMax: number;
  /** Others wait for room in it. */
  readonly isCrowded: boolean;
  readonly limits: LimitSight;
}

/** Reasons in one answer; the first ones are the most telling. */
const reasonsMax = 100;
/** An executor that asked for work this long ago counts as there: longer than any wait of a claim. */
const askedRecentlyMs = 65_000;

export function explain(state: Readonly<ExecutionState>, deps: ExplainDeps): Explanation {
  const reasons = isEnded(state) ? [endOf(state)] : reasonsOf(state, deps);
  reasons.sort((a, b) => ranks.indexOf(a.kind) - ranks.indexOf(b.kind) || (a.until ?? 0) - (b.until ?? 0));
  const [first] = reasons;
  return {
    status: statusOf(state),
    summary: first?.message ?? 'the next move is under way',
    reasons: reasons.slice(0, reasonsMax),
    reasonsTotal: reasons.length,
  };
}

/** What holds it up comes before what goes well, and that before what only takes its time. */
const ranks: readonly Reason['kind'][] = [
  'ended',
  'paused',
  'queued',
  'limit',
  'no_executor',
  'breaker_open',
  'asked_back',
  'waiting_for_executor',
  'running',
  'child',
  'retry',
  'person',
  'signal',
  'timer',
  'deadline',
  'next_move',
];

function endOf(state: Readonly<ExecutionState>): Reason {
  const { status, error } = state;
  const why = error
    ? ` with ${error.code}${error.step === undefined ? '' : ` of step ${error.step}`}: ${error.message}`
    : '';
  return { kind: 'ended', message: `it has ended: ${status}${why}`, since: state.endedAt, step: error?.step };
}

function reasonsOf(state: Readonly<ExecutionState>, deps: ExplainDeps): Reason[] {
  const reasons = [...state.outstanding.values()].flatMap((command) => reasonOf(state, command, deps) ?? []);
  for (const step of state.steps.values()) if (step.status === 'waiting') reasons.push(...waitReasons(step));
  if (state.paused) reasons.push({ kind: 'paused', message: 'it is paused: resume it, and it goes on' });
  return reasons;
}

/** What a waiting step waits for beside the time, whose timer is a reason of its own. */
function waitReasons(step: StepState): Reason[] {
  const at = { step: step.path, since: step.startedAt, until: step.deadlineAt };
  if (step.human) {
    const { assignees, claimedBy } = step.human;
    const whom = claimedBy ?? (assignees.length === 0 ? 'anybody' : assignees.join(' or '));
    return [{ ...at, kind: 'person', message: `step ${step.path} waits for the answer of ${whom}` }];
  }
  const wanted = awaitedBy(step).flatMap((awaited) => (awaited.signal === undefined ? [] : [signalText(awaited)]));
  if (wanted.length === 0) return [];
  const message = `step ${step.path} waits for ${wanted.join(' or ')}: send it, or wait for its timeout`;
  return [{ ...at, kind: 'signal', message }];
}

/** `the signal "paid" under the key "order-7"`, `2 of the signal "vote"`. */
function signalText({ signal, key, take }: Awaited): string {
  const count = typeof take === 'number' ? `${take} of ` : '';
  return `${count}the signal "${signal}"${key === undefined ? '' : ` under the key "${key}"`}`;
}

function reasonOf(state: Readonly<ExecutionState>, command: Command, deps: ExplainDeps): Reason | undefined {
  switch (command.type) {
    case 'dispatch':
      return dispatchReason(state, command, deps);
    case 'withdraw': {
      const held = deps.holder(command.step);
      const whom = held ? `worker ${held.worker}` : 'its executor';
      const message = `what step ${command.step} was doing was asked back from ${whom}: it ends with its answer or its lease`;
      return { kind: 'asked_back', step: command.step, message, since: held?.since };
    }
    case 'timer':
      return timerReason(state, command);
    case 'admission':
      return queuedReason(state, deps);
    case 'permit': {
      const isQueued = command.holder === '' && deps.isCrowded && !runsInside(state.parent);
      const reason = limitReason(state, command, deps.limits);
      return reason ?? (isQueued ? queuedReason(state, deps) : nextReason(state, command));
    }
    case 'continue':
      return { kind: 'next_move', message: 'a long move goes on in the next one' };
    case 'child':
      return childReason(state, command);
    case 'report':
      return undefined;
    default:
      return unreachable(command);
  }
}

function queuedReason(state: Readonly<ExecutionState>, deps: ExplainDeps): Reason {
  const message = `it waits for its turn: ${deps.runningMax} executions of its workspace may run at once`;
  return { kind: 'queued', message, since: state.createdAt };
}

function dispatchReason(
  state: Readonly<ExecutionState>,
  command: Command & { type: 'dispatch' },
  deps: ExplainDeps,
): Reason | undefined {
  const step = state.steps.get(command.step);
  if (!step?.task) return undefined;
  const { executor, function: called } = step.task;
  const attempt = step.attempt === 1 ? '' : ` (attempt ${step.attempt})`;
  const at = { step: step.path, since: step.scheduledAt };
  if (deps.isLocal(command)) {
    const where = executor === serverExecutor ? `the server (${called})` : `this process (${executor}.${called})`;
    return { ...at, kind: 'running', message: `step ${step.path} runs in ${where}${attempt}` };
  }
  const held = deps.holder(step.path);
  if (held) {
    const message = `step ${step.path} runs with worker ${held.worker} of ${executor}${attempt}`;
    return { ...at, kind: 'running', message, since: held.since };
  }
  const askedAt = deps.lastAskedFor(executor, called);
  if (askedAt !== undefined && deps.nowMs - askedAt < askedRecentlyMs) {
    const message = `step ${step.path} waits for a free worker of ${executor}${attempt}`;
    return { ...at, kind: 'waiting_for_executor', message };
  }
  const gone =
    askedAt === undefined ? 'since this server started' : `for ${Math.round((deps.nowMs - askedAt) / 1_000)} s`;
  const message = `no executor "${executor}" has asked for tasks of "${called}" ${gone}: start one, or look at its log`;
  return { ...at, kind: 'no_executor', message };
}

function childReason(state: Readonly<ExecutionState>, command: ChildCommand): Reason {
  const { step, target, phase, openedAt: since } = command;
  const called = `execution ${childIdOf(state.id, command)} of ${target.workflow}`;
  const at = { kind: 'child', step, since } as const;
  switch (phase) {
    case 'starting':
      return { ...at, message: `step ${step} waits for the start of ${target.workflow}` };
    case 'running':
      return { ...at, message: `step ${step} waits for ${called}` };
    case 'cancelling':
    case 'terminating':
    case 'ending':
      return { ...at, message: `${called}, which step ${step} called, was asked to end: it waits for that` };
    default:
      return unreachable(phase);
  }
}

function timerReason(state: Readonly<ExecutionState>, timer: Command & { type: 'timer' }): Reason | undefined {
  const step = state.steps.get(timer.step);
  const until = new Date(timer.dueAt).toISOString();
  const at = { step: timer.step, until: timer.dueAt };
  switch (timer.timer) {
    case 'retry': {
      const { code = 'an error' } = step?.error ?? {};
      const message = `step ${timer.step} failed with ${code} and is tried again at ${until}`;
      return { ...at, kind: code === 'CIRCUIT_OPEN' ? 'breaker_open' : 'retry', message };
    }
    case 'wait':
      return { ...at, kind: 'timer', message: `step ${timer.step} waits until ${until}` };
    case 'rerun':
      return { kind: 'retry', until: timer.dueAt, message: `its next run begins at ${until}` };
    case 'deadline':
      return { kind: 'deadline', until: timer.dueAt, message: `its own timeout is at ${until}` };
    case 'timeout':
    case 'queue':
    case 'escalation':
      return undefined;
    default:
      return unreachable(timer.timer);
  }
}
