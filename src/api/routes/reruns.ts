/** Taking up an execution from one of its steps, as a new execution. */
import { ExecuteHeaders, ExecutionStarted, RerunBody, type RerunBodyRequest } from '../../contract/executions.ts';
import { defined } from '../defined.ts';
import { type ApiDeps, type HttpApp, workspaceOf } from '../http-app.ts';
import { executionIdOf, oneKey } from '../requests.ts';
import type { Urls } from '../urls.ts';
import { startedAnswer } from './starts.ts';

export function rerunRoutes(app: HttpApp, { engine, urls }: ApiDeps & { urls: Urls }): void {
  app.route<{ Params: { id: string }; Body: RerunBodyRequest; Headers: { 'idempotency-key'?: string } }>({
    method: 'POST',
    url: '/executions/:id/rerun',
    config: { permission: 'executions:start' },
    schema: {
      summary: 'Run again from a step, as a new execution',
      description: 'What was done before the step is taken over, with `outputs` in its place; the old one stays.',
      tags: ['executions'],
      body: RerunBody,
      headers: ExecuteHeaders,
      response: { 202: ExecutionStarted },
    },
    handler: async (request, reply) => {
      const { from_step: fromStep, idempotency_key: keyInBody, ...given } = request.body;
      const idempotencyKey = oneKey(request.headers['idempotency-key'], keyInBody, '/idempotency_key');
      const started = await engine.executions.rerun({
        workspace: workspaceOf(request),
        executionId: executionIdOf(request.params),
        fromStep,
        ...defined({ ...given, idempotencyKey }),
      });
      void reply.header('location', `/api/v1/executions/${started.executionId}`);
      if (!started.isNew) void reply.header('idempotent-replayed', 'true');
      void reply.code(202);
      return startedAnswer(urls, started, undefined);
    },
  });
}
