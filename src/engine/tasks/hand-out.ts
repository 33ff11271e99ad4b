/** What a worker is told of a task, and the lease under which it has it. Made from the state that its move led to. */
import { type Command, inputOf, passId } from '../../core/state.ts';
import type { Clock } from '../../kit/clock.ts';
import { randomText } from '../../kit/ids.ts';
import type { Random } from '../../kit/random.ts';
import type { HandedTask } from '../engine.ts';
import type { Live } from '../moves/live.ts';
import { traceparentOf, traceRootOf } from '../moves/trace.ts';
import type { HeldLease } from './lease-book.ts';

export interface HandOutDeps {
  readonly clock: Clock;
  readonly random: Random;
  /** How long an executor holds a task without a heartbeat, in milliseconds. */
  readonly leaseMs: number;
}

export interface Handing {
  readonly live: Live;
  readonly command: Command & { type: 'dispatch' };
  readonly taskId: string;
  readonly function: string;
  readonly workerId: string;
}

export function handOut(deps: HandOutDeps, given: Handing): { lease: HeldLease; task: HandedTask } {
  const { live, command, taskId } = given;
  const { state } = live;
  const step = state.steps.get(command.step);
  const nowMs = deps.clock.nowMs();
  const deadlineAt = step?.task?.timeoutMs === undefined ? undefined : nowMs + step.task.timeoutMs;
  const lengthMs = step?.task?.heartbeatMs ?? deps.leaseMs;
  const expiresAt = Math.min(nowMs + lengthMs, deadlineAt ?? Number.POSITIVE_INFINITY);
  const token = randomText(deps.random, 26);
  const lease: HeldLease = { token, workspace: state.workspace, worker: given.workerId, since: nowMs, expiresAt };
  const task: HandedTask = {
    taskId,
    leaseToken: token,
    executionId: live.id,
    workflow: state.workflow,
    version: state.version,
    step: command.step,
    function: given.function,
    attempt: command.attempt,
    input: step ? inputOf(state, step) : null,
    deadlineAt,
    leaseExpiresAt: expiresAt,
    idempotencyKey: step?.task?.idempotencyKey ?? (step ? `${live.id}/${passId(step)}` : taskId),
    traceparent: traceparentOf(traceRootOf(state), live.id, command.id),
  };
  return { lease, task };
}
