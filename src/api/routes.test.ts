import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { afterEach, beforeEach, describe, test } from 'node:test';
import { Fault } from '../kit/fault.ts';
import { helloYaml, openTestApi, type TestApi } from './test-api.ts';
import { testNowMs } from './test-engine.ts';

const yaml = { 'content-type': 'application/yaml' };
const second = helloYaml.replace('1.0.0', '1.1.0');
const context =
  'apiVersion: workflow.magic-flow.io/v2\nkind: WorkflowContext\nmetadata:\n  name: hello-context\nspec:\n  input_schema:\n    type: object\n';

let subject: TestApi;
const call: TestApi['call'] = (line, body, options) => subject.call(line.replace(' /', ' /api/v1/'), body, options);
const deploy = (text: string, headers: Record<string, string> = yaml) =>
  call('POST /workflows', undefined, { raw: text, headers });

beforeEach(async () => {
  subject = await openTestApi();
});
afterEach(() => subject.api.close());

describe('deploying', () => {
  test("the seed's workflow deploys under whatever content type curl gives it", async () => {
    const text = readFileSync(new URL('../../examples/user-onboarding/workflow.yaml', import.meta.url), 'utf8');
    const types = [
      'application/x-www-form-urlencoded',
      'text/plain',
      'text/yaml',
      'application/x-yaml',
      'application/octet-stream',
    ];
    for (const [index, type] of types.entries()) {
      const { status, body } = await deploy(text, { 'content-type': type });
      assert.equal(status, index === 0 ? 201 : 200, type);
      assert.equal(body['name'], 'user-onboarding');
      assert.equal(body['validation_status'], 'valid_with_warnings');
      assert.equal((body['diagnostics'] as unknown[]).length, 4);
    }
  });

  test('JSON with yaml_content does the same, with its context and description', async () => {
    const sent = { yaml_content: helloYaml, context_yaml: context, description: 'says hello', metadata: { a: 1 } };
    const { status, body, headers } = await call('POST /workflows', sent);
    assert.equal(status, 201);
    assert.deepEqual(body['endpoints'], {
      self: '/api/v1/workflows/hello',
      execute: '/api/v1/workflows/hello/execute',
      versions: '/api/v1/workflows/hello/versions',
      metrics: '/api/v1/workflows/hello/metrics',
    });
    assert.match(String(headers['etag']), /^"\w+"$/);
    const [, , options] = subject.engine.calls.at(-1)?.arguments ?? [];
    assert.deepEqual(options, { context, description: 'says hello' });
  });

  test('a context alone waits for its workflow', async () => {
    const { status, body } = await deploy(context);
    assert.deepEqual([status, body['status'], body['version']], [202, 'waiting_for_workflow', null]);
  });

  test('errors of a definition come with line and column', async () => {
    const { status, body } = await deploy(helloYaml.replace('executor: hello', 'executr: hello'));
    assert.equal(status, 422);
    const [first] = body['errors'] as { code: string; line: number; column: number; severity: string }[];
    assert.ok(first && first.line > 5 && first.column > 0);
    assert.equal(first.severity, 'error');
  });

  test('validate tells the same problems and changes nothing', async () => {
    const bad = await call('POST /workflows/validate', undefined, { raw: 'kind: Workflow', headers: yaml });
    assert.deepEqual([bad.status, bad.body['valid'], bad.body['validation_status']], [200, false, 'invalid']);
    const good = await call('POST /workflows/validate', { yaml_content: helloYaml });
    assert.deepEqual(good.body, { valid: true, validation_status: 'valid', diagnostics: [] });
    assert.equal((await call('GET /workflows/hello')).status, 404);
    await deploy(helloYaml);
    assert.equal((await call('POST /workflows/hello/validate')).body['valid'], true);
    const other = await call('POST /workflows/hello/validate', undefined, { raw: 'a', headers: yaml });
    assert.equal(other.body['valid'], false);
  });

  test('a PUT with the ETag of what was read goes through once', async () => {
    await deploy(helloYaml);
    const { headers } = await call('GET /workflows/hello');
    const match = { ...yaml, 'if-match': String(headers['etag']) };
    assert.equal((await call('PUT /workflows/hello', undefined, { raw: second, headers: match })).status, 201);
    const third = helloYaml.replace('1.0.0', '1.2.0');
    assert.equal((await call('PUT /workflows/hello', undefined, { raw: third, headers: match })).status, 412);
    const fresh = { headers: { 'if-none-match': String(headers['etag']) } };
    assert.equal((await call('GET /workflows/hello/versions/v1.0.0', undefined, fresh)).status, 304);
    assert.equal((await call('GET /workflows/hello', undefined, fresh)).status, 200);
    const absent = { raw: helloYaml.replace('name: hello', 'name: other'), headers: { ...yaml, 'if-none-match': '*' } };
    assert.equal((await call('PUT /workflows/other', undefined, absent)).status, 201);
  });
});

describe('workflows and versions', () => {
  test('details hold the text, the schemas and the steps', async () => {
    await call('POST /workflows', { yaml_content: helloYaml, context_yaml: context });
    const { body } = await call('GET /workflows/hello');
    assert.equal(body['yaml_content'], helloYaml);
    assert.equal(body['context_yaml'], context);
    assert.deepEqual(body['schema'], { input_schema: null, output_schema: null });
    const [step] = body['steps'] as { name: string; type: string }[];
    assert.deepEqual([step?.name, step?.type], ['greet', 'function']);
  });

  test('the list is read page by page and by cursor', async () => {
    for (const name of ['a', 'b', 'c']) await deploy(helloYaml.replace('name: hello', `name: ${name}`));
    const names = (body: Record<string, unknown>) => (body['workflows'] as { name: string }[]).map(({ name }) => name);
    const first = await call('GET /workflows?limit=2');
    assert.deepEqual(names(first.body), ['a', 'b']);
    const { next_cursor, has_more, total } = first.body['pagination'] as Record<string, unknown>;
    assert.deepEqual([has_more, total], [true, 3]);
    const rest = await call(`GET /workflows?limit=2&cursor=${next_cursor}`);
    assert.deepEqual(names(rest.body), ['c']);
    assert.deepEqual(rest.body['pagination'], { page: null, limit: 2, total: 3, has_more: false, next_cursor: null });
    assert.deepEqual(names((await call('GET /workflows?limit=2&page=2')).body), ['c']);
  });

  test('promote and rollback move the active version', async () => {
    await deploy(helloYaml);
    const added = await call('POST /workflows/hello/versions', undefined, { raw: second, headers: yaml });
    assert.equal(added.status, 201);
    const active = async () => (await call('GET /workflows/hello')).body['version'];
    assert.equal(await active(), '1.1.0');
    assert.equal((await call('POST /workflows/hello/rollback')).body['version'], '1.0.0');
    assert.equal(await active(), '1.0.0');
    assert.equal((await call('POST /workflows/hello/versions/v1.1.0/promote')).body['active'], true);
    assert.equal(await active(), '1.1.0');
    await call('POST /workflows/hello/rollback', { version: 'v1.0.0' });
    assert.equal(await active(), '1.0.0');
    const { body } = await call('GET /workflows/hello/versions');
    assert.deepEqual(
      (body['versions'] as { version: string; active: boolean }[]).map(({ version, active: on }) => [version, on]),
      [
        ['1.1.0', false],
        ['1.0.0', true],
      ],
    );
  });

  test('a removed workflow is gone', async () => {
    await deploy(helloYaml);
    assert.equal((await call('DELETE /workflows/hello')).status, 204);
    assert.equal((await call('GET /workflows/hello')).status, 404);
  });
});

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
    subject.engine.failNext(new Fault('CONFIG_INVALID', 'secret path'));
    assert.ok(!(await call('POST /workflows/hello/execute', {})).text.includes('secret path'));
  });
});

describe('executions', () => {
  beforeEach(async () => {
    await deploy(helloYaml);
    await call('POST /workflows/hello/execute', { input: { a: 1 } });
  });

  test('a step that nobody has claimed is pending, a claimed one runs since it was claimed', async () => {
    const step = async () => ((await call('GET /executions/exec_0001')).body['steps'] as Record<string, unknown>[])[0];
    const pending = await step();
    assert.deepEqual([pending?.['status'], pending?.['started_at']], ['pending', null]);
    subject.engine.holderSince = testNowMs + 250;
    const running = await step();
    assert.deepEqual([running?.['status'], running?.['started_at']], ['running', '2026-01-31T12:00:00.250Z']);
    assert.deepEqual(running?.['input'], { a: 1 });
  });

  test('progress, durations and outputs of one that completed', async () => {
    const before = await call('GET /executions/exec_0001');
    assert.deepEqual(before.body['progress'], {
      current_step: 'greet',
      completed_steps: 0,
      total_steps: 1,
      percentage: 0,
    });
    subject.engine.append(
      'exec_0001',
      { type: 'step.completed', step: 'greet', output: { b: 2 }, startedAt: testNowMs + 1 },
      { type: 'execution.closed', status: 'completed', output: { b: 2 } },
    );
    const { body } = await call('GET /executions/exec_0001');
    assert.deepEqual(body['progress'], { current_step: null, completed_steps: 1, total_steps: 1, percentage: 100 });
    assert.deepEqual(
      [body['status'], body['duration'], body['output'], body['error']],
      ['completed', 0.004, { b: 2 }, null],
    );
    const results = await call('GET /executions/exec_0001/results');
    assert.deepEqual(results.body, {
      execution_id: 'exec_0001',
      status: 'completed',
      completed_at: '2026-01-31T12:00:00.004Z',
      output: { b: 2 },
      error: null,
      steps: { greet: { b: 2 } },
    });
  });

  test('steps beyond the page are asked for by offset', async () => {
    for (let index = 0; index < 300; index += 1) {
      const arrival = {
        step: `loop[${index}].x`,
        name: 'x',
        kind: 'transform',
        frame: 'loop',
        visit: 1,
        origin: 'flow',
      } as const;
      subject.engine.append('exec_0001', { type: 'step.entered', ...arrival });
    }
    const first = await call('GET /executions/exec_0001');
    assert.deepEqual([(first.body['steps'] as unknown[]).length, first.body['steps_total']], [200, 301]);
    const rest = await call('GET /executions/exec_0001?steps_offset=200');
    const steps = rest.body['steps'] as { path: string }[];
    assert.deepEqual([steps.length, steps[0]?.path], [101, 'loop[199].x']);
  });

  test('of a removed workflow is still shown', async () => {
    await call('DELETE /workflows/hello');
    const { status, body } = await call('GET /executions/exec_0001');
    assert.deepEqual([status, (body['progress'] as { total_steps: number }).total_steps], [200, 1]);
  });

  test('the list is filtered as asked and read by cursor', async () => {
    await call('POST /workflows/hello/execute', {});
    const first = await call('GET /executions?limit=1');
    const { next_cursor } = first.body['pagination'] as { next_cursor: string };
    const second = await call(`GET /executions?limit=1&cursor=${next_cursor}`);
    const ids = [first, second].map(({ body }) => (body['executions'] as { execution_id: string }[])[0]?.execution_id);
    assert.deepEqual(ids, ['exec_0002', 'exec_0001']);
    await call(
      'GET /executions?workflow=hello&version=v1.0.0&status=failed,timed_out&from=2026-01-01&to=2026-02-01T00:00:00&tag=t&labels=team:web:x,tier:gold&search=abc&page=2&limit=10',
    );
    const [query] = subject.engine.calls.at(-1)?.arguments ?? [];
    assert.deepEqual(query, {
      workspace: 'default',
      limit: 10,
      workflow: 'hello',
      tag: 't',
      text: 'abc',
      version: '1.0.0',
      status: ['failed', 'timed_out'],
      from: Date.UTC(2026, 0, 1),
      to: Date.UTC(2026, 1, 1),
      labels: Object.assign(Object.create(null), { team: 'web:x', tier: 'gold' }),
      offset: 10,
      count: true,
    });
  });

  test('the journal is numbered, named in snake case and read page by page', async () => {
    const { body } = await call('GET /executions/exec_0001/journal?limit=2');
    assert.deepEqual([body['next_after'], body['has_more']], [2, true]);
    const rest = await call('GET /executions/exec_0001/journal?after=2');
    assert.deepEqual([rest.body['next_after'], rest.body['has_more']], [3, false]);
    const [event] = rest.body['events'] as Record<string, unknown>[];
    assert.deepEqual(event?.['task'], { executor: 'hello', function: 'greet', timeout: 30 });
    assert.equal(event?.['type'], 'step.scheduled');
  });

  test('operations reach the engine and answer with the execution', async () => {
    const { body: paused } = await call('POST /executions/exec_0001/pause');
    assert.equal(paused['status'], 'paused');
    assert.equal((await call('POST /executions/exec_0001/resume', {})).body['status'], 'running');
    await call('POST /executions/exec_0001/signals/approved', { payload: { ok: true }, id: 's1' });
    const last = () => subject.engine.calls.filter(({ name }) => name === 'operate').at(-1)?.arguments[2];
    assert.deepEqual(last(), { type: 'signal', name: 'approved', payload: { ok: true }, id: 's1' });
    await call('POST /executions/exec_0001/cancel', { reason: 'no need' });
    assert.deepEqual(last(), { type: 'cancel', reason: 'no need' });
    const again = await call('POST /executions/exec_0001/terminate');
    assert.deepEqual([again.status, again.body['code']], [409, 'STATE_CONFLICT']);
  });

  test('one that retention removed answers like one that never was', async () => {
    subject.engine.failNext(new Fault('EXECUTION_GONE', 'there is no execution exec_0001'));
    assert.equal((await call('GET /executions/exec_0001')).body['code'], 'EXECUTION_NOT_FOUND');
  });
});

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

  test('complete and claim in one call; stale and unknown leases are answers', async () => {
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
      { task_id: 'nope', accepted: false, code: 'TASK_UNKNOWN' },
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
      { task_id: 'x', lease_expires_at: '2026-01-31T12:01:30.000Z', cancel_requested: true },
    ]);
    assert.deepEqual((await call('POST /tasks/release', { tasks: [held] })).body, { released: 1 });
  });
});

describe('the system', () => {
  test('metrics of a workflow are in seconds, by whole buckets', async () => {
    await deploy(helloYaml);
    const summary = {
      executions: 4,
      succeeded: 3,
      failed: 1,
      averageMs: 1_500,
      p50Ms: 1_000,
      p95Ms: 2_000.4,
      p99Ms: 2_500,
    };
    subject.engine.statistics = {
      total: summary,
      buckets: [{ ...summary, at: testNowMs }],
      steps: { greet: { executions: 4, succeeded: 1, failed: 3, retries: 2, averageMs: 250 } },
    };
    const { body } = await call('GET /workflows/hello/metrics?period=2h&granularity=30m');
    assert.deepEqual(body, {
      workflow_id: 'hello',
      period: { from: '2026-01-31T10:30:00.000Z', to: '2026-01-31T12:30:00.000Z', duration: 7_200, granularity: 1_800 },
      metrics: {
        execution_count: 4,
        success_count: 3,
        failure_count: 1,
        success_rate: 0.75,
        avg_duration: 1.5,
        p50_duration: 1,
        p95_duration: 2,
        p99_duration: 2.5,
        throughput_per_hour: 2,
      },
      time_series: [
        { timestamp: '2026-01-31T12:00:00.000Z', execution_count: 4, success_rate: 0.75, avg_duration: 1.5 },
      ],
      step_metrics: { greet: { avg_duration: 0.25, success_rate: 0.25, error_rate: 0.75, retry_count: 2 } },
    });
  });

  test('lives while the store is away, and is not ready', async () => {
    assert.equal((await subject.call('GET /ready')).status, 200);
    subject.engine.isReady = false;
    for (const path of ['/health', '/livez', '/healthz']) {
      assert.equal((await subject.call(`GET ${path}`, undefined, { as: 'nobody' })).status, 200);
    }
    for (const path of ['/ready', '/readyz']) {
      const { status, body } = await subject.call(`GET ${path}`, undefined, { as: 'nobody' });
      assert.deepEqual([status, body['status'], body['reason']], [503, 'unavailable', 'the store is away']);
    }
  });

  test('its own metrics are in the text format', async () => {
    await deploy(helloYaml);
    await call('POST /workflows/hello/execute', {});
    const { text, headers } = await subject.call('GET /metrics');
    assert.match(String(headers['content-type']), /^text\/plain; version=0.0.4/);
    for (const line of [
      'magicflow_executions_started_total 1',
      'magicflow_executions_ended_total{status="completed"} 2',
      'magicflow_commits_total 7',
      'magicflow_ready 1',
      'magicflow_queue_depth{workspace="default",executor="hello",state="ready"} 3',
      'process_cpu_seconds_total',
    ]) {
      assert.ok(text.includes(line), line);
    }
  });

  test("the status holds this workspace's queues only", async () => {
    const { body } = await call('GET /system/status');
    assert.deepEqual(body['queues'], [{ executor: 'hello', ready: 3, leased: 1 }]);
  });

  test('tokens are made, work, are listed without their text and revoked', async () => {
    const made = await call('POST /tokens', { name: 'ci', role: 'viewer', expires_in: '1h' });
    assert.equal(made.status, 201);
    assert.equal(made.body['expires_at'], '2026-01-31T13:00:01.000Z');
    const own = { as: 'nobody', headers: { authorization: `Bearer ${made.body['token']}` } } as const;
    assert.equal((await call('GET /workflows', undefined, own)).status, 200);
    const listed = await call('GET /tokens');
    assert.ok(!listed.text.includes(String(made.body['token'])));
    assert.ok(listed.text.includes(String(made.body['id'])));
    assert.equal((await call(`DELETE /tokens/${made.body['id']}`)).status, 204);
    assert.equal((await call('GET /workflows', undefined, own)).status, 401);
  });
});
