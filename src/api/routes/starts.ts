/** Starting executions: one, or up to a thousand at once. */
import {
  ExecuteBatch,
  ExecuteBatchBody,
  ExecuteBody,
  ExecuteHeaders,
  ExecuteQuery,
  type ExecuteRequest,
  ExecutionStarted,
  type ExecutionStartedAnswer,
} from '../../contract/executions.ts';
import { type ExecutionState, statusOf } from '../../core/state.ts';
import type { Started, StartRequest } from '../../engine/engine.ts';
import type { JsonObject } from '../../kit/json.ts';
import { isoTime, isoTimeOrNull } from '../answers/time.ts';
import type { Closing } from '../closing.ts';
import { defined } from '../defined.ts';
import { type ApiDeps, bulkBodyBytesMax, type HttpApp, workspaceOf } from '../http-app.ts';
import { problemOf } from '../problem.ts';
import { durationMs, oneKey, versionOf, waitMaxMs, workflowNameOf } from '../requests.ts';
import { openTurnstile, startsPerTurn } from '../turnstile.ts';
import type { Urls } from '../urls.ts';

/** What `options.async: false` waits for. */
const syncWaitMs = 30_000;

type State = Readonly<ExecutionState>;

interface Named {
  name: string;
}

export function startRoutes(app: HttpApp, deps: ApiDeps & { urls: Urls; closing: Closing }): void {
  executeRoute(app, deps);
  batchRoute(app, deps);
}

function executeRoute(app: HttpApp, deps: ApiDeps & { urls: Urls; closing: Closing }): void {
  const { engine } = deps;

  app.route<{
    Params: Named;
    Body: ExecuteRequest;
    Querystring: { wait?: string };
    Headers: { 'idempotency-key'?: string };
  }>({
    method: 'POST',
    url: '/workflows/:name/execute',
    config: { permission: 'executions:start' },
    schema: {
      summary: 'Start an execution',
      description: 'Durable once answered: 202, or 200 where it ended within `wait`.',
      tags: ['executions'],
      body: ExecuteBody,
      querystring: ExecuteQuery,
      headers: ExecuteHeaders,
      response: { 200: ExecutionStarted, 202: ExecutionStarted },
    },
    handler: async (request, reply) => {
      const workspace = workspaceOf(request);
      const waitMs = waitOf(request.query.wait, request.body);
      const start = startOf(request.body, request.headers['idempotency-key']);
      const started = await engine.executions.start({ workspace, workflow: workflowNameOf(request.params), ...start });
      void reply.header('location', `/api/v1/executions/${started.executionId}`);
      if (!started.isNew) void reply.header('idempotent-replayed', 'true');
      const { executionId } = started;
      const ended =
        waitMs > 0
          ? await deps.closing.orWhenClosing(engine.executions.waitForEnd(workspace, executionId, waitMs))
          : undefined;
      void reply.code(ended ? 200 : 202);
      return startedAnswer(deps.urls, started, ended);
    },
  });
}

type Place = Pick<StartRequest, 'workspace' | 'workflow'>;
type BatchStart = { input?: unknown; idempotency_key?: string; metadata?: JsonObject };
type Begun = { execution_id: string } | { error: object };

function batchRoute(app: HttpApp, { engine, log }: ApiDeps): void {
  const turnstile = openTurnstile();
  app.route<{
    Params: Named;
    Body: { executions: BatchStart[] };
  }>({
    method: 'POST',
    url: '/workflows/:name/execute-batch',
    bodyLimit: bulkBodyBytesMax,
    config: { permission: 'executions:start' },
    schema: {
      summary: 'Start many executions',
      description: 'Each is started or refused on its own, in the order of the list.',
      tags: ['executions'],
      body: ExecuteBatchBody,
      response: { 202: ExecuteBatch },
    },
    handler: async (request, reply) => {
      const place = { workspace: workspaceOf(request), workflow: workflowNameOf(request.params) };
      await engine.versions.get(place.workspace, place.workflow);
      const begun: Promise<Begun>[] = [];
      for (const [index, each] of request.body.executions.entries()) {
        if (index > 0 && index % startsPerTurn === 0) await turnstile.pass(place.workspace);
        begun.push(startOne(place, each, request.id));
      }
      void reply.code(202);
      return { executions: await Promise.all(begun) };
    },
  });

  async function startOne(place: Place, given: BatchStart, requestId: string): Promise<Begun> {
    const { input = {}, metadata, idempotency_key: idempotencyKey } = given;
    try {
      const start = { ...place, input, ...defined({ metadata, idempotencyKey }) };
      return { execution_id: (await engine.executions.start(start)).executionId };
    } catch (error) {
      return { error: batchError(error, requestId) };
    }
  }

  function batchError(error: unknown, requestId: string) {
    const { body, status } = problemOf(error, requestId);
    if (status === 500) log.error({ error, request_id: requestId }, 'a start in a batch failed');
    const { code, detail: message, errors } = body;
    return defined({ code, message, errors });
  }
}

function waitOf(wait: string | undefined, { options }: ExecuteRequest): number {
  if (wait !== undefined) return durationMs(wait, { in: 'query', pointer: '/wait' }, waitMaxMs);
  return options?.async === false ? syncWaitMs : 0;
}

function startOf(body: ExecuteRequest, keyHeader: string | undefined): Omit<StartRequest, 'workspace' | 'workflow'> {
  const { input = {}, metadata, options = {} } = body;
  const { version, timeout, priority, tags, idempotency_key: keyOption } = options;
  const optionAt = (name: string) => ({ in: 'body', pointer: `/options/${name}` }) as const;
  return {
    input,
    ...defined({
      metadata,
      priority,
      tags,
      idempotencyKey: oneKey(keyHeader, keyOption, '/options/idempotency_key'),
      version: version === undefined ? undefined : versionOf(version, optionAt('version')),
      timeoutMs: timeout === undefined ? undefined : durationMs(timeout, optionAt('timeout')),
    }),
  };
}

export function startedAnswer(urls: Urls, started: Started, ended: State | undefined): ExecutionStartedAnswer {
  return {
    execution_id: started.executionId,
    workflow_id: started.workflow,
    workflow_name: started.workflow,
    version: started.version,
    status: ended ? statusOf(ended) : started.status,
    created_at: isoTime(started.createdAt),
    estimated_completion: isoTimeOrNull(started.estimatedEndAt),
    tracking_url: urls.tracking(started.executionId),
    stream_url: urls.stream(started.executionId),
    ...(ended ? defined({ output: ended.output, error: ended.error }) : {}),
  };
}
