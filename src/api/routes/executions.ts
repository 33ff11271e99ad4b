/** Reading executions. */
import {
  ExecutionDetail,
  ExecutionDetailQuery,
  ExecutionList,
  ExecutionListQuery,
  ExecutionResults,
  ExplanationSchema,
  stepsPageMax,
} from '../../contract/executions.ts';
import { statusOf } from '../../core/state.ts';
import { outputsByPath } from '../answers/execution-answer.ts';
import { isoTimeOrNull } from '../answers/time.ts';
import { viewAnswer } from '../answers/view-answer.ts';
import { encodeExecutionCursor } from '../cursor.ts';
import { type ApiDeps, type HttpApp, workspaceOf } from '../http-app.ts';
import { viewQuery } from '../list-query.ts';
import { executionIdOf } from '../requests.ts';
import type { ExecutionAnswers } from './execution-answers.ts';

interface Identified {
  id: string;
}

export function executionRoutes(app: HttpApp, deps: ApiDeps, answer: ExecutionAnswers): void {
  listRoute(app, deps);
  const { executions } = deps.engine;

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
      const place = { workspace: workspaceOf(request), executionId: executionIdOf(request.params) };
      return answer(place, { offset, limit });
    },
  });

  app.route<{ Params: Identified }>({
    method: 'GET',
    url: '/executions/:id/explain',
    config: { permission: 'executions:read' },
    schema: {
      summary: 'Explain what it waits for',
      tags: ['executions'],
      response: { 200: ExplanationSchema },
    },
    handler: async (request) => {
      const executionId = executionIdOf(request.params);
      const found = await executions.explain(workspaceOf(request), executionId);
      return {
        execution_id: executionId,
        status: found.status,
        summary: found.summary,
        reasons: found.reasons.map(({ kind, message, step = null, since, until }) => ({
          kind,
          message,
          step,
          since: isoTimeOrNull(since),
          until: isoTimeOrNull(until),
        })),
        reasons_total: found.reasonsTotal,
      };
    },
  });

  app.route<{ Params: Identified }>({
    method: 'GET',
    url: '/executions/:id/results',
    config: { permission: 'executions:read' },
    schema: { summary: 'Get the results', tags: ['executions'], response: { 200: ExecutionResults } },
    handler: (request) =>
      executions.read(workspaceOf(request), executionIdOf(request.params), (state) => ({
        execution_id: state.id,
        status: statusOf(state),
        completed_at: isoTimeOrNull(state.endedAt),
        output: state.output ?? null,
        error: state.error ?? null,
        steps: outputsByPath(state),
      })),
  });
}

function listRoute(app: HttpApp, { engine }: ApiDeps): void {
  const { executions } = engine;
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
}
