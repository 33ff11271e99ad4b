/** How long what has ended is kept: looking at it, and removing what is due now rather than with the next sweep. */
import {
  RetentionDue,
  RetentionRunBody,
  type RetentionRunRequest,
  RetentionStatus,
  type RetentionStatusAnswer,
} from '../../contract/retention.ts';
import type { Engine } from '../../engine/engine.ts';
import { isoTimeOrNull, secondsOrNull } from '../answers/time.ts';
import { type ApiDeps, type HttpApp, workspaceOf } from '../http-app.ts';

export function retentionRoutes(app: HttpApp, { engine, log }: ApiDeps): void {
  const { retention } = engine;

  app.route({
    method: 'GET',
    url: '/system/retention',
    config: { permission: 'system:read' },
    schema: { summary: 'How long what has ended is kept', tags: ['system'], response: { 200: RetentionStatus } },
    handler: (request) => statusOf(engine, workspaceOf(request)),
  });

  app.route<{ Body: RetentionRunRequest }>({
    method: 'POST',
    url: '/system/retention/run',
    config: { permission: 'system:manage' },
    schema: {
      summary: 'Remove what is due in this workspace now',
      tags: ['system'],
      body: RetentionRunBody,
      response: { 200: RetentionDue, 202: RetentionDue },
    },
    handler: async (request, reply) => {
      const workspace = workspaceOf(request);
      const { age, number } = await retention.due(workspace);
      const isDry = request.body.dry_run === true;
      if (!isDry) {
        void reply.code(202);
        // Small transactions with pauses between them: nobody waits for the last one.
        retention.run(workspace).catch((error: unknown) => log.error({ error }, 'retention failed'));
      }
      return { dry_run: isDry, due_by_age: age, due_by_number: number };
    },
  });
}

async function statusOf({ retention, health }: Engine, workspace: string): Promise<RetentionStatusAnswer> {
  const { policy } = retention;
  const [own, bytes] = await Promise.all([retention.own(workspace), retention.sizeBytes()]);
  const last = retention.lastSweep();
  return {
    policy: {
      ...agesOf(policy),
      max_executions: policy.executionsMax ?? null,
      max_size_bytes: policy.sizeBytesMax ?? null,
    },
    workflows: [...own].map(([name, ages]) => ({ name, ...agesOf(ages) })),
    storage_bytes: bytes,
    removed_total: health().counters.removed,
    last_sweep: {
      at: isoTimeOrNull(last?.at),
      duration: secondsOrNull(last?.durationMs ?? null),
      removed: last?.removed ?? null,
    },
  };
}

const agesOf = ({
  completedMs = null,
  failedMs = null,
}: Partial<Record<'completedMs' | 'failedMs', number | null>>) => ({
  completed: secondsOrNull(completedMs),
  failed: secondsOrNull(failedMs),
});
