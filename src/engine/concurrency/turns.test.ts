import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { Fault } from '../../kit/fault.ts';
import { openMemoryStore } from '../../storage/memory/memory-store.ts';
import { move as moveOf } from '../../storage/sample-writes.ts';
import { call, makeEngine, type Node, type NodeOptions, restarted, workspace } from '../make-engine.ts';

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

describe('a workflow with a concurrency limit in a workspace with one', () => {
  const parent = `steps:\n  - {name: first, ${call}}\n  - {name: sub, type: workflow, workflow: flow}`;
  const free = `steps:\n  - {name: work, ${call}}`;

  async function shared(limit: string, admission: { running: number; queued?: number }): Promise<Node> {
    const node = await opened(limit, { admission });
    await node.deploy(parent, 'parent');
    await node.deploy(free, 'free');
    return node;
  }

  /** What holds a slot of its workflow, and of its workspace. */
  const holding = ({ disk }: Node) => ({
    turns: disk.limitSlots.map(({ executionId }) => executionId),
    places: [...disk.slots.values()].flatMap((held) => [...held.values()]),
  });

  test('has no deadlock: who waits for the workspace holds nothing, and the children of who runs pass it', async () => {
    const node = await shared('1', { running: 1 });
    const outer = await node.start({}, { workflow: 'parent' });
    const [top = ''] = await startAll(node, 1);
    assert.deepEqual(await statuses(node, [outer, top]), ['running', 'queued']);
    assert.deepEqual(holding(node), { turns: [], places: [outer] });
    assert.equal(await finishOne(node), outer);
    const child = await finishOne(node);
    assert.deepEqual([await node.status(outer), await node.status(child)], ['completed', 'completed']);
    assert.equal(await finishOne(node), top);
    assert.deepEqual([holding(node), node.disk.waiters], [{ turns: [], places: [] }, []]);
  });

  test('lets one after the other go, children and others, however the room of the workspace comes and goes', async () => {
    const node = await shared('1', { running: 2 });
    const parents = [await node.start({}, { workflow: 'parent' }), await node.start({}, { workflow: 'parent' })];
    const [top = ''] = await startAll(node, 1);
    for (const task of await node.claim()) await node.complete(task);
    await node.clock.settle();
    assert.deepEqual([await node.status(top), node.disk.waiters.length], ['queued', 2]);
    // Each is the only one at work.
    const order = [await finishOne(node), await finishOne(node), await finishOne(node)];
    assert.ok(order.includes(top) && order[0] !== top);
    assert.deepEqual(await statuses(node, [...parents, top]), ['completed', 'completed', 'completed']);
    assert.deepEqual([holding(node), node.disk.waiters], [{ turns: [], places: [] }, []]);
  });

  test('shares the room of the workspace with those that have no limit: they take turns', async () => {
    const node = await shared('{limit: 9, key: $.input.team}', { running: 1 });
    const [running = ''] = await startAll(node, 1, { team: 'a' });
    const own: string[] = [];
    for (const team of ['a', 'a', 'b', 'c']) own.push(...(await startAll(node, 1, { team })));
    const others: string[] = [];
    for (let count = 0; count < 3; count += 1) others.push(await node.start({}, { workflow: 'free' }));
    assert.equal(await finishOne(node), running);
    const order: string[] = [];
    for (let count = 0; count < 7; count += 1) order.push(await finishOne(node));
    const [a1, a2, b, c] = own;
    // One of the lines, one of the queue; and of the lines each in turn.
    assert.deepEqual(
      order.filter((id) => own.includes(id)),
      [a1, b, c, a2],
    );
    assert.deepEqual(
      order.filter((id) => others.includes(id)),
      others,
    );
    const isOwn = order.map((id) => own.includes(id));
    assert.deepEqual(
      isOwn.slice(0, 6).filter((is, place) => is === isOwn[place + 1] && place < 5),
      [],
    );
  });

  test('keeps what it says of its own limit where the workspace is full: who waits for that counts as running', async () => {
    for (const onLimit of ['reject', 'cancel_new', 'cancel_running'] as const) {
      const node = await shared(`{limit: 1, on_limit: ${onLimit}}`, { running: 1 });
      const other = await node.start({}, { workflow: 'free' });
      const [first = ''] = await startAll(node, 1);
      assert.equal(await node.status(first), 'queued', onLimit);
      if (onLimit === 'reject') {
        const answers = await Promise.allSettled([node.start(), node.start()]);
        assert.ok(answers.every((answer) => answer.status === 'rejected' && isLimited(answer.reason)));
      } else {
        const [second = ''] = await startAll(node, 1);
        const expected = onLimit === 'cancel_new' ? ['queued', 'cancelled'] : ['cancelled', 'queued'];
        assert.deepEqual(await statuses(node, [first, second]), expected, onLimit);
      }
      assert.equal(await finishOne(node), other);
      await finishOne(node);
      assert.deepEqual([holding(node), node.disk.waiters], [{ turns: [], places: [] }, []], onLimit);
    }
  });

  test('with cancel_running: keeps a child that came later and went first, and cancels who waits for the workspace', async () => {
    const node = await shared('{limit: 1, on_limit: cancel_running}', { running: 1 });
    const outer = await node.start({}, { workflow: 'parent' });
    const [top = ''] = await startAll(node, 1);
    await node.clock.advance(1_000);
    assert.equal(await finishOne(node), outer);
    await node.clock.settle();
    assert.deepEqual(await statuses(node, [top, outer]), ['cancelled', 'running']);
    await finishOne(node);
    assert.deepEqual([await node.status(outer), holding(node)], ['completed', { turns: [], places: [] }]);
  });

  test('counts among those that wait for the workspace, until it is let in', async () => {
    const node = await shared('2', { running: 1, queued: 2 });
    await node.start({}, { workflow: 'free' });
    const ids = await startAll(node, 2);
    for (const more of [{}, { workflow: 'free' }]) {
      await assert.rejects(node.start({}, more), (error) => Fault.is(error, 'QUEUE_FULL'));
    }
    await finishOne(node);
    const last = await node.start({}, { workflow: 'free' });
    await assert.rejects(node.start(), (error) => Fault.is(error, 'QUEUE_FULL'));
    for (let count = 0; count < 3; count += 1) await finishOne(node);
    assert.deepEqual(await statuses(node, [...ids, last]), ['completed', 'completed', 'completed']);
    assert.equal(await node.status(await node.start()), 'running');
  });

  test('waits in one line for good, and is told why it waits', async () => {
    const node = await shared('1', { running: 1 });
    const other = await node.start({}, { workflow: 'free' });
    const [id = ''] = await startAll(node, 1);
    const places = node.disk.waiters.map(({ sequence }) => sequence);
    const explained = await node.engine.executions.explain(workspace, id);
    assert.match(explained.summary, /^it waits for its turn: 1 executions of its workspace may run at once$/);
    assert.deepEqual([explained.reasons[0]?.kind, explained.reasonsTotal], ['queued', 1]);
    const page = await node.engine.limits.list({ workspace, limit: 10 });
    assert.deepEqual(
      page.uses.map(({ held, waiting }) => [held, waiting]),
      [[0, 1]],
    );
    await node.clock.advance(60_000);
    assert.deepEqual(
      node.disk.waiters.map(({ sequence }) => sequence),
      places,
    );
    await assert.rejects(node.operate(id, { type: 'pause' }), (error) => Fault.is(error, 'STATE_CONFLICT'));
    assert.deepEqual(await statuses(node, [other, id]), ['running', 'queued']);
  });

  test('gives its place on where it is cancelled or terminated while it waits for the workspace', async () => {
    const node = await shared('1', { running: 1 });
    await node.start({}, { workflow: 'free' });
    const [first = '', second = '', third = ''] = await startAll(node, 3);
    await node.operate(first, { type: 'cancel' });
    await node.operate(second, { type: 'terminate' });
    await finishOne(node);
    assert.deepEqual(await statuses(node, [first, second, third]), ['cancelled', 'cancelled', 'running']);
    await finishOne(node);
    assert.deepEqual([holding(node), node.disk.waiters], [{ turns: [], places: [] }, []]);
  });

  test('outlives the process, with its line', async () => {
    const node = await shared('1', { running: 1 });
    const outer = await node.start({}, { workflow: 'parent' });
    const [line = ''] = await startAll(node, 1);
    const next = await restarted(node, { admission: { running: 1 } });
    await next.clock.advance(600);
    assert.equal(await finishOne(next), outer);
    await finishOne(next);
    assert.equal(await finishOne(next), line);
    assert.deepEqual([await next.status(outer), holding(next)], ['completed', { turns: [], places: [] }]);
  });

  test('lets in what an earlier version left in the queue with the slot of its workflow', async () => {
    const node = await shared('1', { running: 1 });
    const other = await node.start({}, { workflow: 'free' });
    const ids = await startAll(node, 2);
    const [permitted = '', line = ''] = ids;
    // As `execution.permitted` with `queued` was written once: out of the line, with its slot, and not admitted.
    const store = await openMemoryStore({ disk: node.disk });
    const { position } = await node.state(permitted);
    const takes = { taken: [{ kind: 'slot', key: 'workflow:flow', limit: 1, holder: '' } as const], unqueued: [''] };
    const events = JSON.stringify([{ type: 'execution.permitted', queued: true }]);
    const at = node.clock.nowMs();
    const [outcome] = await store.commit([{ ...moveOf(permitted, position + 1), at, events, limits: takes }]);
    assert.equal(outcome?.ok, true);
    const next = await restarted(node, { admission: { running: 1 } });
    await next.clock.advance(600);
    assert.deepEqual(holding(next), { turns: [permitted], places: [other] });
    assert.equal((await next.engine.executions.explain(workspace, permitted)).reasons[0]?.kind, 'queued');
    const order = [await finishOne(next), await finishOne(next), await finishOne(next)];
    assert.deepEqual(order, [other, permitted, line]);
    assert.deepEqual([holding(next), next.disk.waiters], [{ turns: [], places: [] }, []]);
  });
});

test('a start has the priority of its workflow where it names none', async () => {
  const node = await makeEngine();
  await node.deploy(`priority: high\nsteps:\n  - {name: work, ${call}}`);
  assert.equal((await node.state(await node.start())).priority, 7);
  assert.equal((await node.state(await node.start({}, { priority: 0 }))).priority, 0);
});
