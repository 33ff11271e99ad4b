/** What past executions of a workflow add up to. Durations are numbers in seconds, rates numbers from 0 to 1. */
import type { Static } from 'typebox';
import { Type } from './type.ts';
import { closed, DurationText, NumberOrNull, Time } from './values.ts';

export const MetricsQuery = closed({
  period: Type.Optional(DurationText('How far back, to the end of the current bucket. Default 24h.')),
  granularity: Type.Optional(DurationText('The width of a bucket, 1s or more. Default 1h; at most 2,000 buckets.')),
});

export const StepMetrics = Type.Object(
  {
    avg_duration: NumberOrNull('Seconds.'),
    success_rate: NumberOrNull('Of those that ended; null where none did.'),
    error_rate: NumberOrNull('Of those that ended; null where none did.'),
    retry_count: Type.Integer(),
  },
  { title: 'StepMetrics' },
);

export const RuleCounts = Type.Object({ passed: Type.Integer(), failed: Type.Integer() }, { title: 'RuleCounts' });

export const WorkflowMetrics = Type.Object(
  {
    workflow_id: Type.String(),
    period: Type.Object({
      from: Time('Inclusive.'),
      to: Time('Exclusive.'),
      duration: Type.Number({ description: 'Seconds.' }),
      granularity: Type.Number({ description: 'Seconds.' }),
    }),
    metrics: Type.Object({
      execution_count: Type.Integer(),
      success_count: Type.Integer(),
      failure_count: Type.Integer(),
      success_rate: NumberOrNull('Of those that ended; null where none did.'),
      avg_duration: NumberOrNull('Seconds, of those that ended.'),
      p50_duration: NumberOrNull('Seconds.'),
      p95_duration: NumberOrNull('Seconds.'),
      p99_duration: NumberOrNull('Seconds.'),
      throughput_per_hour: Type.Number({ description: 'Executions an hour over the period.' }),
    }),
    time_series: Type.Array(
      Type.Object({
        timestamp: Time('The begin of the bucket.'),
        execution_count: Type.Integer(),
        success_rate: NumberOrNull('Of those that ended; null where none did.'),
        avg_duration: NumberOrNull('Seconds.'),
      }),
    ),
    step_metrics: Type.Unsafe<Readonly<Record<string, Static<typeof StepMetrics>>>>({
      type: 'object',
      additionalProperties: StepMetrics,
      description: 'By step.',
    }),
    quality: Type.Unsafe<Readonly<Record<string, Readonly<Record<string, Static<typeof RuleCounts>>>>>>({
      type: 'object',
      additionalProperties: { type: 'object', additionalProperties: RuleCounts },
      description: 'By validate step and rule: how many items passed and how many failed.',
    }),
  },
  { title: 'WorkflowMetrics' },
);
export type WorkflowMetricsAnswer = Static<typeof WorkflowMetrics>;
