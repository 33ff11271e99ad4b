/**
 * Statistics in SQL, on the reader thread. Counts and averages are exact; percentiles and steps come from the newest
 * executions of the range, `statisticsRowsMax` at most, so that a long range costs a bounded time.
 */
import { emptyObject } from '../../kit/json.ts';
import { failedStatuses, statisticsRowsMax, succeededStatuses } from '../outcome-classes.ts';
import type { RuleStatistics, Statistics, StatisticsQuery, StepStatistics, Summary } from '../views.ts';
import { listOf, type Row, type RunStatements, type Statement, sql } from './statements.ts';
import { statusesIn } from './view-list.ts';

const duration = sql`ended_at - ifnull(started_at, created_at)`;
const percentiles = sql`
  percentile_cont(duration, 0.5) AS p50, percentile_cont(duration, 0.95) AS p95, percentile_cont(duration, 0.99) AS p99`;

export async function sqliteStatistics(query: StatisticsQuery, run: RunStatements): Promise<Statistics> {
  const newest = newestOf(query);
  const [counted = [], spread = [], spreadByBucket = [], steps = [], quality = []] = await run([
    countsByBucket(query),
    sql`WITH newest AS (${newest}) SELECT ${percentiles} FROM newest`,
    sql`WITH newest AS (${newest}) SELECT bucket, ${percentiles} FROM newest GROUP BY bucket`,
    stepsOf(newest),
    qualityOf(newest),
  ]);
  const spreads = new Map(spreadByBucket.map((row) => [row['bucket'], row]));
  return {
    total: summaryOf(counted, spread[0]),
    buckets: counted.map((row) => ({
      at: query.from + Number(row['bucket']) * query.bucketMs,
      ...summaryOf([row], spreads.get(row['bucket'])),
    })),
    steps: stepStatistics(steps, quality),
  };
}

function range({ workspace, workflow, from, to }: StatisticsQuery): Statement {
  const rows =
    workflow === undefined
      ? sql`views INDEXED BY views_by_status WHERE workspace = ${workspace} AND status IN (${statusesIn(workspace)})`
      : sql`views INDEXED BY views_by_workflow WHERE workspace = ${workspace} AND workflow = ${workflow}`;
  return sql`${rows} AND created_at >= ${from} AND created_at < ${to}`;
}

function bucketOf({ from, bucketMs }: StatisticsQuery): Statement {
  return sql`CAST((created_at - ${from}) / ${bucketMs} AS INTEGER)`;
}

function countsByBucket(query: StatisticsQuery): Statement {
  return sql`
    SELECT ${bucketOf(query)} AS bucket, count(*) AS executions,
      count(*) FILTER (WHERE status IN ${listOf(succeededStatuses)}) AS succeeded,
      count(*) FILTER (WHERE status IN ${listOf(failedStatuses)}) AS failed,
      count(ended_at) AS ended, sum(${duration}) AS duration
    FROM ${range(query)} GROUP BY bucket ORDER BY bucket`;
}

function newestOf(query: StatisticsQuery): Statement {
  return sql`
    SELECT ${bucketOf(query)} AS bucket, ${duration} AS duration, steps FROM ${range(query)}
    ORDER BY created_at DESC LIMIT ${statisticsRowsMax}`;
}

function stepsOf(newest: Statement): Statement {
  return sql`
    WITH newest AS (${newest}), taken AS (
      SELECT value ->> 'step' AS step, value ->> 'status' AS status, value ->> 'attempts' AS attempts,
        value ->> 'durationMs' AS duration
      FROM newest, json_each(newest.steps))
    SELECT step, count(status) AS executions,
      count(*) FILTER (WHERE status IN ${listOf(succeededStatuses)}) AS succeeded,
      count(*) FILTER (WHERE status IN ${listOf(failedStatuses)}) AS failed,
      sum(max(0, attempts - 1)) AS retries, avg(duration) AS average
    FROM taken GROUP BY step`;
}

function qualityOf(newest: Statement): Statement {
  return sql`
    WITH newest AS (${newest}), taken AS (
      SELECT value ->> 'step' AS step, value -> 'quality' AS quality
      FROM newest, json_each(newest.steps) WHERE value -> 'quality' IS NOT NULL)
    SELECT step, rules.key AS rule, sum(rules.value ->> 0) AS passed, sum(rules.value ->> 1) AS failed
    FROM taken, json_each(taken.quality) AS rules GROUP BY step, rules.key`;
}

function summaryOf(counted: readonly Row[], spread: Row | undefined): Summary {
  const sum = (column: string): number => counted.reduce((total, row) => total + Number(row[column] ?? 0), 0);
  const ended = sum('ended');
  const share = (column: string): number | null => (typeof spread?.[column] === 'number' ? spread[column] : null);
  return {
    executions: sum('executions'),
    succeeded: sum('succeeded'),
    failed: sum('failed'),
    averageMs: ended === 0 ? null : sum('duration') / ended,
    p50Ms: share('p50'),
    p95Ms: share('p95'),
    p99Ms: share('p99'),
  };
}

function stepStatistics(rows: readonly Row[], qualityRows: readonly Row[]): Readonly<Record<string, StepStatistics>> {
  const rules = Map.groupBy(qualityRows, (row) => row['step']);
  const statistics = emptyObject<StepStatistics>();
  for (const row of rows) {
    statistics[String(row['step'])] = {
      executions: Number(row['executions']),
      succeeded: Number(row['succeeded']),
      failed: Number(row['failed']),
      retries: Number(row['retries']),
      averageMs: Number(row['average']),
      quality: ruleStatistics(rules.get(row['step']) ?? []),
    };
  }
  return statistics;
}

function ruleStatistics(rows: readonly Row[]): Readonly<Record<string, RuleStatistics>> {
  const quality = emptyObject<RuleStatistics>();
  for (const row of rows) {
    quality[String(row['rule'])] = { passed: Number(row['passed']), failed: Number(row['failed']) };
  }
  return quality;
}
