/**
 * Handing tasks to executors outside this process: queues in memory over the task rows, claims that wait for work.
 *
 * A claim is a row that names its token, counted and durable before the task leaves.
 */

import { type Command, inputOf, passId } from '../core/state.ts';
import type { Clock } from '../kit/clock.ts';
import { Fault } from '../kit/fault.ts';
import { randomText } from '../kit/ids.ts';
import type { Random } from '../kit/random.ts';
import type { Store } from '../storage/store.ts';
import type { BreakerGate } from './breaker-gate.ts';
import type { Committer } from './committer.ts';
import type { ClaimRequest, EngineCounters, HandedTask } from './engine.ts';
import type { HeldLease, LeaseBook } from './lease-book.ts';
import { claimTasksMax, claimWaitMaxMs, readyTasksMax } from './limits.ts';
import type { Live } from './live.ts';
import type { Mailboxes } from './mailbox.ts';
import { openReadyQueue, type ReadyQueue, type ReadyTask } from './ready-queue.ts';
import { readyTaskOf } from './task-id.ts';
import { traceparentOf } from './trace.ts';

export interface ClaimsDeps {
  readonly store: Store;
  readonly committer: Committer;
  readonly mailboxes: Pick<Mailboxes, 'submit' | 'read'>;
  readonly clock: Clock;
  readonly random: Random;
  readonly breakers: BreakerGate;
  readonly counters: EngineCounters;
  readonly leases: LeaseBook;
  /** How long an executor holds a task without a heartbeat, in milliseconds. */
  readonly leaseMs: number;
}

export interface ClaimDesk {
  claim(request: ClaimRequest, signal?: AbortSignal): Promise<readonly HandedTask[]>;
  /** A task became ready. */
  offer(workspace: string, executor: string, task: ReadyTask): void;
  /** Tasks of this executor may be ready that the queue does not know: the next claim asks the store. */
  lookAgain(workspace: string, executor: string): void;
  /** The queues are hints: from time to time what the store has and they have not is looked for. */
  refresh(): void;
  /** Nobody may claim it any more. */
  remove(workspace: string, executor: string, taskId: string): void;
  waiting(): number;
  lastAskedFor(workspace: string, executor: string, functionName: string): number | undefined;
  /** Ends every wait. */
  close(): void;
}

interface Queue {
  readonly ready: ReadyQueue;
  readonly waiters: Set<Waiter>;
  /** When a claim last came in, by function; `*` for claims of any. */
  readonly askedAt: Map<string, number>;
}

/** A claim that waits. */
interface Waiter {
  readonly fits: (task: ReadyTask) => boolean;
  readonly wake: () => void;
}

const anyFunction = '*';

function fitting({ functions }: ClaimRequest): (task: ReadyTask) => boolean {
  if (functions === undefined) return () => true;
  const wanted = new Set(functions);
  return (task) => wanted.has(task.function);
}

export function openClaimDesk(deps: ClaimsDeps): ClaimDesk {
  const { leases } = deps;
  const queues = new Map<string, Queue>();
  let isClosed = false;

  function queueOf(workspace: string, executor: string): Queue {
    const key = `${workspace}\n${executor}`;
    const found = queues.get(key);
    if (found) return found;
    const queue: Queue = { ready: openReadyQueue(), waiters: new Set(), askedAt: new Map() };
    queues.set(key, queue);
    return queue;
  }

  /** Fetches ready tasks from the store where the queue does not hold them all. */
  async function refill(workspace: string, executor: string, count: number): Promise<void> {
    const { ready } = queueOf(workspace, executor);
    if (ready.isComplete || ready.size() >= count) return;
    const limit = Math.min(readyTasksMax, Math.max(count, 1_000));
    ready.isComplete = true;
    let isAll = false;
    try {
      const rows = await deps.store.tasks.ready({ workspace, executor, at: deps.clock.nowMs(), limit });
      for (const row of rows) if (!leases.peek(row.taskId)) ready.add(readyTaskOf(row));
      isAll = rows.length < limit;
    } finally {
      if (!isAll) ready.isComplete = false;
    }
  }

  async function take(request: ClaimRequest): Promise<HandedTask[]> {
    const { workspace, executor } = request;
    const count = Math.min(request.maxTasks, claimTasksMax);
    await refill(workspace, executor, count);
    const { ready } = queueOf(workspace, executor);
    const candidates = ready.take(count, fitting(request));
    if (candidates.length === 0) return [];
    const answers = await Promise.allSettled(candidates.map((task) => lease(request, task)));
    const handed = answers.flatMap((answer) => (answer.status === 'fulfilled' && answer.value ? [answer.value] : []));
    const failed = answers.find((answer) => answer.status === 'rejected');
    // What could not be leased is ready all the same, and this queue has forgotten it.
    if (failed) ready.isComplete = false;
    if (failed && handed.length === 0) throw failed.reason;
    return handed;
  }

  function lease(request: ClaimRequest, task: ReadyTask): Promise<HandedTask | undefined> {
    return new Promise((resolve, reject) => {
      deps.mailboxes.read(task.executionId, {
        failed: reject,
        take: (live) => {
          const command = live.state.outstanding.get(task.attempt);
          // Read from the store while another claim was about to lease it.
          const held = leases.peek(task.taskId);
          if (held && held.expiresAt > deps.clock.nowMs()) return resolve(undefined);
          if (command?.type !== 'dispatch' || live.state.paused || live.state.workspace !== request.workspace) {
            return resolve(undefined);
          }
          const refused = deps.breakers.refusal(live, command);
          if (refused) {
            deps.mailboxes.submit(task.executionId, refused);
            return resolve(undefined);
          }
          commitLease({ live, command, task, workerId: request.workerId }, resolve, reject);
        },
      });
    });
  }

  function commitLease(
    given: { live: Live; command: Command & { type: 'dispatch' }; task: ReadyTask; workerId: string },
    resolve: (task: HandedTask | undefined) => void,
    reject: (fault: Fault) => void,
  ): void {
    const { task, workerId } = given;
    const handed = handOut(deps, given);
    const { lease: held } = handed;
    leases.set(task.taskId, held);
    const { token, since: at, expiresAt } = held;
    deps.committer.add({ kind: 'lease', taskId: task.taskId, token, worker: workerId, at, expiresAt }, (outcome) => {
      if (outcome instanceof Fault || !outcome.ok) {
        leases.delete(task.taskId);
        return outcome instanceof Fault ? reject(outcome) : resolve(undefined);
      }
      deps.counters.tasksHandedOut += 1;
      resolve(handed.task);
    });
  }

  function offer(workspace: string, executor: string, task: ReadyTask): void {
    const { ready, waiters } = queueOf(workspace, executor);
    ready.add(task);
    const waiter = waiters.values().find(({ fits }) => fits(task));
    if (!waiter) return;
    waiters.delete(waiter);
    waiter.wake();
  }

  /** A claim that waits asks until it ends. */
  function remember({ workspace, executor, functions = [anyFunction] }: ClaimRequest): void {
    const { askedAt } = queueOf(workspace, executor);
    for (const name of functions) askedAt.set(name, deps.clock.nowMs());
  }

  async function claim(request: ClaimRequest, signal?: AbortSignal): Promise<readonly HandedTask[]> {
    remember(request);
    const until = deps.clock.monotonicMs() + Math.min(request.waitMs, claimWaitMaxMs);
    for (;;) {
      if (isClosed) throw new Fault('SHUTTING_DOWN', 'the server is shutting down: claim again in a moment');
      if (signal?.aborted) return [];
      const tasks = await take(request);
      const leftMs = until - deps.clock.monotonicMs();
      if (tasks.length > 0 || leftMs <= 0) return tasks;
      await someWork(request, leftMs, signal);
    }
  }

  /** Resolves when a task is offered to this executor, the time is over, or the caller went away. */
  function someWork(request: ClaimRequest, leftMs: number, signal: AbortSignal | undefined): Promise<void> {
    const { waiters, ready } = queueOf(request.workspace, request.executor);
    const fits = fitting(request);
    if (signal?.aborted || ready.has(fits)) return Promise.resolve();
    return new Promise((resolve) => {
      const wake = (): void => {
        cancel();
        waiters.delete(waiter);
        signal?.removeEventListener('abort', wake);
        resolve();
      };
      const waiter: Waiter = { fits, wake };
      const cancel = deps.clock.schedule(leftMs, wake);
      signal?.addEventListener('abort', wake, { once: true });
      waiters.add(waiter);
    });
  }

  return {
    claim,
    offer,
    lookAgain(workspace, executor) {
      queueOf(workspace, executor).ready.isComplete = false;
    },
    refresh() {
      for (const { ready, waiters } of queues.values()) {
        ready.isComplete = false;
        for (const { wake } of [...waiters]) wake();
      }
    },
    remove: (workspace, executor, taskId) => queueOf(workspace, executor).ready.remove(taskId),
    lastAskedFor(workspace, executor, functionName) {
      const askedAt = queues.get(`${workspace}\n${executor}`)?.askedAt;
      const times = [askedAt?.get(functionName), askedAt?.get(anyFunction)].filter((time) => time !== undefined);
      return times.length === 0 ? undefined : Math.max(...times);
    },
    waiting: () => [...queues.values()].reduce((count, queue) => count + queue.waiters.size, 0),
    close() {
      isClosed = true;
      for (const queue of queues.values()) for (const { wake } of [...queue.waiters]) wake();
    },
  };
}

function handOut(
  deps: ClaimsDeps,
  given: { live: Live; command: Command & { type: 'dispatch' }; task: ReadyTask; workerId: string },
) {
  const { live, command, task } = given;
  const { state } = live;
  const step = state.steps.get(command.step);
  const nowMs = deps.clock.nowMs();
  const deadlineAt = step?.task?.timeoutMs === undefined ? undefined : nowMs + step.task.timeoutMs;
  const lengthMs = step?.task?.heartbeatMs ?? deps.leaseMs;
  const expiresAt = Math.min(nowMs + lengthMs, deadlineAt ?? Number.POSITIVE_INFINITY);
  const token = randomText(deps.random, 26);
  const lease: HeldLease = { token, workspace: state.workspace, worker: given.workerId, since: nowMs, expiresAt };
  const handed: HandedTask = {
    taskId: task.taskId,
    leaseToken: token,
    executionId: live.id,
    workflow: state.workflow,
    version: state.version,
    step: command.step,
    function: task.function,
    attempt: command.attempt,
    input: step ? inputOf(state, step) : null,
    deadlineAt,
    leaseExpiresAt: expiresAt,
    idempotencyKey: step?.task?.idempotencyKey ?? (step ? `${live.id}/${passId(step)}` : task.taskId),
    traceparent: traceparentOf(live.id, command.id),
  };
  return { lease, task: handed };
}
