import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { MoveWrite, Write } from '../../storage/store.ts';
import type { HandedTask, TaskResult } from '../engine.ts';
import { call, leftovers, makeEngine, type Node, restarted, workspace } from '../make-engine.ts';

const one = `steps:\n  - {name: a, ${call}}`;
const two = `${one}\n  - {name: b, ${call}}`;
const resultOf = ({ taskId, leaseToken }: HandedTask): TaskResult => ({
  taskId,
  leaseToken,
  status: 'completed',
  output: {},
});
const request = { workspace, executor: 'e', workerId: 'w', maxTasks: 10, waitMs: 0 };
const isLease = (write: Write): boolean => write.kind === 'lease';

/** A node whose queue knows that the store holds nothing for the executor. */
async function makeWaited(spec: string): Promise<Node> {
  const node = await makeEngine();
  await node.deploy(spec);
  assert.deepEqual(await node.claim(), []);
  return node;
}

/** Brings a result and takes work. */
const exchange = (node: Node, task: HandedTask, more: Partial<typeof request> = {}) =>
  node.engine.tasks.completeAndClaim([resultOf(task)], { ...request, ...more });

describe('a task that somebody waits for', () => {
  test('leaves with the commit that makes it', async () => {
    const node = await makeWaited(one);
    const claimed = node.claim({ waitMs: 20_000 });
    await node.clock.settle();
    const id = await node.start();
    const [task] = await claimed;
    assert.equal(task?.executionId, id);
    assert.equal(node.batches.length, 1);
    const { lease } = node.disk.tasks.get(task.taskId) ?? {};
    assert.deepEqual([lease?.token, lease?.worker, lease?.expiresAt], [task.leaseToken, 'w', task.leaseExpiresAt]);
    assert.equal((await node.complete(task)).accepted, true);
    assert.equal(await node.status(id), 'completed');
    assert.deepEqual(leftovers(node, id), []);
    assert.equal(node.engine.health().counters.tasksHandedOut, 1);
  });

  test('goes to the call that brought the result before it, in the same commit', async () => {
    const node = await makeWaited(two);
    const id = await node.start();
    const first = await node.claimOne();
    const others = node.claim({ workerId: 'other', waitMs: 20_000 });
    await node.clock.settle();
    const before = node.batches.length;
    const { answers, tasks } = await exchange(node, first);
    assert.deepEqual(answers, [{ taskId: first.taskId, accepted: true }]);
    assert.deepEqual(
      tasks.map((task) => [task.executionId, task.step]),
      [[id, 'b']],
    );
    assert.equal(node.batches.length - before, 1);
    assert.equal(node.engine.health().waitingClaims, 1);
    const [last] = tasks;
    assert.ok(last);
    assert.deepEqual((await exchange(node, last)).tasks, []);
    assert.equal(await node.status(id), 'completed');
    await node.clock.advance(20_000);
    assert.deepEqual(await others, []);
  });

  test('never passes one that was ready before it', async () => {
    const node = await makeWaited(two);
    await node.start();
    const first = await node.claimOne();
    const older = [await node.start(), await node.start()];
    const { tasks } = await exchange(node, first, { maxTasks: 2 });
    assert.deepEqual(
      tasks.map((task) => task.executionId),
      older,
    );
    assert.deepEqual(
      (await node.claim()).map((task) => task.step),
      ['b'],
    );
  });

  test('waits in the queue while the store may hold older ones', async () => {
    const first = await makeWaited(one);
    const older = await first.start();
    const node = await restarted(first);
    const claimed = node.claim({ waitMs: 20_000, maxTasks: 1 });
    const younger = await node.start();
    assert.equal((await claimed)[0]?.executionId, older);
    assert.equal((await node.claimOne()).executionId, younger);
  });

  test('is not lent where its claim is for another function, or is full', async () => {
    const node = await makeWaited(one);
    const others = node.claim({ functions: ['g'], waitMs: 20_000 });
    const single = node.claim({ maxTasks: 1, waitMs: 20_000 });
    await node.clock.settle();
    const ids = await Promise.all([node.start(), node.start()]);
    assert.deepEqual(
      (await single).map((task) => task.executionId),
      [ids[0]],
    );
    assert.equal((await node.claimOne()).executionId, ids[1]);
    await node.clock.advance(20_000);
    assert.deepEqual(await others, []);
  });

  test('goes through the queue where a circuit breaker stands before it', async () => {
    const node = await makeWaited(`steps:\n  - {name: a, ${call}, circuit_breaker: {failure_threshold: 3}}`);
    const claimed = node.claim({ waitMs: 20_000 });
    await node.clock.settle();
    await node.start();
    assert.equal((await claimed).length, 1);
    assert.equal(node.batches.flat().filter(isLease).length, 1);
  });
});

describe('a move that lent a task and is not durable', () => {
  test('leaves the claim waiting, and the task goes out with the move that is', async () => {
    const node = await makeWaited(one);
    const claimed = node.claim({ waitMs: 20_000 });
    await node.clock.settle();
    node.fates.push('refused', 'refused', 'refused');
    const refused = assert.rejects(node.start(), { code: 'STORE_UNREACHABLE' });
    await node.clock.advance(1_000);
    await refused;
    assert.equal(node.engine.health().waitingClaims, 1);
    const id = await node.start();
    assert.deepEqual(
      (await claimed).map((task) => task.executionId),
      [id],
    );
  });

  test('hands out once what a repeated commit says is there', async () => {
    const node = await makeWaited(one);
    const claimed = node.claim({ waitMs: 20_000 });
    await node.clock.settle();
    node.fates.push('unknown');
    const started = node.start();
    await node.clock.advance(1_000);
    const [task] = await claimed;
    assert.equal(task?.executionId, await started);
    assert.equal(node.disk.tasks.get(task.taskId)?.deliveries, 1);
    assert.equal((await node.complete(task)).accepted, true);
  });

  test('takes nothing for a call whose results were not recorded', async () => {
    const node = await makeWaited(two);
    const id = await node.start();
    const first = await node.claimOne();
    await node.start();
    node.fates.push('refused', 'refused', 'refused');
    const refused = assert.rejects(exchange(node, first), { code: 'STORE_UNREACHABLE' });
    await node.clock.advance(1_000);
    await refused;
    await node.clock.advance(11_000);
    const { answers, tasks } = await exchange(node, first);
    assert.equal(answers[0]?.accepted, true);
    const steps = [...tasks, ...(await node.claim())].map((task) => task.step).sort();
    assert.deepEqual(steps, ['a', 'b']);
    assert.equal(await node.status(id), 'running');
  });

  test('leaves the task to its lease where the node ends before it is out', async () => {
    const first = await makeWaited(one);
    void first.claim({ waitMs: 20_000 }).catch(() => undefined);
    await first.clock.settle();
    const id = await first.start();
    const node = await restarted(first);
    assert.deepEqual(await node.claim(), []);
    await node.clock.advance(31_000);
    const again = await node.claimOne();
    assert.equal(again.executionId, id);
    assert.equal(again.attempt, 1);
  });
});

describe('a claim', () => {
  test('that its caller leaves while a task is on the way gives the task back', async () => {
    const node = await makeWaited(one);
    const abort = new AbortController();
    const claimed = node.engine.tasks.claim({ ...request, waitMs: 20_000 }, abort.signal);
    await node.clock.settle();
    const started = node.start();
    abort.abort();
    const tasks = await claimed;
    await started;
    await node.engine.tasks.release(workspace, tasks);
    assert.equal((await node.claimOne()).executionId, await started);
  });

  test('that comes with results takes those of other executions only where they are recorded', async () => {
    const node = await makeWaited(one);
    const ids = [await node.start(), await node.start()];
    const [task] = await node.claim({ maxTasks: 1 });
    assert.ok(task);
    const { answers, tasks } = await node.engine.tasks.completeAndClaim(
      [{ ...resultOf(task), leaseToken: 'made-up' }],
      request,
    );
    assert.deepEqual(answers, [{ taskId: task.taskId, accepted: false, code: 'STALE_LEASE' }]);
    assert.deepEqual(
      tasks.map(({ executionId }) => executionId),
      [ids[1]],
    );
  });

  test('is lent tasks that one batch makes durable, however many moves make them', async () => {
    const node = await makeWaited(one);
    const claimed = node.claim({ waitMs: 20_000 });
    await node.clock.settle();
    const started = Promise.all([node.start(), node.start(), node.start()]);
    const tasks = await claimed;
    assert.deepEqual(
      tasks.map((task) => task.executionId),
      await started,
    );
    const added = node.batches.flat().filter((write): write is MoveWrite => write.kind === 'move');
    assert.equal(added.filter((move) => move.tasksAdded?.[0]?.lease !== undefined).length, 3);
  });
});
