/** What ended goes by itself, a late result finds nothing, and dead letters are replayed; with the server killed in the middle. */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { runWords } from '../../src/cli/test-io.ts';
import { openPlatform, type PlatformProcess, until } from '../support/platform.ts';

const count = 400;
const document = (name: string, spec: string): string =>
  `apiVersion: workflow.magic-flow.io/v2\nkind: Workflow\nmetadata: { name: ${name}, version: v1.0.0 }\nspec:\n  ${spec.replaceAll('\n', '\n  ')}\n`;
const pay = 'steps: [{name: pay, type: function, executor: bank, function: charge}]';

describe('retention', () => {
  let platform: PlatformProcess;
  before(async () => {
    platform = await openPlatform({
      willBeKilled: true,
      env: { MAGICFLOW_RETENTION_FAILED: '2s', MAGICFLOW_RETENTION_INTERVAL: '1s' },
    });
    await platform.deploy(document('orders', pay), document('kept', `retention: {failed: 7d}\n${pay}`));
  });
  after(() => platform?.close());

  const counts = async () => (await platform.get('system/status')).executions;
  const cli = (...words: string[]) =>
    runWords([...words, '--server', platform.url, '--token', platform.token], { env: {} });

  test('removes what failed long enough ago, through a kill, and keeps what its workflow keeps', async () => {
    const executions = Array.from({ length: count }, () => ({}));
    for (const name of ['orders', 'kept']) await platform.post(`workflows/${name}/execute-batch`, { executions });
    const open = await platform.post('workflows/orders/execute');
    const claimed = await platform.post('tasks/claim', { executor: 'bank', worker_id: 'w', max_tasks: 1 });
    const [task] = claimed.tasks;
    const status = { filter: { status: 'running', to: open.created_at }, action: 'terminate' };
    await platform.post('executions/bulk', status);
    await until(async () => ((await counts()).cancelled >= count * 2 - 5 ? true : undefined), {
      what: 'all are ended',
      deadlineMs: 20_000,
    });
    await until(async () => ((await counts()).cancelled < count * 2 - 5 ? true : undefined), {
      what: 'the first to go',
      everyMs: 5,
    });
    await platform.kill();
    await platform.start();
    await until(async () => ((await counts()).cancelled <= count ? true : undefined), {
      what: 'the last to go',
      deadlineMs: 20_000,
    });
    const { executions: left } = await platform.get('executions?status=cancelled&workflow=orders');
    assert.deepEqual(left, []);
    assert.equal((await platform.get(`executions/${open.execution_id}`)).status, 'running');
    // The first task was of one that is gone.
    const { task_id, lease_token } = task;
    const late = { results: [{ task_id, lease_token, status: 'completed', output: { paid: true } }] };
    assert.equal((await platform.post('tasks/complete', late)).results[0].code, 'STALE_LEASE');
    const gone = await platform.call(`GET /api/v1/executions/${task.execution_id}`);
    assert.deepEqual([gone.status, gone.body.code], [404, 'EXECUTION_NOT_FOUND']);
    const { out } = await cli('retention', 'show');
    assert.match(out, /^failed +2s$/m);
    assert.match(out, /^kept +- +7d$/m);
    assert.match((await cli('retention', 'run', '--dry-run')).out, /^0 ended executions would be removed/);
  });
});

describe('dead letters', () => {
  let platform: PlatformProcess;
  before(async () => {
    platform = await openPlatform({ willBeKilled: true });
    await platform.deploy(document('orders', `error_handling: {dead_letter: {owner: payments}}\n${pay}`));
  });
  after(() => platform?.close());

  const cli = (...words: string[]) =>
    runWords([...words, '--server', platform.url, '--token', platform.token], { env: {} });

  async function settle(result: object): Promise<string[]> {
    const { tasks } = await platform.post('tasks/claim', { executor: 'bank', worker_id: 'w', max_tasks: 100 });
    const results = tasks.map(({ task_id, lease_token }: Record<string, string>) => ({
      task_id,
      lease_token,
      ...result,
    }));
    if (results.length > 0) await platform.post('tasks/complete', { results });
    return tasks.map(({ execution_id: id }: Record<string, string>) => id);
  }

  test('are listed after a kill, replayed one by one and all at once, and discarded', async () => {
    await platform.post('workflows/orders/execute-batch', { executions: Array.from({ length: 12 }, () => ({})) });
    const error = { code: 'BANK_CLOSED', message: 'come back tomorrow' };
    assert.equal((await settle({ status: 'failed', error })).length, 12);
    await platform.kill();
    await platform.start();
    const { dead_letters: letters } = await platform.get('dead-letters?executor=bank&code=BANK_CLOSED');
    assert.equal(letters.length, 12);
    const [first, second] = letters;
    assert.match((await cli('dead-letters', 'list', '--limit', '1')).out, /policy +pay +bank +BANK_CLOSED/);
    assert.match((await cli('dead-letters', 'replay', first.execution_id)).out, /completed: 1 of 1 done/);
    assert.deepEqual(await settle({ status: 'completed', output: {} }), [first.execution_id]);
    assert.equal((await platform.ended(first.execution_id)).status, 'completed');
    assert.match((await cli('dead-letters', 'discard', second.execution_id)).out, /completed: 1 of 1 done/);
    assert.match((await cli('dead-letters', 'replay', '--code', 'BANK_CLOSED')).out, /completed: 10 of 10 done/);
    assert.equal((await settle({ status: 'completed', output: {} })).length, 10);
    await until(async () => ((await platform.get('system/status')).executions.completed === 11 ? true : undefined), {
      what: 'all to complete',
    });
    assert.deepEqual((await platform.get('dead-letters')).dead_letters, []);
  });
});
