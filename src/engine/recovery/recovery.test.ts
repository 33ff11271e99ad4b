import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { noonMs, openVirtualClock } from '../../../test/support/virtual-clock.ts';
import { Fault } from '../../kit/fault.ts';
import { call, leftovers, makeEngine, type Node, restarted, workspace } from '../make-engine.ts';

const one = `steps:\n  - {name: a, ${call}}`;
const wait = (duration: string): string => `steps:\n  - {name: w, type: wait, duration: ${duration}}`;
const dueIn = (node: Node, id: string): number | undefined => {
  const dueAt = node.disk.wakes.get(id)?.dueAt;
  return dueAt === undefined ? undefined : dueAt - noonMs;
};

describe('a timer', () => {
  test('fires at its time, not before', async () => {
    const node = await makeEngine();
    await node.deploy(wait('10s'));
    const id = await node.start();
    await node.clock.advance(9_999);
    assert.equal(await node.status(id), 'waiting');
    await node.clock.advance(1);
    assert.equal(await node.status(id), 'completed');
    assert.deepEqual(leftovers(node, id), []);
  });

  test('beyond the 24.8 days of the platform fires too', async () => {
    const node = await makeEngine();
    await node.deploy(wait('30d'));
    const id = await node.start();
    const dueAt = 30 * 86_400_000;
    assert.equal(dueIn(node, id), dueAt);
    const later = await restarted(node, { clock: openVirtualClock(noonMs + dueAt - 1_000) });
    await later.clock.advance(900);
    assert.equal(await later.status(id), 'waiting');
    await later.clock.advance(600);
    assert.equal(await later.status(id), 'completed');
  });

  test('of the workflow runs on while it is paused; the others wait for resume', async () => {
    const node = await makeEngine();
    await node.deploy(`timeout: 1h\n${wait('10s')}`);
    const [first, second] = [await node.start(), await node.start()];
    for (const id of [first, second]) await node.operate(id, { type: 'pause' });
    await node.clock.advance(60_000);
    assert.equal(await node.status(first), 'paused');
    await node.operate(first, { type: 'resume' });
    await node.clock.advance(0);
    assert.equal(await node.status(first), 'completed');
    await node.clock.advance(3_600_000);
    assert.equal(await node.status(second), 'timed_out');
  });

  test('of a retry hands the next attempt out after its delay', async () => {
    const node = await makeEngine();
    await node.deploy(
      `steps:\n  - {name: a, ${call}, retry_config: {max_attempts: 2, initial_delay: 10s, jitter: false}}`,
    );
    const id = await node.start();
    await node.fail(await node.claimOne());
    await node.clock.advance(9_000);
    assert.deepEqual(await node.claim(), []);
    await node.clock.advance(1_000);
    const task = await node.claimOne();
    assert.equal(task.attempt, 2);
    assert.equal(task.idempotencyKey, `${id}/a#1`);
  });
});

describe('the next run after a workflow timeout', () => {
  test('begins after its delay, also where the process died meanwhile', async () => {
    const node = await makeEngine();
    const policy = '{max_attempts: 2, initial_delay: 20s, jitter: false}';
    await node.deploy(`timeout: 1m\ntimeout_action: retry\nretry_policy: ${policy}\n${one}`);
    const id = await node.start();
    assert.equal((await node.claimOne()).attempt, 1);
    await node.clock.advance(60_000);
    const later = await restarted(node);
    assert.deepEqual([await later.status(id), dueIn(later, id)], ['running', 80_000]);
    await later.clock.advance(19_000);
    assert.deepEqual(await later.claim(), []);
    await later.clock.advance(1_500);
    await later.complete(await later.claimOne());
    assert.deepEqual([await later.status(id), (await later.state(id)).run], ['completed', 2]);
    assert.deepEqual(leftovers(later, id), []);
  });
});

describe('wake rows', () => {
  test('stand no later than the earliest timer', async () => {
    const node = await makeEngine();
    await node.deploy(
      `timeout: 1h\n${wait('10m')}\n  - {name: v, type: wait, duration: 20s}\n  - {name: u, type: wait, duration: 1m}`,
    );
    const id = await node.start();
    assert.equal(dueIn(node, id), 600_000);
    await node.clock.advance(600_500);
    assert.ok((dueIn(node, id) ?? Number.POSITIVE_INFINITY) <= 620_500);
    await node.clock.advance(20_000);
    assert.ok((dueIn(node, id) ?? Number.POSITIVE_INFINITY) <= 681_000);
    await node.clock.advance(62_000);
    assert.equal(dueIn(node, id), undefined);
  });

  test('that are stale do no harm', async () => {
    const node = await makeEngine();
    await node.deploy(one);
    const id = await node.start();
    const position = (await node.state(id)).position;
    node.disk.wakes.set(id, { executionId: id, workspace, dueAt: noonMs });
    node.disk.wakes.set('exec_gone', { executionId: 'exec_gone', workspace, dueAt: noonMs });
    await node.clock.advance(1_000);
    assert.equal((await node.state(id)).position, position);
    assert.equal(dueIn(node, id), undefined);
    assert.equal((await node.claim()).length, 1);
  });
});

describe('another process over the same disk', () => {
  test('finishes everything that the last one left', async () => {
    const first = await makeEngine();
    await first.deploy(wait('10s'), 'timer');
    await first.deploy(`steps:\n  - {name: w, type: wait, signal: go}`, 'signal');
    await first.deploy(one, 'remote');
    await first.deploy(`steps:\n  - {name: a, type: function, executor: own, function: f}`, 'local');
    await first.deploy(`steps:\n  - {name: a, ${call}, retry_config: {max_attempts: 2}}`, 'retry');
    await first.deploy(`steps:\n  - {name: a, ${call}, compensate: {executor: own, function: f}}`, 'undo');
    await first.deploy(`steps:\n  - {name: c, type: transform, mapping: 1, on_success: c, max_visits: 3000}`, 'long');
    first.engine.local.register(workspace, 'own', 'f', () => new Promise(() => undefined));
    const ids: string[] = [];
    for (const workflow of ['timer', 'signal', 'local', 'retry', 'undo', 'remote', 'long'])
      ids.push(await first.start({}, { workflow }));
    const [, signal = '', , retry, undo = ''] = ids;
    const tasks = await first.claim();
    for (const task of tasks) if (task.executionId === retry) await first.fail(task);
    await first.operate(undo, { type: 'cancel' });

    const next = await restarted(first);
    next.engine.local.register(workspace, 'own', 'f', () => 'done');
    await next.operate(signal, { type: 'signal', name: 'go', payload: null });
    for (let round = 0; round < 5; round += 1) {
      await next.clock.advance(31_000);
      for (const task of await next.claim()) await next.complete(task);
    }
    const statuses = await Promise.all(ids.map((id) => next.status(id)));
    assert.deepEqual(statuses, [
      'completed',
      'completed',
      'completed',
      'completed',
      'cancelled',
      'completed',
      'failed',
    ]);
    assert.deepEqual(
      ids.flatMap((id) => leftovers(next, id)),
      [],
    );
    assert.deepEqual(next.warnings, []);
  });

  test('refuses a journal that has a gap', async () => {
    const first = await makeEngine();
    await first.deploy(`${one}\n  - {name: b, ${call}}\n  - {name: c, ${call}}`);
    const id = await first.start();
    await first.complete(await first.claimOne());
    await first.complete(await first.claimOne());
    first.disk.records.get(id)?.splice(1, 1);
    const next = await restarted(first);
    await assert.rejects(next.state(id), (error) => {
      assert.ok(Fault.is(error, 'INTERNAL'));
      assert.match(String(error.cause), /gap before/);
      return true;
    });
  });

  test('says which execution it cannot recover, and goes on with the others', async () => {
    const first = await makeEngine();
    await first.deploy(wait('10s'));
    const [bad, good] = [await first.start(), await first.start()];
    const record = first.disk.records.get(bad)?.[0];
    assert.ok(record);
    first.disk.records.set(bad, [{ ...record, first: 2 }]);
    const next = await restarted(first);
    await next.clock.advance(11_000);
    assert.equal(await next.status(good), 'completed');
    assert.match(next.warnings.join(), new RegExp(`${bad} cannot be recovered`));
  });
});

describe('large values', () => {
  test('are kept out of the record and come back as they were', async () => {
    const node = await makeEngine();
    await node.deploy(
      `steps:\n  - {name: a, ${call}, set: {kept: $.a.text}}\n  - {name: b, ${call}, input: {x: $.a.text}}`,
    );
    const text = 'x'.repeat(40_000);
    const id = await node.start({ text, large: { a: 'not a reference' } });
    await node.complete(await node.claimOne(), { text });
    const sizes = node.disk.records.get(id)?.map((record) => record.events.length) ?? [];
    assert.ok(Math.max(...sizes) < 2_000, `records of ${sizes}`);
    assert.ok((node.disk.values.get(id)?.size ?? 0) >= 3);
    const next = await restarted(node);
    const task = await next.claimOne();
    assert.deepEqual(task.input, { x: text });
    const { input, vars } = await next.state(id);
    assert.deepEqual([input, vars['kept']], [{ text, large: { a: 'not a reference' } }, text]);
    const events = await next.engine.executions.journal(workspace, id, { after: 0, limit: 1 });
    assert.deepEqual(events[0]?.event.type === 'execution.started' && events[0].event.input, {
      text,
      large: { a: 'not a reference' },
    });
  });
});

describe('snapshots', () => {
  const loop = 'steps:\n  - {name: w, type: wait, signal: go, on_success: w, max_visits: 5000}';
  const signalled = async (node: Node, count: number): Promise<string> => {
    await node.deploy(loop);
    const id = await node.start();
    for (let index = 0; index < count; index += 1) {
      await node.operate(id, { type: 'signal', name: 'go', payload: index, id: `s${index}` });
    }
    return id;
  };

  test('are written when the tail grew long, and used when the execution is loaded', async () => {
    const node = await makeEngine();
    const id = await signalled(node, 200);
    await node.clock.settle();
    const snapshot = node.disk.snapshots.get(id);
    assert.ok(snapshot && snapshot.position >= 500);
    const records = node.disk.records.get(id) ?? [];
    node.disk.records.set(
      id,
      records.filter((record) => record.last > snapshot.position),
    );
    const next = await restarted(node);
    assert.equal((await next.state(id)).position, (await node.state(id)).position);
  });

  test('of another format are ignored, and the journal is read in pages', async () => {
    const node = await makeEngine();
    const id = await signalled(node, 1_100);
    const snapshot = node.disk.snapshots.get(id);
    assert.ok(snapshot);
    node.disk.snapshots.set(id, { ...snapshot, text: snapshot.text.replace(/"format":\d+/, '"format":0') });
    const next = await restarted(node);
    assert.equal((await next.state(id)).position, (await node.state(id)).position);
  });
});

describe('the journal and its watchers', () => {
  test('gives numbered events in pages, to their workspace alone', async () => {
    const node = await makeEngine();
    await node.deploy(`${one}\n  - {name: b, ${call}}`);
    const id = await node.start();
    await node.complete(await node.claimOne());
    const { journal } = node.engine.executions;
    const all = await journal(workspace, id, { after: 0, limit: 100 });
    assert.deepEqual(
      all.map((entry) => entry.position),
      all.map((_, index) => index + 1),
    );
    const page = await journal(workspace, id, { after: 2, limit: 2 });
    assert.deepEqual(page, all.slice(2, 4));
    assert.deepEqual(await journal(workspace, id, { after: all.length, limit: 10 }), []);
    await assert.rejects(journal('other', id, { after: 0, limit: 10 }), (error) =>
      Fault.is(error, 'EXECUTION_NOT_FOUND'),
    );
  });

  test('a watcher hears of every durable move until it stops', async () => {
    const node = await makeEngine();
    await node.deploy(`${one}\n  - {name: b, ${call}}`);
    const id = await node.start();
    const heard: (readonly [number, boolean])[] = [];
    const stop = node.engine.executions.watch(id, (position, isEnded) => heard.push([position, isEnded]));
    await node.complete(await node.claimOne());
    const { position } = await node.state(id);
    assert.deepEqual(heard, [[position, false]]);
    stop();
    await node.complete(await node.claimOne());
    assert.equal(heard.length, 1);
  });

  test('lists and counts come from views', async () => {
    const node = await makeEngine();
    await node.deploy(one);
    await node.start();
    await node.start();
    const [task] = await node.claim();
    assert.ok(task);
    await node.complete(task);
    const { list, counts, statistics } = node.engine.executions;
    assert.equal((await list({ workspace, limit: 10 })).rows.length, 2);
    assert.equal((await counts(workspace))['completed'], 1);
    const query = { workspace, from: noonMs - 1, to: noonMs + 1, bucketMs: 1_000 };
    assert.equal((await statistics(query)).total.executions, 2);
  });
});

describe('closing', () => {
  test('lets functions in this process end, refuses starts and claims, and closes the store', async () => {
    const node = await makeEngine();
    let finish: (value: unknown) => void = () => undefined;
    node.engine.local.register(workspace, 'e', 'f', () => new Promise((resolve) => (finish = resolve)));
    await node.deploy(one);
    const id = await node.start();
    const waiting = assert.rejects(node.claim({ executor: 'x', waitMs: 20_000 }), (error) =>
      Fault.is(error, 'SHUTTING_DOWN'),
    );
    await node.clock.settle();
    const closed = node.engine.close();
    await waiting;
    assert.deepEqual([node.engine.health().ready, node.engine.health().reason], [false, 'shutting down']);
    await assert.rejects(node.start(), (error) => Fault.is(error, 'SHUTTING_DOWN'));
    finish({ x: 1 });
    await node.clock.advance(100);
    await closed;
    await node.engine.close();
    const next = await restarted(node);
    assert.equal(await next.status(id), 'completed');
  });

  test('does not wait for a function longer than it is told', async () => {
    const node = await makeEngine();
    node.engine.local.register(workspace, 'e', 'f', () => new Promise(() => undefined));
    await node.deploy(one);
    await node.start();
    const closed = node.engine.close({ deadlineMs: 1_000 });
    await node.clock.advance(1_100);
    await closed;
  });
});
