import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { call, leftovers, makeEngine, restarted, workspace } from '../make-engine.ts';

const one = `steps:\n  - {name: a, ${call}}`;
const two = `${one}\n  - {name: b, ${call}}`;

describe('a claim', () => {
  test('hands out a task with what its function needs, and its result moves the execution', async () => {
    const node = await makeEngine();
    await node.deploy(two);
    const id = await node.start({ x: 1 });
    const task = await node.claimOne();
    assert.deepEqual(
      [task.executionId, task.step, task.function, task.attempt, task.input, task.workflow, task.version],
      [id, 'a', 'f', 1, { x: 1 }, 'flow', '1.0.0'],
    );
    assert.equal(task.idempotencyKey, `${id}/a#1`);
    assert.match(task.traceparent, /^00-[0-9a-f]{32}-[0-9a-f]{16}-01$/);
    assert.equal(task.leaseExpiresAt, node.clock.nowMs() + 30_000);
    assert.deepEqual(await node.complete(task, { y: 2 }), { taskId: task.taskId, accepted: true });
    await node.complete(await node.claimOne());
    assert.equal(await node.status(id), 'completed');
    assert.deepEqual(leftovers(node, id), []);
  });

  test('waits until a task is there', async () => {
    const node = await makeEngine();
    await node.deploy(one);
    const claimed = node.claim({ waitMs: 20_000 });
    await node.clock.advance(5_000);
    assert.equal(node.engine.health().waitingClaims, 1);
    await node.start();
    assert.equal((await claimed).length, 1);
  });

  test('comes back empty when its time is over or its caller went away', async () => {
    const node = await makeEngine();
    const claimed = node.claim({ waitMs: 20_000 });
    await node.clock.advance(20_000);
    assert.deepEqual(await claimed, []);
    const controller = new AbortController();
    const left = node.engine.tasks.claim(
      { workspace, executor: 'e', workerId: 'w', maxTasks: 1, waitMs: 20_000 },
      controller.signal,
    );
    await node.clock.settle();
    controller.abort();
    assert.deepEqual(await left, []);
    assert.equal(node.engine.health().waitingClaims, 0);
  });

  test('of a caller that went away takes nothing', async () => {
    const node = await makeEngine();
    await node.deploy(one);
    await node.start();
    const request = { workspace, executor: 'e', workerId: 'w', maxTasks: 1, waitMs: 1_000 };
    assert.deepEqual(await node.engine.tasks.claim(request, AbortSignal.abort()), []);
    assert.equal((await node.claim()).length, 1);
  });

  test('takes a batch, high priorities first, then in the order they came', async () => {
    const node = await makeEngine();
    await node.deploy(one);
    const ids = [await node.start(), await node.start({}, { priority: 9 }), await node.start()];
    const tasks = await node.claim({ maxTasks: 2 });
    assert.deepEqual(
      tasks.map((task) => task.executionId),
      [ids[1], ids[0]],
    );
    assert.deepEqual(
      (await node.claim()).map((task) => task.executionId),
      [ids[2]],
    );
  });

  test('takes only tasks of the functions it names', async () => {
    const node = await makeEngine();
    await node.deploy(`steps:
  - name: p
    type: parallel
    branches:
      - {name: one, steps: [{name: a, ${call}}]}
      - {name: two, steps: [{name: b, type: function, executor: e, function: g}]}`);
    await node.start();
    assert.deepEqual(
      (await node.claim({ functions: ['g'] })).map((task) => task.step),
      ['p.two.b'],
    );
    assert.deepEqual(
      (await node.claim({ functions: ['f'] })).map((task) => task.step),
      ['p.one.a'],
    );
  });

  test('is woken by a task of its own functions, whoever waits before it', async () => {
    const node = await makeEngine();
    await node.deploy(one);
    const others = node.claim({ functions: ['g'], waitMs: 20_000 });
    const own = node.claim({ functions: ['f'], waitMs: 20_000 });
    await node.clock.settle();
    await node.start();
    await node.clock.settle();
    assert.equal(node.engine.health().waitingClaims, 1);
    assert.equal((await own).length, 1);
    await node.clock.advance(20_000);
    assert.deepEqual(await others, []);
  });

  test('of another workspace or executor sees nothing', async () => {
    const node = await makeEngine();
    await node.deploy(one);
    await node.start();
    assert.deepEqual(await node.claim({ workspace: 'other' }), []);
    assert.deepEqual(await node.claim({ executor: 'x' }), []);
    assert.deepEqual(await node.engine.tasks.depths(), [{ workspace, executor: 'e', ready: 1, leased: 0 }]);
  });

  test('that fails in the store leaves the task to the next one', async () => {
    const node = await makeEngine();
    await node.deploy(one);
    await node.start();
    node.fates.push('refused', 'refused', 'refused');
    const lost = assert.rejects(node.claim());
    await node.clock.advance(1_000);
    await lost;
    assert.equal((await node.claim()).length, 1);
  });

  test('after a restart takes what the last process left', async () => {
    const first = await makeEngine();
    await first.deploy(one);
    const id = await first.start();
    const second = await restarted(first);
    await second.complete(await second.claimOne());
    assert.equal(await second.status(id), 'completed');
  });
});
