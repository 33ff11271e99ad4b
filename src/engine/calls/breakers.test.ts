import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { call, makeEngine, type Node, workspace } from '../make-engine.ts';
import { openBreakers } from './breakers.ts';

describe('a circuit breaker', () => {
  const settings = { failureThreshold: 2, windowMs: 10_000, recoveryTimeoutMs: 5_000, halfOpenMaxCalls: 2 };
  const failing = (nowMs: number) => ({ isSuccess: false, nowMs });
  const succeeding = (nowMs: number) => ({ isSuccess: true, nowMs });
  const opened = () => {
    const breakers = openBreakers();
    breakers.record('k', settings, failing(0));
    breakers.record('k', settings, failing(1_000));
    return breakers;
  };

  test('opens at the threshold, and lets nothing through until the recovery timeout', () => {
    const breakers = openBreakers();
    assert.equal(breakers.allow('k', settings, 0), true);
    breakers.record('k', settings, failing(0));
    assert.equal(breakers.phase('k'), 'closed');
    breakers.record('k', settings, failing(1_000));
    assert.deepEqual([breakers.phase('k'), breakers.allow('k', settings, 5_999)], ['open', false]);
    assert.equal(breakers.isOpen('k', settings, 5_999), true);
    assert.equal(breakers.isOpen('k', settings, 6_000), false);
    assert.equal(breakers.phase('other'), 'closed');
  });

  test('counts failures within its window alone', () => {
    const breakers = openBreakers();
    breakers.record('k', settings, failing(0));
    breakers.record('k', settings, failing(10_000));
    assert.equal(breakers.phase('k'), 'closed');
  });

  test('counts them whatever succeeded in between', () => {
    const breakers = openBreakers();
    breakers.record('k', settings, failing(0));
    breakers.record('k', settings, succeeding(500));
    breakers.record('k', settings, failing(1_000));
    assert.equal(breakers.phase('k'), 'open');
  });

  test('has a window that moves on with time: no boundary parts two failures that are close', () => {
    for (const firstAt of [1_000, 5_000, 9_500, 9_999]) {
      const breakers = openBreakers();
      breakers.record('k', settings, succeeding(0));
      breakers.record('k', settings, failing(firstAt));
      breakers.record('k', settings, failing(firstAt + 8_900));
      assert.equal(breakers.phase('k'), 'open', `failures at ${firstAt} and ${firstAt + 8_900}`);
    }
  });

  test('half-open lets so many probes through, and closes when they succeed', () => {
    const breakers = opened();
    assert.deepEqual(
      [6_000, 6_000, 6_000].map((now) => breakers.allow('k', settings, now)),
      [true, true, false],
    );
    breakers.record('k', settings, succeeding(6_100));
    assert.deepEqual([breakers.phase('k'), breakers.allow('k', settings, 6_100)], ['half_open', false]);
    breakers.record('k', settings, succeeding(6_200));
    assert.equal(breakers.phase('k'), 'closed');
  });

  test('half-open opens again at the first failure', () => {
    const breakers = opened();
    breakers.allow('k', settings, 6_000);
    breakers.record('k', settings, failing(6_500));
    assert.deepEqual([breakers.phase('k'), breakers.allow('k', settings, 11_000)], ['open', false]);
    assert.equal(breakers.allow('k', settings, 11_500), true);
  });

  test('counts a probe that is never answered as failed', () => {
    const breakers = opened();
    breakers.allow('k', settings, 6_000);
    assert.equal(breakers.allow('k', settings, 11_000), false);
    assert.equal(breakers.phase('k'), 'open');
  });

  test('ignores what comes back while it is open', () => {
    const breakers = opened();
    breakers.record('k', settings, succeeding(2_000));
    assert.equal(breakers.phase('k'), 'open');
  });

  test('opens at a rate once enough calls were seen', () => {
    const byRate = { failureRateThreshold: 0.5, minimumCalls: 4 };
    const breakers = openBreakers();
    for (const isSuccess of [false, true, false]) breakers.record('k', byRate, { isSuccess, nowMs: 0 });
    assert.equal(breakers.phase('k'), 'closed');
    breakers.record('k', byRate, failing(0));
    assert.equal(breakers.phase('k'), 'open');
  });

  test('without settings opens at five failures for a minute', () => {
    const breakers = openBreakers();
    for (let failure = 0; failure < 5; failure += 1) breakers.record('k', {}, failing(0));
    assert.deepEqual([breakers.allow('k', {}, 59_999), breakers.allow('k', {}, 60_000)], [false, true]);
  });
});

describe('a step behind a breaker', () => {
  const spec = `steps:\n  - {name: a, ${call}, circuit_breaker: {failure_threshold: 2, recovery_timeout: 10s}}`;
  const openedBy = async (end: (node: Node) => Promise<void>): Promise<Node> => {
    const node = await makeEngine();
    await node.deploy(spec);
    for (let round = 0; round < 2; round += 1) await end(node);
    return node;
  };
  const failOne = async (node: Node): Promise<void> => {
    await node.start();
    await node.fail(await node.claimOne());
  };

  test('fails at once with CIRCUIT_OPEN while it is open, without reaching an executor', async () => {
    const node = await openedBy(failOne);
    const id = await node.start();
    await node.clock.settle();
    assert.equal((await node.state(id)).error?.code, 'CIRCUIT_OPEN');
    assert.deepEqual(await node.claim(), []);
  });

  test('is not opened by attempts that a limit turned away', async () => {
    const node = await makeEngine();
    const limited = 'concurrency: {limit: 1, on_limit: reject}, circuit_breaker: {failure_threshold: 2}';
    await node.deploy(`steps:\n  - {name: a, ${call}, ${limited}}`);
    await node.start();
    const task = await node.claimOne();
    for (let count = 0; count < 3; count += 1) {
      const turnedAway = await node.start();
      await node.clock.settle();
      assert.equal((await node.state(turnedAway)).error?.code, 'CONCURRENCY_LIMIT');
    }
    await node.complete(task);
    await node.start();
    await node.complete(await node.claimOne());
  });

  test('lets one claimed task through as a probe, which closes it', async () => {
    const node = await openedBy(failOne);
    await node.clock.advance(10_000);
    const [probe, other] = [await node.start(), await node.start()];
    const tasks = await node.claim();
    assert.equal(tasks.length, 1);
    for (const task of tasks) await node.complete(task);
    const statuses = [await node.status(probe), await node.status(other)].sort();
    assert.deepEqual(statuses, ['completed', 'failed']);
    await node.start();
    assert.equal((await node.claim()).length, 1);
  });

  test('refuses a claim for what queued up before it opened', async () => {
    const node = await makeEngine();
    await node.deploy(spec);
    const ids = [await node.start(), await node.start(), await node.start()];
    for (const task of await node.claim({ maxTasks: 2 })) await node.fail(task);
    assert.deepEqual(await node.claim(), []);
    await node.clock.settle();
    const codes = await Promise.all(ids.map(async (id) => (await node.state(id)).error?.code));
    assert.deepEqual(codes.sort(), ['BOOM', 'BOOM', 'CIRCUIT_OPEN']);
  });

  test('counts a failure once that a rule lets try again', async () => {
    const node = await makeEngine();
    const policy = 'retry_policy: {max_attempts: 1, initial_delay: 1s, jitter: false}';
    const rules = 'error_handling: [{condition: "$.steps.a.status == \'failed\'", action: retry}]';
    await node.deploy(`${policy}\n${rules}\n${spec}`);
    const id = await node.start();
    await node.fail(await node.claimOne());
    await node.clock.advance(1_500);
    await node.complete(await node.claimOne());
    assert.equal(await node.status(id), 'completed');
  });

  test('does the same for functions in this process', async () => {
    let isDown = true;
    const node = await makeEngine();
    node.engine.local.register(workspace, 'e', 'f', () => (isDown ? assert.fail('down') : 1));
    await node.deploy(spec);
    const run = async (): Promise<string | undefined> => {
      const id = await node.start();
      await node.clock.settle();
      return (await node.state(id)).error?.code;
    };
    assert.deepEqual([await run(), await run(), await run()], ['ERR_ASSERTION', 'ERR_ASSERTION', 'CIRCUIT_OPEN']);
    isDown = false;
    await node.clock.advance(10_000);
    assert.deepEqual([await run(), await run()], [undefined, undefined]);
  });
});
