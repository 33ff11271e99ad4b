import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, test } from 'node:test';
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
      steps: {
        greet: {
          executions: 4,
          succeeded: 1,
          failed: 3,
          retries: 2,
          averageMs: 250,
          quality: { positive: { passed: 3, failed: 1 } },
        },
      },
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
      quality: { greet: { positive: { passed: 3, failed: 1 } } },
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
