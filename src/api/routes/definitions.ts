/**
 * Routes that take a definition: deploy, replace, new version, validate. The body is YAML text under any content type
 * but JSON, or `{yaml_content, …}` as JSON.
 */
import type { FastifyReply } from 'fastify';
import {
  DefinitionBody,
  DefinitionQuery,
  type DefinitionRequest,
  Deployed,
  metadataBytesMax,
  Validation,
} from '../../contract/workflows.ts';
import type { Deployed as DeployResult, Versions } from '../../engine/engine.ts';
import { Fault } from '../../kit/fault.ts';
import { deployedAnswer, validationAnswer } from '../answers/workflow-answer.ts';
import { readTextBodies } from '../body.ts';
import { defined } from '../defined.ts';
import { checkPrecondition, etagOf } from '../etag.ts';
import { type ApiDeps, type HttpApp, workspaceOf } from '../http-app.ts';
import { refusal, refuseLong } from '../problem.ts';
import { workflowNameOf } from '../requests.ts';

interface DeployQuery {
  readonly strict?: boolean;
  readonly file?: string;
}

const body = { content: { 'application/json': { schema: DefinitionBody } } };
const deployAnswers = { 200: Deployed, 201: Deployed, 202: Deployed };

const deployRoutes = [
  { method: 'POST', url: '/workflows', summary: 'Deploy a workflow', tags: ['workflows'] },
  { method: 'PUT', url: '/workflows/:name', summary: 'Deploy a version of this workflow', tags: ['workflows'] },
  { method: 'POST', url: '/workflows/:name/versions', summary: 'Add a version', tags: ['versions'] },
] as const;

export function definitionRoutes(app: HttpApp, { engine }: ApiDeps): void {
  const { versions } = engine;
  readTextBodies(app);
  for (const { method, url, summary, tags } of deployRoutes) {
    app.route<{ Params: { name?: string }; Querystring: DeployQuery }>({
      method,
      url,
      config: { permission: 'workflows:write' },
      schema: {
        summary,
        description: 'With If-Match only where the active version is still the one that ETag named.',
        tags,
        body,
        querystring: DefinitionQuery,
        response: deployAnswers,
      },
      handler: async (request, reply) => {
        const workspace = workspaceOf(request);
        const definition = definitionOf(request.body);
        if (request.params.name !== undefined) {
          const name = workflowNameOf({ name: request.params.name });
          await checkName(definition, name);
          await checkPrecondition(request.headers, () => versions.get(workspace, name));
        }
        return answerDeploy(reply, await versions.deploy(workspace, ...deployArguments(definition, request.query)));
      },
    });
  }
  validationRoutes(app, versions);
}

function validationRoutes(app: HttpApp, versions: Versions): void {
  const validate = async (workspace: string, definition: DefinitionRequest, query: DeployQuery) => {
    const [text, options] = deployArguments(definition, query);
    return validationAnswer(await versions.validate(workspace, text, options), query.strict === true);
  };
  const schema = { tags: ['workflows'], body, querystring: DefinitionQuery, response: { 200: Validation } };

  app.route<{ Querystring: DeployQuery }>({
    method: 'POST',
    url: '/workflows/validate',
    config: { permission: 'workflows:read' },
    schema: { summary: 'Find every problem of a definition', ...schema },
    handler: async (request) => validate(workspaceOf(request), definitionOf(request.body), request.query),
  });

  app.route<{ Params: { name: string }; Querystring: DeployQuery }>({
    method: 'POST',
    url: '/workflows/:name/validate',
    config: { permission: 'workflows:read' },
    schema: { summary: 'Validate a workflow; without a body its active version', ...schema },
    handler: async (request) => {
      const workspace = workspaceOf(request);
      const name = workflowNameOf(request.params);
      if (hasBody(request.body)) return validate(workspace, definitionOf(request.body), request.query);
      const { yaml, contextYaml } = await versions.get(workspace, name);
      const definition = defined({ yaml_content: yaml, context_yaml: contextYaml ?? undefined });
      return validate(workspace, definition, request.query);
    },
  });
}

/** A request without a body is given an empty object before it is checked. */
const hasBody = (sent: unknown): boolean => typeof sent === 'string' || Object.keys(sent ?? {}).length > 0;

function definitionOf(sent: unknown): DefinitionRequest {
  if (hasBody(sent)) return typeof sent === 'string' ? { yaml_content: sent } : (sent as DefinitionRequest);
  throw refusal({
    code: 'FIELD_MISSING',
    message: 'send the YAML text as the body, or JSON with "yaml_content"',
    pointer: '',
    in: 'body',
  });
}

function deployArguments(definition: DefinitionRequest, query: DeployQuery) {
  const { yaml_content: text, context_yaml: context, description, metadata } = definition;
  const { strict, file } = query;
  if (metadata !== undefined) refuseLong(metadata, { bytesMax: metadataBytesMax, pointer: '/metadata' });
  return [text, defined({ context, description, metadata, strict, file })] as const;
}

/** Looked at before anything is stored: a deploy under the wrong address must change nothing. */
async function checkName(definition: DefinitionRequest, name: string): Promise<void> {
  const { parseDocuments } = await import('../../model/parse.ts');
  const stray = parseDocuments(definition.yaml_content).workflows.find((workflow) => workflow.name !== name);
  if (stray?.name === undefined) return;
  throw new Fault('DEFINITION_INVALID', `the definition is of ${stray.name}, the address says ${name}: make them one`, {
    detail: { errors: [{ code: 'NAME_INVALID', message: `the name must be ${name} here`, pointer: '/metadata/name' }] },
  });
}

function answerDeploy(reply: FastifyReply, deployed: DeployResult) {
  const answer = deployedAnswer(deployed);
  const status = deployed.version === undefined ? 202 : deployed.result === 'added' ? 201 : 200;
  if (deployed.version) void reply.header('etag', etagOf(deployed.version));
  if (status === 201) void reply.header('location', answer.endpoints.self);
  void reply.code(status);
  return answer;
}
