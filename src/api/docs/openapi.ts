/**
 * The OpenAPI 3.1 document, made from the routes themselves: the schemas it shows are those that check the requests.
 * A schema with a title becomes a component of that name. Routes without a summary are pages for people, not described.
 */
import { METHODS } from 'node:http';
import type { RouteOptions } from 'fastify';
import type { Permission } from '../../auth/permission.ts';
import { Problem } from '../../contract/problem.ts';
import { isObject } from '../../kit/json.ts';

/** What the document needs to know of a route. */
export interface DocumentedRoute {
  readonly method: string;
  readonly url: string;
  readonly permission: Permission | undefined;
  readonly schema: Readonly<Record<string, unknown>>;
}

export function documentedRoutes(route: RouteOptions): DocumentedRoute[] {
  const methods = [route.method].flat().filter((method) => method !== 'HEAD' && METHODS.includes(method));
  const schema: Readonly<Record<string, unknown>> = { ...route.schema };
  return methods.map((method) => ({ method, url: route.url, permission: route.config?.permission, schema }));
}

export interface OpenApiDocument {
  readonly openapi: '3.1.0';
  readonly info: { readonly title: string; readonly version: string; readonly description: string };
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  readonly components: Readonly<Record<string, unknown>>;
}

export interface Operation {
  readonly operationId: string;
  readonly summary: string;
  readonly description: string;
  readonly tags: unknown;
  readonly parameters: readonly Parameter[];
  readonly requestBody?: { readonly content: Readonly<Record<string, unknown>> };
  readonly responses: Readonly<Record<string, unknown>>;
  readonly security: readonly unknown[];
}

export interface Parameter {
  readonly name: string;
  readonly in: string;
  readonly required: boolean;
  readonly description: string;
  readonly schema: unknown;
}

type Schemas = Record<string, unknown>;

export function openApiDocument(routes: readonly DocumentedRoute[], version: string): OpenApiDocument {
  const schemas: Schemas = {};
  const paths: Record<string, Record<string, Operation>> = {};
  for (const route of routes.filter(({ schema }) => schema['summary'] !== undefined)) {
    const path = route.url.replace(/:(\w+)/g, '{$1}');
    paths[path] ??= {};
    paths[path][route.method.toLowerCase()] = operationOf(route, schemas);
  }
  hoist(Problem, schemas);
  const description =
    'Durable workflows: deploy, start, follow, steer. `/api/v2` answers like `/api/v1`. A token of a workspace reaches ' +
    'that one; an admin token of the server reaches each, and names it by the header `X-Magicflow-Workspace`.';
  return {
    openapi: '3.1.0',
    info: { title: 'Magic Flow', version, description },
    paths,
    components: { schemas, securitySchemes: { token: { type: 'http', scheme: 'bearer' } } },
  };
}

function operationOf(route: DocumentedRoute, schemas: Schemas): Operation {
  const { schema, permission } = route;
  const isOpen = permission === 'public';
  const note = isOpen ? 'Open to everybody.' : `Takes the permission \`${permission}\`.`;
  const body = bodyOf(schema['body'], schemas);
  return {
    operationId: operationId(route),
    summary: String(schema['summary'] ?? ''),
    description: [schema['description'], note].filter((part) => typeof part === 'string').join(' '),
    tags: schema['tags'] ?? [],
    parameters: parametersOf(route, schemas),
    ...(body === undefined ? {} : { requestBody: { content: body } }),
    responses: responsesOf(schema['response'], schemas),
    security: isOpen ? [] : [{ token: [] }],
  };
}

/** `POST /api/v1/workflows/:name/execute` → `post_workflows_name_execute`. */
function operationId({ method, url }: DocumentedRoute): string {
  const words = url.replace(/^\/api\/v\d+/, '').match(/\w+/g) ?? ['root'];
  return [method.toLowerCase(), ...words].join('_');
}

function parametersOf({ url, schema }: DocumentedRoute, schemas: Schemas): Parameter[] {
  const inPath = [...url.matchAll(/:(\w+)/g)].map(([, name = '']) => ({
    name,
    in: 'path',
    required: true,
    description: '',
    schema: { type: 'string' },
  }));
  return [
    ...inPath,
    ...membersOf(schema['querystring'], 'query', schemas),
    ...membersOf(schema['headers'], 'header', schemas),
  ];
}

function membersOf(schema: unknown, place: string, schemas: Schemas): Parameter[] {
  if (!isObject(schema) || !isObject(schema['properties'])) return [];
  const required = Array.isArray(schema['required']) ? schema['required'] : [];
  return Object.entries(schema['properties']).map(([name, value]) => ({
    name,
    in: place,
    required: required.includes(name),
    description: isObject(value) ? String(value['description'] ?? '') : '',
    schema: hoist(value, schemas),
  }));
}

function bodyOf(schema: unknown, schemas: Schemas): Record<string, unknown> | undefined {
  if (!isObject(schema)) return undefined;
  const json = isObject(schema['content']) ? schema['content']['application/json'] : { schema };
  const content: Record<string, unknown> = {
    'application/json': { schema: hoist(isObject(json) ? json['schema'] : {}, schemas) },
  };
  if (isObject(schema['content'])) content['application/yaml'] = { schema: { type: 'string' } };
  return content;
}

function responsesOf(response: unknown, schemas: Schemas): Record<string, unknown> {
  const responses: Record<string, unknown> = {};
  for (const [status, schema] of Object.entries(isObject(response) ? response : {})) {
    responses[status] = { description: 'Success', content: { 'application/json': { schema: hoist(schema, schemas) } } };
  }
  if (Object.keys(responses).length === 0) responses['2XX'] = { description: 'Success' };
  const problem = { schema: { $ref: '#/components/schemas/Problem' } };
  responses['default'] = { description: 'A problem', content: { 'application/problem+json': problem } };
  return responses;
}

/** The schema with every titled one inside it moved to the components and referred to. */
function hoist(schema: unknown, schemas: Schemas): unknown {
  if (Array.isArray(schema)) return schema.map((item) => hoist(item, schemas));
  if (!isObject(schema)) return schema;
  const inner: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(schema)) inner[name] = hoist(value, schemas);
  const { title } = schema;
  if (typeof title !== 'string') return inner;
  schemas[title] = inner;
  return { $ref: `#/components/schemas/${title}` };
}
