/**
 * Where executors outside this process take work and bring results: leases, from the claim to the end of the task.
 *
 * `claims.ts` hands the tasks out, `results.ts` takes what became of them.
 */

import { type Command, type ExecutionState, passId } from '../../core/state.ts';
import { Fault } from '../../kit/fault.ts';
import type { Lease, StoredTask } from '../../storage/tasks.ts';
import type { Heartbeat, HeartbeatAnswer, TaskAnswer, TaskDesk } from '../engine.ts';
import type { Committer } from '../moves/committer.ts';
import type { Advanced, Live, UntimedFact } from '../moves/live.ts';
import type { Mailboxes } from '../moves/mailbox.ts';
import { type ClaimDesk, type ClaimsDeps, openClaimDesk } from './claims.ts';
import { openLeaseBook } from './lease-book.ts';
import type { ReadyTask } from './ready-queue.ts';
import { openResults, staleLease } from './results.ts';
import { parseTaskId, readyTaskOf, taskIdOf } from './task-id.ts';

export interface DeskDeps extends Omit<ClaimsDeps, 'leases' | 'mailboxes'> {
  readonly mailboxes: Pick<Mailboxes, 'submit' | 'submitAll' | 'read' | 'peek'>;
}

/** What the rest of the engine asks of it. */
export interface Desk
  extends TaskDesk,
    Pick<ClaimDesk, 'offer' | 'lend' | 'handLent' | 'takeBack' | 'refresh' | 'waiting' | 'close'> {
  /** A task is settled: whoever holds it has no claim any more. */
  settle(workspace: string, executor: string, taskId: string): void;
  withdraw(live: Live, command: Command & { type: 'withdraw' }): void;
  /** A lease ran out. */
  expire(task: StoredTask): void;
}

interface Named {
  readonly taskId: string;
  readonly leaseToken: string;
}

const lostLease = { leaseExpiresAt: 0, cancelRequested: true, code: 'STALE_LEASE' } as const;

export function openDesk(deps: DeskDeps): Desk {
  const leases = openLeaseBook(deps.store.tasks);
  const claims = openClaimDesk({ ...deps, leases });
  const { complete, completeAndClaim } = openResults({ ...deps, leases, claims, release });

  async function heartbeatOne(workspace: string, task: Heartbeat): Promise<HeartbeatAnswer> {
    const lost: HeartbeatAnswer = { ...lostLease, taskId: task.taskId };
    const parsed = parseTaskId(task.taskId);
    const held = await leases.find(task.taskId);
    if (!parsed || held?.token !== task.leaseToken || held.workspace !== workspace) return lost;
    const state = await stateOf(parsed.executionId);
    if (!state) return lost;
    const isWanted = state.outstanding.has(parsed.id);
    if (!isWanted && !state.outstanding.has(`withdraw:${parsed.id}`)) return lost;
    // From the state: of a lease that an earlier process handed out only its row is known.
    const { heartbeatMs = deps.leaseMs, timeoutMs = Number.POSITIVE_INFINITY } =
      state.steps.get(parsed.step)?.task ?? {};
    const expiresAt = Math.min(deps.clock.nowMs() + heartbeatMs, held.since + timeoutMs);
    // Before the write, so that whoever settles the task meanwhile finds what there is to forget.
    if (!leases.peek(task.taskId)) leases.set(task.taskId, held);
    const isExtended = await write({ kind: 'extend', taskId: task.taskId, token: held.token, expiresAt });
    if (!isExtended) {
      if (leases.peek(task.taskId) === held) leases.delete(task.taskId);
      return lost;
    }
    held.expiresAt = expiresAt;
    if (task.progress !== undefined) held.progress = task.progress;
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

  async function releaseOne(workspace: string, { taskId, leaseToken }: Named): Promise<TaskAnswer> {
    const row = await deps.store.tasks.find(taskId);
    if (row?.workspace !== workspace || row.lease?.token !== leaseToken) return staleLease(taskId);
    leases.delete(taskId);
    const isReleased = await write({ kind: 'release', taskId, token: leaseToken });
    if (!isReleased) return staleLease(taskId);
    claims.offer(workspace, row.executor, readyTaskOf(row));
    return { taskId, accepted: true };
  }

  function release(workspace: string, tasks: readonly Named[]): Promise<readonly TaskAnswer[]> {
    return Promise.all(tasks.map((task) => releaseOne(workspace, task)));
  }

  /** Nobody holds it: it settles at once. Else its holder learns by heartbeat, and its result or lease settles it. */
  async function withdraw(
    executionId: string,
    state: ExecutionState,
    command: Command & { type: 'withdraw' },
  ): Promise<void> {
    const taskId = taskIdOf(executionId, command.dispatch);
    const step = state.steps.get(command.step);
    const executor = step?.task?.executor ?? '';
    claims.remove(state.workspace, executor, taskId);
    const held = await leases.find(taskId);
    const parsed = parseTaskId(taskId);
    if (!parsed || (held && held.expiresAt > deps.clock.nowMs())) return;
    const { step: path, visit, attempt } = parsed;
    const outcome = held ? 'unknown' : 'untouched';
    deps.mailboxes.submit(executionId, { type: 'task.withdrawn', step: path, visit, attempt, outcome });
  }

  /** The lease stays in the book until what follows is durable: a row without one would be taken for ready meanwhile. */
  async function expire(row: StoredTask): Promise<void> {
    const known = leases.peek(row.taskId);
    if (!row.lease || (known && known.expiresAt > deps.clock.nowMs())) return;
    const over = known ?? { workspace: row.workspace, ...row.lease };
    leases.set(row.taskId, over);
    try {
      await endLease(row, row.lease);
    } finally {
      if (leases.peek(row.taskId) === over) leases.delete(row.taskId);
    }
  }

  async function endLease(row: StoredTask, lease: Lease): Promise<void> {
    const parsed = parseTaskId(row.taskId);
    const state = parsed && (await stateOf(parsed.executionId));
    if (!parsed || !state) return;
    const { step: path, visit, attempt } = parsed;
    const base = { step: path, visit, attempt };
    if (state.outstanding.has(`withdraw:${parsed.id}`)) {
      return void (await submit(parsed.executionId, { type: 'task.withdrawn', ...base, outcome: 'unknown' }));
    }
    const timeoutMs = state.steps.get(path)?.task?.timeoutMs;
    const startedAt = lease.since;
    if (timeoutMs !== undefined && startedAt + timeoutMs <= deps.clock.nowMs()) {
      return void (await submit(parsed.executionId, { type: 'task.timed_out', ...base, startedAt }));
    }
    // A row without a lease is no longer met by the sweep: however long nobody claims it, it is lost once.
    const isReleased = await write({ kind: 'release', taskId: row.taskId, token: lease.token });
    if (!isReleased) return;
    const advanced = await submit(parsed.executionId, { type: 'task.lost', ...base });
    if (!advanced.ok && 'fault' in advanced) claims.lookAgain(row.workspace, row.executor);
  }

  const submit = (executionId: string, fact: UntimedFact): Promise<Advanced> =>
    new Promise((resolve) => deps.mailboxes.submit(executionId, fact, resolve));

  return {
    claim: claims.claim,
    complete,
    completeAndClaim,
    heartbeat: (workspace, tasks) => Promise.all(tasks.map((task) => heartbeatOne(workspace, task))),
    release,
    holder(executionId, step) {
      const state = deps.mailboxes.peek(executionId)?.state;
      const found = state?.steps.get(step);
      const held = found && leases.peek(taskIdOf(executionId, `${passId(found)}/${found.attempt}`));
      return held && { since: held.since, worker: held.worker, progress: held.progress };
    },
    lastAskedFor: claims.lastAskedFor,
    depths: () => deps.store.tasks.depths(deps.clock.nowMs()),
    offer(workspace, executor, task: ReadyTask) {
      // After a pause: the worker that has it keeps it.
      const held = leases.peek(task.taskId);
      if (held && held.expiresAt > deps.clock.nowMs()) return;
      leases.delete(task.taskId);
      claims.offer(workspace, executor, task);
    },
    settle(workspace, executor, taskId) {
      leases.delete(taskId);
      claims.remove(workspace, executor, taskId);
    },
    withdraw: (live, command) => lookAgainLater(withdraw(live.id, live.state, command)),
    expire: (row) => lookAgainLater(expire(row)),
    lend: claims.lend,
    handLent: claims.handLent,
    takeBack: claims.takeBack,
    refresh: claims.refresh,
    waiting: claims.waiting,
    close: claims.close,
  };
}

/** What fails here is met again: by the next sweep of leases, or when the execution's wake row is due. */
function lookAgainLater(attempt: Promise<void>): void {
  attempt.catch(() => undefined);
}
