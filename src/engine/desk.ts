/**
 * Where executors outside this process take work and bring results.
 *
 * The task row is the truth: a claim is a row that names its token, counted and durable before the task leaves. Queues
 * and leases in memory only save reading it. A result is a fact like any other; what makes a stale one harmless is that
 * its attempt is settled or its token is not the row's.
 */

import { type Command, type ExecutionState, inputOf, passId } from '../core/state.ts';
import type { Clock } from '../kit/clock.ts';
import { Fault } from '../kit/fault.ts';
import { randomText } from '../kit/ids.ts';
import type { Random } from '../kit/random.ts';
import type { Store } from '../storage/store.ts';
import type { StoredTask } from '../storage/tasks.ts';
import type { BreakerGate } from './breaker-gate.ts';
import type { Committer } from './committer.ts';
import type {
  ClaimRequest,
  EngineCounters,
  HandedTask,
  HeartbeatAnswer,
  TaskAnswer,
  TaskDesk,
  TaskResult,
} from './engine.ts';
import { claimTasksMax, claimWaitMaxMs, leaseMs, readyTasksMax } from './limits.ts';
import type { Advanced, Live, UntimedFact } from './live.ts';
import type { Mailboxes } from './mailbox.ts';
import { taskIdOf } from './move.ts';
import { openReadyQueue, type ReadyQueue, type ReadyTask } from './ready-queue.ts';
import { findUnstorable } from './storable.ts';
import { traceparentOf } from './trace.ts';

export interface DeskDeps {
  readonly store: Store;
  readonly committer: Committer;
  readonly mailboxes: Pick<Mailboxes, 'submit' | 'submitAll' | 'read' | 'peek'>;
  readonly clock: Clock;
  readonly random: Random;
  readonly breakers: BreakerGate;
  readonly counters: EngineCounters;
}

/** What the rest of the engine asks of it. */
export interface Desk extends TaskDesk {
  /** A task became ready. */
  offer(workspace: string, executor: string, task: ReadyTask): void;
  /** A task is settled: whoever holds it has no claim any more. */
  settle(workspace: string, executor: string, taskId: string): void;
  withdraw(live: Live, command: Command & { type: 'withdraw' }): void;
  /** A lease ran out. */
  expire(task: StoredTask): void;
  waiting(): number;
  close(): void;
}

interface HeldLease {
  readonly token: string;
  readonly worker: string;
  readonly since: number;
  readonly lengthMs: number;
  /** A lease is not prolonged beyond it. */
  readonly deadlineAt: number | undefined;
  expiresAt: number;
}

interface Waiter {
  readonly wake: () => void;
}

export function openDesk(deps: DeskDeps): Desk {
  const queues = new Map<string, { readonly ready: ReadyQueue; readonly waiters: Set<Waiter> }>();
  const leases = new Map<string, HeldLease>();
  let isClosed = false;

  function queueOf(workspace: string, executor: string) {
    const key = `${workspace}\n${executor}`;
    const found = queues.get(key);
    if (found) return found;
    const queue = { ready: openReadyQueue(), waiters: new Set<Waiter>() };
    queues.set(key, queue);
    return queue;
  }

  /** Fetches ready tasks from the store where the queue does not hold them all. */
  async function refill(workspace: string, executor: string, count: number): Promise<void> {
    const { ready } = queueOf(workspace, executor);
    if (ready.isComplete || ready.size() >= count) return;
    const limit = Math.min(readyTasksMax, Math.max(count, 1_000));
    ready.isComplete = true;
    const rows = await deps.store.tasks.ready({ workspace, executor, at: deps.clock.nowMs(), limit });
    for (const row of rows) if (!leases.has(row.taskId)) ready.add(readyTaskOf(row));
    if (rows.length >= limit) ready.isComplete = false;
  }

  async function take(request: ClaimRequest): Promise<HandedTask[]> {
    const { workspace, executor } = request;
    const count = Math.min(request.maxTasks, claimTasksMax);
    await refill(workspace, executor, count);
    const functions = request.functions && new Set(request.functions);
    const candidates = queueOf(workspace, executor).ready.take(count, (task) => functions?.has(task.function) ?? true);
    if (candidates.length === 0) return [];
    const handed = await Promise.all(candidates.map((task) => lease(request, task)));
    return handed.filter((task) => task !== undefined);
  }

  function lease(request: ClaimRequest, task: ReadyTask): Promise<HandedTask | undefined> {
    return new Promise((resolve, reject) => {
      deps.mailboxes.read(task.executionId, {
        failed: reject,
        take: (live) => {
          const command = live.state.outstanding.get(task.attempt);
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
    const handed = handOut(given);
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

  function handOut(given: { live: Live; command: Command & { type: 'dispatch' }; task: ReadyTask; workerId: string }) {
    const { live, command, task } = given;
    const { state } = live;
    const step = state.steps.get(command.step);
    const nowMs = deps.clock.nowMs();
    const deadlineAt = step?.task?.timeoutMs === undefined ? undefined : nowMs + step.task.timeoutMs;
    const lengthMs = step?.task?.heartbeatMs ?? leaseMs;
    const expiresAt = Math.min(nowMs + lengthMs, deadlineAt ?? Number.POSITIVE_INFINITY);
    const token = randomText(deps.random, 26);
    const lease: HeldLease = { token, worker: given.workerId, since: nowMs, lengthMs, deadlineAt, expiresAt };
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

  /** The lease as far as it is known; read from its row where this node did not hand it out. */
  async function heldLease(taskId: string): Promise<HeldLease | undefined> {
    const known = leases.get(taskId);
    if (known) return known;
    const row = await deps.store.tasks.find(taskId);
    if (!row?.lease) return undefined;
    const { token, worker, since, expiresAt } = row.lease;
    return { token, worker, since, expiresAt, lengthMs: leaseMs, deadlineAt: undefined };
  }

  async function completeOne(
    workspace: string,
    result: TaskResult,
  ): Promise<{ executionId: string; fact: UntimedFact } | undefined> {
    const parsed = parseTaskId(result.taskId);
    const held = await heldLease(result.taskId);
    const isHeld = parsed !== undefined && held !== undefined && held.token === result.leaseToken;
    if (!isHeld) return undefined;
    const live = deps.mailboxes.peek(parsed.executionId);
    if (live && live.state.position > 0 && live.state.workspace !== workspace) return undefined;
    const { step, visit, attempt } = parsed;
    const startedAt = held.since;
    const error = result.status === 'failed' ? result.error : findUnstorable(result.output);
    if (error)
      return { executionId: parsed.executionId, fact: { type: 'task.failed', step, visit, attempt, error, startedAt } };
    const output = result.status === 'completed' ? (result.output as never) : null;
    return {
      executionId: parsed.executionId,
      fact: { type: 'task.completed', step, visit, attempt, output, startedAt },
    };
  }

  async function complete(workspace: string, results: readonly TaskResult[]): Promise<readonly TaskAnswer[]> {
    const facts = await Promise.all(results.map((result) => completeOne(workspace, result)));
    const byExecution = new Map<string, number[]>();
    for (const [index, fact] of facts.entries()) {
      if (fact) byExecution.set(fact.executionId, [...(byExecution.get(fact.executionId) ?? []), index]);
    }
    const answers = results.map((result): Promise<TaskAnswer> | TaskAnswer => stale(result.taskId));
    for (const [executionId, indices] of byExecution) {
      const entries = indices.map((index) => {
        const taskId = results[index]?.taskId ?? '';
        let settle: (advanced: Advanced) => void = () => undefined;
        answers[index] = new Promise<TaskAnswer>((resolve, reject) => {
          settle = (advanced) => {
            if (advanced.ok) return resolve({ taskId, accepted: true });
            if ('fault' in advanced) return reject(advanced.fault);
            resolve(stale(taskId));
          };
        });
        return { fact: facts[index]?.fact as UntimedFact, settle, claims: undefined };
      });
      deps.mailboxes.submitAll(executionId, entries);
    }
    return Promise.all(answers);
  }

  function stale(taskId: string): TaskAnswer {
    deps.counters.staleResults += 1;
    return { taskId, accepted: false, code: 'STALE_LEASE' };
  }

  async function heartbeatOne(
    workspace: string,
    task: { taskId: string; leaseToken: string },
  ): Promise<HeartbeatAnswer> {
    const lost: HeartbeatAnswer = { taskId: task.taskId, leaseExpiresAt: 0, cancelRequested: true };
    const parsed = parseTaskId(task.taskId);
    const held = await heldLease(task.taskId);
    if (!parsed || held?.token !== task.leaseToken) return lost;
    const state = await stateOf(parsed.executionId);
    if (state?.workspace !== workspace) return lost;
    const isWanted = state.outstanding.has(parsed.id);
    if (!isWanted && !state.outstanding.has(`withdraw:${parsed.id}`)) return lost;
    const expiresAt = Math.min(deps.clock.nowMs() + held.lengthMs, held.deadlineAt ?? Number.POSITIVE_INFINITY);
    const isExtended = await write({ kind: 'extend', taskId: task.taskId, token: held.token, expiresAt });
    if (!isExtended) return lost;
    held.expiresAt = expiresAt;
    return { taskId: task.taskId, leaseExpiresAt: expiresAt, cancelRequested: !isWanted };
  }

  function stateOf(executionId: string): Promise<ExecutionState | undefined> {
    return new Promise((resolve) =>
      deps.mailboxes.read(executionId, { take: (live) => resolve(live.state), failed: () => resolve(undefined) }),
    );
  }

  function write(given: Parameters<Committer['add']>[0]): Promise<boolean> {
    return new Promise((resolve, reject) =>
      deps.committer.add(given, (outcome) => (outcome instanceof Fault ? reject(outcome) : resolve(outcome.ok))),
    );
  }

  async function releaseOne(workspace: string, task: { taskId: string; leaseToken: string }): Promise<void> {
    const parsed = parseTaskId(task.taskId);
    const row = await deps.store.tasks.find(task.taskId);
    if (!parsed || row?.workspace !== workspace || row.lease?.token !== task.leaseToken) return;
    leases.delete(task.taskId);
    const isReleased = await write({ kind: 'release', taskId: task.taskId, token: task.leaseToken });
    if (isReleased) offer(workspace, row.executor, readyTaskOf(row));
  }

  function offer(workspace: string, executor: string, task: ReadyTask): void {
    const { ready, waiters } = queueOf(workspace, executor);
    leases.delete(task.taskId);
    ready.add(task);
    const [first] = waiters;
    if (!first) return;
    waiters.delete(first);
    first.wake();
  }

  async function claim(request: ClaimRequest, signal?: AbortSignal): Promise<readonly HandedTask[]> {
    const until = deps.clock.monotonicMs() + Math.min(request.waitMs, claimWaitMaxMs);
    for (;;) {
      if (isClosed) throw new Fault('SHUTTING_DOWN', 'the server is shutting down: claim again in a moment');
      const tasks = await take(request);
      const leftMs = until - deps.clock.monotonicMs();
      if (tasks.length > 0 || leftMs <= 0 || signal?.aborted) return tasks;
      await someWork(request, leftMs, signal);
    }
  }

  /** Resolves when a task is offered to this executor, the time is over, or the caller went away. */
  function someWork(request: ClaimRequest, leftMs: number, signal: AbortSignal | undefined): Promise<void> {
    const { waiters, ready } = queueOf(request.workspace, request.executor);
    if (ready.size() > 0 && request.functions === undefined) return Promise.resolve();
    return new Promise((resolve) => {
      const done = (): void => {
        cancel();
        waiters.delete(waiter);
        signal?.removeEventListener('abort', done);
        resolve();
      };
      const waiter: Waiter = { wake: done };
      const cancel = deps.clock.schedule(leftMs, done);
      signal?.addEventListener('abort', done, { once: true });
      waiters.add(waiter);
    });
  }

  return {
    claim,
    complete,
    heartbeat: (workspace, tasks) => Promise.all(tasks.map((task) => heartbeatOne(workspace, task))),
    async release(workspace, tasks) {
      await Promise.all(tasks.map((task) => releaseOne(workspace, task)));
    },
    holder(executionId, step) {
      const state = deps.mailboxes.peek(executionId)?.state;
      const found = state?.steps.get(step);
      const held = found && leases.get(taskIdOf(executionId, `${passId(found)}/${found.attempt}`));
      return held && { since: held.since, worker: held.worker };
    },
    depths: () => deps.store.tasks.depths(deps.clock.nowMs()),
    offer,
    settle(workspace, executor, taskId) {
      leases.delete(taskId);
      queueOf(workspace, executor).ready.remove(taskId);
    },
    withdraw(live, command) {
      void withdraw(live.id, live.state, command);
    },
    expire(row) {
      void expire(row);
    },
    waiting: () => [...queues.values()].reduce((count, queue) => count + queue.waiters.size, 0),
    close() {
      isClosed = true;
      for (const queue of queues.values()) for (const waiter of [...queue.waiters]) waiter.wake();
    },
  };

  /** Nobody holds it: it settles at once. Else its holder learns by heartbeat, and its result or lease settles it. */
  async function withdraw(
    executionId: string,
    state: ExecutionState,
    command: Command & { type: 'withdraw' },
  ): Promise<void> {
    const taskId = taskIdOf(executionId, command.dispatch);
    const step = state.steps.get(command.step);
    const executor = step?.task?.executor ?? '';
    queueOf(state.workspace, executor).ready.remove(taskId);
    const held = await heldLease(taskId);
    const parsed = parseTaskId(taskId);
    if (!parsed || (held && held.expiresAt > deps.clock.nowMs())) return;
    const { step: path, visit, attempt } = parsed;
    const outcome = held ? 'unknown' : 'untouched';
    deps.mailboxes.submit(executionId, { type: 'task.withdrawn', step: path, visit, attempt, outcome });
  }

  async function expire(row: StoredTask): Promise<void> {
    const held = leases.get(row.taskId);
    if (held && held.expiresAt > deps.clock.nowMs()) return;
    leases.delete(row.taskId);
    const parsed = parseTaskId(row.taskId);
    const state = parsed && (await stateOf(parsed.executionId));
    if (!parsed || !state) return;
    const { step: path, visit, attempt } = parsed;
    const base = { step: path, visit, attempt };
    if (state.outstanding.has(`withdraw:${parsed.id}`)) {
      return deps.mailboxes.submit(parsed.executionId, { type: 'task.withdrawn', ...base, outcome: 'unknown' });
    }
    const timeoutMs = state.steps.get(path)?.task?.timeoutMs;
    const startedAt = row.lease?.since ?? 0;
    const isOver = timeoutMs !== undefined && startedAt + timeoutMs <= deps.clock.nowMs();
    deps.mailboxes.submit(
      parsed.executionId,
      isOver ? { type: 'task.timed_out', ...base, startedAt } : { type: 'task.lost', ...base },
    );
  }
}

function readyTaskOf(row: StoredTask): ReadyTask {
  const attempt = row.taskId.slice(row.executionId.length + 1);
  return { taskId: row.taskId, executionId: row.executionId, attempt, function: row.function, rank: row.rank };
}

/** `exec_…/path#visit/attempt` */
function parseTaskId(
  taskId: string,
): { executionId: string; id: string; step: string; visit: number; attempt: number } | undefined {
  const match = /^([^/]+)\/(([^/#]+)#(\d+)\/(\d+))$/.exec(taskId);
  const [, executionId, id, step, visit, attempt] = match ?? [];
  if (executionId === undefined || id === undefined || step === undefined) return undefined;
  return { executionId, id, step, visit: Number(visit), attempt: Number(attempt) };
}
