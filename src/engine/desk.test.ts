import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { call, leftovers, makeEngine, restarted, workspace } from './make-engine.ts';

const one = `steps:\n  - {name: a, ${call}}`;
const two = `${one}\n  - {name: b, ${call}}`;
const named = ({ taskId, leaseToken }: { taskId: string; leaseToken: string }) => ({ taskId, leaseToken });

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

  test('lost or forged answers cancel_requested', async () => {
    const node = await makeEngine();
    await node.deploy(one);
    await node.start();
    const task = await node.claimOne();
    const beat = async (lease: { taskId: string; leaseToken: string }, from = workspace) =>
      (await node.engine.tasks.heartbeat(from, [lease]))[0]?.cancelRequested;
    assert.equal(await beat({ ...named(task), leaseToken: 'forged' }), true);
    assert.equal(await beat({ taskId: 'nonsense', leaseToken: 'x' }), true);
    assert.equal(await beat(named(task), 'other'), true);
    assert.equal(await beat(named(task)), false);
    await node.complete(task);
    assert.equal(await beat(named(task)), true);
  });

  test('given back is ready for the next worker at once', async () => {
    const node = await makeEngine();
    await node.deploy(one);
    await node.start();
    const task = await node.claimOne();
    await node.engine.tasks.release(workspace, [{ ...named(task), leaseToken: 'forged' }]);
    assert.deepEqual(await node.claim(), []);
    await node.engine.tasks.release(workspace, [named(task)]);
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
