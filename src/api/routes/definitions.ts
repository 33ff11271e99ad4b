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
  Validation,
} from '../../contract/workflows.ts';
import type { Deployed as DeployResult } from '../../engine/engine.ts';
import { Fault } from '../../kit/fault.ts';
import { parseDocuments } from '../../model/parse.ts';
import { deployedAnswer, validationAnswer } from '../answers/workflow-answer.ts';
import { readTextBodies } from '../body.ts';
import { defined } from '../defined.ts';
import { checkPrecondition, etagOf } from '../etag.ts';
import { type ApiDeps, type HttpApp, workspaceOf } from '../http-app.ts';
import { refusal } from '../problem.ts';
import { workflowNameOf } from '../requests.ts';

interface DeployQuery {
  readonly strict?: boolean;
  readonly file?: string;
}

const body = { content: { 'application/json': { schema: DefinitionBody } } };
const deployAnswers = { 200: Deployed, 201: Deployed, 202: Deployed };

export function definitionRoutes(app: HttpApp, { engine }: ApiDeps): void {
  const { versions } = engine;
  readTextBodies(app);

  app.route({
    method: 'POST',
    url: '/workflows',
    config: { permission: 'workflows:write' },
    schema: {
      summary: 'Deploy a workflow',
      tags: ['workflows'],
      body,
      querystring: DefinitionQuery,
      response: deployAnswers,
    },
    handler: async (request, reply) => {
      const definition = definitionOf(request.body);
      return answerDeploy(
        reply,
        await versions.deploy(workspaceOf(request), ...deployArguments(definition, request.query)),
      );
    },
  });

  app.route<{ Params: { name: string }; Querystring: DeployQuery }>({
    method: 'PUT',
    url: '/workflows/:name',
    config: { permission: 'workflows:write' },
    schema: {
      summary: 'Deploy a version of this workflow',
      description: 'With If-Match only where the active version is still the one that ETag named.',
      tags: ['workflows'],
      body,
      querystring: DefinitionQuery,
      response: deployAnswers,
    },
    handler: async (request, reply) => {
      const name = workflowNameOf(request.params);
      const definition = definitionOf(request.body);
      checkName(definition, name);
      await checkPrecondition(request.headers, () => versions.get(workspaceOf(request), name));
      return answerDeploy(
        reply,
        await versions.deploy(workspaceOf(request), ...deployArguments(definition, request.query)),
      );
    },
  });

  app.route<{ Params: { name: string }; Querystring: DeployQuery }>({
    method: 'POST',
    url: '/workflows/:name/versions',
    config: { permission: 'workflows:write' },
    schema: {
      summary: 'Add a version',
      tags: ['versions'],
      body,
      querystring: DefinitionQuery,
      response: deployAnswers,
    },
    handler: async (request, reply) => {
      const definition = definitionOf(request.body);
      checkName(definition, workflowNameOf(request.params));
      return answerDeploy(
        reply,
        await versions.deploy(workspaceOf(request), ...deployArguments(definition, request.query)),
      );
    },
  });

  app.route<{ Querystring: DeployQuery }>({
    method: 'POST',
    url: '/workflows/validate',
    config: { permission: 'workflows:read' },
    schema: {
      summary: 'Find every problem of a definition',
      tags: ['workflows'],
      body,
      querystring: DefinitionQuery,
      response: { 200: Validation },
    },
    handler: async (request) => {
      const [text, options] = deployArguments(definitionOf(request.body), request.query);
      return validationAnswer(await versions.validate(text, options), request.query.strict === true);
    },
  });

  app.route<{ Params: { name: string }; Querystring: DeployQuery }>({
    method: 'POST',
    url: '/workflows/:name/validate',
    config: { permission: 'workflows:read' },
    schema: {
      summary: 'Validate a workflow',
      description: 'Without a body the active version is validated again.',
      tags: ['workflows'],
      body,
      querystring: DefinitionQuery,
      response: { 200: Validation },
    },
    handler: async (request) => {
      const name = workflowNameOf(request.params);
      const definition = hasBody(request.body) ? definitionOf(request.body) : await storedDefinition(request, name);
      const [text, options] = deployArguments(definition, request.query);
      return validationAnswer(await versions.validate(text, options), request.query.strict === true);
    },
  });

  async function storedDefinition(
    request: Parameters<typeof workspaceOf>[0],
    name: string,
  ): Promise<DefinitionRequest> {
    const { yaml, contextYaml } = await versions.get(workspaceOf(request), name);
    return defined({ yaml_content: yaml, context_yaml: contextYaml ?? undefined });
  }
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
  const { yaml_content: text, context_yaml: context, description } = definition;
  const { strict, file } = query;
  return [text, defined({ context, description, strict, file })] as const;
}

/** Looked at before anything is stored: a deploy under the wrong address must change nothing. */
function checkName(definition: DefinitionRequest, name: string): void {
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
