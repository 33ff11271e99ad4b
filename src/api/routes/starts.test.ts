import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, test } from 'node:test';
import { Fault } from '../../kit/fault.ts';
import { helloYaml, openTestApi, type TestApi } from '../test-api.ts';

const yaml = { 'content-type': 'application/yaml' };

let subject: TestApi;
const call: TestApi['call'] = (line, body, options) => subject.call(line.replace(' /', ' /api/v1/'), body, options);
const deploy = (text: string, headers: Record<string, string> = yaml) =>
  call('POST /workflows', undefined, { raw: text, headers });

beforeEach(async () => {
  subject = await openTestApi();
});
afterEach(() => subject.api.close());

describe('starting', () => {
  beforeEach(() => deploy(helloYaml));

  test('answers 202 with where to look', async () => {
    const sent = {
      input: { a: 1 },
      metadata: { source: 'web' },
      options: { version: 'v1.0.0', timeout: '5m', priority: 9, tags: ['x'] },
    };
    const { status, body, headers } = await call('POST /workflows/hello/execute', sent);
    assert.equal(status, 202);
    assert.deepEqual(body, {
      execution_id: 'exec_0001',
      workflow_id: 'hello',
      workflow_name: 'hello',
      version: '1.0.0',
      status: 'running',
      created_at: '2026-01-31T12:00:00.000Z',
      estimated_completion: '2026-01-31T12:02:00.000Z',
      tracking_url: 'http://localhost:0/executions/exec_0001',
      stream_url: 'http://localhost:0/api/v1/executions/exec_0001/stream',
    });
    assert.equal(headers['location'], '/api/v1/executions/exec_0001');
    const [request] = subject.engine.calls.find(({ name }) => name === 'start')?.arguments ?? [];
    assert.deepEqual(request, {
      workspace: 'default',
      workflow: 'hello',
      input: { a: 1 },
      metadata: { source: 'web' },
      version: '1.0.0',
      timeoutMs: 300_000,
      priority: 9,
      tags: ['x'],
    });
  });

  test('waits for the end where it is asked to', async () => {
    const waiting = call('POST /workflows/hello/execute?wait=10s', { input: 1 });
    const [task] = (await call('POST /tasks/claim', { executor: 'hello', worker_id: 'w' })).body['tasks'] as {
      task_id: string;
      lease_token: string;
    }[];
    const { task_id, lease_token } = task ?? { task_id: '', lease_token: '' };
    await call('POST /tasks/complete', { results: [{ task_id, lease_token, status: 'completed', output: { b: 2 } }] });
    const { status, body } = await waiting;
    assert.deepEqual([status, body['status'], body['output'], 'error' in body], [200, 'completed', { b: 2 }, false]);
  });

  test('answers 202 when the time is over first', async () => {
    const { status, body } = await call('POST /workflows/hello/execute?wait=5ms', {});
    assert.deepEqual([status, body['status'], 'output' in body], [202, 'running', false]);
  });

  test('async: false waits too, and a failure is told', async () => {
    const waiting = call('POST /workflows/hello/execute', { options: { async: false } });
    const tasks = (await call('POST /tasks/claim', { executor: 'hello', worker_id: 'w' })).body['tasks'];
    const [{ task_id, lease_token } = { task_id: '', lease_token: '' }] = tasks as {
      task_id: string;
      lease_token: string;
    }[];
    const error = { code: 'NOPE', message: 'no', retryable: false, details: { why: 1 } };
    await call('POST /tasks/complete', { results: [{ task_id, lease_token, status: 'failed', error }] });
    const { status, body } = await waiting;
    assert.deepEqual([status, body['status'], body['error']], [200, 'failed', error]);
  });

  test('twice with one key starts one execution; another body under it is 409', async () => {
    const keyed = { headers: { 'idempotency-key': 'k1' } };
    const first = await call('POST /workflows/hello/execute', { input: 1 }, keyed);
    const again = await call('POST /workflows/hello/execute', { input: 1, options: { idempotency_key: 'k1' } }, keyed);
    assert.equal(again.body['execution_id'], first.body['execution_id']);
    assert.equal(first.headers['idempotent-replayed'], undefined);
    assert.equal(again.headers['idempotent-replayed'], 'true');
    assert.equal(
      (await call('POST /workflows/hello/execute', { input: 2 }, keyed)).body['code'],
      'IDEMPOTENCY_KEY_REUSED',
    );
  });

  test('a batch starts each on its own', async () => {
    const executions = [{ input: 1, idempotency_key: 'k' }, { input: 2, idempotency_key: 'k' }, { metadata: { a: 1 } }];
    const { status, body } = await call('POST /workflows/hello/execute-batch', { executions });
    assert.equal(status, 202);
    const [one, two, three] = body['executions'] as { execution_id?: string; error?: { code: string } }[];
    assert.equal(one?.execution_id, 'exec_0001');
    assert.equal(two?.error?.code, 'IDEMPOTENCY_KEY_REUSED');
    assert.equal(three?.execution_id, 'exec_0002');
  });

  test('faults of the engine keep their code, their errors and when to try again', async () => {
    subject.engine.failNext(
      new Fault('INPUT_INVALID', 'the input does not fit', {
        detail: { errors: [{ code: 'FORMAT', message: 'it must be an email', pointer: '/input/email' }] },
      }),
    );
    const wrong = await call('POST /workflows/hello/execute', { input: { email: 'x' } });
    assert.equal(wrong.status, 422);
    assert.equal((wrong.body['errors'] as { pointer: string }[])[0]?.pointer, '/input/email');
    subject.engine.failNext(new Fault('QUEUE_FULL', 'too many', { detail: { retryAfterSeconds: 2.2 } }));
    const full = await call('POST /workflows/hello/execute', {});
    assert.deepEqual([full.status, full.headers['retry-after']], [429, '3']);
    subject.engine.failNext(new Fault('STORE_UNREACHABLE', 'the store is away'));
    const away = await call('POST /workflows/hello/execute', {});
    assert.deepEqual([away.status, away.headers['retry-after'], away.body['detail']], [503, '1', 'the store is away']);
  });

  test('a defect is a 500 that tells nothing but its request id, and is logged', async () => {
    subject.engine.failNext(new Error('password=hunter2'));
    const { status, body, text } = await call(
      'POST /workflows/hello/execute',
      {},
      { headers: { 'x-request-id': 'r-1' } },
    );
    assert.deepEqual([status, body['code'], body['request_id']], [500, 'INTERNAL', 'r-1']);
    assert.ok(!text.includes('hunter2'));
    assert.equal(subject.logged.length, 1);
    subject.engine.failNext(new Fault('SHUTTING_DOWN', 'the server is shutting down'));
    assert.equal((await call('POST /workflows/hello/execute', {})).status, 503);
    assert.equal(subject.logged.length, 1, 'a server that was told to stop has not failed');
    subject.engine.failNext(new Fault('CONFIG_INVALID', 'secret path'));
    assert.ok(!(await call('POST /workflows/hello/execute', {})).text.includes('secret path'));
  });
});
