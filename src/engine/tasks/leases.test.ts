import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { call, leftovers, makeEngine, restarted, workspace } from '../make-engine.ts';

const one = `steps:\n  - {name: a, ${call}}`;
const named = ({ taskId, leaseToken }: { taskId: string; leaseToken: string }) => ({ taskId, leaseToken });

describe('a lease', () => {
  test('that runs out brings the same attempt to the next worker, and the first one is refused', async () => {
    const node = await makeEngine();
    await node.deploy(one);
    const id = await node.start();
    const first = await node.claimOne();
    await node.clock.advance(31_000);
    const second = await node.claimOne();
    assert.deepEqual([second.taskId, second.attempt], [first.taskId, 1]);
    assert.equal((await node.complete(first)).accepted, false);
    assert.equal((await node.state(id)).steps.get('a')?.deliveries, 2);
    assert.equal((await node.complete(second)).accepted, true);
  });

  test('that runs out counts once, however long nobody comes for the task', async () => {
    const node = await makeEngine();
    await node.deploy(one);
    const id = await node.start();
    await node.claimOne();
    await node.clock.advance(120_000);
    const task = await node.claimOne();
    assert.equal((await node.state(id)).steps.get('a')?.deliveries, 2);
    assert.equal((await node.complete(task)).accepted, true);
  });

  test('that runs out five times fails the attempt with DELIVERIES_EXHAUSTED', async () => {
    const node = await makeEngine();
    await node.deploy(one);
    const id = await node.start();
    for (let delivery = 1; delivery <= 5; delivery += 1) {
      await node.claimOne();
      await node.clock.advance(31_000);
    }
    assert.equal((await node.state(id)).error?.code, 'DELIVERIES_EXHAUSTED');
    assert.deepEqual(leftovers(node, id), []);
  });

  test('is prolonged by a heartbeat', async () => {
    const node = await makeEngine();
    await node.deploy(one);
    await node.start();
    const task = await node.claimOne();
    for (let beat = 0; beat < 5; beat += 1) {
      await node.clock.advance(20_000);
      const [answer] = await node.engine.tasks.heartbeat(workspace, [named(task)]);
      assert.deepEqual(answer, {
        taskId: task.taskId,
        leaseExpiresAt: node.clock.nowMs() + 30_000,
        cancelRequested: false,
      });
    }
    assert.equal((await node.complete(task)).accepted, true);
  });

  test('is no longer than heartbeat_timeout', async () => {
    const node = await makeEngine();
    await node.deploy(`steps:\n  - {name: a, ${call}, heartbeat_timeout: 5s}`);
    await node.start();
    const task = await node.claimOne();
    assert.equal(task.leaseExpiresAt, node.clock.nowMs() + 5_000);
    await node.clock.advance(6_000);
    assert.equal((await node.claim()).length, 1);
  });

  test('ends at the deadline of its attempt, which counts from the claim, whatever the heartbeats', async () => {
    const node = await makeEngine();
    await node.deploy(`steps:\n  - {name: a, ${call}, timeout: 50s}`);
    const id = await node.start();
    await node.clock.advance(3_600_000);
    const task = await node.claimOne();
    assert.equal(task.deadlineAt, node.clock.nowMs() + 50_000);
    await node.clock.advance(25_000);
    const [answer] = await node.engine.tasks.heartbeat(workspace, [named(task)]);
    assert.equal(answer?.leaseExpiresAt, task.deadlineAt);
    await node.clock.advance(25_600);
    assert.deepEqual([(await node.state(id)).error?.code, await node.status(id)], ['TIMEOUT', 'failed']);
  });

  test('keeps its deadline over a restart of the node', async () => {
    const first = await makeEngine();
    await first.deploy(`steps:\n  - {name: a, ${call}, timeout: 50s}`);
    const id = await first.start();
    const task = await first.claimOne();
    const second = await restarted(first);
    for (let beat = 0; beat < 3; beat += 1) {
      await second.clock.advance(18_000);
      await second.engine.tasks.heartbeat(workspace, [named(task)]);
    }
    assert.equal(await second.status(id), 'failed');
  });

  test('lost, forged or foreign answers cancel_requested and says that it is stale', async () => {
    const node = await makeEngine();
    await node.deploy(one);
    await node.start();
    const task = await node.claimOne();
    const beat = async (lease: { taskId: string; leaseToken: string }, from = workspace) =>
      node.engine.tasks.heartbeat(from, [lease]);
    const stale = (taskId: string) => [{ taskId, leaseExpiresAt: 0, cancelRequested: true, code: 'STALE_LEASE' }];
    assert.deepEqual(await beat({ ...named(task), leaseToken: 'forged' }), stale(task.taskId));
    assert.deepEqual(await beat({ taskId: 'nonsense', leaseToken: 'x' }), stale('nonsense'));
    assert.deepEqual(await beat(named(task), 'other'), stale(task.taskId));
    const [held] = await beat(named(task));
    assert.deepEqual([held?.cancelRequested, held?.code], [false, undefined]);
    await node.complete(task);
    assert.deepEqual(await beat(named(task)), stale(task.taskId));
  });

  test('given back is ready for the next worker at once; what nobody holds is not given back', async () => {
    const node = await makeEngine();
    await node.deploy(one);
    await node.start();
    const task = await node.claimOne();
    const { taskId } = task;
    const release = (lease: { taskId: string; leaseToken: string }, from = workspace) =>
      node.engine.tasks.release(from, [lease]);
    const stale = [{ taskId, accepted: false, code: 'STALE_LEASE' }];
    assert.deepEqual(await release({ ...named(task), leaseToken: 'forged' }), stale);
    assert.deepEqual(await release(named(task), 'other'), stale);
    assert.deepEqual(await node.claim(), []);
    assert.deepEqual(await release(named(task)), [{ taskId, accepted: true }]);
    assert.deepEqual(await release(named(task)), stale);
    const again = await node.claimOne();
    assert.equal((await node.complete(task)).accepted, false);
    assert.equal((await node.complete(again)).accepted, true);
  });

  test('tells who holds a step', async () => {
    const node = await makeEngine();
    await node.deploy(one);
    const id = await node.start();
    assert.equal(node.engine.tasks.holder(id, 'a'), undefined);
    await node.claimOne();
    assert.deepEqual(node.engine.tasks.holder(id, 'a'), {
      since: node.clock.nowMs(),
      worker: 'w',
      progress: undefined,
    });
  });
});
