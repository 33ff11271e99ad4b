// biome-ignore-all lint/suspicious/noTemplateCurlyInString: the language under test writes them
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { openVirtualClock } from '../../../test/support/virtual-clock.ts';
import type { Cache } from '../../cache/cache.ts';
import { openMemoryCache } from '../../cache/memory/memory-cache.ts';
import type { Json } from '../../kit/json.ts';
import { call, makeEngine, type Node, type NodeOptions, restarted, textOf, workspace } from '../make-engine.ts';

/** A node whose function `e/f` counts its calls and answers with its input and the count. */
async function counting(spec: string, options: NodeOptions = {}) {
  const clock = openVirtualClock();
  const cache = openMemoryCache({ clock, roomBytes: 1e6 });
  const node = await makeEngine({ clock, cache, ...options });
  const calls: Json[] = [];
  const register = (into: Node, from: string): void =>
    into.engine.local.register(from, 'e', 'f', async (input) => {
      calls.push(input);
      return { input, count: calls.length };
    });
  register(node, workspace);
  await node.deploy(spec);
  const run = async (input: Json, on: Node = node): Promise<Json> => {
    const id = await on.start(input);
    await on.clock.settle();
    const { status, output, error } = await on.state(id);
    assert.equal(status, 'completed', JSON.stringify(error));
    return output as Json;
  };
  return { node, cache, clock, calls, run, register };
}

const cached = (more = ''): string =>
  `steps:\n  - {name: a, ${call}, input: $.input.k, cache: {ttl: 10m${more}}}\noutput: $.a.count`;

describe('a step with a cache', () => {
  test('takes the result of an earlier call with the same input, and says so in its event', async () => {
    const { node, calls, run } = await counting(cached());
    assert.deepEqual([await run({ k: 1, x: 1 }), await run({ k: 1, x: 2 }), await run({ k: 2 })], [1, 1, 2]);
    assert.deepEqual(calls, [1, 2]);
    const id = await node.start({ k: 2 });
    await node.clock.settle();
    const journal = await node.engine.executions.journal(workspace, id, { after: 0, limit: 100 });
    const completed = journal.map(({ event }) => event).find(({ type }) => type === 'step.completed');
    assert.equal(completed?.type === 'step.completed' && completed.cached, true);
    assert.equal(node.engine.health().counters.tasksHandedOut, 2);
  });

  test('calls again once the time is over', async () => {
    const { clock, run } = await counting(cached());
    assert.equal(await run({ k: 1 }), 1);
    await clock.advance(599_000);
    assert.equal(await run({ k: 1 }), 1);
    await clock.advance(1_000);
    assert.equal(await run({ k: 1 }), 2);
  });

  test('maps what was kept anew for each execution', async () => {
    const { run } = await counting(
      `steps:\n  - {name: a, ${call}, input: 1, cache: {ttl: 1h}, output: {c: $.response.count, me: $.input.me}, set: {v: $.a.c}}\noutput: {all: $.a, v: $.vars.v}`,
    );
    assert.deepEqual(await run({ me: 'ann' }), { all: { c: 1, me: 'ann' }, v: 1 });
    assert.deepEqual(await run({ me: 'bob' }), { all: { c: 1, me: 'bob' }, v: 1 });
  });

  test('with a key asks for that alone, and without a value for the key caches nothing', async () => {
    const { run } = await counting(cached(', key: $.input.customer'));
    assert.deepEqual([await run({ k: 1, customer: 'c' }), await run({ k: 2, customer: 'c' })], [1, 1]);
    assert.deepEqual([await run({ k: 1 }), await run({ k: 1 })], [2, 3]);
  });

  test('shares with another version and another workflow only by a key of a step of the same name', async () => {
    const { node, run } = await counting(cached());
    await run({ k: 1 });
    await node.deploy(cached().replace('10m', '20m'), 'flow', '2.0.0');
    assert.equal(await run({ k: 1 }), 2);
    await node.deploy(cached(', key: same'), 'flow', '3.0.0');
    assert.equal(await run({ k: 1 }), 3);
    await node.deploy(cached(', key: same').replace('10m', '20m'), 'flow', '4.0.0');
    assert.equal(await run({ k: 1 }), 3);
    await node.deploy(cached(', key: same').replaceAll('name: a', 'name: b').replace('$.a', '$.b'), 'flow', '5.0.0');
    assert.equal(await run({ k: 1 }), 4);
  });

  test('shows no workspace what another one has kept', async () => {
    const { node, run, register } = await counting(cached(', key: same'));
    await run({ k: 1 });
    register(node, 'team');
    await node.engine.versions.deploy('team', textOf(cached(', key: same')));
    const { executionId } = await node.engine.executions.start({
      workspace: 'team',
      workflow: 'flow',
      input: { k: 1 },
    });
    await node.clock.settle();
    assert.equal(await node.engine.executions.read('team', executionId, (state) => state.output), 2);
  });

  test('shares with a step of its name no result of another function', async () => {
    const { node, calls, run } = await counting(cached(', key: same'));
    await run({ k: 1 });
    node.engine.local.register(workspace, 'e', 'g', () => ({ count: 'of g' }));
    await node.deploy(cached(', key: same').replace('function: f', 'function: g'), 'flow', '2.0.0');
    assert.deepEqual([await run({ k: 1 }), calls.length], ['of g', 1]);
  });

  test('keeps what a call gave under its own input where the step has begun anew since', async () => {
    const spec = `steps:
  - {name: a, ${call}, input: "\${vars.n ?? 0}", set: {n: "\${(vars.n ?? 0) + 1}"}, cache: {ttl: 10m}}
  - {name: back, when: $.vars.n < 3, type: fail, code: AGAIN, message: once more, on_failure: a}
output: $.a`;
    const { calls, run } = await counting(spec);
    assert.deepEqual(await run({}), { input: 2, count: 3 });
    assert.deepEqual(calls, [0, 1, 2]);
  });

  test('keeps no failure and no result that its mapping could not take', async () => {
    const { node, calls } = await counting(
      `steps:\n  - {name: a, ${call}, input: 1, cache: {ttl: 1h}, output: "\${response.count * input.n}"}`,
    );
    for (const input of [{ n: 'x' }, { n: 2 }]) {
      await node.start(input);
      await node.clock.settle();
    }
    assert.equal(calls.length, 2);
  });

  test('answers for executors outside too: what is known is not handed out', async () => {
    const clock = openVirtualClock();
    const node = await makeEngine({ clock, cache: openMemoryCache({ clock, roomBytes: 1e6 }) });
    await node.deploy(cached());
    const first = await node.start({ k: 1 });
    await node.clock.settle();
    await node.complete(await node.claimOne(), { count: 7 });
    const second = await node.start({ k: 1 });
    await node.clock.settle();
    assert.deepEqual([await node.status(first), await node.status(second)], ['completed', 'completed']);
    assert.deepEqual(await node.claim(), []);
    assert.equal([...node.disk.tasks.values()].length, 0);
  });

  test('is not lent to a claim that waits before the cache was asked', async () => {
    const clock = openVirtualClock();
    const node = await makeEngine({ clock, cache: openMemoryCache({ clock, roomBytes: 1e6 }) });
    await node.deploy(cached());
    for (const round of [1, 2]) {
      const claim = node.claim({ waitMs: 1_000 });
      await clock.settle();
      const id = await node.start({ k: 1 });
      await clock.settle();
      if (round === 2) await clock.advance(1_000);
      const tasks = await claim;
      assert.equal(tasks.length, round === 1 ? 1 : 0);
      for (const task of tasks) await node.complete(task, { count: 7 });
      assert.equal(await node.status(id), 'completed');
    }
  });

  test('whose cache fails calls as if there were none, and tells it', async () => {
    const refuse = async (): Promise<never> => {
      throw new Error('the cache is away');
    };
    const cache: Cache = { get: refuse, set: refuse, close: async () => undefined };
    const { node, run } = await counting(cached(), { cache });
    assert.deepEqual([await run({ k: 1 }), await run({ k: 1 })], [1, 2]);
    assert.match(node.warnings.join(), /the cache is away/);
  });

  test('that was cancelled while the cache was asked is not called', async () => {
    const asked = Promise.withResolvers<undefined>();
    const cache: Cache = { get: () => asked.promise, set: async () => undefined, close: async () => undefined };
    const { node, calls } = await counting(cached(), { cache });
    const id = await node.start({ k: 1 });
    await node.clock.settle();
    await node.operate(id, { type: 'terminate' });
    asked.resolve(undefined);
    await node.clock.settle();
    assert.deepEqual([await node.status(id), calls], ['cancelled', []]);
  });

  test('whose node is gone while the cache is asked is called by the next one', async () => {
    const never: Cache = {
      get: () => new Promise(() => undefined),
      set: async () => undefined,
      close: async () => undefined,
    };
    const { node, calls, register } = await counting(cached(), { cache: never });
    const id = await node.start({ k: 1 });
    await node.clock.settle();
    const next = await restarted(node);
    register(next, workspace);
    await next.clock.advance(60_000);
    assert.deepEqual([await next.status(id), calls.length], ['completed', 1]);
  });

  test('passes an open circuit breaker where the result is known', async () => {
    const clock = openVirtualClock();
    const node = await makeEngine({ clock, cache: openMemoryCache({ clock, roomBytes: 1e6 }) });
    await node.deploy(
      `steps:\n  - {name: a, ${call}, input: $.input.k, cache: {ttl: 1h}, circuit_breaker: {failure_threshold: 1}}`,
    );
    const begin = async (k: number): Promise<string> => {
      const id = await node.start({ k });
      await node.clock.settle();
      return id;
    };
    await begin(1);
    await node.complete(await node.claimOne(), { count: 7 });
    const failed = await begin(2);
    await node.fail(await node.claimOne());
    assert.equal(await node.status(failed), 'failed');
    assert.equal(await node.status(await begin(1)), 'completed');
    assert.equal(await node.status(await begin(2)), 'failed');
  });

  test('of a script asks by its input and params, not by the time and the chance it was given', async () => {
    let runs = 0;
    const script = {
      run: async () => {
        runs += 1;
        return runs;
      },
    };
    const { run } = await counting(
      'steps:\n  - {name: a, type: transform, script: return 1, params: {k: $.input.k}, input: 1, cache: {ttl: 1h}}\noutput: $.a',
      { connectors: { script } },
    );
    assert.deepEqual([await run({ k: 1 }), await run({ k: 1 }), await run({ k: 2 })], [1, 1, 2]);
  });
});
