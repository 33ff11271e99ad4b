/** Reading and removing workflows. */
import { WorkflowDetail, WorkflowList, WorkflowListQuery } from '../../contract/workflows.ts';
import { workflowDetail, workflowSummary } from '../answers/workflow-answer.ts';
import { decodeOffset, encodeOffset } from '../cursor.ts';
import { defined } from '../defined.ts';
import { checkPrecondition, etagOf, isFresh } from '../etag.ts';
import { type ApiDeps, type HttpApp, workspaceOf } from '../http-app.ts';
import { limitDefault, offsetMax, offsetOfPage } from '../pages.ts';
import { workflowNameOf } from '../requests.ts';

interface Named {
  name: string;
}

export function workflowRoutes(app: HttpApp, { engine }: ApiDeps): void {
  const { versions } = engine;

  app.route({
    method: 'GET',
    url: '/workflows',
    config: { permission: 'workflows:read' },
    schema: {
      summary: 'List workflows',
      tags: ['workflows'],
      querystring: WorkflowListQuery,
      response: { 200: WorkflowList },
    },
    handler: async (request) => {
      const { search: text, tag, page = 1, cursor, limit = limitDefault } = request.query;
      const offset = cursor === undefined ? offsetOfPage(page, limit) : decodeOffset(cursor, offsetMax);
      const query = { workspace: workspaceOf(request), offset, limit, ...defined({ text, tag }) };
      const { rows, total } = await versions.list(query);
      const next = offset + rows.length;
      const has_more = rows.length > 0 && next < total;
      const next_cursor = has_more && next <= offsetMax ? encodeOffset(next) : null;
      const shown = cursor === undefined ? page : null;
      return { workflows: rows.map(workflowSummary), pagination: { page: shown, limit, total, has_more, next_cursor } };
    },
  });

  app.route<{ Params: Named }>({
    method: 'GET',
    url: '/workflows/:name',
    config: { permission: 'workflows:read' },
    schema: { summary: 'Get the active version', tags: ['workflows'], response: { 200: WorkflowDetail } },
    handler: async (request, reply) => {
      const version = await versions.get(workspaceOf(request), workflowNameOf(request.params));
      void reply.header('etag', etagOf(version));
      if (isFresh(request.headers['if-none-match'], version)) return reply.code(304).send();
      return workflowDetail(version);
    },
  });

  app.route<{ Params: Named }>({
    method: 'DELETE',
    url: '/workflows/:name',
    config: { permission: 'workflows:write' },
    schema: {
      summary: 'Remove a workflow',
      description: 'It can be started no more; executions that run go on.',
      tags: ['workflows'],
    },
    handler: async (request, reply) => {
      const name = workflowNameOf(request.params);
      await checkPrecondition(request.headers, () => versions.get(workspaceOf(request), name));
      await versions.remove(workspaceOf(request), name);
      return reply.code(204).send();
    },
  });
}
