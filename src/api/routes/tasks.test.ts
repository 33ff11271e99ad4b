import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, test } from 'node:test';
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

describe('tasks', () => {
  const claimed = { executor: 'hello', worker_id: 'w1', max_tasks: 10 };
  beforeEach(async () => {
    await deploy(helloYaml);
    await call('POST /workflows/hello/execute', { input: { a: 1 } });
    await call('POST /workflows/hello/execute', { input: { a: 2 } });
  });

  test('are claimed in the shape that executors know', async () => {
    const { body } = await call('POST /tasks/claim', { ...claimed, functions: ['greet'], wait: '1s' });
    const [task] = body['tasks'] as Record<string, unknown>[];
    assert.deepEqual(task, {
      task_id: 'exec_0001:greet',
      lease_token: 'lease_exec_0001',
      execution_id: 'exec_0001',
      workflow: 'hello',
      version: '1.0.0',
      step: 'greet',
      function: 'greet',
      attempt: 1,
      input: { a: 1 },
      deadline: '2026-01-31T12:00:30.000Z',
      lease_expires_at: '2026-01-31T12:01:00.000Z',
      idempotency_key: 'exec_0001/greet#1',
      traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01',
    });
  });

  test('complete and claim in one call; stale and unknown leases are one answer', async () => {
    await call('POST /tasks/claim', { ...claimed, max_tasks: 1 });
    const { body } = await call('POST /tasks/complete', {
      results: [
        { task_id: 'exec_0001:greet', lease_token: 'old', status: 'completed' },
        { task_id: 'exec_0001:greet', lease_token: 'lease_exec_0001', status: 'completed', output: 1 },
        { task_id: 'nope', lease_token: 'x', status: 'completed', output: 1 },
      ],
      claim: claimed,
    });
    assert.deepEqual(body['results'], [
      { task_id: 'exec_0001:greet', accepted: false, code: 'STALE_LEASE' },
      { task_id: 'exec_0001:greet', accepted: true },
      { task_id: 'nope', accepted: false, code: 'STALE_LEASE' },
    ]);
    assert.equal((body['tasks'] as unknown[]).length, 1);
  });

  test('an output that no store may see fails its own attempt, and the others of the call count', async () => {
    await call('POST /tasks/claim', claimed);
    const raw = `{"results":[
      {"task_id":"exec_0001:greet","lease_token":"lease_exec_0001","status":"completed","output":{"a":"\\u0000"}},
      {"task_id":"exec_0002:greet","lease_token":"lease_exec_0002","status":"completed","output":"fine"},
      {"task_id":"x","lease_token":"x","status":"failed","error":{"code":"E","message":"\\ud800"}},
      {"task_id":"x","lease_token":"x","status":"completed","output":${'['.repeat(70)}${']'.repeat(70)}},
      {"task_id":"x","lease_token":"x","status":"completed","output":{"__proto__":1}}]}`;
    const { status, body } = await call('POST /tasks/complete', undefined, {
      raw,
      headers: { 'content-type': 'application/json' },
    });
    assert.equal(status, 200);
    assert.deepEqual(
      (body['results'] as { accepted: boolean }[]).map(({ accepted }) => accepted),
      [true, true, false, false, false],
    );
    const [, given] = subject.engine.calls.at(-1)?.arguments ?? [];
    const errors = (given as { error?: { code: string } }[]).map(({ error }) => error?.code);
    assert.deepEqual(errors, ['OUTPUT_INVALID', undefined, 'OUTPUT_INVALID', 'OUTPUT_INVALID', 'OUTPUT_INVALID']);
    assert.equal((await call('GET /executions/exec_0002')).body['output'], 'fine');
  });

  test('a refused claim beside results records nothing', async () => {
    await call('POST /tasks/claim', claimed);
    const results = [{ task_id: 'exec_0001:greet', lease_token: 'lease_exec_0001', status: 'completed' }];
    const { status } = await call('POST /tasks/complete', { results, claim: { ...claimed, wait: '2h' } });
    assert.equal(status, 422);
    assert.ok(!subject.engine.calls.some(({ name }) => name === 'complete'));
  });

  test('may tell of their progress in 4 KiB, and are told its place where it is more', async () => {
    const beat = (progress: unknown) =>
      call('POST /tasks/heartbeat', {
        tasks: [
          { task_id: 'a', lease_token: 'x' },
          { task_id: 'b', lease_token: 'x', progress },
        ],
      });
    assert.equal((await beat('x'.repeat(4_094))).status, 200);
    const { status, body } = await beat('ü'.repeat(2_048));
    assert.deepEqual([status, body['code']], [422, 'REQUEST_INVALID']);
    const [error] = body['errors'] as Record<string, unknown>[];
    assert.deepEqual([error?.['code'], error?.['pointer']], ['VALUE_INVALID', '/tasks/1/progress']);
  });

  test('heartbeat and release', async () => {
    await call('POST /tasks/claim', { ...claimed, max_tasks: 1 });
    const held = { task_id: 'exec_0001:greet', lease_token: 'lease_exec_0001' };
    const beat = await call('POST /tasks/heartbeat', {
      tasks: [
        { ...held, progress: 0.5 },
        { task_id: 'x', lease_token: 'x' },
      ],
    });
    assert.deepEqual(beat.body['tasks'], [
      { task_id: 'exec_0001:greet', lease_expires_at: '2026-01-31T12:01:30.000Z', cancel_requested: false },
      { task_id: 'x', lease_expires_at: '1970-01-01T00:00:00.000Z', cancel_requested: true, code: 'STALE_LEASE' },
    ]);
    const [, given] = subject.engine.calls.at(-1)?.arguments ?? [];
    assert.deepEqual(given, [
      { taskId: 'exec_0001:greet', leaseToken: 'lease_exec_0001', progress: 0.5 },
      { taskId: 'x', leaseToken: 'x' },
    ]);
    assert.deepEqual((await call('POST /tasks/release', { tasks: [held, held] })).body, {
      released: 1,
      results: [
        { task_id: 'exec_0001:greet', accepted: true },
        { task_id: 'exec_0001:greet', accepted: false, code: 'STALE_LEASE' },
      ],
    });
  });
});
