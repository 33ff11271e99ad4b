/**
 * The loop that carries out operations on many executions, a batch of each in turn, for as long as any is open.
 *
 * A batch is written down, acted on, and counted in the write that puts down the next one. Crash by crash: before that
 * write the same batch is acted on again, by this node or another, and every execution refuses the repeat by its id; so
 * what was done is counted although it fits the filter no more. Two nodes that do the same batch put one row; the other's
 * is refused by its revision and thrown away. The rate bounds what it takes from ordinary work, and where writes wait for
 * the store it stands back.
 */
import type { Cancel, Clock } from '../../kit/clock.ts';
import type { BulkPlace, BulkProblem, BulkRow } from '../../storage/bulk-operations.ts';
import type { Store } from '../../storage/store.ts';
import type { Executions } from '../engine.ts';
import type { Committer } from '../moves/committer.ts';
import { actOn, type BulkOutcome } from './bulk-actions.ts';
import {
  bulkBatchMax,
  bulkPauseMs,
  bulkPollMs,
  bulkRateDefault,
  bulkSampleMax,
  bulksAtOnceMax,
  bulkYieldWrites,
} from './bulk-limits.ts';

export interface BulkRunnerDeps {
  readonly store: Pick<Store, 'bulk' | 'views'>;
  readonly clock: Clock;
  readonly executions: Pick<Executions, 'operate' | 'rerun'>;
  readonly committer: Pick<Committer, 'pending'>;
  /** Executions a second. */
  readonly rate?: number | undefined;
  readonly warn: (message: string, error: unknown) => void;
}

export interface BulkRunner {
  start(): void;
  /** There is something to do: now, not with the next look. */
  wake(): void;
  stop(): Promise<void>;
}

export function openBulkRunner(deps: BulkRunnerDeps): BulkRunner {
  const { store, clock } = deps;
  const rate = deps.rate ?? bulkRateDefault;
  const batchMax = Math.min(bulkBatchMax, rate);
  let cancel: Cancel = () => undefined;
  let round: Promise<void> | undefined;
  let isWoken = false;
  let isStopped = false;

  /** Resolves with how long to wait for the next round. */
  async function turn(): Promise<number> {
    if (deps.committer.pending() > bulkYieldWrites) return bulkPauseMs;
    const rows = await store.bulk.open(bulksAtOnceMax);
    let looked = 0;
    let hasToWait = false;
    for (const row of rows) {
      if (isStopped) break;
      const acted = await advance(row);
      looked += acted ?? 0;
      hasToWait ||= acted === undefined;
    }
    if (rows.length === 0) return bulkPollMs;
    return Math.max(Math.ceil((looked * 1_000) / rate), hasToWait ? bulkPauseMs : 1);
  }

  /** Resolves with how many executions were looked at; undefined where the same batch must be tried again. */
  async function advance(row: BulkRow): Promise<number | undefined> {
    const outcomes = await Promise.all(row.batch.map((place) => actOn(deps.executions, row, place.executionId)));
    // One that is to stop waits for nothing.
    if (!row.isCancelRequested && outcomes.some(({ kind }) => kind === 'later')) return undefined;
    const counted = row.batch.reduce((before, place, index) => count(before, place, outcomes[index]), row);
    await settle(row, row.isCancelRequested ? ended(counted, 'cancelled', clock.nowMs()) : await withNext(counted));
    return row.batch.length;
  }

  async function withNext(row: BulkRow): Promise<BulkRow> {
    const after = row.cursor === null ? {} : { after: row.cursor };
    const page = await store.views.list({ workspace: row.workspace, ...row.filter, ...after, limit: batchMax });
    if (page.rows.length === 0) return ended(row, 'completed', clock.nowMs());
    return { ...row, batch: page.rows.map(({ createdAt, executionId }) => ({ createdAt, executionId })) };
  }

  /** Where only a wish to cancel came between, the counts are put beside it. */
  async function settle(from: BulkRow, next: BulkRow): Promise<void> {
    if (await store.bulk.put({ ...next, revision: from.revision + 1 })) return;
    const found = await store.bulk.find(from.workspace, from.bulkId);
    const isCancelled = found?.revision === from.revision + 1 && found.isCancelRequested && !from.isCancelRequested;
    if (isCancelled) await store.bulk.put({ ...next, isCancelRequested: true, revision: from.revision + 2 });
  }

  function loop(): void {
    isWoken = false;
    round = turn()
      .catch((error: unknown) => {
        deps.warn('a bulk operation stands still', error);
        return bulkPauseMs;
      })
      .then((waitMs) => {
        round = undefined;
        if (!isStopped) cancel = clock.schedule(isWoken ? 1 : waitMs, loop);
      });
  }

  return {
    start: loop,
    wake() {
      isWoken = true;
      if (round || isStopped) return;
      cancel();
      cancel = clock.schedule(1, loop);
    },
    async stop() {
      isStopped = true;
      cancel();
      await round;
    },
  };
}

function count(row: BulkRow, place: BulkPlace, outcome: BulkOutcome | undefined): BulkRow {
  const moved = { ...row, cursor: place };
  if (outcome === undefined || outcome.kind === 'later') return moved;
  if (outcome.kind === 'done') return { ...moved, done: row.done + 1 };
  const { kind, code, message } = outcome;
  const { executionId } = place;
  return {
    ...moved,
    [kind]: { ...row[kind], [code]: (row[kind][code] ?? 0) + 1 },
    problems: withProblem(row.problems, { executionId, code, message }),
  };
}

const withProblem = (problems: readonly BulkProblem[], problem: BulkProblem): readonly BulkProblem[] =>
  problems.length < bulkSampleMax ? [...problems, problem] : problems;

/** Of executions that were named, those that the list does not hold are told as well. */
function ended(row: BulkRow, status: 'completed' | 'cancelled', endedAt: number): BulkRow {
  const missing = row.filter.ids && status === 'completed' ? row.matched - lookedAt(row) : 0;
  const skipped = missing > 0 ? { ...row.skipped, NOT_MATCHED: missing } : row.skipped;
  return { ...row, batch: [], skipped, status, endedAt };
}

export function lookedAt({ done, skipped, failed }: Pick<BulkRow, 'done' | 'skipped' | 'failed'>): number {
  return done + sum(skipped) + sum(failed);
}

export const sum = (counts: Readonly<Record<string, number>>): number =>
  Object.values(counts).reduce((total, each) => total + each, 0);
