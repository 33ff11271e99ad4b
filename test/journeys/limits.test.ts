/** Limits over real HTTP: keys that workflows share, a crash in the middle, workflows that bound themselves, labels. */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { runWords } from '../../src/cli/test-io.ts';
import { openPlatform, type PlatformProcess, until } from '../support/platform.ts';

const workflow = (name: string, spec: string, metadata = ''): string => `
apiVersion: workflow.magic-flow.io/v2
kind: Workflow
metadata: { name: ${name}, version: 1.0.0${metadata} }
spec:
  ${spec.replaceAll('\n', '\n  ')}
`;

const charge = (more: string): string =>
  `steps:\n  - { name: charge, type: function, executor: bank, function: charge, ${more} }`;

interface Task {
  readonly task_id: string;
  readonly lease_token: string;
  readonly execution_id: string;
}

describe('limits', () => {
  let platform: PlatformProcess;
  before(async () => {
    platform = await openPlatform({ willBeKilled: true, env: { MAGICFLOW_LIMITS_LEASE: '2s' } });
  });
  after(() => platform?.close());

  const start = async (name: string, input: object = {}, more: object = {}): Promise<string> =>
    (await platform.post(`workflows/${name}/execute`, { input, ...more })).execution_id;
  const claim = async (executor: string, wait = '5s'): Promise<readonly Task[]> =>
    (await platform.post('tasks/claim', { executor, worker_id: 'w', max_tasks: 10, wait })).tasks;
  const complete = ({ task_id, lease_token }: Task, output: unknown = {}) =>
    platform.post('tasks/complete', { results: [{ task_id, lease_token, status: 'completed', output }] });
  const ids = (tasks: readonly Task[]): readonly string[] => tasks.map(({ execution_id }) => execution_id);

  test('a key lets one out at a time, over workflows, a kill -9 and a lost worker, and tells who holds it', async () => {
    await platform.deploy(workflow('pay', charge('concurrency: { limit: 1, key: $.input.account }')));
    await platform.deploy(workflow('refund', charge('concurrency: { limit: 1, key: acc-7 }')));
    const first = await start('pay', { account: 'acc-7' });
    const second = await start('refund');
    const third = await start('pay', { account: 'acc-7' });
    assert.deepEqual(ids(await claim('bank')), [first]);
    const { limits } = await platform.get('limits?key=key:acc-7');
    const [holder] = limits[0].holders;
    assert.deepEqual([limits[0].held, limits[0].waiting, holder.execution_id, holder.step], [1, 2, first, 'charge']);
    const told = await runWords(['limits', 'key:acc-7', '--server', platform.url, '--token', platform.token], {
      env: {},
    });
    assert.match(told.out, /^KEY +HELD +WAITING +EXECUTION .*\nkey:acc-7 +1 +2 +exec_\w+ +charge +-$/m);
    const { summary, reasons } = await platform.get(`executions/${second}/explain`);
    assert.equal(summary, `step charge waits for its key: key "acc-7" held by ${first} (step charge)`);
    assert.equal(reasons[0].kind, 'limit');
    const { steps } = await platform.get(`executions/${second}`);
    assert.equal(steps[0].status, 'waiting');

    await platform.kill();
    await platform.start();
    // The worker of the first is lost with the server: its lease ends, the same attempt goes out again and keeps its key.
    const again = await claim('bank', '10s');
    assert.deepEqual(ids(again), [first]);
    for (const expected of [second, third]) {
      const [task] = expected === second ? again : await claim('bank');
      assert.ok(task);
      await complete(task);
      if (expected === third) break;
      assert.equal((await platform.ended(first)).status, 'completed');
    }
    const [last] = await claim('bank');
    assert.ok(last);
    await complete(last);
    for (const id of [first, second, third]) assert.equal((await platform.ended(id)).status, 'completed');
    assert.deepEqual((await platform.get('limits')).limits, []);
  });

  test('a rate lets so many out in its period, and says until when it is used up', async () => {
    await platform.deploy(workflow('call', charge('rate_limit: { limit: 2, per: 3s }').replace('bank', 'partner')));
    const started = [await start('call'), await start('call'), await start('call')];
    const tasks = await claim('partner');
    assert.deepEqual(ids(tasks), started.slice(0, 2));
    const { summary } = await platform.get(`executions/${started[2]}/explain`);
    assert.match(summary, /^step charge waits: the rate of step call.charge \(2 in 3 s\) is used up until 20/);
    for (const task of tasks) await complete(task);
    const [late] = await claim('partner', '10s');
    assert.ok(late);
    await complete(late);
    assert.equal((await platform.ended(started[2] ?? '')).status, 'completed');
  });

  test('a workflow bounds its executions: queue, reject, cancel_running, cancel_new', async () => {
    const bounded = (onLimit: string): string =>
      `concurrency: { limit: 1, on_limit: ${onLimit} }\n${charge('').replace(', }', ' }').replace('bank', onLimit)}`;
    for (const onLimit of ['queue', 'reject', 'cancel_running', 'cancel_new']) {
      const name = onLimit.replace('_', '-');
      await platform.deploy(workflow(name, bounded(onLimit)));
      const first = await start(name);
      const answer = await platform.call(`POST /api/v1/workflows/${name}/execute`, { body: {} });
      const statusOf = async (id: string): Promise<string> => (await platform.get(`executions/${id}`)).status;
      const second: string = answer.body.execution_id;
      if (onLimit === 'reject') {
        assert.deepEqual([answer.status, answer.body.code], [429, 'CONCURRENCY_LIMIT']);
        assert.ok(Number(answer.headers.get('retry-after')) >= 1);
      } else assert.equal(answer.status, 202);
      if (onLimit === 'queue') {
        assert.equal(await statusOf(second), 'queued');
        const [task] = await claim(onLimit);
        assert.ok(task);
        await complete(task);
        await until(async () => ((await statusOf(second)) === 'running' ? true : undefined), { what: 'its turn' });
      }
      if (onLimit === 'cancel_running') {
        assert.equal((await platform.ended(first)).status, 'cancelled');
        await until(async () => ((await statusOf(second)) === 'running' ? true : undefined), { what: 'its turn' });
      }
      if (onLimit === 'cancel_new') {
        assert.deepEqual([await statusOf(first), await statusOf(second)], ['running', 'cancelled']);
      }
    }
  });

  test('executions are found by the labels of their workflow and of their start', async () => {
    const labels = ', labels: { team: finance, tier: gold }';
    await platform.deploy(workflow('labelled', 'steps:\n  - { name: t, type: transform, mapping: 1 }', labels));
    const plain = await start('labelled');
    const own = await start('labelled', {}, { metadata: { labels: { tier: 'silver', region: 'eu' } } });
    const found = async (query: string): Promise<readonly string[]> =>
      (await platform.get(`executions?${query}`)).executions.map((each: { execution_id: string }) => each.execution_id);
    assert.deepEqual(await found('label.team=finance'), [own, plain]);
    assert.deepEqual(await found('label.team=finance&label.tier=gold'), [plain]);
    assert.deepEqual(await found('label.region=eu'), [own]);
    assert.deepEqual(await found('label.region=us'), []);
    const { status, body } = await platform.call('GET /api/v1/executions?label.team=a&label.team=b');
    assert.deepEqual([status, body.errors[0].pointer], [422, '/label.team']);
  });
});
