/** The journal of an execution: page by page, or live. */
import { JournalPage, JournalQuery, StreamQuery } from '../../contract/executions.ts';
import { eventAnswer } from '../answers/event-answer.ts';
import { type ApiDeps, type HttpApp, workspaceOf } from '../http-app.ts';
import { refusal } from '../problem.ts';
import { executionIdOf } from '../requests.ts';
import type { Streams } from '../sse.ts';

interface Identified {
  id: string;
}

export function journalRoutes(app: HttpApp, deps: ApiDeps & { streams: Streams }): void {
  const { executions } = deps.engine;

  app.route<{ Params: Identified; Querystring: { after?: number; limit?: number } }>({
    method: 'GET',
    url: '/executions/:id/journal',
    config: { permission: 'executions:read' },
    schema: {
      summary: 'Read the numbered events',
      tags: ['executions'],
      querystring: JournalQuery,
      response: { 200: JournalPage },
    },
    handler: async (request) => {
      const { after = 0, limit = 200 } = request.query;
      const workspace = workspaceOf(request);
      const executionId = executionIdOf(request.params);
      const end = await executions.read(workspace, executionId, (state) => state.position);
      const events = await executions.journal(workspace, executionId, { after, limit });
      const next_after = events.at(-1)?.position ?? after;
      return {
        execution_id: executionId,
        events: events.map(eventAnswer),
        next_after,
        has_more: events.length > 0 && next_after < end,
      };
    },
  });

  app.route<{ Params: Identified; Querystring: { after?: number } }>({
    method: 'GET',
    url: '/executions/:id/stream',
    // A HEAD request would hold a stream that nobody reads.
    exposeHeadRoute: false,
    config: { permission: 'executions:read' },
    schema: {
      summary: 'Follow an execution (server-sent events)',
      description:
        'Events are named by type (`execution.*`, `step.*`, …), numbered by `id`, and end with `end`. Resumable by Last-Event-ID.',
      tags: ['executions'],
      querystring: StreamQuery,
    },
    handler: async (request, reply) => {
      const executionId = executionIdOf(request.params);
      const after = lastEventId(request.headers['last-event-id']) ?? request.query.after ?? 0;
      const take = await deps.streams.prepare({ workspace: workspaceOf(request), executionId, after });
      reply.hijack();
      take(reply.raw, { 'x-request-id': request.id });
    },
  });
}

function lastEventId(header: string | string[] | undefined): number | undefined {
  if (header === undefined || header === '') return undefined;
  const position = Number(header);
  if (Number.isSafeInteger(position) && position >= 0) return position;
  const message = 'it must be a position, as `id:` gave it';
  throw refusal({ code: 'VALUE_INVALID', message, pointer: '/last-event-id', in: 'headers' });
}
