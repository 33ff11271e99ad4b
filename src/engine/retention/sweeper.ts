/**
 * Retention: what ended long ago is deleted, with its journal, its values, its rows; by age, by number, by size.
 *
 * It works in small transactions with a pause between them, and stands back while writes wait for the store. Each deletes
 * only what has not moved since it was looked at, so that a retry which comes between keeps its execution whole. Open
 * executions are never looked at; what still owes something to others has a wake row and is not told by the store; a
 * child stays while its parent may ask. What is gone refuses every fact but a start, so a late result revives nothing.
 *
 * Crash by crash: a transaction is done or is not; the next sweep begins at the oldest again. Two nodes delete the same.
 */
import type { Cancel, Clock } from '../../kit/clock.ts';
import { Fault } from '../../kit/fault.ts';
import type { Retention } from '../../model/definition.ts';
import type { Store } from '../../storage/store.ts';
import type { EndedQuery, EndedView } from '../../storage/views.ts';
import type { EngineCounters } from '../engine.ts';
import type { Committer } from '../moves/committer.ts';
import { mayGo } from './may-go.ts';
import {
  bulkLifetimeMs,
  dryRunMax,
  removeBatchMax,
  removePauseMs,
  removeYieldWrites,
  retentionIntervalDefaultMs,
} from './retention-limits.ts';
import { endedStatuses, openOwnPolicies, type RetentionPolicy, statusesOfAge } from './retention-policy.ts';

export interface RetentionDesk {
  readonly policy: RetentionPolicy;
  /** Of the workflows of a workspace that say their own. */
  own(workspace: string): Promise<ReadonlyMap<string, Retention>>;
  /** Deletes what is due in a workspace, as the next sweep would. Resolves with how many went. */
  run(workspace: string): Promise<number>;
  /** How many `run` would look at; at most 100,000 for each reason. */
  due(workspace: string): Promise<DueCounts>;
  sizeBytes(): Promise<number>;
  lastSweep(): Sweep | undefined;
}

export interface DueCounts {
  readonly age: number;
  readonly number: number;
}

export interface Sweep {
  /** Milliseconds since the epoch. */
  readonly at: number;
  readonly durationMs: number;
  readonly removed: number;
}

export interface SweeperDeps {
  readonly store: Pick<Store, 'journal' | 'views' | 'catalog' | 'forget' | 'bulk'>;
  readonly clock: Clock;
  readonly committer: Pick<Committer, 'pending'>;
  readonly counters: EngineCounters;
  readonly retention?: RetentionPolicy & { readonly intervalMs?: number };
  /** Whether a move of it is on its way, which may be there already: it would be made once more. */
  readonly isMoving: (executionId: string) => boolean;
  /** What has gone is no longer shown from memory. */
  readonly letGo: (executionId: string) => void;
  readonly warn: (message: string, error: unknown) => void;
}

export interface Sweeper extends RetentionDesk {
  start(): void;
  stop(): Promise<void>;
}

type Due = Omit<EndedQuery, 'limit' | 'after'>;

export function openSweeper(deps: SweeperDeps): Sweeper {
  const { store, clock, counters } = deps;
  const { intervalMs = retentionIntervalDefaultMs, ...policy } = deps.retention ?? {};
  const { executionsMax, sizeBytesMax } = policy;
  const policies = openOwnPolicies(store.catalog);
  let cancel: Cancel = () => undefined;
  let round: Promise<unknown> = Promise.resolve();
  let last: Sweep | undefined;
  let isStopped = false;

  async function agedOut(workspace: string): Promise<Due[]> {
    const own = await policies.of(workspace);
    const now = clock.nowMs();
    return (['completedMs', 'failedMs'] as const).flatMap((age) => {
      const status = statusesOfAge[age];
      const named = [...own].filter(([, { [age]: ageMs }]) => ageMs !== undefined);
      const each = named.map(([workflow, { [age]: ageMs = 0 }]) => ({ workflow, endedBefore: now - ageMs }));
      const exceptWorkflows = named.map(([workflow]) => workflow);
      const ageMs = policy[age];
      const others = ageMs === undefined ? [] : [{ exceptWorkflows, endedBefore: now - ageMs }];
      return [...each, ...others].map((due) => ({ workspace, status, ...due }));
    });
  }

  /** Removes what is due, the oldest first, until `isEnough`. */
  async function removeAll(due: Due, isEnough: (removed: number) => boolean | Promise<boolean>): Promise<number> {
    let removed = 0;
    let after: EndedView | undefined;
    while (!isStopped && !(await isEnough(removed))) {
      const rows = await store.views.ended({ ...due, ...(after && { after }), limit: removeBatchMax });
      after = rows.at(-1);
      removed += await remove(rows);
      if (rows.length < removeBatchMax) break;
      await standBack();
    }
    return removed;
  }

  async function remove(rows: readonly EndedView[]): Promise<number> {
    const fitting: EndedView[] = [];
    for (const row of rows) if (await isFree(row)) fitting.push(row);
    if (fitting.length === 0) return 0;
    const gone = await store.forget(fitting.map(({ executionId, position }) => ({ executionId, position })));
    for (const executionId of gone) deps.letGo(executionId);
    counters.removed += gone.length;
    return gone.length;
  }

  /** One that cannot be read stays, and holds up no other. */
  async function isFree(row: EndedView): Promise<boolean> {
    try {
      return (await mayGo(store.journal, row)) && !deps.isMoving(row.executionId);
    } catch (error) {
      if (Fault.is(error)) throw error;
      deps.warn(`execution ${row.executionId} cannot be looked at`, error);
      return false;
    }
  }

  async function standBack(): Promise<void> {
    do await pause(clock, removePauseMs);
    while (deps.committer.pending() > removeYieldWrites && !isStopped);
  }

  async function excess(workspace: string): Promise<number> {
    if (executionsMax === undefined) return 0;
    const counts = await store.views.counts(workspace);
    const ended = endedStatuses.reduce((sum, status) => sum + (counts[status] ?? 0), 0);
    return Math.max(0, ended - executionsMax);
  }

  const anyEnded = (workspace: string): Due => ({ workspace, status: endedStatuses, endedBefore: clock.nowMs() });

  async function run(workspace: string): Promise<number> {
    let removed = 0;
    for (const due of await agedOut(workspace)) removed += await removeAll(due, () => false);
    const tooMany = await excess(workspace);
    if (tooMany > 0) removed += await removeAll(anyEnded(workspace), (gone) => gone >= tooMany);
    return removed;
  }

  async function shrink(workspaces: readonly string[]): Promise<number> {
    if (sizeBytesMax === undefined) return 0;
    const isSmall = async (): Promise<boolean> => (await store.journal.sizeBytes()) <= sizeBytesMax;
    let removed = 0;
    for (const workspace of workspaces) removed += await removeAll(anyEnded(workspace), isSmall);
    return removed;
  }

  async function sweep(): Promise<void> {
    const [at, since] = [clock.nowMs(), clock.monotonicMs()];
    const workspaces = await store.views.workspaces();
    let removed = 0;
    for (const workspace of workspaces) removed += await run(workspace);
    removed += await shrink(workspaces);
    await store.bulk.forget(at - bulkLifetimeMs, removeBatchMax);
    last = { at, durationMs: clock.monotonicMs() - since, removed };
  }

  /** One after the other: what a caller asks for waits for the sweep that is under way. */
  function inTurn<T>(work: () => Promise<T>): Promise<T> {
    const next = round.then(work);
    round = next.catch(() => undefined);
    return next;
  }

  function loop(): void {
    if (isStopped) return;
    void inTurn(sweep)
      .catch((error: unknown) => deps.warn('a sweep of old executions failed', error))
      .then(() => {
        if (!isStopped) cancel = clock.schedule(intervalMs, loop);
      });
  }

  async function countDue(due: Due): Promise<number> {
    let count = 0;
    let after: EndedView | undefined;
    while (count < dryRunMax) {
      const rows: readonly EndedView[] = await store.views.ended({ ...due, ...(after && { after }), limit: 1_000 });
      count += rows.length;
      after = rows.at(-1);
      if (rows.length < 1_000) break;
    }
    return count;
  }

  return {
    policy,
    own: policies.of,
    run: (workspace) => inTurn(() => run(workspace)),
    async due(workspace) {
      let age = 0;
      for (const due of await agedOut(workspace)) age += await countDue(due);
      return { age, number: Math.max(0, (await excess(workspace)) - age) };
    },
    sizeBytes: () => store.journal.sizeBytes(),
    lastSweep: () => last,
    start() {
      cancel = clock.schedule(intervalMs, loop);
    },
    async stop() {
      isStopped = true;
      cancel();
      await round;
    },
  };
}

function pause(clock: Clock, delayMs: number): Promise<void> {
  return new Promise((resolve) => clock.schedule(delayMs, resolve));
}
