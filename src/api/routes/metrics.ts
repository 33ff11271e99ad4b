/** What past executions of a workflow add up to. */
import { MetricsQuery, WorkflowMetrics } from '../../contract/metrics.ts';
import { metricsAnswer, periodEndingAt } from '../answers/metrics-answer.ts';
import { type ApiDeps, type HttpApp, workspaceOf } from '../http-app.ts';
import { refusal } from '../problem.ts';
import { durationMs, workflowNameOf } from '../requests.ts';

const bucketsMax = 2_000;
const bucketMinMs = 1_000;

export function metricsRoutes(app: HttpApp, { engine, clock }: ApiDeps): void {
  app.route<{ Params: { name: string }; Querystring: { period?: string; granularity?: string } }>({
    method: 'GET',
    url: '/workflows/:name/metrics',
    config: { permission: 'metrics:read' },
    schema: {
      summary: 'Metrics of a workflow',
      description: 'Over the executions created in the period. Durations are in seconds.',
      tags: ['metrics'],
      querystring: MetricsQuery,
      response: { 200: WorkflowMetrics },
    },
    handler: async (request) => {
      const workspace = workspaceOf(request);
      const { period = '24h', granularity = '1h' } = request.query;
      const lengthMs = durationMs(period, { in: 'query', pointer: '/period' });
      const bucketMs = durationMs(granularity, { in: 'query', pointer: '/granularity' });
      checkBuckets(lengthMs, bucketMs);
      const { name } = await engine.versions.get(workspace, workflowNameOf(request.params));
      const span = periodEndingAt(clock.nowMs(), lengthMs, bucketMs);
      return metricsAnswer(name, span, await engine.executions.statistics({ workspace, workflow: name, ...span }));
    },
  });
}

function checkBuckets(lengthMs: number, bucketMs: number): void {
  if (bucketMs >= bucketMinMs && lengthMs / bucketMs <= bucketsMax) return;
  const message = `it must be 1s or more, and give at most ${bucketsMax} buckets over the period`;
  throw refusal({ code: 'VALUE_INVALID', message, pointer: '/granularity', in: 'query' });
}
