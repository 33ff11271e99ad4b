import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { call, leftovers, makeEngine, restarted, workspace } from '../make-engine.ts';

const one = `steps:\n  - {name: a, ${call}}`;
const two = `${one}\n  - {name: b, ${call}}`;
const named = ({ taskId, leaseToken }: { taskId: string; leaseToken: string }) => ({ taskId, leaseToken });

describe('a result', () => {
  test('under a stale lease is not accepted, and counted', async () => {
    const node = await makeEngine();
    await node.deploy(two);
    await node.start();
    const task = await node.claimOne();
    const stale = { taskId: task.taskId, accepted: false, code: 'STALE_LEASE' };
    assert.deepEqual(await node.complete({ ...task, leaseToken: 'forged' }), stale);
    assert.equal((await node.complete(task)).accepted, true);
    assert.deepEqual(await node.complete(task), stale);
    assert.deepEqual(await node.complete({ ...task, taskId: 'nonsense' }), { ...stale, taskId: 'nonsense' });
    assert.equal(node.engine.health().counters.staleResults, 3);
  });

  test('from another workspace is not accepted, even where nothing is in memory', async () => {
    const first = await makeEngine();
    await first.deploy(one);
    const id = await first.start();
    const task = await first.claimOne();
    const second = await restarted(first);
    const results = [{ ...named(task), status: 'completed', output: 1 }] as const;
    assert.equal((await second.engine.tasks.complete('other', results))[0]?.accepted, false);
    assert.equal(await second.status(id), 'running');
  });

  test('that cannot be kept fails the attempt with OUTPUT_INVALID', async () => {
    const node = await makeEngine();
    await node.deploy(one);
    for (const output of ['a\u0000b', { x: 'y'.repeat(5_000_000) }, { n: Number.NaN }, '\ud800']) {
      const id = await node.start();
      assert.equal((await node.complete(await node.claimOne(), output)).accepted, true);
      assert.equal((await node.state(id)).error?.code, 'OUTPUT_INVALID');
    }
  });

  test('fails the attempt with the error it brings', async () => {
    const node = await makeEngine();
    await node.deploy(one);
    const id = await node.start();
    await node.fail(await node.claimOne(), { code: 'DECLINED', details: { why: 'no money' } });
    const { error } = await node.state(id);
    assert.deepEqual([error?.code, error?.details], ['DECLINED', { why: 'no money' }]);
  });

  test('several of one execution make one move', async () => {
    const node = await makeEngine();
    await node.deploy(`steps:
  - name: p
    type: parallel
    branches: [{name: one, steps: [{name: a, ${call}}]}, {name: two, steps: [{name: b, ${call}}]}]`);
    const id = await node.start();
    const tasks = await node.claim();
    const before = node.engine.health().counters.moves;
    const results = tasks.map((task) => ({ ...named(task), status: 'completed' as const, output: 1 }));
    assert.deepEqual(
      (await node.engine.tasks.complete(workspace, results)).map((each) => each.accepted),
      [true, true],
    );
    assert.equal(node.engine.health().counters.moves, before + 1);
    assert.equal(await node.status(id), 'completed');
  });
});

describe('a cancelled execution with compensation', () => {
  const undone = `steps:\n  - {name: a, ${call}, compensate: {executor: e, function: undo}}`;

  test('asks its task back by heartbeat and compensates once the result is there', async () => {
    const node = await makeEngine();
    await node.deploy(undone);
    const id = await node.start();
    const task = await node.claimOne();
    assert.equal(await node.operate(id, { type: 'cancel' }), 'compensating');
    const [answer] = await node.engine.tasks.heartbeat(workspace, [named(task)]);
    assert.equal(answer?.cancelRequested, true);
    assert.equal((await node.complete(task)).accepted, true);
    const undo = await node.claimOne();
    assert.equal(undo.function, 'undo');
    await node.complete(undo);
    assert.equal(await node.status(id), 'cancelled');
    assert.deepEqual(leftovers(node, id), []);
  });

  test('compensates once the lease is lost, as the outcome is unknown', async () => {
    const node = await makeEngine();
    await node.deploy(undone);
    const id = await node.start();
    await node.claimOne();
    await node.operate(id, { type: 'cancel' });
    await node.clock.advance(31_000);
    await node.complete(await node.claimOne());
    assert.equal(await node.status(id), 'cancelled');
  });

  test('ends at once where nobody had the task', async () => {
    const node = await makeEngine();
    await node.deploy(undone);
    const id = await node.start();
    await node.operate(id, { type: 'cancel' });
    await node.clock.settle();
    assert.equal(await node.status(id), 'cancelled');
    assert.deepEqual(await node.claim(), []);
  });

  test('hands its undo step out again when that worker dies too', async () => {
    const node = await makeEngine();
    await node.deploy(undone);
    const id = await node.start();
    const task = await node.claimOne();
    await node.operate(id, { type: 'cancel' });
    await node.complete(task);
    await node.claimOne();
    await node.clock.advance(31_000);
    await node.complete(await node.claimOne());
    assert.equal(await node.status(id), 'cancelled');
  });
});

describe('a paused execution', () => {
  test('hands nothing out until it goes on', async () => {
    const node = await makeEngine();
    await node.deploy(two);
    const id = await node.start();
    await node.operate(id, { type: 'pause' });
    assert.deepEqual(await node.claim(), []);
    await node.operate(id, { type: 'resume' });
    const task = await node.claimOne();
    await node.operate(id, { type: 'pause' });
    assert.equal((await node.complete(task)).accepted, true);
    assert.deepEqual(await node.claim(), []);
    await node.operate(id, { type: 'resume' });
    assert.equal((await node.claimOne()).step, 'b');
  });

  test('leaves a task with the worker that has it, deadline and all', async () => {
    const node = await makeEngine();
    await node.deploy(`steps:\n  - {name: a, ${call}, timeout: 50s}`);
    const id = await node.start();
    const task = await node.claimOne();
    await node.operate(id, { type: 'pause' });
    await node.operate(id, { type: 'resume' });
    assert.deepEqual(await node.claim(), []);
    assert.equal(node.engine.tasks.holder(id, 'a')?.worker, 'w');
    assert.equal((await node.complete(task)).accepted, true);
    assert.equal(await node.status(id), 'completed');
  });
});

describe('queue_timeout', () => {
  const queued = `steps:\n  - {name: a, ${call}, queue_timeout: 10s}`;

  test('fails a task that nobody claimed', async () => {
    const node = await makeEngine();
    await node.deploy(queued);
    const id = await node.start();
    await node.clock.advance(10_500);
    assert.equal((await node.state(id)).error?.code, 'QUEUE_TIMEOUT');
    assert.deepEqual(leftovers(node, id), []);
  });

  test('leaves a claimed task alone', async () => {
    const node = await makeEngine();
    await node.deploy(queued);
    const id = await node.start();
    const task = await node.claimOne();
    await node.clock.advance(15_000);
    assert.equal((await node.complete(task)).accepted, true);
    assert.equal(await node.status(id), 'completed');
  });

  test('leaves a task alone that was claimed before the node started anew', async () => {
    const first = await makeEngine();
    await first.deploy(queued);
    const id = await first.start();
    const task = await first.claimOne();
    const second = await restarted(first);
    await second.clock.advance(15_000);
    assert.equal((await second.complete(task)).accepted, true);
    assert.equal(await second.status(id), 'completed');
  });
});
