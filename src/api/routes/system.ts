/**
 * Whether the server lives, whether it takes work, and what it is doing.
 *
 * Liveness never depends on the store: a platform that kills processes for a store that is away makes it worse.
 */
import type { Registry } from 'prom-client';
import { Health, type HealthAnswer, SystemStatus } from '../../contract/system.ts';
import type { Engine } from '../../engine/engine.ts';
import { seconds } from '../answers/time.ts';
import { defined } from '../defined.ts';
import { type ApiDeps, type HttpApp, workspaceOf } from '../http-app.ts';

export function healthRoutes(app: HttpApp, { engine, clock, config }: ApiDeps): void {
  const openedAt = clock.monotonicMs();
  const health = (status: HealthAnswer['status'], reason?: string): HealthAnswer => ({
    status,
    uptime: seconds(clock.monotonicMs() - openedAt),
    ...defined({ version: config.version, reason }),
  });

  for (const url of ['/health', '/livez', '/healthz']) {
    app.route({
      method: 'GET',
      url,
      config: { permission: 'public' },
      schema: { summary: 'The process lives', tags: ['system'], response: { 200: Health } },
      handler: async () => health('ok'),
    });
  }
  for (const url of ['/ready', '/readyz']) {
    app.route({
      method: 'GET',
      url,
      config: { permission: 'public' },
      schema: { summary: 'The server takes work', tags: ['system'], response: { 200: Health, 503: Health } },
      handler: async (_request, reply) => {
        const { ready, reason } = engine.health();
        if (ready) return health('ok');
        void reply.code(503).header('retry-after', '1');
        return health('unavailable', reason ?? 'not ready');
      },
    });
  }
}

/** The metrics library is loaded when somebody looks at metrics for the first time. */
export function metricsTextRoute(app: HttpApp, engine: Engine, streams: { readonly count: number }): void {
  let opened: Promise<Registry> | undefined;
  const registryOf = async (): Promise<Registry> =>
    (await import('../metrics-registry.ts')).openMetricsRegistry(engine, streams);
  app.route({
    method: 'GET',
    url: '/metrics',
    config: { permission: 'metrics:read' },
    schema: { summary: 'Metrics in the Prometheus text format', tags: ['system'] },
    handler: async (_request, reply) => {
      opened ??= registryOf();
      const registry = await opened;
      return reply.header('content-type', registry.contentType).send(await registry.metrics());
    },
  });
}

export function systemRoutes(app: HttpApp, { engine }: ApiDeps, streams: { readonly count: number }): void {
  app.route({
    method: 'GET',
    url: '/system/status',
    config: { permission: 'system:read' },
    schema: { summary: 'What the server is doing', tags: ['system'], response: { 200: SystemStatus } },
    handler: async (request) => {
      const workspace = workspaceOf(request);
      const { ready, reason, live, pendingWrites, waitingClaims } = engine.health();
      const [executions, depths] = await Promise.all([engine.executions.counts(workspace), engine.tasks.depths()]);
      const own = depths.filter((depth) => depth.workspace === workspace);
      return {
        ready,
        reason: reason ?? null,
        live_executions: live,
        pending_writes: pendingWrites,
        waiting_claims: waitingClaims,
        open_streams: streams.count,
        executions,
        queues: own.map(({ executor, ready: waiting, leased }) => ({ executor, ready: waiting, leased })),
      };
    },
  });

  let schema: string | undefined;
  app.route({
    method: 'GET',
    url: '/schema/workflow.json',
    config: { permission: 'public' },
    schema: { summary: 'The workflow language as a JSON Schema', tags: ['system'] },
    handler: async (_request, reply) => {
      schema ??= JSON.stringify((await import('../../model/published-schema.ts')).workflowSchema());
      return reply.header('content-type', 'application/schema+json').send(schema);
    },
  });
}
