/** Statistics over view rows, compared with a computation that holds every row in a list. */
import assert from 'node:assert/strict';
import { seededRandom } from '../kit/random.ts';
import { move, noon, viewRow } from './sample-writes.ts';
import type { QualitySummary, StepSummary, ViewRow } from './store.ts';
import type { PromiseCase } from './store-subject.ts';
import type { Statistics, StatisticsQuery, StepStatistics, Summary } from './views.ts';

const statuses = ['running', 'completed', 'failed', 'timed_out', 'cancelled', 'compensated'];

export function statisticsConformance(promise: PromiseCase): void {
  promise('gives the statistics of a naive computation', async (store) => {
    const rows = randomRows(400);
    await store.commit(rows.map((view, index) => move(`e${index}`, 1, { view })));
    await store.commit([
      move('far', 1, { workspace: 'team', view: viewRow(1, { createdAt: noon + 5, endedAt: noon + 6 }) }),
    ]);
    const whole = { workspace: 'default', from: noon, to: noon + 10_000, bucketMs: 1_000 };
    for (const query of [
      whole,
      { ...whole, workflow: 'w1' },
      { ...whole, from: noon + 1_234, to: noon + 4_321, bucketMs: 500 },
    ]) {
      closeTo(await store.views.statistics(query), naive(rows, query));
    }
  });

  promise('gives empty statistics where nothing was created', async (store) => {
    const query = { workspace: 'default', from: noon, to: noon + 10, bucketMs: 5 };
    const none: Summary = {
      executions: 0,
      succeeded: 0,
      failed: 0,
      averageMs: null,
      p50Ms: null,
      p95Ms: null,
      p99Ms: null,
    };
    const { total, buckets, steps } = await store.views.statistics(query);
    assert.deepEqual({ total, buckets, steps: { ...steps } }, { total: none, buckets: [], steps: {} });
  });
}

function randomRows(count: number): ViewRow[] {
  const random = seededRandom(7);
  const below = (limit: number): number => Math.floor(random.next() * limit);
  return Array.from({ length: count }, () => {
    const createdAt = noon + below(10_000);
    const status = statuses[below(statuses.length)] ?? '';
    const startedAt = below(5) === 0 ? null : createdAt + below(50);
    const endedAt = status === 'running' ? null : (startedAt ?? createdAt) + below(2_000);
    const steps = ['a', 'b', '__proto__'].slice(0, below(4)).map((step) => ({
      step,
      status: ['completed', 'failed', 'skipped'][below(3)] ?? '',
      durationMs: below(900),
      attempts: below(4),
      ...(below(3) === 0 ? { quality: { positive: [below(100), below(9)], ['__proto__']: [1, 2] } as const } : {}),
    }));
    return viewRow(1, {
      createdAt,
      status,
      startedAt,
      endedAt,
      workflow: `w${below(2)}`,
      steps: endedAt === null ? [] : [...steps, ...beside.slice(0, below(3))],
    });
  });
}

/** Of steps that are listed too, and of one that never is. */
const beside: readonly QualitySummary[] = [
  { step: 'folded', quality: { positive: [1_000, 3] } },
  { step: 'a', quality: { positive: [7, 0], unique: [0, 7] } },
];

function naive(rows: readonly ViewRow[], query: StatisticsQuery): Statistics {
  const inside = rows.filter(
    (row) =>
      row.createdAt >= query.from &&
      row.createdAt < query.to &&
      (query.workflow === undefined || row.workflow === query.workflow),
  );
  const starts = new Set(inside.map((row) => row.createdAt - ((row.createdAt - query.from) % query.bucketMs)));
  const buckets = [...starts]
    .sort((a, b) => a - b)
    .map((at) => ({
      at,
      ...summary(inside.filter((row) => row.createdAt >= at && row.createdAt < at + query.bucketMs)),
    }));
  const names = new Set(inside.flatMap((row) => row.steps.map((step) => step.step)));
  return {
    total: summary(inside),
    buckets,
    steps: Object.fromEntries([...names].map((name) => [name, stepOf(inside, name)])),
  };
}

function summary(rows: readonly ViewRow[]): Summary {
  const durations = rows
    .flatMap((row) => (row.endedAt === null ? [] : [row.endedAt - (row.startedAt ?? row.createdAt)]))
    .sort((a, b) => a - b);
  const share = (fraction: number): number | null => {
    const place = fraction * (durations.length - 1);
    const below = durations[Math.floor(place)];
    const above = durations[Math.ceil(place)];
    return below === undefined || above === undefined ? null : below + (above - below) * (place - Math.floor(place));
  };
  return {
    executions: rows.length,
    succeeded: rows.filter((row) => row.status === 'completed').length,
    failed: rows.filter((row) => ['failed', 'timed_out', 'compensated'].includes(row.status)).length,
    averageMs: durations.length === 0 ? null : durations.reduce((sum, each) => sum + each, 0) / durations.length,
    p50Ms: share(0.5),
    p95Ms: share(0.95),
    p99Ms: share(0.99),
  };
}

function stepOf(rows: readonly ViewRow[], name: string): StepStatistics {
  const known = rows.flatMap((row) => row.steps).filter((step) => step.step === name);
  const all = known.filter((step): step is StepSummary => step.status !== undefined);
  return {
    executions: all.length,
    succeeded: all.filter((step) => step.status === 'completed').length,
    failed: all.filter((step) => step.status === 'failed').length,
    retries: all.reduce((sum, step) => sum + Math.max(0, step.attempts - 1), 0),
    averageMs: all.reduce((sum, step) => sum + step.durationMs, 0) / Math.max(1, all.length),
    quality: qualityOf(known),
  };
}

function qualityOf(steps: ViewRow['steps']): StepStatistics['quality'] {
  const rules = new Set(steps.flatMap(({ quality = {} }) => Object.keys(quality)));
  const sum = (rule: string, place: 0 | 1): number =>
    steps.reduce((total, { quality }) => total + (quality?.[rule]?.[place] ?? 0), 0);
  return Object.fromEntries([...rules].sort().map((rule) => [rule, { passed: sum(rule, 0), failed: sum(rule, 1) }]));
}

/** Equal but for the last digits, which depend on the order of additions. */
function closeTo(actual: Statistics, expected: Statistics): void {
  const rounded = (value: unknown): unknown =>
    JSON.parse(JSON.stringify(value), (_, each: unknown) =>
      typeof each === 'number' ? Number(each.toFixed(6)) : each,
    );
  assert.deepEqual(rounded(actual.total), rounded(expected.total));
  assert.deepEqual(rounded(actual.buckets), rounded(expected.buckets));
  assert.deepEqual(rounded(Object.entries(actual.steps).sort()), rounded(Object.entries(expected.steps).sort()));
}
