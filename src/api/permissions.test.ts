import assert from 'node:assert/strict';
import { test } from 'node:test';
import Fastify from 'fastify';
import { may, type Permission, roles } from '../auth/permission.ts';
import { Impossible } from '../kit/assert.ts';
import { guard } from './gate.ts';
import { helloYaml, openTestApi } from './test-api.ts';

const yaml = { 'content-type': 'text/yaml' };

/** The address of a route with every parameter filled in. */
const addressOf = (url: string): string =>
  url
    .replace(':name/versions', 'hello/versions')
    .replace('signals/:name', 'signals/go')
    .replace(':name', 'hello')
    .replace(':id', 'exec_0001')
    .replace(':topic', 'orders')
    .replace(':version', '1.0.0');

/** All there is, so that a new route is looked at by whoever adds it. */
const expected: Readonly<Record<string, Permission>> = {
  'GET /health': 'public',
  'GET /livez': 'public',
  'GET /healthz': 'public',
  'GET /ready': 'public',
  'GET /readyz': 'public',
  'GET /metrics': 'metrics:read',
  'GET /': 'public',
  'GET /executions/:id': 'public',
  'GET /dashboard.js': 'public',
  'GET /pages.css': 'public',
  'GET /api/docs': 'public',
  'GET /api/docs/openapi.json': 'public',
  'GET /api/v1/schema/workflow.json': 'public',
  'GET /api/v1/system/status': 'system:read',
  'GET /api/v1/system/retention': 'system:read',
  'POST /api/v1/system/retention/run': 'system:manage',
  'POST /api/v1/workflows': 'workflows:write',
  'GET /api/v1/workflows': 'workflows:read',
  'GET /api/v1/workflows/:name': 'workflows:read',
  'PUT /api/v1/workflows/:name': 'workflows:write',
  'DELETE /api/v1/workflows/:name': 'workflows:write',
  'POST /api/v1/workflows/validate': 'workflows:read',
  'POST /api/v1/workflows/:name/validate': 'workflows:read',
  'GET /api/v1/workflows/:name/versions': 'workflows:read',
  'POST /api/v1/workflows/:name/versions': 'workflows:write',
  'GET /api/v1/workflows/:name/versions/:version': 'workflows:read',
  'POST /api/v1/workflows/:name/versions/:version/activate': 'workflows:write',
  'POST /api/v1/workflows/:name/versions/:version/promote': 'workflows:write',
  'POST /api/v1/workflows/:name/rollback': 'workflows:write',
  'POST /api/v1/workflows/:name/execute': 'executions:start',
  'POST /api/v1/workflows/:name/execute-batch': 'executions:start',
  'GET /api/v1/workflows/:name/metrics': 'metrics:read',
  'GET /api/v1/executions': 'executions:read',
  'GET /api/v1/limits': 'executions:read',
  'GET /api/v1/executions/:id': 'executions:read',
  'GET /api/v1/executions/:id/explain': 'executions:read',
  'GET /api/v1/executions/:id/results': 'executions:read',
  'GET /api/v1/executions/:id/journal': 'executions:read',
  'GET /api/v1/executions/:id/stream': 'executions:read',
  'POST /api/v1/executions/:id/cancel': 'executions:operate',
  'POST /api/v1/executions/:id/terminate': 'executions:operate',
  'POST /api/v1/executions/:id/pause': 'executions:operate',
  'POST /api/v1/executions/:id/resume': 'executions:operate',
  'POST /api/v1/executions/:id/retry': 'executions:operate',
  'POST /api/v1/executions/:id/rerun': 'executions:start',
  'POST /api/v1/executions/:id/signals/:name': 'executions:operate',
  'POST /api/v1/executions/bulk': 'executions:operate',
  'GET /api/v1/executions/bulk': 'executions:read',
  'GET /api/v1/executions/bulk/:id': 'executions:read',
  'POST /api/v1/executions/bulk/:id/cancel': 'executions:operate',
  'GET /api/v1/dead-letters': 'executions:read',
  'GET /api/v1/dead-letters/:id': 'executions:read',
  'POST /api/v1/dead-letters/:id/replay': 'executions:operate',
  'POST /api/v1/dead-letters/:id/discard': 'executions:operate',
  'POST /api/v1/dead-letters/bulk/replay': 'executions:operate',
  'POST /api/v1/dead-letters/bulk/discard': 'executions:operate',
  'GET /api/v1/human-tasks': 'human_tasks:read',
  'GET /api/v1/human-tasks/:id': 'human_tasks:read',
  'POST /api/v1/human-tasks/:id/claim': 'human_tasks:answer',
  'POST /api/v1/human-tasks/:id/unclaim': 'human_tasks:answer',
  'POST /api/v1/human-tasks/:id/complete': 'human_tasks:answer',
  'POST /api/v1/tasks/claim': 'tasks:work',
  'POST /api/v1/tasks/complete': 'tasks:work',
  'POST /api/v1/tasks/heartbeat': 'tasks:work',
  'POST /api/v1/tasks/release': 'tasks:work',
  'POST /api/v1/tokens': 'tokens:manage',
  'GET /api/v1/tokens': 'tokens:manage',
  'DELETE /api/v1/tokens/:id': 'tokens:manage',
  'GET /api/v1/topics': 'topics:read',
  'GET /api/v1/topics/:topic/messages': 'topics:read',
};

test('the routes and their permissions are exactly those written down here', async () => {
  const { api } = await openTestApi();
  const stated = Object.fromEntries(api.routes.map(({ method, url, permission }) => [`${method} ${url}`, permission]));
  assert.deepEqual(stated, expected);
});

test('a route without a permission is never registered', () => {
  const bare = Fastify();
  guard(bare as never, { auth: { authenticate: () => undefined }, limiter: undefined, isClosing: () => false });
  const route = { method: 'GET', url: '/open', handler: async () => 'open' } as const;
  assert.throws(() => bare.route(route), Impossible);
  assert.throws(() => bare.route({ ...route, config: { permission: 'workflows:rule' as never } }), Impossible);
});

test('every route lets in exactly the roles that have its permission, in both versions of the API', async () => {
  const { call, engine } = await openTestApi();
  for (const [route, permission] of Object.entries(expected)) {
    const [method = '', url = ''] = route.split(' ');
    for (const version of url.startsWith('/api/v1') ? ['v1', 'v2'] : ['v1']) {
      await call('POST /api/v1/workflows', undefined, { raw: helloYaml, headers: yaml });
      const { body: started } = await call('POST /api/v1/workflows/hello/execute', {});
      const id = String(started['execution_id']);
      engine.append(id, { type: 'execution.closed', status: 'completed' });
      const line = `${method} ${addressOf(url).replace('/v1/', `/${version}/`).replace('exec_0001', id)}`;
      for (const as of [...roles, 'nobody'] as const) {
        const before = engine.calls.length;
        const answer = await call(line, method === 'GET' || method === 'DELETE' ? undefined : {}, { as });
        const isAllowed = permission === 'public' || (as !== 'nobody' && may(as, permission));
        if (!isAllowed) {
          assert.equal(answer.status, as === 'nobody' ? 401 : 403, `${line} as ${as}`);
          assert.equal(engine.calls.length, before, `${line} as ${as} reached the engine`);
        } else assert.ok(answer.status !== 401 && answer.status !== 403 && answer.status < 500, `${line} as ${as}`);
      }
    }
  }
});

test('nothing of another workspace is there: the answer is that of an unknown id', async () => {
  const { call } = await openTestApi();
  await call('POST /api/v1/workflows', undefined, { raw: helloYaml, headers: yaml });
  await call('POST /api/v1/workflows/hello/execute', {});
  const stranger = { as: 'stranger', headers: { 'x-request-id': 'same' } } as const;
  for (const [route, permission] of Object.entries(expected)) {
    if (permission === 'public' || !/:(name|id)/.test(route) || route.includes('tokens')) continue;
    const [method = '', url = ''] = route.split(' ');
    const empty = method === 'POST' || method === 'PUT' ? {} : undefined;
    const needed = { batch: { executions: [{}] }, rerun: { from_step: 'a' } }[/\w+$/.exec(route)?.[0] ?? ''];
    const body = needed ?? empty;
    const isDefinition = /^(PUT|POST) .*(:name|versions|validate)$/.test(route);
    // A stranger may well deploy a workflow of that name: it is another one.
    if (isDefinition) continue;
    const there = await call(`${method} ${addressOf(url)}`, body, stranger);
    const nowhere = addressOf(url).replace('exec_0001', 'exec_0009').replace('/hello', '/goodbye');
    const unknown = await call(`${method} ${nowhere}`, body, stranger);
    assert.equal(there.status, 404, route);
    assert.equal(there.text.replaceAll('exec_0001', 'exec_0009').replaceAll('hello', 'goodbye'), unknown.text, route);
  }
});

test('a caller without a token learns how to send one, and not whether a token was close', async () => {
  const { call, tokens } = await openTestApi();
  const none = await call('GET /api/v1/workflows', undefined, { as: 'nobody' });
  assert.equal(none.headers['www-authenticate'], 'Bearer realm="magicflow"');
  assert.match(String(none.body['detail']), /Authorization: Bearer/);
  const wrong = await call('GET /api/v1/workflows', undefined, {
    as: 'nobody',
    headers: { authorization: `Bearer ${tokens.admin.slice(0, -1)}` },
  });
  assert.equal(wrong.status, 401);
  assert.equal(wrong.headers['www-authenticate'], 'Bearer realm="magicflow", error="invalid_token"');
});

test('with authentication off a page of another origin still changes nothing', async () => {
  const { call } = await openTestApi({ auth: false });
  const options = { as: 'nobody', raw: helloYaml } as const;
  const foreign = { ...yaml, origin: 'http://evil.example', host: 'localhost:8080' };
  assert.equal((await call('POST /api/v1/workflows', undefined, { ...options, headers: foreign })).status, 403);
  const own = { ...yaml, origin: 'http://localhost:8080', host: 'localhost:8080' };
  assert.equal((await call('POST /api/v1/workflows', undefined, { ...options, headers: own })).status, 201);
});
