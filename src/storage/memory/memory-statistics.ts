/** Statistics over rows that are in memory, newest first. */
import { emptyObject } from '../../kit/json.ts';
import { failedStatuses, statisticsRowsMax, succeededStatuses } from '../outcome-classes.ts';
import type { QualitySummary, StepSummary, ViewRow } from '../store.ts';
import type { RuleStatistics, Statistics, StatisticsQuery, StepStatistics, StoredView, Summary } from '../views.ts';

export function memoryStatistics(rows: readonly StoredView[], query: StatisticsQuery): Statistics {
  const bucketOf = (row: StoredView): number => Math.floor((row.createdAt - query.from) / query.bucketMs);
  const newest = rows.slice(0, statisticsRowsMax);
  const newestByBucket = Map.groupBy(newest, bucketOf);
  return {
    total: summarise(rows, newest),
    buckets: [...Map.groupBy(rows, bucketOf)]
      .sort(([a], [b]) => a - b)
      .map(([bucket, inBucket]) => ({
        at: query.from + bucket * query.bucketMs,
        ...summarise(inBucket, newestByBucket.get(bucket) ?? []),
      })),
    steps: stepStatistics(newest.flatMap((row) => row.steps)),
  };
}

/** Counts and the average over `rows`, percentiles over the newest of them. */
function summarise(rows: readonly StoredView[], newest: readonly StoredView[]): Summary {
  const durations = rows.flatMap(durationOf);
  const sorted = newest.flatMap(durationOf).sort((a, b) => a - b);
  return {
    executions: rows.length,
    succeeded: rows.filter((row) => succeededStatuses.includes(row.status)).length,
    failed: rows.filter((row) => failedStatuses.includes(row.status)).length,
    averageMs: durations.length === 0 ? null : durations.reduce((sum, each) => sum + each, 0) / durations.length,
    p50Ms: percentile(sorted, 0.5),
    p95Ms: percentile(sorted, 0.95),
    p99Ms: percentile(sorted, 0.99),
  };
}

/** One duration where the execution has ended. */
function durationOf(row: StoredView): number[] {
  return row.endedAt === null ? [] : [row.endedAt - (row.startedAt ?? row.createdAt)];
}

function percentile(sorted: readonly number[], fraction: number): number | null {
  const place = fraction * (sorted.length - 1);
  const below = sorted[Math.floor(place)];
  if (below === undefined) return null;
  const above = sorted[Math.ceil(place)] ?? below;
  return below + (above - below) * (place - Math.floor(place));
}

function stepStatistics(summaries: ViewRow['steps']): Readonly<Record<string, StepStatistics>> {
  const statistics = emptyObject<StepStatistics>();
  for (const [step, known] of Map.groupBy(summaries, (summary) => summary.step)) {
    const all = known.filter(isOfOne);
    statistics[step] = {
      executions: all.length,
      succeeded: all.filter((each) => succeededStatuses.includes(each.status)).length,
      failed: all.filter((each) => failedStatuses.includes(each.status)).length,
      retries: all.reduce((sum, each) => sum + Math.max(0, each.attempts - 1), 0),
      averageMs: all.reduce((sum, each) => sum + each.durationMs, 0) / Math.max(1, all.length),
      quality: qualityOf(known),
    };
  }
  return statistics;
}

const isOfOne = (summary: StepSummary | QualitySummary): summary is StepSummary => summary.status !== undefined;

function qualityOf(summaries: ViewRow['steps']): Readonly<Record<string, RuleStatistics>> {
  const quality = emptyObject<RuleStatistics>();
  for (const summary of summaries) {
    for (const [rule, [passed, failed]] of Object.entries(summary.quality ?? {})) {
      const known = quality[rule] ?? { passed: 0, failed: 0 };
      quality[rule] = { passed: known.passed + passed, failed: known.failed + failed };
    }
  }
  return quality;
}
