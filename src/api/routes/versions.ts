/** The versions of a workflow, and moving between them. */
import { RollbackBody, VersionList, VersionSummary, WorkflowDetail } from '../../contract/workflows.ts';
import { Fault } from '../../kit/fault.ts';
import type { StoredVersion } from '../../storage/catalog.ts';
import { versionSummary, workflowDetail } from '../answers/workflow-answer.ts';
import { etagOf, isFresh } from '../etag.ts';
import { type ApiDeps, type HttpApp, workspaceOf } from '../http-app.ts';
import { versionOf, workflowNameOf } from '../requests.ts';

interface Named {
  name: string;
}

interface Numbered extends Named {
  version: string;
}

const inPath = { in: 'path', pointer: '/version' } as const;

export function versionRoutes(app: HttpApp, deps: ApiDeps): void {
  const { versions } = deps.engine;
  activationRoutes(app, deps);

  app.route<{ Params: Named }>({
    method: 'GET',
    url: '/workflows/:name/versions',
    config: { permission: 'workflows:read' },
    schema: { summary: 'List versions, newest first', tags: ['versions'], response: { 200: VersionList } },
    handler: async (request) => {
      const history = await versions.history(workspaceOf(request), workflowNameOf(request.params));
      return { versions: history.map(versionSummary) };
    },
  });

  app.route<{ Params: Numbered }>({
    method: 'GET',
    url: '/workflows/:name/versions/:version',
    config: { permission: 'workflows:read' },
    schema: { summary: 'Get a version', tags: ['versions'], response: { 200: WorkflowDetail } },
    handler: async (request, reply) => {
      const { params } = request;
      const number = versionOf(params.version, inPath);
      const version = await versions.get(workspaceOf(request), workflowNameOf(params), number);
      void reply.header('etag', etagOf(version));
      if (isFresh(request.headers['if-none-match'], version)) return reply.code(304).send();
      return workflowDetail(version);
    },
  });
}

function activationRoutes(app: HttpApp, { engine }: ApiDeps): void {
  const { versions } = engine;

  for (const verb of ['activate', 'promote']) {
    app.route<{ Params: Numbered }>({
      method: 'POST',
      url: `/workflows/:name/versions/:version/${verb}`,
      config: { permission: 'workflows:write' },
      schema: { summary: 'Make a version the active one', tags: ['versions'], response: { 200: VersionSummary } },
      handler: async (request) => {
        const number = versionOf(request.params.version, inPath);
        return versionSummary(await versions.activate(workspaceOf(request), workflowNameOf(request.params), number));
      },
    });
  }

  app.route<{ Params: Named; Body: { version?: string } }>({
    method: 'POST',
    url: '/workflows/:name/rollback',
    config: { permission: 'workflows:write' },
    schema: {
      summary: 'Go back to an earlier version',
      tags: ['versions'],
      body: RollbackBody,
      response: { 200: VersionSummary },
    },
    handler: async (request) => {
      const name = workflowNameOf(request.params);
      const given = request.body.version;
      const target =
        given === undefined
          ? versionBefore(await versions.history(workspaceOf(request), name), name)
          : versionOf(given, { in: 'body', pointer: '/version' });
      return versionSummary(await versions.activate(workspaceOf(request), name, target));
    },
  });
}

/** The version deployed before the active one. History stands newest first. */
function versionBefore(history: readonly StoredVersion[], name: string): string {
  const active = history.findIndex((version) => version.active);
  const before = history[active + 1];
  if (before) return before.version;
  throw new Fault('STATE_CONFLICT', `${name} has no version before the active one; name the version to go to`);
}
