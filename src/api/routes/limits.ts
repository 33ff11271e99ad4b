/** Shared limits: who holds a key, how many wait for it. */
import { type LimitListAnswer, LimitListQuery, type LimitListRequest, LimitListSchema } from '../../contract/limits.ts';
import type { LimitUse } from '../../engine/engine.ts';
import { isoTimeOrNull } from '../answers/time.ts';
import { type ApiDeps, type HttpApp, workspaceOf } from '../http-app.ts';

const keysDefault = 20;

export function limitRoutes(app: HttpApp, { engine }: ApiDeps): void {
  app.route<{ Querystring: LimitListRequest }>({
    method: 'GET',
    url: '/limits',
    config: { permission: 'executions:read' },
    schema: {
      summary: 'Who holds shared limits',
      description: 'Keys of `concurrency` that somebody holds or waits for, and rates that somebody waits for.',
      tags: ['executions'],
      querystring: LimitListQuery,
      response: { 200: LimitListSchema },
    },
    handler: async (request): Promise<LimitListAnswer> => {
      const { key, after, limit = keysDefault } = request.query;
      const { uses, hasMore } = await engine.limits.list({ workspace: workspaceOf(request), key, after, limit });
      return { limits: uses.map(useAnswer), next_after: hasMore ? (uses.at(-1)?.key ?? null) : null };
    },
  });
}

function useAnswer({ key, held, waiting, holders }: LimitUse): LimitListAnswer['limits'][number] {
  return {
    key,
    held,
    waiting,
    holders: holders.map(({ executionId, step = null, attempt = null, until }) => ({
      execution_id: executionId,
      step,
      attempt,
      until: isoTimeOrNull(until),
    })),
  };
}
