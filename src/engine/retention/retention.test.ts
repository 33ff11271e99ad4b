/** Retention over a real engine: what goes, what stays, and what a late fact finds. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { Fault } from '../../kit/fault.ts';
import { call, leftovers, makeEngine, type Node, type NodeOptions, restarted, workspace } from '../make-engine.ts';
import { removeBatchMax } from './retention-limits.ts';

const oneStep = `steps: [{name: a, ${call}}]`;
/** An age, in milliseconds: short, for every half second of it is a sweep of the recovery. */
const age = 10_000;

/** Retention that looks only when it is asked to. */
const asked = (policy: NodeOptions['retention']): NodeOptions => ({
  retention: { ...policy, intervalMs: 1_000 * age },
});

async function nodeWith(policy: NodeOptions['retention'], spec = oneStep): Promise<Node> {
  const node = await makeEngine(asked(policy));
  await node.deploy(spec);
  return node;
}

async function completed(node: Node, more: Parameters<Node['start']>[1] = {}): Promise<string> {
  const id = await node.start({}, more);
  const [task] = await node.claim();
  assert.ok(task);
  await node.complete(task);
  return id;
}

async function terminated(node: Node): Promise<string> {
  const id = await node.start();
  await node.operate(id, { type: 'terminate' });
  return id;
}

/** Runs it while time passes, for it pauses between its transactions. */
async function run(node: Node): Promise<number> {
  let removed: number | undefined;
  node.engine.retention.run(workspace).then(
    (count) => {
      removed = count;
    },
    () => {
      removed = -1;
    },
  );
  for (let round = 0; round < 3_000 && removed === undefined; round += 1) await node.clock.advance(20);
  assert.ok(removed !== undefined, 'the sweep does not end');
  return removed;
}

const isThere = (node: Node, id: string): boolean => node.disk.records.has(id) || node.disk.views.has(id);

describe('retention', () => {
  test('keeps everything for ever unless it is told otherwise', async () => {
    const node = await nodeWith(undefined);
    const id = await completed(node);
    await node.clock.advance(20 * age);
    assert.equal(await run(node), 0);
    assert.ok(isThere(node, id));
  });

  test('removes by age, completed and failed by their own', async () => {
    const node = await nodeWith({ completedMs: age, failedMs: 3 * age });
    const [good, bad] = [await completed(node), await terminated(node)];
    await node.clock.advance(age);
    assert.equal(await run(node), 0, 'nothing is older than that');
    await node.clock.advance(1);
    const young = await completed(node);
    assert.deepEqual(await node.engine.retention.due(workspace), { age: 1, number: 0 });
    assert.equal(await run(node), 1);
    assert.deepEqual([isThere(node, good), isThere(node, bad), isThere(node, young)], [false, true, true]);
    await node.clock.advance(3 * age);
    assert.equal(await run(node), 2);
    assert.equal(node.disk.records.size, 0);
    assert.equal(node.engine.health().counters.removed, 3);
  });

  test('leaves nothing of what it removes, in memory neither', async () => {
    const node = await nodeWith({ completedMs: age });
    const id = await completed(node, { input: { text: 'x'.repeat(20_000) } });
    await node.state(id);
    await node.clock.advance(2 * age);
    await run(node);
    assert.deepEqual(leftovers(node, id), []);
    assert.deepEqual([node.disk.values.has(id), node.disk.snapshots.has(id)], [false, false]);
    await assert.rejects(node.status(id), (error) => Fault.is(error, 'EXECUTION_NOT_FOUND'));
    await assert.rejects(node.operate(id, { type: 'retry' }), (error) => Fault.is(error, 'EXECUTION_NOT_FOUND'));
    assert.ok(!isThere(node, id), 'a late fact revives nothing');
  });

  test('never removes one that is open, however old', async () => {
    const node = await nodeWith({ completedMs: age, failedMs: age, executionsMax: 1, sizeBytesMax: 1 });
    const open = await node.start();
    await node.clock.advance(20 * age);
    await run(node);
    assert.equal(await node.status(open), 'running');
  });

  test('a retry opens an execution again and keeps it', async () => {
    const node = await nodeWith({ failedMs: age });
    const id = await terminated(node);
    await node.clock.advance(2 * age);
    await node.operate(id, { type: 'retry' });
    assert.equal(await run(node), 0);
    assert.equal(await node.status(id), 'running');
  });

  test('one that is retried between the look and the deletion stays whole', async () => {
    const node = await nodeWith({ failedMs: age });
    const id = await terminated(node);
    await node.clock.advance(2 * age);
    const position = node.disk.views.get(id)?.position ?? 0;
    await node.operate(id, { type: 'retry' });
    const store = await import('../../storage/memory/memory-store.ts');
    const rival = await store.openMemoryStore({ disk: node.disk });
    assert.deepEqual(await rival.forget([{ executionId: id, position }]), []);
    assert.equal(await node.status(id), 'running');
  });

  test('one whose writing is not known to have gone through stays until it is', async () => {
    const node = await nodeWith({ completedMs: 0 }, 'steps: [{name: a, type: transform, mapping: {n: 1}}]');
    node.fates.push('unknown');
    const starting = node.start();
    await node.clock.advance(1);
    assert.equal(node.disk.views.size, 1);
    assert.equal(await node.engine.retention.run(workspace), 0);
    await node.clock.advance(1_000);
    assert.equal(await node.status(await starting), 'completed');
    assert.equal(await run(node), 1);
    assert.equal(isThere(node, await starting), false);
  });

  test("a workflow says its own, and what it leaves open is the configuration's", async () => {
    const node = await nodeWith({ completedMs: age, failedMs: age });
    await node.deploy(`retention: {completed: 50s}\n${oneStep}`, 'kept');
    const [mine, others] = [await completed(node, { workflow: 'kept' }), await completed(node)];
    const bad = await node.start({}, { workflow: 'kept' });
    await node.operate(bad, { type: 'terminate' });
    await node.clock.advance(2 * age);
    assert.deepEqual([...(await node.engine.retention.own(workspace))], [['kept', { completedMs: 5 * age }]]);
    assert.equal(await run(node), 2);
    assert.deepEqual([isThere(node, mine), isThere(node, others), isThere(node, bad)], [true, false, false]);
    await node.clock.advance(4 * age);
    assert.equal(await run(node), 1);
  });

  test('a workflow says its own where the configuration says nothing', async () => {
    const node = await nodeWith(undefined, `retention: {completed: 10s}\n${oneStep}`);
    await completed(node);
    await node.clock.advance(2 * age);
    assert.equal(await run(node), 1);
  });

  test('keeps so many at most, the newest', async () => {
    const node = await nodeWith({ executionsMax: removeBatchMax + 5 });
    const ids: string[] = [];
    for (let count = 0; count < removeBatchMax + 15; count += 1) {
      ids.push(await completed(node));
      await node.clock.advance(1_000);
    }
    assert.deepEqual(await node.engine.retention.due(workspace), { age: 0, number: 10 });
    await run(node);
    assert.ok(
      ids.slice(-5).every((id) => isThere(node, id)),
      'the newest stay',
    );
    assert.ok(!ids.slice(0, 10).some((id) => isThere(node, id)), 'the oldest go');
  });

  test('keeps the store below a size by removing the oldest, by itself and every interval', async () => {
    const node = await makeEngine({ retention: { sizeBytesMax: 60_000, intervalMs: 60_000 } });
    await node.deploy(oneStep);
    const ids: string[] = [];
    for (let count = 0; count < 60; count += 1) {
      ids.push(await completed(node, { input: { text: 'x'.repeat(2_000) } }));
      await node.clock.advance(10);
    }
    assert.ok((await node.engine.retention.sizeBytes()) > 60_000);
    await node.clock.advance(70_000);
    assert.ok((await node.engine.retention.sizeBytes()) <= 60_000);
    assert.ok(isThere(node, ids.at(-1) ?? '') && !isThere(node, ids[0] ?? ''));
    const sweep = node.engine.retention.lastSweep();
    assert.equal(sweep?.removed, node.engine.health().counters.removed);
  });

  test('a child stays while its parent may ask for it, and goes when that has its answer', async () => {
    const node = await nodeWith({ completedMs: age, failedMs: age });
    await node.deploy(
      `steps: [{name: c, type: workflow, workflow: flow}, {name: w, type: wait, signal: go}]`,
      'parent',
    );
    const parent = await node.start({}, { workflow: 'parent' });
    await node.clock.advance(10);
    const task = await node.claimOne();
    const child = task.executionId;
    await node.clock.advance(2 * age);
    assert.equal(await run(node), 0);
    await node.complete(task);
    await node.clock.advance(2 * age);
    assert.equal(await node.status(parent), 'waiting');
    assert.equal(await run(node), 1, 'the parent has taken the answer');
    assert.ok(!isThere(node, child));
    await node.operate(parent, { type: 'signal', name: 'go', payload: null });
    assert.equal(await node.status(parent), 'completed');
  });

  test('a child that its parent would ask for stays although it has ended', async () => {
    const node = await nodeWith({ failedMs: age });
    await node.deploy(`steps: [{name: c, type: workflow, workflow: flow}]`, 'parent');
    const parent = await node.start({}, { workflow: 'parent' });
    await node.clock.advance(10);
    const { executionId: child } = await node.claimOne();
    // As if the news of its end had been lost on the way: nothing owed by the child, the call still open above.
    await node.operate(child, { type: 'terminate' });
    const records = node.disk.records.get(parent) ?? [];
    const heard = records.findIndex(({ events }) => events.includes('"child.ended"'));
    assert.ok(heard > 0);
    records.splice(heard);
    await node.clock.advance(2 * age);
    const next = await restarted(node, asked({ failedMs: age }));
    await run(next);
    assert.ok(isThere(next, child), 'the parent would start it again');
  });

  test('a start under the key of one that is gone is told so', async () => {
    const node = await nodeWith({ completedMs: age });
    const id = await completed(node, { idempotencyKey: 'k' });
    await node.clock.advance(2 * age);
    assert.equal(await run(node), 1);
    const again = node.start({}, { idempotencyKey: 'k' });
    await assert.rejects(again, (error) => Fault.is(error, 'EXECUTION_GONE') && error.message.includes(id));
  });

  test('a sweep that a crash cut off is made good by the next', async () => {
    const node = await nodeWith({ completedMs: age });
    for (let count = 0; count < removeBatchMax * 3; count += 1) await completed(node);
    await node.clock.advance(2 * age);
    void node.engine.retention.run(workspace);
    await node.clock.advance(5);
    assert.equal(node.disk.records.size, removeBatchMax * 2);
    const next = await restarted(node, asked({ completedMs: age }));
    assert.equal(await run(next), removeBatchMax * 2);
  });
});
