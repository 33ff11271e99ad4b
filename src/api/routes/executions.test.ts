import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, test } from 'node:test';
import { Fault } from '../../kit/fault.ts';
import { helloYaml, openTestApi, type TestApi } from '../test-api.ts';
import { testNowMs } from '../test-engine.ts';

const yaml = { 'content-type': 'application/yaml' };

let subject: TestApi;
const call: TestApi['call'] = (line, body, options) => subject.call(line.replace(' /', ' /api/v1/'), body, options);
const deploy = (text: string, headers: Record<string, string> = yaml) =>
  call('POST /workflows', undefined, { raw: text, headers });

beforeEach(async () => {
  subject = await openTestApi();
});
afterEach(() => subject.api.close());

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
    assert.deepEqual([running?.['input'], running?.['progress']], [{ a: 1 }, null]);
    subject.engine.holderProgress = { percent: 40 };
    assert.deepEqual((await step())?.['progress'], { percent: 40 });
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

  test('shows where it was started from, and what its steps started', async () => {
    assert.equal((await call('GET /executions/exec_0001')).body['parent'], null);
    const arrival = { step: 'sub', name: 'sub', kind: 'workflow', frame: '', visit: 1, origin: 'flow' } as const;
    subject.engine.append('exec_0001', { type: 'step.entered', ...arrival, child: { workflow: 'other' } });
    const shown = async (): Promise<unknown> => {
      const { body } = await call('GET /executions/exec_0001');
      return (body['steps'] as Record<string, unknown>[]).map((step) => step['child_execution_id']);
    };
    assert.deepEqual(await shown(), [undefined, null]);
    const started = { execution: 'exec_0009', version: '1.0.0' };
    subject.engine.append('exec_0001', { type: 'child.started', step: 'sub', call: 'sub#1/1', ...started });
    assert.deepEqual(await shown(), [undefined, 'exec_0009']);
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
      'GET /executions?workflow=hello&version=v1.0.0&status=failed,timed_out&from=2026-01-01&to=2026-02-01T00:00:00&tag=t&labels=team:web:x&label.tier=gold&label.a.b=&search=abc&parent=exec_0000&page=2&limit=10',
    );
    const [query] = subject.engine.calls.at(-1)?.arguments ?? [];
    assert.deepEqual(query, {
      workspace: 'default',
      limit: 10,
      workflow: 'hello',
      tag: 't',
      text: 'abc',
      parent: 'exec_0000',
      version: '1.0.0',
      status: ['failed', 'timed_out'],
      from: Date.UTC(2026, 0, 1),
      to: Date.UTC(2026, 1, 1),
      labels: Object.assign(Object.create(null), { team: 'web:x', tier: 'gold', 'a.b': '' }),
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
