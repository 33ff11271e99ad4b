import assert from 'node:assert/strict';
import { once } from 'node:events';
import { Agent, request } from 'node:http';
import { connect, createServer } from 'node:net';
import { test } from 'node:test';
import type { HandedTask } from '../engine/engine.ts';
import { openClosing } from './closing.ts';
import { helloYaml, openTestApi, type TestApi } from './test-api.ts';

async function listening(options: Parameters<typeof openTestApi>[0] = {}) {
  const subject = await openTestApi(options);
  const ports = await subject.api.listen();
  const fetchAt = (port: number, path: string, init: RequestInit = {}) =>
    fetch(`http://127.0.0.1:${port}${path}`, {
      ...init,
      headers: { authorization: `Bearer ${subject.tokens.admin}`, ...init.headers },
    });
  return { subject, ...ports, fetchAt };
}

const post = (body: unknown): RequestInit => ({
  method: 'POST',
  body: JSON.stringify(body),
  headers: { 'content-type': 'application/json' },
});

const deploy = (subject: TestApi) =>
  subject.call('POST /api/v1/workflows', undefined, { raw: helloYaml, headers: { 'content-type': 'text/yaml' } });

test('both ports serve, and answers point to them', async () => {
  const { subject, port, dashboardPort, fetchAt } = await listening();
  assert.notEqual(port, dashboardPort);
  await deploy(subject);
  const started = (await (await fetchAt(port, '/api/v1/workflows/hello/execute', post({}))).json()) as Record<
    string,
    string
  >;
  assert.equal(started['tracking_url'], `http://localhost:${dashboardPort}/executions/exec_0001`);
  assert.equal(started['stream_url'], `http://localhost:${port}/api/v1/executions/exec_0001/stream`);
  const page = await fetchAt(dashboardPort, '/executions/exec_0001');
  assert.match(await page.text(), /<title>Magic Flow/);
  assert.equal((await fetchAt(dashboardPort, '/api/v1/executions/exec_0001')).status, 200);
  await subject.api.close();
});

test('configured addresses stand in answers', async () => {
  const subject = await openTestApi({
    config: { publicUrl: 'https://flow.example/', dashboardUrl: 'https://dash.example' },
  });
  await deploy(subject);
  const { body } = await subject.call('POST /api/v1/workflows/hello/execute', {});
  assert.equal(body['stream_url'], 'https://flow.example/api/v1/executions/exec_0001/stream');
  assert.equal(body['tracking_url'], 'https://dash.example/executions/exec_0001');
});

test('a taken dashboard port leaves nothing listening', async () => {
  const taken = createServer().listen(0, '127.0.0.1');
  await once(taken, 'listening');
  const address = taken.address();
  const dashboardPort = typeof address === 'object' && address ? address.port : 0;
  const subject = await openTestApi({ config: { dashboardPort } });
  await assert.rejects(subject.api.listen(), { code: 'EADDRINUSE' });
  assert.equal(subject.api.server.server.listening, false);
  taken.close();
});

test('every answer carries a request id: a sound one of the caller, else a new one', async () => {
  const subject = await openTestApi();
  const idOf = async (given?: string) =>
    String(
      (await subject.call('GET /health', undefined, given ? { headers: { 'x-request-id': given } } : {})).headers[
        'x-request-id'
      ],
    );
  assert.equal(await idOf('trace-1.2:3'), 'trace-1.2:3');
  assert.match(await idOf(), /^req_\w{26}$/);
  assert.match(await idOf('a b'), /^req_/);
  assert.match(await idOf('x'.repeat(200)), /^req_/);
});

test('what is no HTTP is refused on the socket', async () => {
  const { subject, port, dashboardPort } = await listening();
  const broken: readonly (readonly [string, RegExp, RegExp])[] = [
    ['NONSENSE\r\n\r\n', /^HTTP\/1.1 400 Bad Request\r\n/, /"code":"HTTP_INVALID"/],
    ['GET /ready HTTP/1.1\r\nConnection: close\r\n\r\n', /^HTTP\/1.1 400 /, /must name its Host/],
    [`GET /${'x'.repeat(20_000)} HTTP/1.1\r\n\r\n`, /^HTTP\/1.1 431 /, /"status":431.*"code":"HEADERS_TOO_LARGE"/],
  ];
  for (const [bytes, status, problem] of broken) {
    for (const each of [port, dashboardPort]) {
      const socket = connect(each, '127.0.0.1');
      socket.end(bytes);
      let text = '';
      for await (const part of socket) text += String(part);
      assert.match(text, status);
      assert.match(text, /application\/problem\+json/);
      assert.match(text, problem);
    }
  }
  await subject.api.close();
});

test('a body that is refused in the middle costs its sender neither the answer nor the connection', async () => {
  const { subject, port } = await listening();
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  const send = (body: string, path = '/api/v1/workflows/x/execute'): Promise<number | undefined> =>
    new Promise((resolve, reject) => {
      const headers = { authorization: `Bearer ${subject.tokens.admin}`, 'content-type': 'application/json' };
      const sent = request({ agent, port, path, method: 'POST', headers }, (answer) => {
        answer.resume().on('end', () => resolve(answer.statusCode));
      });
      sent.on('error', reject).end(body);
    });
  const ports = new Set<number | undefined>();
  subject.api.server.server.on('connection', (socket) => ports.add(socket.remotePort));
  const large = `"${'x'.repeat(20_000_000)}"`;
  const statuses = [await send(large), await send('{'), await send(large, '/nowhere'), await send('{}')];
  assert.deepEqual(statuses, [413, 400, 404, 404]);
  assert.equal(ports.size, 1, 'one connection for all');
  agent.destroy();
  await subject.api.close();
});

test('closing ends waits and claims early, and refuses nothing that is under way', async () => {
  const { subject, port, fetchAt } = await listening();
  await deploy(subject);
  const waiting = fetchAt(port, '/api/v1/workflows/hello/execute?wait=60s', post({}));
  const until = async (name: string) => {
    while (!subject.engine.calls.some((call) => call.name === name))
      await new Promise((resolve) => setTimeout(resolve, 2));
  };
  await until('waitForEnd');
  await subject.call('POST /api/v1/tasks/claim', { executor: 'hello', worker_id: 'w' });
  const before = subject.engine.calls.filter(({ name }) => name === 'claim').length;
  const claiming = fetchAt(port, '/api/v1/tasks/claim', post({ executor: 'hello', worker_id: 'w', wait: '60s' }));
  while (subject.engine.calls.filter(({ name }) => name === 'claim').length === before) {
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
  const closed = subject.api.close();
  assert.equal((await waiting).status, 202);
  assert.deepEqual(await (await claiming).json(), { tasks: [] });
  await closed;
  await assert.rejects(fetchAt(port, '/health'));
});

test('a task that was leased for a caller who has gone is given back', async () => {
  const { subject, port } = await listening();
  await deploy(subject);
  const body = JSON.stringify({ executor: 'hello', worker_id: 'w', wait: '30s' });
  const socket = connect(port, '127.0.0.1');
  let isClaimed = false;
  subject.engine.tasks.claim = async (_request, signal) => {
    isClaimed = true;
    await once(signal ?? new EventTarget(), 'abort');
    return [{ taskId: 't', leaseToken: 'l' } as HandedTask];
  };
  const released = () => subject.engine.calls.some(({ name }) => name === 'release');
  socket.write(
    `POST /api/v1/tasks/claim HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${subject.tokens.executor}\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n${body}`,
  );
  while (!isClaimed) await new Promise((resolve) => setTimeout(resolve, 2));
  socket.destroy();
  for (let round = 0; round < 500 && !released(); round += 1) await new Promise((resolve) => setTimeout(resolve, 2));
  assert.ok(released());
  await subject.api.close();
});

test('waits that ended leave nothing with the closing', async () => {
  const closing = openClosing();
  assert.equal(await closing.orWhenClosing(Promise.resolve(1)), 1);
  await assert.rejects(closing.orWhenClosing(Promise.reject(new Error('no'))), /no/);
  const never = closing.orWhenClosing(new Promise<number>(() => undefined));
  let called = 0;
  const forget = closing.onClose(() => {
    called += 1;
  });
  forget();
  closing.onClose(() => {
    called += 10;
  });
  closing.begin();
  assert.equal(await never, undefined);
  closing.onClose(() => {
    called += 100;
  });
  assert.equal(await closing.orWhenClosing(new Promise<number>(() => undefined)), undefined);
  assert.equal(called, 110);
});
