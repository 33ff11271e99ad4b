import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { Fault } from '../kit/fault.ts';
import { call, makeEngine, type Node, type NodeOptions, restarted, workspace } from './make-engine.ts';

const spec = (concurrency: string): string => `concurrency: ${concurrency}\nsteps:\n  - {name: work, ${call}}`;

async function opened(concurrency: string, options: NodeOptions = {}): Promise<Node> {
  const node = await makeEngine(options);
  await node.deploy(spec(concurrency));
  return node;
}

/** One after the other, each settled before the next. */
async function startAll(node: Node, count: number, input: object = {}): Promise<string[]> {
  const started: string[] = [];
  for (let index = 0; index < count; index += 1) {
    started.push(await node.start({ ...input }));
    await node.clock.settle();
  }
  return started;
}

const statuses = (node: Node, ids: readonly string[]) => Promise.all(ids.map((id) => node.status(id)));

async function finishOne(node: Node): Promise<string> {
  await node.clock.settle();
  const task = await node.claimOne();
  await node.complete(task);
  await node.clock.settle();
  return task.executionId;
}

const isLimited = (error: unknown): boolean =>
  Fault.is(error, 'CONCURRENCY_LIMIT') && 'retryAfterSeconds' in error.detail;

describe('a workflow with a concurrency limit', () => {
  test('keeps starts beyond it queued, and lets them in one by one, in order', async () => {
    const node = await opened('2');
    const ids = await startAll(node, 4);
    assert.deepEqual(await statuses(node, ids), ['running', 'running', 'queued', 'queued']);
    const [task] = await node.claim();
    assert.ok(task);
    await node.complete(task);
    await node.clock.settle();
    assert.deepEqual(await statuses(node, ids), ['completed', 'running', 'running', 'queued']);
    await node.operate(ids[3] ?? '', { type: 'cancel' });
    assert.deepEqual([await node.status(ids[3] ?? ''), node.disk.waiters], ['cancelled', []]);
  });

  test('counts by its key, which other workflows may share', async () => {
    const node = await opened('{limit: 1, key: $.input.team}');
    await node.deploy(spec('{limit: 1, key: a}'), 'other');
    const [a, b] = [await node.start({ team: 'a' }), await node.start({ team: 'b' })];
    const other = await node.start({}, { workflow: 'other' });
    assert.deepEqual(await statuses(node, [a, b, other]), ['running', 'running', 'queued']);
    const { summary, reasons } = await node.engine.executions.explain(workspace, other);
    assert.deepEqual([summary, reasons[0]?.kind], [`it waits for its key: key "a" held by ${a}`, 'limit']);
  });

  test('refuses a start whose key has no value', async () => {
    const node = await opened('{limit: 1, key: $.input.team}');
    await assert.rejects(
      node.start({}),
      (error) => Fault.is(error, 'INPUT_INVALID') && /concurrency.key/.test(error.message),
    );
    assert.equal(node.disk.records.size, 0);
  });

  test('with reject: refuses a start beyond it, and nothing of it is there', async () => {
    const node = await opened('{limit: 1, on_limit: reject}');
    await startAll(node, 1);
    await assert.rejects(node.start(), isLimited);
    assert.equal(node.disk.records.size, 1);
    await finishOne(node);
    assert.equal(await node.status(await node.start()), 'running');
  });

  test('with cancel_new: a start beyond it is there, and cancelled', async () => {
    const node = await opened('{limit: 1, on_limit: cancel_new}');
    const [first = '', second = ''] = await startAll(node, 2);
    const { status, error } = await node.state(second);
    assert.deepEqual([await node.status(first), status, error?.code], ['running', 'cancelled', 'CANCELLED']);
    assert.match(error?.message ?? '', /the limit of workflow flow is reached: 1 executions run already/);
    assert.equal(node.disk.limitSlots.length, 1);
  });

  test('with cancel_running: the newest runs, those before it are cancelled', async () => {
    const node = await opened('{limit: 1, on_limit: cancel_running}');
    const ids = await startAll(node, 3);
    assert.deepEqual(await statuses(node, ids), ['cancelled', 'cancelled', 'running']);
    const { error } = await node.state(ids[0] ?? '');
    assert.match(error?.message ?? '', /a newer execution takes its place/);
  });

  test('with cancel_running: the newest waits until what it replaces is undone', async () => {
    const node = await makeEngine();
    const undone = `{name: work, ${call}, compensate: {executor: e, function: undo}}`;
    await node.deploy(
      `concurrency: {limit: 1, on_limit: cancel_running}\nsteps:\n  - ${undone}\n  - {name: more, ${call}}`,
    );
    const [first = ''] = await startAll(node, 1);
    await finishOne(node);
    const [second = ''] = await startAll(node, 1);
    assert.deepEqual(await statuses(node, [first, second]), ['compensating', 'queued']);
    const next = await restarted(node);
    await next.clock.advance(600);
    const more = await next.claim();
    for (const task of more) await next.complete(task);
    await next.clock.advance(31_000);
    for (const task of await next.claim()) if (task.executionId === first) await next.complete(task);
    await next.clock.settle();
    assert.deepEqual(await statuses(next, [first, second]), ['cancelled', 'running']);
  });

  test('holds for children, which wait in line, or fail their step', async () => {
    for (const [onLimit, status] of [
      ['queue', 'running'],
      ['reject', 'failed'],
    ] as const) {
      const node = await opened(`{limit: 1, on_limit: ${onLimit}}`);
      await node.deploy('steps:\n  - {name: sub, type: workflow, workflow: flow}', 'parent');
      const first = await node.start();
      const parent = await node.start({}, { workflow: 'parent' });
      await node.clock.settle();
      const state = await node.state(parent);
      assert.deepEqual(
        [state.status, state.error?.code],
        [status, onLimit === 'reject' ? 'CONCURRENCY_LIMIT' : undefined],
      );
      assert.equal(await finishOne(node), first);
      if (onLimit === 'queue') await finishOne(node);
      assert.equal(await node.status(parent), onLimit === 'queue' ? 'completed' : 'failed');
      assert.deepEqual([node.disk.limitSlots, node.disk.waiters], [[], []]);
    }
  });

  test('is taken again by a retry, or refuses it', async () => {
    const node = await opened('1');
    const [first = '', second = ''] = await startAll(node, 2);
    await node.fail(await node.claimOne());
    await node.clock.settle();
    assert.deepEqual(await statuses(node, [first, second]), ['failed', 'running']);
    await assert.rejects(node.operate(first, { type: 'retry' }), isLimited);
    await finishOne(node);
    assert.equal(await node.operate(first, { type: 'retry' }), 'running');
    assert.equal(node.disk.limitSlots.length, 1);
    await finishOne(node);
    assert.deepEqual([await node.status(first), node.disk.limitSlots], ['completed', []]);
  });

  test('goes with the limit of the workspace: who has its turn waits there, and blocks nobody else', async () => {
    const node = await opened('1', { admission: { running: 1 } });
    await node.deploy(`steps:\n  - {name: work, ${call}}`, 'free');
    const ids = await startAll(node, 3);
    const free = await node.start({}, { workflow: 'free' });
    assert.deepEqual(await statuses(node, [...ids, free]), ['running', 'queued', 'queued', 'queued']);
    const order: string[] = [];
    for (let count = 0; count < 4; count += 1) order.push(await finishOne(node));
    assert.deepEqual(order.toSorted(), [...ids, free].toSorted());
    assert.ok(order.indexOf(free) < 3, 'the free one need not wait for the line');
    assert.deepEqual([node.disk.limitSlots, node.disk.waiters, node.disk.slots.size], [[], [], 0]);
  });

  test('outlives the process', async () => {
    const node = await opened('1');
    const ids = await startAll(node, 2);
    const next = await restarted(node);
    await next.clock.settle();
    assert.equal(await finishOne(next), ids[0]);
    assert.equal(await finishOne(next), ids[1]);
  });
});

test('a start has the priority of its workflow where it names none', async () => {
  const node = await makeEngine();
  await node.deploy(`priority: high\nsteps:\n  - {name: work, ${call}}`);
  assert.equal((await node.state(await node.start())).priority, 7);
  assert.equal((await node.state(await node.start({}, { priority: 0 }))).priority, 0);
});
