/** Loops over a real server with a real executor process: to the end, into failure, out of time, cancelled, killed. */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { type ExecutorProcess, openExecutor, type Script } from '../support/executor.ts';
import { openPlatform, type PlatformProcess, until } from '../support/platform.ts';

const ship = 'type: function, executor: store, function: ship, input: { order: "$.order" }';
const loop = (fields: string, work = ship): string => `
apiVersion: workflow.magic-flow.io/v2
kind: Workflow
metadata: { name: orders, version: v1.0.0 }
spec:
  steps:
    - name: each
      type: loop
      iterate_over: "$.input.orders"
      item_variable: order
      ${fields}
      steps: [{ name: ship, ${work} }]
`;

const answers: Script = { store: { ship: { answer: { shipped: true } } } };

describe('a loop', () => {
  let platform: PlatformProcess;
  let executor: ExecutorProcess;
  let version = 0;
  before(async () => {
    platform = await openPlatform({ willBeKilled: true });
    executor = await openExecutor({ server: platform.url, token: platform.token, script: answers });
  });
  after(async () => {
    await executor?.close();
    await platform?.close();
  });

  async function start(definition: string, orders: readonly number[]): Promise<string> {
    version += 1;
    await platform.deploy(definition.replace('v1.0.0', `v${version}.0.0`));
    const { execution_id } = await platform.post('workflows/orders/execute', { input: { orders } });
    return execution_id as string;
  }

  const ended = (id: string) => platform.ended(id, 30_000);

  test('ships every order side by side and tells what became of the rounds', async () => {
    executor.follow(answers);
    const execution = await ended(await start(loop('parallel: true\n      batch_size: 5'), [1, 2, 3, 4, 5, 6, 7]));
    const [step] = execution.steps;
    assert.deepEqual([execution.status, execution.output.succeeded, step.type], ['completed', 7, 'loop']);
    assert.deepEqual(step.iterations, { total: 7, running: 0, succeeded: 7, failed: 0 });
    assert.ok(execution.steps.some((each: { path: string }) => each.path === 'each[6].ship'));
  });

  test('goes on past a failing order where it may, and fails where it may not', async () => {
    const fails = { fail: { code: 'OUT_OF_STOCK', message: 'none left', retryable: false } };
    const script: Script = { store: { ship: [{ answer: 1 }, fails, { answer: 3 }] } };
    executor.follow(script);
    const seen = executor.effects().length;
    const tolerant = await ended(await start(loop('on_item_error: continue'), [1, 2, 3]));
    assert.equal(executor.effects().length, seen + 3);
    assert.equal(tolerant.status, 'completed');
    executor.follow({ store: { ship: fails } });
    const strict = await ended(await start(loop(''), [1, 2]));
    assert.deepEqual([strict.status, strict.error.code, strict.error.step], ['failed', 'OUT_OF_STOCK', 'each[0].ship']);
  });

  test('fails by its own timeout while a round hangs', async () => {
    executor.follow({ store: { ship: { hang: true } } });
    const execution = await ended(await start(loop('timeout: 300ms'), [1]));
    assert.deepEqual([execution.status, execution.error.code], ['failed', 'TIMEOUT']);
  });

  test('is cancelled with its rounds', async () => {
    executor.follow({ store: { ship: { hang: true } } });
    const id = await start(loop('parallel: true'), [1, 2]);
    await until(async () => (await platform.get(`executions/${id}`)).steps[0]?.iterations?.running === 2 || undefined, {
      what: 'two running rounds',
    });
    await platform.post(`executions/${id}/cancel`, {});
    const execution = await ended(id);
    assert.equal(execution.status, 'cancelled');
    assert.ok(execution.steps.every((step: { status: string }) => step.status === 'cancelled'));
  });

  test('tries a round again by the policy of its step', async () => {
    const fails = { fail: { code: 'BUSY', message: 'try again' } };
    executor.follow({ store: { ship: fails } });
    const work = `${ship}, retry_config: { max_attempts: 20, backoff: fixed, initial_delay: 100ms, jitter: false }`;
    const id = await start(loop('', work), [1]);
    await until(async () => (await platform.get(`executions/${id}`)).steps[1]?.status === 'retrying' || undefined, {
      what: 'a retry',
    });
    executor.follow(answers);
    const execution = await ended(id);
    assert.equal(execution.status, 'completed');
    assert.ok(execution.steps[1].attempt > 1);
  });

  test('killed in the middle goes on after the restart: every order is shipped under one key', async () => {
    executor.follow({ store: { ship: { answer: { shipped: true }, delayMs: 15 } } });
    const orders = Array.from({ length: 60 }, (_, index) => index);
    const id = await start(loop('parallel: true\n      batch_size: 4'), orders);
    await until(
      async () => (await platform.get(`executions/${id}`)).steps[0]?.iterations?.succeeded > 10 || undefined,
      {
        what: 'some rounds',
      },
    );
    await platform.kill();
    await platform.start();
    const execution = await ended(id);
    assert.deepEqual([execution.status, execution.output.succeeded], ['completed', orders.length]);
    const own = executor.effects().filter((effect) => effect.execution === id);
    const keys = new Map(own.map((effect) => [JSON.stringify(effect.input), effect.key]));
    assert.equal(keys.size, orders.length);
    assert.equal(new Set(keys.values()).size, orders.length);
    assert.ok(own.length <= orders.length + 8, `${own.length} calls for ${orders.length} orders`);
  });
});
