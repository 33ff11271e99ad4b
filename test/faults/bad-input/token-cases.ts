/**
 * Credentials that open nothing, or not this: on every route that asks for one. The routes are the router's own; each has
 * a row here that says how it is called, and one without a row fails the test.
 */
import { type Permission, type Role, roles } from '../../../src/auth/permission.ts';
import { makeToken } from '../../../src/auth/token.ts';
import type { BadCase, BadRequest, RightAnswer } from './bad-case.ts';
import type { Scene } from './scene.ts';

export interface GuardedRoute {
  readonly method: string;
  readonly url: string;
  readonly permission: Permission;
}

/** Who may, by what a route asks for: written by hand, so that a slip in the grants is seen. */
const mayByPermission: Readonly<Record<Permission, readonly Role[]>> = {
  public: roles,
  'workflows:read': ['admin', 'operator', 'viewer'],
  'workflows:write': ['admin', 'operator'],
  'executions:read': ['admin', 'operator', 'viewer'],
  'executions:start': ['admin', 'operator'],
  'executions:operate': ['admin', 'operator'],
  'tasks:work': ['admin', 'operator', 'executor'],
  'human_tasks:read': ['admin', 'operator', 'viewer', 'person'],
  'human_tasks:answer': ['admin', 'operator', 'person'],
  'topics:read': ['admin', 'operator', 'viewer'],
  'metrics:read': ['admin', 'operator', 'viewer'],
  'system:read': ['admin', 'operator', 'viewer'],
  'system:manage': ['admin'],
  'tokens:manage': ['admin'],
};

/** What a stranger is told who calls the route with his own token: `null` where there is nothing of anybody's to see. */
type Foreign =
  | 'WORKFLOW_NOT_FOUND'
  | 'EXECUTION_NOT_FOUND'
  | 'HUMAN_TASK_NOT_FOUND'
  | 'BULK_OPERATION_NOT_FOUND'
  | 'DEAD_LETTER_NOT_FOUND'
  | 'TOKEN_NOT_FOUND'
  | null;

interface Row {
  readonly body?: unknown;
  readonly foreign: Foreign;
}

const ofWorkflow = (body?: unknown): Row => ({
  foreign: 'WORKFLOW_NOT_FOUND',
  ...(body === undefined ? {} : { body }),
});
const ofExecution = (body?: unknown): Row => ({
  foreign: 'EXECUTION_NOT_FOUND',
  ...(body === undefined ? {} : { body }),
});
const definition = { yaml_content: 'kind: Workflow' };

export const guardedRows: Readonly<Record<string, Row>> = {
  'GET /metrics': { foreign: null },
  'GET /api/v1/system/status': { foreign: null },
  'GET /api/v1/system/retention': { foreign: null },
  'POST /api/v1/system/retention/run': { foreign: null, body: { dry_run: true } },
  'POST /api/v1/workflows': { foreign: null, body: definition },
  'GET /api/v1/workflows': { foreign: null },
  'GET /api/v1/workflows/:name': ofWorkflow(),
  'PUT /api/v1/workflows/:name': { foreign: null, body: definition },
  'DELETE /api/v1/workflows/:name': ofWorkflow(),
  'POST /api/v1/workflows/validate': { foreign: null, body: definition },
  'POST /api/v1/workflows/:name/validate': ofWorkflow(),
  'GET /api/v1/workflows/:name/versions': ofWorkflow(),
  'POST /api/v1/workflows/:name/versions': { foreign: null, body: definition },
  'GET /api/v1/workflows/:name/versions/:version': ofWorkflow(),
  'POST /api/v1/workflows/:name/versions/:version/activate': ofWorkflow({}),
  'POST /api/v1/workflows/:name/versions/:version/promote': ofWorkflow({}),
  'POST /api/v1/workflows/:name/rollback': ofWorkflow({ version: '1.0.0' }),
  'POST /api/v1/workflows/:name/execute': ofWorkflow({}),
  'POST /api/v1/workflows/:name/execute-batch': ofWorkflow({ executions: [{}] }),
  'GET /api/v1/workflows/:name/metrics': ofWorkflow(),
  'GET /api/v1/executions': { foreign: null },
  'GET /api/v1/limits': { foreign: null },
  'GET /api/v1/executions/:id': ofExecution(),
  'GET /api/v1/executions/:id/results': ofExecution(),
  'GET /api/v1/executions/:id/explain': ofExecution(),
  'GET /api/v1/executions/:id/journal': ofExecution(),
  'GET /api/v1/executions/:id/stream': ofExecution(),
  'POST /api/v1/executions/:id/cancel': ofExecution({}),
  'POST /api/v1/executions/:id/terminate': ofExecution({}),
  'POST /api/v1/executions/:id/pause': ofExecution({}),
  'POST /api/v1/executions/:id/resume': ofExecution({}),
  'POST /api/v1/executions/:id/retry': ofExecution({}),
  'POST /api/v1/executions/:id/rerun': ofExecution({ from_step: 'pay' }),
  'POST /api/v1/executions/:id/signals/:name': ofExecution({}),
  'POST /api/v1/executions/bulk': { foreign: null, body: { action: 'pause', filter: { workflow: 'nobody' } } },
  'GET /api/v1/executions/bulk': { foreign: null },
  'GET /api/v1/executions/bulk/:id': { foreign: 'BULK_OPERATION_NOT_FOUND' },
  'POST /api/v1/executions/bulk/:id/cancel': { foreign: 'BULK_OPERATION_NOT_FOUND', body: {} },
  'GET /api/v1/dead-letters': { foreign: null },
  'GET /api/v1/dead-letters/:id': { foreign: 'DEAD_LETTER_NOT_FOUND' },
  'POST /api/v1/dead-letters/:id/replay': { foreign: 'DEAD_LETTER_NOT_FOUND', body: {} },
  'POST /api/v1/dead-letters/:id/discard': { foreign: 'DEAD_LETTER_NOT_FOUND', body: {} },
  'POST /api/v1/dead-letters/bulk/replay': { foreign: null, body: { filter: {} } },
  'POST /api/v1/dead-letters/bulk/discard': { foreign: null, body: { filter: {} } },
  'GET /api/v1/human-tasks': { foreign: null },
  'GET /api/v1/human-tasks/:id': { foreign: 'HUMAN_TASK_NOT_FOUND' },
  'POST /api/v1/human-tasks/:id/claim': { foreign: 'HUMAN_TASK_NOT_FOUND', body: {} },
  'POST /api/v1/human-tasks/:id/unclaim': { foreign: 'HUMAN_TASK_NOT_FOUND', body: {} },
  'POST /api/v1/human-tasks/:id/complete': { foreign: 'HUMAN_TASK_NOT_FOUND', body: {} },
  'POST /api/v1/tasks/claim': { foreign: null, body: { executor: 'nobody', worker_id: 'w' } },
  'POST /api/v1/tasks/complete': { foreign: null, body: { results: [] } },
  'POST /api/v1/tasks/heartbeat': { foreign: null, body: { tasks: [] } },
  'POST /api/v1/tasks/release': { foreign: null, body: { tasks: [] } },
  'POST /api/v1/tokens': { foreign: null, body: { name: 'mine', role: 'admin' } },
  'GET /api/v1/tokens': { foreign: null },
  'DELETE /api/v1/tokens/:id': { foreign: 'TOKEN_NOT_FOUND' },
  'GET /api/v1/topics': { foreign: null },
  'GET /api/v1/topics/:topic/messages': { foreign: null },
};

export const keyOf = ({ method, url }: Pick<GuardedRoute, 'method' | 'url'>): string => `${method} ${url}`;

type Headers = Readonly<Record<string, string>>;

/** Credentials that open nothing, by what is wrong with them. */
function worthless({ tokens, platform }: Scene): Readonly<Record<string, Headers>> {
  const { admin, expired, revoked } = tokens;
  const bearer = (text: string): Headers => ({ authorization: `Bearer ${text}` });
  const swapped = admin.slice(0, 10) + (admin[10] === '0' ? '1' : '0') + admin.slice(11);
  return {
    none: {},
    'an empty one': { authorization: '' },
    'a scheme alone': { authorization: 'Bearer' },
    'no scheme': { authorization: admin },
    'another scheme': { authorization: `Basic ${Buffer.from(`admin:${admin}`).toString('base64')}` },
    'another word for it': { authorization: `Token ${admin}` },
    'another header': { 'x-api-key': admin, 'x-auth-token': admin },
    'a cookie': { cookie: `token=${admin}; authorization=Bearer ${admin}` },
    'one cut short': bearer(admin.slice(0, -1)),
    'one with a letter more': bearer(`${admin}0`),
    'one with a letter changed': bearer(swapped),
    'one in capitals': bearer(admin.toUpperCase()),
    'one without its prefix': bearer(admin.slice(3)),
    'one never made': bearer(makeToken()),
    'one that is expired': bearer(expired),
    'one that is revoked': bearer(revoked),
    'two at once': bearer(`${admin} ${admin}`),
    'two with a comma': { authorization: `Bearer ${revoked}, Bearer ${admin}` },
    'a JWT that nobody signed': bearer(
      `${Buffer.from('{"alg":"none"}').toString('base64url')}.${Buffer.from('{"role":"admin"}').toString('base64url')}.`,
    ),
    'a path': bearer('../../etc/passwd'),
    'a query': bearer("'%20OR%201=1--"),
    'one of 5,000 letters': bearer('a'.repeat(5_000)),
    'the configured one cut short': bearer(platform.token.slice(0, -1)),
  };
}

export function tokenCases(scene: Scene, routes: readonly GuardedRoute[]): BadCase[] {
  return routes.flatMap((route) => [
    ...worthlessCases(scene, route),
    ...roleCases(scene, route),
    ...foreignCases(scene, route),
  ]);
}

const unauthenticated: RightAnswer = { status: 401, code: 'UNAUTHENTICATED', names: 'Authorization: Bearer' };

/** The address of something that is there: a credential must be looked at before anything else is. */
export const pathOf = (url: string, execution: string): string =>
  url
    .replace('signals/:name', 'signals/go')
    .replace(':name', 'orders')
    .replace(':version', '1.0.0')
    .replace(/tokens\/:id$/, 'tokens/tok_1')
    .replace(':id', execution);

function requestTo(scene: Scene, route: GuardedRoute, headers: Headers): BadRequest {
  const { body } = guardedRows[keyOf(route)] ?? {};
  const path = pathOf(route.url, scene.standing.running);
  const request = { method: route.method, path, headers };
  if (body === undefined) return request;
  return { ...request, headers: { 'content-type': 'application/json', ...headers }, body: JSON.stringify(body) };
}

/** In version 2 of the API too: its paths are rewritten before the gate. */
function worthlessCases(scene: Scene, route: GuardedRoute): BadCase[] {
  const kinds = Object.entries(worthless(scene));
  const again = kinds.filter(([kind]) => ['none', 'one that is expired', 'one that is revoked'].includes(kind));
  const request = (headers: Headers): BadRequest => requestTo(scene, route, headers);
  const { method, path } = request({});
  const first = kinds.map(([kind, headers]) => ({
    title: `${method} ${path} with ${kind}`,
    request: request(headers),
    answer: unauthenticated,
  }));
  const second = again.map(([kind, headers]) => ({
    title: `${method} ${path} of version 2 with ${kind}`,
    request: { ...request(headers), path: path.replace('/api/v1/', '/api/v2/') },
    answer: unauthenticated,
  }));
  const asParameter = {
    title: `${method} ${path} with the token in the address`,
    request: { ...request({}), path: `${path}?token=${scene.tokens.admin}&access_token=${scene.tokens.admin}` },
    answer: unauthenticated,
  };
  return [...first, ...(route.url.startsWith('/api/v1/') ? second : []), asParameter];
}

function roleCases(scene: Scene, route: GuardedRoute): BadCase[] {
  const barred = roles.filter((role) => !mayByPermission[route.permission].includes(role));
  return barred.map((role) => ({
    title: `${keyOf(route)} as ${role}`,
    request: requestTo(scene, route, { authorization: `Bearer ${scene.tokens[role]}` }),
    answer: { status: 403, code: 'FORBIDDEN', names: route.permission },
  }));
}

function foreignCases(scene: Scene, route: GuardedRoute): BadCase[] {
  const foreign = guardedRows[keyOf(route)]?.foreign ?? null;
  if (foreign === null) return [];
  const names = foreign.split('_')[0]?.toLowerCase() ?? '';
  return [
    {
      title: `${keyOf(route)} by a stranger`,
      request: requestTo(scene, route, { authorization: `Bearer ${scene.tokens.stranger}` }),
      answer: { status: 404, code: foreign, names },
    },
  ];
}
