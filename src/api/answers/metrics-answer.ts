/** Statistics as callers see them: seconds, and rates over what ended. */
import type { WorkflowMetricsAnswer } from '../../contract/metrics.ts';
import { emptyObject } from '../../kit/json.ts';
import type { Statistics, StepStatistics } from '../../storage/views.ts';
import { isoTime, seconds, secondsOrNull } from './time.ts';

export interface Period {
  /** Milliseconds since the epoch, inclusive. */
  readonly from: number;
  /** Exclusive. */
  readonly to: number;
  readonly bucketMs: number;
}

const hourMs = 3_600_000;

/** Whole buckets, the last of which holds `nowMs`. */
export function periodEndingAt(nowMs: number, lengthMs: number, bucketMs: number): Period {
  const to = (Math.floor(nowMs / bucketMs) + 1) * bucketMs;
  return { from: to - Math.max(1, Math.ceil(lengthMs / bucketMs)) * bucketMs, to, bucketMs };
}

export function metricsAnswer(workflow: string, period: Period, statistics: Statistics): WorkflowMetricsAnswer {
  const { total, buckets } = statistics;
  const lengthMs = period.to - period.from;
  return {
    workflow_id: workflow,
    period: {
      from: isoTime(period.from),
      to: isoTime(period.to),
      duration: seconds(lengthMs),
      granularity: seconds(period.bucketMs),
    },
    metrics: {
      execution_count: total.executions,
      success_count: total.succeeded,
      failure_count: total.failed,
      success_rate: rate(total.succeeded, total.failed),
      avg_duration: secondsOrNull(total.averageMs),
      p50_duration: secondsOrNull(total.p50Ms),
      p95_duration: secondsOrNull(total.p95Ms),
      p99_duration: secondsOrNull(total.p99Ms),
      throughput_per_hour: (total.executions * hourMs) / lengthMs,
    },
    time_series: buckets.map((bucket) => ({
      timestamp: isoTime(bucket.at),
      execution_count: bucket.executions,
      success_rate: rate(bucket.succeeded, bucket.failed),
      avg_duration: secondsOrNull(bucket.averageMs),
    })),
    step_metrics: stepMetrics(statistics.steps),
    quality: qualityOf(statistics.steps),
  };
}

function stepMetrics(steps: Statistics['steps']): WorkflowMetricsAnswer['step_metrics'] {
  const answer = emptyObject<WorkflowMetricsAnswer['step_metrics'][string]>();
  for (const [name, step] of Object.entries(steps)) answer[name] = stepAnswer(step);
  return answer;
}

function qualityOf(steps: Statistics['steps']): WorkflowMetricsAnswer['quality'] {
  const answer = emptyObject<WorkflowMetricsAnswer['quality'][string]>();
  for (const [name, { quality }] of Object.entries(steps)) {
    if (Object.keys(quality).length > 0) answer[name] = quality;
  }
  return answer;
}

function stepAnswer(step: StepStatistics): WorkflowMetricsAnswer['step_metrics'][string] {
  return {
    avg_duration: seconds(step.averageMs),
    success_rate: rate(step.succeeded, step.failed),
    error_rate: rate(step.failed, step.succeeded),
    retry_count: step.retries,
  };
}

const rate = (part: number, rest: number): number | null => (part + rest === 0 ? null : part / (part + rest));
