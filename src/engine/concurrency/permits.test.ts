import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { openVirtualClock } from '../../../test/support/virtual-clock.ts';
import { openMemoryCache } from '../../cache/memory/memory-cache.ts';
import type { HandedTask } from '../engine.ts';
import { call, leftovers, makeEngine, type Node, restarted, workspace } from '../make-engine.ts';

const one = `steps:\n  - {name: charge, ${call}, concurrency: {limit: 1, key: $.input.account}}`;

/** Who holds a key and who waits for any, as the rows say. */
const held = (node: Node, key = 'key:a') =>
  node.disk.limitSlots.filter((slot) => slot.key === key).map((slot) => slot.executionId);
const inLine = (node: Node) =>
  node.disk.waiters.toSorted((a, b) => a.rank - b.rank || a.sequence - b.sequence).map((row) => row.executionId);
const ids = (tasks: readonly { executionId: string }[]) => tasks.map(({ executionId }) => executionId);

async function startAll(node: Node, count: number, input: object = { account: 'a' }): Promise<string[]> {
  const started: string[] = [];
  for (let index = 0; index < count; index += 1) started.push(await node.start({ ...input }));
  await node.clock.settle();
  return started;
}

/** Whoever waits for work gets it once the store has answered. */
async function claimed(node: Node): Promise<readonly HandedTask[]> {
  await node.clock.settle();
  return node.claim();
}

async function claimedOne(node: Node): Promise<HandedTask> {
  await node.clock.settle();
  return node.claimOne();
}

async function holding(spec = one): Promise<{ node: Node; task: HandedTask; first: string; second: string }> {
  const node = await makeEngine();
  await node.deploy(spec);
  const [first = '', second = ''] = await startAll(node, 2);
  return { node, task: await claimedOne(node), first, second };
}

describe('a concurrency limit', () => {
  test('lets so many attempts out at once, and the next in line as soon as one is answered', async () => {
    const node = await makeEngine();
    await node.deploy(one);
    const [first, second, third] = await startAll(node, 3);
    const [task, ...others] = await claimed(node);
    assert.deepEqual([task?.executionId, others.length], [first, 0]);
    assert.deepEqual([held(node), inLine(node)], [[first], [second, third]]);
    assert.ok(task);
    await node.complete(task);
    assert.deepEqual(ids(await claimed(node)), [second]);
    assert.deepEqual([held(node), inLine(node)], [[second], [third]]);
  });

  test('is shared by all steps that name its key, whatever their workflow, and not by those that do not', async () => {
    const node = await makeEngine();
    await node.deploy(one);
    await node.deploy(`steps:\n  - {name: refund, ${call}, concurrency: {limit: 1, key: a}}`, 'other');
    await node.deploy(`steps:\n  - {name: charge, ${call}, concurrency: 1}`, 'apart');
    const [first] = await startAll(node, 1);
    const second = await node.start({}, { workflow: 'other' });
    const third = await node.start({}, { workflow: 'apart' });
    const other = await node.start({ account: 'b' });
    assert.deepEqual(ids(await claimed(node)).toSorted(), [first, third, other].toSorted());
    assert.deepEqual(inLine(node), [second]);
  });

  test('lets those of a higher priority go first', async () => {
    const { node, task, second } = await holding();
    const urgent = await node.start({ account: 'a' }, { priority: 9 });
    assert.deepEqual(inLine(node), [urgent, second]);
    await node.complete(task);
    assert.equal((await claimedOne(node)).executionId, urgent);
  });

  test('takes a number as its text, and fails a step whose key has no value', async () => {
    const node = await makeEngine();
    await node.deploy(one);
    await startAll(node, 1, { account: 7 });
    assert.equal(held(node, 'key:7').length, 1);
    for (const account of ['', 'x'.repeat(256), null, ['a']]) {
      const state = await node.state(await node.start({ account }));
      assert.deepEqual([state.status, state.error?.code], ['failed', 'EXPRESSION_FAILED']);
    }
    assert.equal(await node.status(await node.start({ account: 'x'.repeat(255) })), 'running');
  });

  test('gives a slot back with the failure of its attempt, and takes one anew for the next', async () => {
    const spec = `steps:\n  - {name: charge, ${call}, concurrency: {limit: 1, key: a}, retry_config: {max_attempts: 2, initial_delay: 1s, jitter: false}}`;
    const { node, task, first, second } = await holding(spec);
    await node.fail(task);
    const next = await claimedOne(node);
    assert.deepEqual([next.executionId, held(node)], [second, [second]]);
    await node.clock.advance(1_100);
    assert.deepEqual(inLine(node), [first]);
    await node.complete(next);
    const again = await claimedOne(node);
    assert.deepEqual([again.executionId, again.attempt], [first, 2]);
  });

  test('turns a step away that would rather fail than wait', async () => {
    const node = await makeEngine();
    await node.deploy(`steps:\n  - {name: charge, ${call}, concurrency: {limit: 1, on_limit: reject}}`);
    const [, second = ''] = await startAll(node, 2);
    const state = await node.state(second);
    assert.deepEqual([state.status, state.error?.code], ['failed', 'CONCURRENCY_LIMIT']);
    assert.match(state.error?.message ?? '', /of step flow.charge is reached: 1 run already/);
    assert.deepEqual([inLine(node), node.disk.limitSlots.length], [[], 1]);
  });

  test('turns nobody away who waits for a rate alone', async () => {
    const node = await makeEngine();
    const limits = 'concurrency: {limit: 1, on_limit: reject}, rate_limit: {limit: 1, per: 1s}';
    await node.deploy(`steps:\n  - {name: charge, ${call}, ${limits}}`);
    await startAll(node, 1);
    await node.complete(await claimedOne(node));
    const [id = ''] = await startAll(node, 1);
    assert.deepEqual([await node.status(id), inLine(node)], ['running', [id]]);
    await node.clock.advance(1_000);
    await node.complete(await claimedOne(node));
    assert.equal(await node.status(id), 'completed');
  });

  test('keeps the slot of a task that goes out again, for the same attempt', async () => {
    const { node, task, second } = await holding();
    await node.clock.advance(31_000);
    const again = await claimedOne(node);
    assert.deepEqual([again.taskId, again.attempt], [task.taskId, 1]);
    assert.deepEqual(inLine(node), [second]);
    assert.equal((await node.complete(task)).accepted, false);
    await node.complete(again);
    assert.equal((await claimedOne(node)).executionId, second);
  });

  const bothLimits = {
    'each under a key of its own': 'concurrency: {limit: 1, key: a}, rate_limit: {limit: 1, per: 1s, key: b}',
    'both under one key': 'concurrency: {limit: 1, key: a}, rate_limit: {limit: 1, per: 1s, key: a}',
    'both without a key': 'concurrency: 1, rate_limit: {limit: 1, per: 1s}',
  };
  for (const [which, limits] of Object.entries(bothLimits)) {
    test(`lets a task go out again by its rate, although others wait for the slot that it keeps: ${which}`, async () => {
      const { node, task, second } = await holding(`steps:\n  - {name: charge, ${call}, ${limits}}`);
      await node.clock.advance(31_000);
      const again = await claimedOne(node);
      assert.equal(again.taskId, task.taskId);
      await node.complete(again);
      await node.clock.advance(1_000);
      assert.equal((await claimedOne(node)).executionId, second);
    });
  }

  test('keeps the slot of a cancelled task until its worker answers', async () => {
    const undo = 'compensate: {executor: e, function: undo}';
    const spec = `steps:\n  - {name: charge, ${call}, concurrency: {limit: 1, key: a}, ${undo}}`;
    const { node, task, first, second } = await holding(spec);
    await node.operate(first, { type: 'cancel' });
    assert.deepEqual([await claimed(node), held(node)], [[], [first]]);
    await node.complete(task);
    const next = await claimed(node);
    assert.deepEqual(ids(next).toSorted(), [first, second].toSorted());
    for (const each of next) await node.complete(each);
    assert.deepEqual([...leftovers(node, first), ...node.disk.limitSlots], []);
  });

  test('keeps the slot of a terminated task until the lease of its worker is over', async () => {
    const { node, first, second } = await holding();
    await node.operate(first, { type: 'terminate' });
    await node.clock.advance(29_000);
    assert.deepEqual([await node.claim(), held(node)], [[], [first]]);
    await node.clock.advance(1_100);
    assert.equal((await claimedOne(node)).executionId, second);
  });

  test('frees at once what nobody has, and takes out of the line who is cancelled', async () => {
    const node = await makeEngine();
    await node.deploy(one);
    const [first = '', second = '', third = ''] = await startAll(node, 3);
    await node.operate(second, { type: 'cancel' });
    await node.operate(first, { type: 'terminate' });
    assert.deepEqual([await node.status(second), inLine(node)], ['cancelled', []]);
    assert.deepEqual([ids(await claimed(node)), held(node)], [[third], [third]]);
  });

  test('gives up who waits longer than its queue_timeout', async () => {
    const spec = `steps:\n  - {name: charge, ${call}, concurrency: {limit: 1, key: a}, queue_timeout: 5s}`;
    const { node, second } = await holding(spec);
    await node.clock.advance(5_100);
    const state = await node.state(second);
    assert.deepEqual([state.error?.code, inLine(node)], ['QUEUE_TIMEOUT', []]);
  });

  test('lets a paused execution out of the line, and back into it at its end', async () => {
    const { node, task, second } = await holding();
    const third = await node.start({ account: 'a' });
    await node.operate(second, { type: 'pause' });
    assert.deepEqual(inLine(node), [third]);
    await node.operate(second, { type: 'resume' });
    assert.deepEqual(inLine(node), [third, second]);
    await node.complete(task);
    assert.equal((await claimedOne(node)).executionId, third);
  });

  test('holds for the branches of one execution as for any others', async () => {
    const node = await makeEngine();
    const branch = (name: string) =>
      `{name: b${name}, steps: [{name: ${name}, ${call}, concurrency: {limit: 2, key: a}}]}`;
    await node.deploy(`steps:\n  - {name: all, type: parallel, branches: [${['x', 'y', 'z'].map(branch).join(', ')}]}`);
    const [id = ''] = await startAll(node, 1);
    const tasks = await claimed(node);
    assert.deepEqual(
      tasks.map(({ step }) => step),
      ['all.bx.x', 'all.by.y'],
    );
    for (const task of tasks) await node.complete(task);
    await node.complete(await claimedOne(node));
    assert.deepEqual([await node.status(id), node.disk.limitSlots], ['completed', []]);
  });

  test('holds for functions of this process', async () => {
    const node = await makeEngine();
    const ends: (() => void)[] = [];
    node.engine.local.register(workspace, 'e', 'f', () => new Promise<void>((resolve) => ends.push(resolve)));
    await node.deploy(one);
    const started = await startAll(node, 3);
    for (const id of started) {
      await node.clock.settle();
      assert.deepEqual([ends.length, held(node)], [1, [id]]);
      ends.pop()?.();
      await node.clock.settle();
    }
    assert.deepEqual([node.disk.limitSlots, node.disk.waiters], [[], []]);
  });

  test('outlives the process: the line goes on where it was', async () => {
    const { node, task, second } = await holding();
    const next = await restarted(node);
    await next.clock.settle();
    assert.deepEqual(await next.claim(), []);
    await next.complete(task);
    assert.equal((await claimedOne(next)).executionId, second);
  });

  test('lets the line go on where the end of the one before was lost with its node', async () => {
    const { node, task, second } = await holding();
    node.fates.push('unknown', 'unknown', 'unknown');
    await Promise.allSettled([node.complete(task), node.clock.advance(500)]);
    const next = await restarted(node);
    await next.clock.advance(600);
    assert.equal((await claimedOne(next)).executionId, second);
  });

  test('frees a slot whose holder neither runs nor waits', async () => {
    const { node, task, second } = await holding();
    const [slot] = node.disk.limitSlots;
    assert.ok(slot);
    await node.complete(task);
    const third = await claimedOne(node);
    // What no move leaves behind: a restored backup may.
    node.disk.limitSlots = [slot];
    const fourth = await node.start({ account: 'a' });
    await node.clock.advance(11_000);
    assert.deepEqual([third.executionId, held(node)], [second, [fourth]]);
  });
});

describe('a rate limit', () => {
  const spec = `steps:\n  - {name: call, ${call}, rate_limit: {limit: 2, per: 10s}}`;

  test('lets so many attempts out in its period, and the next ones as soon as it is over', async () => {
    const node = await makeEngine();
    await node.deploy(spec);
    const started = await startAll(node, 5);
    assert.deepEqual(ids(await claimed(node)), started.slice(0, 2));
    await node.clock.advance(9_900);
    assert.deepEqual(await node.claim(), []);
    await node.clock.advance(200);
    assert.deepEqual(ids(await claimed(node)), started.slice(2, 4));
  });

  test('counts the next attempt and the next delivery as calls of their own', async () => {
    const node = await makeEngine();
    await node.deploy(
      `steps:\n  - {name: call, ${call}, rate_limit: {limit: 1, per: 1m}, retry_config: {max_attempts: 2, initial_delay: 1s}}`,
    );
    await startAll(node, 1);
    const task = await claimedOne(node);
    await node.clock.advance(32_000);
    assert.deepEqual(await node.claim(), []);
    await node.clock.advance(30_000);
    const again = await claimedOne(node);
    assert.deepEqual([again.taskId, again.attempt], [task.taskId, 1]);
    await node.fail(again);
    await node.clock.advance(55_000);
    assert.deepEqual(await node.claim(), []);
    await node.clock.advance(6_000);
    assert.equal((await claimedOne(node)).attempt, 2);
  });

  test('asks the store once for a period, however many lines wait for it', async () => {
    const node = await makeEngine();
    await node.deploy(
      `steps:\n  - {name: call, ${call}, concurrency: {limit: 1, key: $.input.key}, rate_limit: {limit: 1, per: 5s, key: all}}`,
    );
    const started: string[] = [];
    for (let key = 0; key < 40; key += 1) started.push(await node.start({ key: `k${key}` }));
    await node.clock.settle();
    const before = node.batches.length;
    await node.clock.advance(5_001);
    assert.ok(node.batches.length - before <= 3, `${node.batches.length - before} commits`);
    assert.deepEqual(ids(await claimed(node)), started.slice(0, 2));
  });

  test('is drawn by no step whose result comes from the cache', async () => {
    const clock = openVirtualClock();
    const node = await makeEngine({ clock, cache: openMemoryCache({ clock, roomBytes: 1_000 }) });
    await node.deploy(`steps:\n  - {name: call, ${call}, cache: {ttl: 1h, key: one}, rate_limit: {limit: 1, per: 1h}}`);
    await startAll(node, 1);
    await node.complete(await claimedOne(node), { n: 1 });
    const [id = ''] = await startAll(node, 1);
    await node.clock.settle();
    assert.deepEqual([await node.status(id), node.disk.waiters], ['completed', []]);
  });
});

describe('explain', () => {
  test('names the key that a step waits for and who holds it', async () => {
    const { node, first, second } = await holding();
    const { summary, reasons } = await node.engine.executions.explain(workspace, second);
    assert.equal(summary, `step charge waits for its key: key "a" held by ${first} (step charge)`);
    assert.equal(reasons[0]?.kind, 'limit');
    await node.operate(first, { type: 'terminate' });
    const lingering = await node.engine.executions.explain(workspace, second);
    assert.match(lingering.summary, /until its worker's lease ends at 2026-03-04T12:00:30.000Z/);
  });

  test('tells until when a rate is used up', async () => {
    const node = await makeEngine();
    await node.deploy(`steps:\n  - {name: call, ${call}, rate_limit: {limit: 1, per: 10s}}`);
    const [, second = ''] = await startAll(node, 2);
    const { reasons } = await node.engine.executions.explain(workspace, second);
    assert.deepEqual(
      [reasons[0]?.kind, reasons[0]?.message],
      ['limit', 'step call waits: the rate of step flow.call (1 in 10 s) is used up until 2026-03-04T12:00:10.000Z'],
    );
  });
});
