/**
 * Where executors outside this process take work and bring results.
 *
 * A result is a fact like any other; what makes a stale one harmless is that its attempt is settled or its token is not
 * the row's. `claims.ts` hands the tasks out.
 */

import { type Command, type ExecutionState, passId } from '../core/state.ts';
import { present } from '../kit/assert.ts';
import { Fault } from '../kit/fault.ts';
import type { Json } from '../kit/json.ts';
import type { StoredTask } from '../storage/tasks.ts';
import { type ClaimDesk, type ClaimsDeps, openClaimDesk } from './claims.ts';
import type { Committer } from './committer.ts';
import type { Heartbeat, HeartbeatAnswer, TaskAnswer, TaskDesk, TaskResult } from './engine.ts';
import { openLeaseBook } from './lease-book.ts';
import type { Advanced, Live, UntimedFact } from './live.ts';
import type { Mailboxes } from './mailbox.ts';
import type { ReadyTask } from './ready-queue.ts';
import { copyJson, findUnstorable } from './storable.ts';
import { parseTaskId, readyTaskOf, taskIdOf } from './task-id.ts';

export interface DeskDeps extends Omit<ClaimsDeps, 'leases' | 'mailboxes'> {
  readonly mailboxes: Pick<Mailboxes, 'submit' | 'submitAll' | 'read' | 'peek'>;
}

/** What the rest of the engine asks of it. */
export interface Desk extends TaskDesk, Pick<ClaimDesk, 'offer' | 'refresh' | 'waiting' | 'close'> {
  /** A task is settled: whoever holds it has no claim any more. */
  settle(workspace: string, executor: string, taskId: string): void;
  withdraw(live: Live, command: Command & { type: 'withdraw' }): void;
  /** A lease ran out. */
  expire(task: StoredTask): void;
}

export function openDesk(deps: DeskDeps): Desk {
  const leases = openLeaseBook(deps.store.tasks);
  const claims = openClaimDesk({ ...deps, leases });

  async function completeOne(
    workspace: string,
    result: TaskResult,
  ): Promise<{ executionId: string; fact: UntimedFact } | undefined> {
    const parsed = parseTaskId(result.taskId);
    const held = await leases.find(result.taskId);
    if (!parsed || held?.token !== result.leaseToken || held.workspace !== workspace) return undefined;
    const { step, visit, attempt } = parsed;
    const startedAt = held.since;
    const error = result.status === 'failed' ? result.error : findUnstorable(result.output);
    if (error)
      return { executionId: parsed.executionId, fact: { type: 'task.failed', step, visit, attempt, error, startedAt } };
    const output = result.status === 'completed' ? copyJson(result.output as Json) : null;
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
    const answers = results.map(({ taskId }, index): Promise<TaskAnswer> | TaskAnswer | undefined =>
      facts[index] ? undefined : stale(taskId),
    );
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
    return Promise.all(answers.map((answer) => present(answer, 'answer to a result')));
  }

  function stale(taskId: string): TaskAnswer {
    deps.counters.staleResults += 1;
    return { taskId, accepted: false, code: 'STALE_LEASE' };
  }

  async function heartbeatOne(workspace: string, task: Heartbeat): Promise<HeartbeatAnswer> {
    const lost: HeartbeatAnswer = { taskId: task.taskId, leaseExpiresAt: 0, cancelRequested: true };
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

  async function releaseOne(workspace: string, task: { taskId: string; leaseToken: string }): Promise<void> {
    const parsed = parseTaskId(task.taskId);
    const row = await deps.store.tasks.find(task.taskId);
    if (!parsed || row?.workspace !== workspace || row.lease?.token !== task.leaseToken) return;
    leases.delete(task.taskId);
    const isReleased = await write({ kind: 'release', taskId: task.taskId, token: task.leaseToken });
    if (isReleased) claims.offer(workspace, row.executor, readyTaskOf(row));
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

  async function expire(row: StoredTask): Promise<void> {
    const held = leases.peek(row.taskId);
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
    if (timeoutMs !== undefined && startedAt + timeoutMs <= deps.clock.nowMs()) {
      return deps.mailboxes.submit(parsed.executionId, { type: 'task.timed_out', ...base, startedAt });
    }
    // A row without a lease is no longer met by the sweep: however long nobody claims it, it is lost once.
    const isReleased = await write({ kind: 'release', taskId: row.taskId, token: row.lease?.token ?? '' });
    if (!isReleased) return;
    deps.mailboxes.submit(parsed.executionId, { type: 'task.lost', ...base }, (advanced) => {
      if (!advanced.ok && 'fault' in advanced) claims.lookAgain(row.workspace, row.executor);
    });
  }
  return {
    claim: claims.claim,
    complete,
    heartbeat: (workspace, tasks) => Promise.all(tasks.map((task) => heartbeatOne(workspace, task))),
    async release(workspace, tasks) {
      await Promise.all(tasks.map((task) => releaseOne(workspace, task)));
    },
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
    refresh: claims.refresh,
    waiting: claims.waiting,
    close: claims.close,
  };
}

/** What fails here is met again: by the next sweep of leases, or when the execution's wake row is due. */
function lookAgainLater(attempt: Promise<void>): void {
  attempt.catch(() => undefined);
}
