/** Reading executions and steering them. */
import {
  ExecutionDetail,
  type ExecutionDetailAnswer,
  ExecutionDetailQuery,
  ExecutionList,
  ExecutionListQuery,
  ExecutionResults,
  JournalPage,
  JournalQuery,
  ReasonBody,
  SignalBody,
  StreamQuery,
  stepsPageMax,
} from '../../contract/executions.ts';
import { Empty } from '../../contract/values.ts';
import { statusOf } from '../../core/state.ts';
import type { Executions, Operation } from '../../engine/engine.ts';
import type { Json } from '../../kit/json.ts';
import { eventAnswer } from '../answers/event-answer.ts';
import { errorMember, executionAnswer, outputsByPath } from '../answers/execution-answer.ts';
import { isoTimeOrNull } from '../answers/time.ts';
import { viewAnswer } from '../answers/view-answer.ts';
import { encodeExecutionCursor } from '../cursor.ts';
import { defined } from '../defined.ts';
import { type ApiDeps, type HttpApp, workspaceOf } from '../http-app.ts';
import { viewQuery } from '../list-query.ts';
import { refusal } from '../problem.ts';
import { executionIdOf } from '../requests.ts';
import type { Streams } from '../sse.ts';
import { openStepNames } from '../step-names.ts';

interface Identified {
  id: string;
}

type State = Awaited<ReturnType<Executions['get']>>;

export function executionRoutes(app: HttpApp, deps: ApiDeps & { streams: Streams }): void {
  const { executions, tasks, versions } = deps.engine;
  const stepNames = openStepNames(versions);

  const answer = async (state: State, page: { offset: number; limit: number }): Promise<ExecutionDetailAnswer> =>
    executionAnswer({
      state,
      holder: (id, step) => tasks.holder(id, step),
      stepNames: await stepNames.of(state),
      nowMs: deps.clock.nowMs(),
      stepsOffset: page.offset,
      stepsLimit: page.limit,
    });

  app.route({
    method: 'GET',
    url: '/executions',
    config: { permission: 'executions:read' },
    schema: {
      summary: 'List executions, newest first',
      tags: ['executions'],
      querystring: ExecutionListQuery,
      response: { 200: ExecutionList },
    },
    handler: async (request) => {
      const query = viewQuery(workspaceOf(request), request.query);
      const { rows, hasMore, total } = await executions.list(query);
      const last = rows.at(-1);
      return {
        executions: rows.map(viewAnswer),
        pagination: {
          page: query.after === undefined ? (request.query.page ?? 1) : null,
          limit: query.limit,
          total: total ?? null,
          has_more: hasMore,
          next_cursor: hasMore && last ? encodeExecutionCursor(last) : null,
        },
      };
    },
  });

  app.route<{ Params: Identified; Querystring: { steps_offset?: number; steps_limit?: number } }>({
    method: 'GET',
    url: '/executions/:id',
    config: { permission: 'executions:read' },
    schema: {
      summary: 'Get an execution',
      tags: ['executions'],
      querystring: ExecutionDetailQuery,
      response: { 200: ExecutionDetail },
    },
    handler: async (request) => {
      const { steps_offset: offset = 0, steps_limit: limit = stepsPageMax } = request.query;
      const state = await executions.get(workspaceOf(request), executionIdOf(request.params));
      return answer(state, { offset, limit });
    },
  });

  app.route<{ Params: Identified }>({
    method: 'GET',
    url: '/executions/:id/results',
    config: { permission: 'executions:read' },
    schema: { summary: 'Get the results', tags: ['executions'], response: { 200: ExecutionResults } },
    handler: async (request) => {
      const state = await executions.get(workspaceOf(request), executionIdOf(request.params));
      return {
        execution_id: state.id,
        status: statusOf(state),
        completed_at: isoTimeOrNull(state.endedAt),
        output: state.output ?? null,
        ...errorMember(state.error),
        steps: outputsByPath(state),
      };
    },
  });

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
      const state = await executions.get(workspace, executionIdOf(request.params));
      const events = await executions.journal(workspace, state.id, { after, limit });
      const next_after = events.at(-1)?.position ?? after;
      return {
        execution_id: state.id,
        events: events.map(eventAnswer),
        next_after,
        has_more: events.length > 0 && next_after < state.position,
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

  const operate = (verb: string, summary: string, operation: (body: { reason?: string }) => Operation): void => {
    app.route<{ Params: Identified; Body: { reason?: string } }>({
      method: 'POST',
      url: `/executions/:id/${verb}`,
      config: { permission: 'executions:operate' },
      schema: {
        summary,
        tags: ['executions'],
        body: verb === 'cancel' || verb === 'terminate' ? ReasonBody : Empty,
        response: { 200: ExecutionDetail },
      },
      handler: async (request) => {
        const id = executionIdOf(request.params);
        const state = await executions.operate(workspaceOf(request), id, operation(request.body));
        return answer(state, { offset: 0, limit: stepsPageMax });
      },
    });
  };
  operate('cancel', 'Cancel, and undo what completed steps did', ({ reason }) => ({
    type: 'cancel',
    ...defined({ reason }),
  }));
  operate('terminate', 'End at once, undoing nothing', ({ reason }) => ({ type: 'terminate', ...defined({ reason }) }));
  operate('pause', 'Hand out no more work', () => ({ type: 'pause' }));
  operate('resume', 'Go on', () => ({ type: 'resume' }));
  operate('retry', 'Try again from the failed step', () => ({ type: 'retry' }));

  app.route<{ Params: Identified & { name: string }; Body: { payload?: Json; id?: string } }>({
    method: 'POST',
    url: '/executions/:id/signals/:name',
    config: { permission: 'executions:operate' },
    schema: { summary: 'Send a signal', tags: ['signals'], body: SignalBody, response: { 200: ExecutionDetail } },
    handler: async (request) => {
      const { payload = null, id } = request.body;
      const signal = { type: 'signal', name: signalNameOf(request.params.name), payload, ...defined({ id }) } as const;
      const state = await executions.operate(workspaceOf(request), executionIdOf(request.params), signal);
      return answer(state, { offset: 0, limit: stepsPageMax });
    },
  });
}

function signalNameOf(name: string): string {
  if (/^[\w.:-]{1,128}$/.test(name)) return name;
  const message = 'a signal is named by 1 to 128 of A-Z, a-z, 0-9, _, ., : and -';
  throw refusal({ code: 'NAME_INVALID', message, pointer: '/name', in: 'path' });
}

function lastEventId(header: string | string[] | undefined): number | undefined {
  if (header === undefined || header === '') return undefined;
  const position = Number(header);
  if (Number.isSafeInteger(position) && position >= 0) return position;
  const message = 'it must be a position, as `id:` gave it';
  throw refusal({ code: 'VALUE_INVALID', message, pointer: '/last-event-id', in: 'headers' });
}
