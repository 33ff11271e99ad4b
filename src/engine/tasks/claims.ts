/**
 * Handing tasks to executors outside this process: queues in memory over the task rows, claims that wait for work.
 *
 * A claim is a row that names its token, counted and durable before the task leaves. A task that becomes ready while
 * somebody waits for it skips the queue (`taker.ts`), but never one that was there before it.
 */

import type { Command } from '../../core/state.ts';
import { Fault } from '../../kit/fault.ts';
import { SlotMap } from '../../kit/slot-map.ts';
import type { Store } from '../../storage/store.ts';
import type { Lease } from '../../storage/tasks.ts';
import type { BreakerGate } from '../calls/breaker-gate.ts';
import type { ClaimRequest, EngineCounters, HandedTask } from '../engine.ts';
import { claimTasksMax, claimWaitMaxMs, readyTasksMax } from '../limits.ts';
import type { Committer } from '../moves/committer.ts';
import type { Live } from '../moves/live.ts';
import type { Mailboxes } from '../moves/mailbox.ts';
import { type Handing, type HandOutDeps, handOut } from './hand-out.ts';
import type { LeaseBook } from './lease-book.ts';
import { openReadyQueue, type ReadyQueue, type ReadyTask } from './ready-queue.ts';
import { type Lent, Taker } from './taker.ts';
import { readyTaskOf, taskIdOf } from './task-id.ts';

export interface ClaimsDeps extends HandOutDeps {
  readonly store: Store;
  readonly committer: Committer;
  readonly mailboxes: Pick<Mailboxes, 'submit' | 'read'>;
  readonly breakers: BreakerGate;
  readonly counters: EngineCounters;
  readonly leases: LeaseBook;
}

export interface ClaimDesk {
  claim(request: ClaimRequest, signal?: AbortSignal): Promise<readonly HandedTask[]>;
  /**
   * Takes what is ready, and what becomes so while `submit` runs: with the commit that makes it durable. Nothing
   * where the store has to be asked first.
   */
  claimWith(request: ClaimRequest, submit: () => void): Promise<readonly HandedTask[]>;
  /** Called as a move is written: puts the task in the hands of somebody who waits for it, where there is one. */
  lend(live: Live, command: Dispatch): Lease | undefined;
  /** The move is durable: the task leaves. False where it was not lent. */
  handLent(live: Live, command: Dispatch): boolean;
  /** The move is not, and what it lent is not there. */
  takeBack(live: Live): void;
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

type Dispatch = Command & { type: 'dispatch' };

interface Queue {
  readonly ready: ReadyQueue;
  /** First come first, by number. */
  readonly waiting: SlotMap<number, Taker>;
  /** When a claim last came in, by function; `*` for claims of any. */
  readonly askedAt: Map<string, number>;
}

const anyFunction = '*';

function fitting({ functions }: ClaimRequest): (task: { readonly function: string }) => boolean {
  if (functions === undefined) return () => true;
  const wanted = new Set(functions);
  return (task) => wanted.has(task.function);
}

export function openClaimDesk(deps: ClaimsDeps): ClaimDesk {
  const { leases } = deps;
  /** By workspace and executor. */
  const queues = new Map<string, Map<string, Queue>>();
  /** The claim that came with the results that are being submitted, and the queue that it is for. */
  let bringing: { taker: Taker; queue: Queue } | undefined;
  let takers = 0;
  let isClosed = false;

  function queueOf(workspace: string, executor: string): Queue {
    const own = queues.get(workspace) ?? new Map<string, Queue>();
    const found = own.get(executor);
    if (found) return found;
    const queue: Queue = { ready: openReadyQueue(), waiting: new SlotMap(), askedAt: new Map() };
    queues.set(workspace, own.set(executor, queue));
    return queue;
  }

  const allQueues = (): Queue[] => [...queues.values()].flatMap((own) => [...own.values()]);

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
    return leaseAll(request, ready.take(count, fitting(request)));
  }

  async function leaseAll(request: ClaimRequest, candidates: readonly ReadyTask[]): Promise<HandedTask[]> {
    if (candidates.length === 0) return [];
    const { ready } = queueOf(request.workspace, request.executor);
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
          commitLease({ ...task, live, command, workerId: request.workerId }, resolve, reject);
        },
      });
    });
  }

  function commitLease(
    given: Handing,
    resolve: (task: HandedTask | undefined) => void,
    reject: (fault: Fault) => void,
  ): void {
    const { taskId, workerId } = given;
    const handed = handOut(deps, given);
    const { lease: held } = handed;
    leases.set(taskId, held);
    const { token, since: at, expiresAt } = held;
    deps.committer.add({ kind: 'lease', taskId, token, worker: workerId, at, expiresAt }, (outcome) => {
      if (outcome instanceof Fault || !outcome.ok) {
        leases.delete(taskId);
        return outcome instanceof Fault ? reject(outcome) : resolve(undefined);
      }
      deps.counters.tasksHandedOut += 1;
      resolve(handed.task);
    });
  }

  function offer(workspace: string, executor: string, task: ReadyTask): void {
    const { ready, waiting } = queueOf(workspace, executor);
    ready.add(task);
    const taker = waiting.values().find((each) => each.isIdleFor(task));
    if (!taker) return;
    waiting.delete(taker.number);
    taker.close();
  }

  function lend(live: Live, command: Dispatch): Lease | undefined {
    const task = live.state.steps.get(command.step)?.task;
    // A breaker or a cache is asked before it leaves.
    if (!task || task.cache || deps.breakers.isGuarded(live, command)) return undefined;
    const queue = queueOf(live.state.workspace, task.executor);
    // Who was there before goes before.
    if (!queue.ready.isComplete || queue.ready.size() > 0) return undefined;
    const batch = deps.committer.batch();
    const isMeant = bringing?.queue === queue && bringing.taker.hasRoomFor(task, batch);
    const taker = isMeant ? bringing?.taker : queue.waiting.values().find((each) => each.hasRoomFor(task, batch));
    if (!taker) return undefined;
    const { workerId } = taker;
    const taskId = taskIdOf(live.id, command.id);
    const handed = handOut(deps, { live, command, taskId, function: task.function, workerId });
    leases.set(taskId, handed.lease);
    live.lent ??= new Map();
    live.lent.set(command.id, taker.lend(handed.task, batch));
    const { token, since, expiresAt } = handed.lease;
    return { token, worker: workerId, since, expiresAt };
  }

  function handLent(live: Live, command: Dispatch): boolean {
    const lent = live.lent?.get(command.id);
    if (!lent) return false;
    live.lent?.delete(command.id);
    deps.counters.tasksHandedOut += 1;
    lent.taker.arrive(lent.task);
    return true;
  }

  function takeBack(live: Live): void {
    const lent: Iterable<Lent> = live.lent?.values() ?? [];
    for (const { task, taker } of lent) {
      leases.delete(task.taskId);
      taker.miss();
    }
    live.lent = undefined;
  }

  async function claimWith(request: ClaimRequest, submit: () => void): Promise<readonly HandedTask[]> {
    remember(request);
    const queue = queueOf(request.workspace, request.executor);
    const { ready } = queue;
    const count = Math.min(request.maxTasks, claimTasksMax);
    const fits = fitting(request);
    const isKnown = !isClosed && (ready.isComplete || ready.size() >= count);
    const candidates = isKnown ? ready.take(count, fits) : [];
    const room = isKnown ? count - candidates.length : 0;
    const taker = new Taker({ number: ++takers, workerId: request.workerId, room, fits });
    const leased = leaseAll(request, candidates);
    bringing = { taker, queue };
    try {
      submit();
    } finally {
      bringing = undefined;
      taker.close();
    }
    const [first, then] = await Promise.all([leased, taker.taken]);
    return [...first, ...then];
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
      const lent = await someWork(request, leftMs, signal);
      if (lent.length > 0) return lent;
    }
  }

  /** What was lent to it, or nothing when a task is in the queue, the time is over, or the caller went away. */
  async function someWork(request: ClaimRequest, leftMs: number, signal: AbortSignal | undefined) {
    const { waiting, ready } = queueOf(request.workspace, request.executor);
    const fits = fitting(request);
    if (signal?.aborted || ready.has(fits)) return [];
    const room = Math.min(request.maxTasks, claimTasksMax);
    const taker = new Taker({ number: ++takers, workerId: request.workerId, room, fits });
    const close = (): void => taker.close();
    const cancel = deps.clock.schedule(leftMs, close);
    signal?.addEventListener('abort', close, { once: true });
    waiting.set(taker.number, taker);
    const lent = await taker.taken;
    cancel();
    signal?.removeEventListener('abort', close);
    waiting.delete(taker.number);
    return lent;
  }

  return {
    claim,
    claimWith,
    lend,
    handLent,
    takeBack,
    offer,
    lookAgain(workspace, executor) {
      queueOf(workspace, executor).ready.isComplete = false;
    },
    refresh() {
      for (const { ready, waiting } of allQueues()) {
        ready.isComplete = false;
        for (const taker of waiting.values()) taker.close();
      }
    },
    remove: (workspace, executor, taskId) => queueOf(workspace, executor).ready.remove(taskId),
    lastAskedFor(workspace, executor, functionName) {
      const askedAt = queues.get(workspace)?.get(executor)?.askedAt;
      const times = [askedAt?.get(functionName), askedAt?.get(anyFunction)].filter((time) => time !== undefined);
      return times.length === 0 ? undefined : Math.max(...times);
    },
    waiting: () => allQueues().reduce((count, queue) => count + queue.waiting.size, 0),
    close() {
      isClosed = true;
      for (const { waiting } of allQueues()) for (const taker of waiting.values()) taker.close();
    },
  };
}
