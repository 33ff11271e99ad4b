/** A loop takes another one's results as they come, on a real server: to the end, through a kill, into a failure and a retry. */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { type Effect, type ExecutorProcess, openExecutor, type Script } from '../support/executor.ts';
import { openPlatform, type PlatformProcess, until } from '../support/platform.ts';

const workflow = `
apiVersion: workflow.magic-flow.io/v2
kind: Workflow
metadata: { name: pipeline, version: 1.0.0 }
spec:
  steps:
    - name: make
      type: loop
      iterate_over: "$.input.items"
      parallel: true
      batch_size: 3
      steps: [{ name: get, type: function, executor: store, function: get, input: { item: "$.item" } }]
    - name: use
      type: loop
      depends_on: [make]
      iterate_over: "$.make.results"
      stream: true
      parallel: true
      batch_size: 2
      steps: [{ name: put, type: function, executor: store, function: put, input: { got: "$.item", place: "$.index" } }]
    - name: count
      type: transform
      depends_on: [use]
      mapping: { taken: "$.use.succeeded", results: "\${len(use.results)}" }
  output: "$.count"
`;

const working = (delayMs: number): Script => ({
  store: { get: { answer: { row: 1 }, delayMs }, put: { answer: { done: true }, delayMs } },
});

describe('a stream between two loops', () => {
  let platform: PlatformProcess;
  let executor: ExecutorProcess;
  before(async () => {
    platform = await openPlatform({ willBeKilled: true });
    executor = await openExecutor({ server: platform.url, token: platform.token, script: working(5) });
    await platform.deploy(workflow);
  });
  after(async () => {
    await executor?.close();
    await platform?.close();
  });

  const start = async (count: number): Promise<string> => {
    const items = Array.from({ length: count }, (_, index) => index);
    return (await platform.post('workflows/pipeline/execute', { input: { items } })).execution_id;
  };
  const effectsOf = (id: string): Effect[] => executor.effects().filter(({ execution }) => execution === id);
  const placeOf = ({ step }: Effect): number => Number(/\[(\d+)\]/.exec(step)?.[1]);

  test('takes results while others are still being made, and gives what it would without', async () => {
    executor.follow(working(5));
    const id = await start(30);
    const { status, output } = await platform.ended(id, 30_000);
    assert.deepEqual([status, output], ['completed', { taken: 30, results: 30 }]);
    const functions = effectsOf(id).map((effect) => effect.function);
    assert.ok(functions.indexOf('put') < functions.lastIndexOf('get') - 10, functions.join());
  });

  test('killed in the middle goes on: nothing is taken before it was made, and each under one key', async () => {
    executor.follow(working(15));
    const id = await start(60);
    await until(() => effectsOf(id).filter(({ function: name }) => name === 'put').length > 10 || undefined, {
      what: 'some results taken',
    });
    await platform.kill();
    await platform.start();
    const { status, output } = await platform.ended(id, 60_000);
    assert.deepEqual([status, output], ['completed', { taken: 60, results: 60 }]);
    for (const name of ['get', 'put']) {
      const own = effectsOf(id).filter((effect) => effect.function === name);
      assert.equal(new Set(own.map(placeOf)).size, 60);
      assert.equal(new Set(own.map(({ key }) => key)).size, 60);
      assert.ok(own.length <= 66, `${own.length} calls of ${name}`);
    }
    const made = new Set<number>();
    for (const effect of effectsOf(id)) {
      if (effect.function === 'get') made.add(placeOf(effect));
      else assert.ok(made.has(placeOf(effect)), `${effect.step} came before its source`);
    }
  });

  test('ends with its failing source, and goes on with it where the execution is retried', async () => {
    const failing = { fail: { code: 'GONE', message: 'no such row', retryable: false } };
    const answer = { answer: { row: 1 }, delayMs: 20 };
    executor.follow({ store: { get: [...Array.from({ length: 5 }, () => answer), failing], put: { answer: 1 } } });
    await executor.stop();
    await executor.start();
    const id = await start(9);
    const failed = await platform.ended(id);
    const use = failed.steps.find(({ path }: { path: string }) => path === 'use');
    assert.deepEqual([failed.status, failed.error.code, use.status], ['failed', 'GONE', 'cancelled']);
    const taken = use.iterations.succeeded as number;
    executor.follow(working(5));
    await platform.post(`executions/${id}/retry`, {});
    const { status, output } = await until(
      async () => {
        const execution = await platform.get(`executions/${id}`);
        return execution.status === 'completed' ? execution : undefined;
      },
      { what: 'the end of the retry' },
    );
    assert.deepEqual([status, output], ['completed', { taken: 9, results: 9 }]);
    const puts = effectsOf(id).filter(({ function: name }) => name === 'put');
    assert.ok(puts.length <= 9 + 2, `${puts.length} taken in all, ${taken} before the retry`);
  });
});
