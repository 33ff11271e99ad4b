import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { statusOf } from '../../core/state.ts';
import { Fault, type FaultCode } from '../../kit/fault.ts';
import type { Json } from '../../kit/json.ts';
import { call, leftovers, makeEngine, restarted, textOf, workspace } from '../make-engine.ts';

const one = `steps:\n  - {name: a, ${call}}`;
const rejects = (promise: Promise<unknown>, code: FaultCode): Promise<void> =>
  assert.rejects(promise, (error) => {
    assert.ok(Fault.is(error, code), String(error));
    return true;
  });

describe('a start', () => {
  test('is durable once it resolves', async () => {
    const node = await makeEngine();
    await node.deploy(one);
    const id = await node.start(
      { x: 1 },
      { tags: ['t'], metadata: { labels: { team: 'a', n: 1, o: {} }, note: 'hi' } },
    );
    assert.equal(node.disk.records.get(id)?.length, 1);
    const view = node.disk.views.get(id);
    assert.deepEqual([view?.status, view?.tags, view?.labels], ['running', ['t'], { team: 'a', n: '1' }]);
    assert.match(view?.searchText ?? '', /hi/);
  });

  test('fills in defaults of input_schema and refuses what does not fit, by place', async () => {
    const node = await makeEngine();
    const schema = 'input_schema: {type: object, properties: {n: {type: number, default: 3}, s: {type: string}}}';
    await node.deploy(`${schema}\n${one}`);
    const id = await node.start({});
    assert.equal(JSON.stringify((await node.state(id)).input), '{"n":3}');
    await assert.rejects(node.start({ s: 5 }), (error) => {
      assert.ok(Fault.is(error, 'INPUT_INVALID'));
      assert.equal((error.detail['errors'] as { pointer: string }[])[0]?.pointer, '/input/s');
      return true;
    });
  });

  test('refuses what cannot be kept, and what it does not know', async () => {
    const node = await makeEngine();
    await node.deploy(one);
    await rejects(node.start({ x: 'a\u0000' }), 'INPUT_INVALID');
    await rejects(node.start(new Date() as unknown as Json), 'INPUT_INVALID');
    await rejects(node.start({}, { workflow: 'unknown' }), 'WORKFLOW_NOT_FOUND');
    await rejects(node.start({}, { version: '9.9.9' }), 'VERSION_NOT_FOUND');
    await rejects(node.engine.executions.read('other', await node.start(), statusOf), 'EXECUTION_NOT_FOUND');
  });

  test('keeps nothing of the caller’s own objects', async () => {
    const node = await makeEngine();
    await node.deploy(one);
    const input = { list: [1] };
    const id = await node.start(input);
    input.list.push(2);
    assert.deepEqual((await node.state(id)).input, { list: [1] });
  });

  test('that waits for the end gets the ended state, or undefined when its time is over', async () => {
    const node = await makeEngine();
    await node.deploy(one);
    const id = await node.start();
    const { waitForEnd } = node.engine.executions;
    const tooShort = waitForEnd(workspace, id, 1_000);
    await node.clock.advance(1_000);
    assert.equal(await tooShort, undefined);
    const waited = waitForEnd(workspace, id, 60_000);
    await node.complete(await node.claimOne(), { x: 1 });
    assert.equal((await waited)?.status, 'completed');
    assert.equal((await waitForEnd(workspace, id, 0))?.status, 'completed');
  });

  test('tells when it will probably end, from past runs', async () => {
    const node = await makeEngine();
    await node.deploy(one);
    const started = () => node.engine.executions.start({ workspace, workflow: 'flow', input: {} });
    assert.equal((await started()).estimatedEndAt, undefined);
    for (let run = 0; run < 10; run += 1) {
      await node.clock.advance(4_000);
      for (const task of await node.claim()) await node.complete(task);
      await started();
    }
    const { createdAt, estimatedEndAt } = await started();
    assert.equal(estimatedEndAt, createdAt + 4_000);
  });
});

describe('an idempotency key', () => {
  const key = { idempotencyKey: 'k1' };

  test('starts one execution for the same body', async () => {
    const node = await makeEngine();
    await node.deploy(one);
    const start = (input: Json) => node.engine.executions.start({ workspace, workflow: 'flow', input, ...key });
    const first = await start({ a: 1, b: 2 });
    const again = await start({ b: 2, a: 1 });
    assert.deepEqual([first.isNew, again.isNew, again.executionId], [true, false, first.executionId]);
    assert.equal(node.disk.records.size, 1);
  });

  test('refuses another body', async () => {
    const node = await makeEngine();
    await node.deploy(one);
    await node.start({ a: 1 }, key);
    await rejects(node.start({ a: 2 }, key), 'IDEMPOTENCY_KEY_REUSED');
  });

  test('used at the same moment starts one execution', async () => {
    const node = await makeEngine();
    await node.deploy(one);
    const ids = await Promise.all([1, 2, 3].map(() => node.start({}, key)));
    assert.equal(new Set(ids).size, 1);
    assert.equal(node.disk.records.size, 1);
  });

  test('belongs to its workflow, and holds over a restart', async () => {
    const node = await makeEngine();
    await node.deploy(one);
    await node.deploy(one, 'other');
    const id = await node.start({}, key);
    assert.notEqual(await node.start({}, { ...key, workflow: 'other' }), id);
    const next = await restarted(node);
    assert.equal(await next.start({}, key), id);
  });
});

describe('admission', () => {
  const limited = (running: number, queued = 10) => makeEngine({ admission: { running, queued } });

  test('beyond the limit a start is queued, and an end lets the oldest in', async () => {
    const node = await limited(1);
    await node.deploy(one);
    const ids = [await node.start(), await node.start(), await node.start()];
    const statuses = () => Promise.all(ids.map((id) => node.status(id)));
    assert.deepEqual(await statuses(), ['running', 'queued', 'queued']);
    await node.complete(await node.claimOne());
    await node.clock.advance(1_000);
    assert.deepEqual(await statuses(), ['completed', 'running', 'queued']);
    await node.complete(await node.claimOne());
    await node.clock.advance(1_000);
    await node.complete(await node.claimOne());
    assert.deepEqual(await statuses(), ['completed', 'completed', 'completed']);
    assert.deepEqual(
      ids.flatMap((id) => leftovers(node, id)),
      [],
    );
  });

  test('beyond the limit of the queue a start is refused with when to come again', async () => {
    const node = await limited(1, 1);
    await node.deploy(one);
    await node.start();
    await node.start();
    await assert.rejects(node.start(), (error) => {
      assert.ok(Fault.is(error, 'QUEUE_FULL'));
      assert.equal(error.detail['retryAfterSeconds'], 5);
      return true;
    });
  });

  test('a queued execution can be cancelled, and gives its place on', async () => {
    const node = await limited(1);
    await node.deploy(one);
    await node.start();
    const [second, third] = [await node.start(), await node.start()];
    assert.equal(await node.operate(second, { type: 'cancel' }), 'cancelled');
    await node.complete(await node.claimOne());
    await node.clock.advance(1_000);
    assert.equal(await node.status(third), 'running');
  });

  test('what was queued in any workspace is let in by a node that has room for it, though nothing there ends', async () => {
    const first = await limited(1);
    await first.engine.versions.deploy('other', textOf(one));
    const start = async () =>
      (await first.engine.executions.start({ workspace: 'other', workflow: 'flow', input: {} })).executionId;
    const [running, queued] = [await start(), await start()];
    const next = await restarted(first, { admission: { running: 2 } });
    await next.clock.advance(1_000);
    const status = (id: string) => next.engine.executions.read('other', id, (state) => state.status);
    assert.deepEqual([await status(running), await status(queued)], ['running', 'running']);
  });

  test('a limit that is there no more lets in whoever waits, and leaves no slot behind for the day it is back', async () => {
    const first = await limited(1);
    await first.deploy(one);
    const ids = [await first.start(), await first.start(), await first.start()];
    const unlimited = await restarted(first);
    await unlimited.clock.settle();
    assert.deepEqual(await Promise.all(ids.map((id) => unlimited.status(id))), ['running', 'running', 'running']);
    for (const task of await unlimited.claim()) await unlimited.complete(task);
    const last = await restarted(unlimited, { admission: { running: 1 } });
    assert.equal(await last.status(await last.start()), 'running');
  });

  test('what was queued before a restart is let in after it, in every workspace', async () => {
    const first = await limited(1);
    for (const space of [workspace, 'other']) {
      await first.engine.versions.deploy(
        space,
        `apiVersion: workflow.magic-flow.io/v2\nkind: Workflow\nmetadata: {name: flow, version: 1.0.0}\nspec:\n  ${one.replaceAll('\n', '\n  ')}`,
      );
      await first.start({}, { workspace: space });
      await first.start({}, { workspace: space });
    }
    const next = await restarted(first, { admission: { running: 1 } });
    for (const space of [workspace, 'other']) {
      for (let round = 0; round < 2; round += 1) {
        const tasks = await next.claim({ workspace: space });
        assert.equal(tasks.length, 1, `${space}, round ${round}`);
        const results = tasks.map((task) => ({ ...task, status: 'completed' as const, output: {} }));
        await next.engine.tasks.complete(space, results);
        await next.clock.advance(1_000);
      }
    }
  });

  test('a retry takes a slot like a start, or is refused', async () => {
    const node = await limited(1);
    await node.deploy(one);
    const id = await node.start();
    await node.fail(await node.claimOne());
    const other = await node.start();
    await rejects(node.operate(id, { type: 'retry' }), 'QUEUE_FULL');
    assert.equal(await node.status(id), 'failed');
    await node.complete(await node.claimOne());
    assert.equal(await node.status(other), 'completed');
    assert.equal(await node.operate(id, { type: 'retry' }), 'running');
    await node.complete(await node.claimOne());
    assert.deepEqual(leftovers(node, id), []);
  });
});

describe('the committer', () => {
  test('puts what comes together into one commit', async () => {
    const node = await makeEngine();
    await node.deploy(one);
    await node.start();
    const before = node.batches.length;
    await Promise.all(Array.from({ length: 20 }, () => node.start()));
    assert.ok(node.batches.length - before <= 2, `${node.batches.length - before} commits`);
  });

  for (const fate of ['refused', 'unknown'] as const) {
    test(`sends a commit again whose answer was ${fate === 'refused' ? 'an error' : 'lost'}, and it happens once`, async () => {
      const node = await makeEngine();
      await node.deploy(one);
      node.fates.push(fate, fate);
      const starting = node.start();
      await node.clock.advance(1_000);
      const id = await starting;
      assert.equal(node.disk.records.get(id)?.length, 1);
      const task = await node.claimOne();
      node.fates.push(fate);
      const completing = node.complete(task);
      await node.clock.advance(1_000);
      assert.equal((await completing).accepted, true);
      assert.equal(node.disk.records.get(id)?.length, 2);
    });
  }

  test('tells its callers after three attempts, is not ready then, and recovers by itself', async () => {
    const node = await makeEngine();
    await node.deploy(one);
    node.fates.push('refused', 'refused', 'refused');
    const lost = rejects(node.start(), 'STORE_UNREACHABLE');
    await node.clock.advance(1_000);
    await lost;
    assert.deepEqual([node.engine.health().ready, node.engine.health().reason], [false, 'the store is away']);
    const id = await node.start();
    assert.equal(node.engine.health().ready, true);
    assert.equal(await node.status(id), 'running');
  });

  test('a result whose commit stayed unknown is known when it is brought again', async () => {
    const node = await makeEngine();
    await node.deploy(one);
    const id = await node.start();
    const task = await node.claimOne();
    node.fates.push('unknown', 'unknown', 'unknown');
    const lost = rejects(node.complete(task), 'STORE_UNREACHABLE');
    await node.clock.advance(1_000);
    await lost;
    assert.equal(await node.status(id), 'completed');
    assert.equal((await node.complete(task)).accepted, false);
    assert.equal(node.disk.records.get(id)?.length, 2);
  });
});

describe('two nodes over one store', () => {
  test('decide anew when the other one was there first', async () => {
    const first = await makeEngine();
    const clock = first.clock;
    const second = await makeEngine({ disk: first.disk, clock });
    await first.deploy(`steps:\n  - {name: w, type: wait, signal: a}\n  - {name: v, type: wait, signal: b}`);
    const id = await first.start();
    await second.operate(id, { type: 'signal', name: 'a', payload: 1, id: 's1' });
    const late = first.operate(id, { type: 'signal', name: 'b', payload: 2, id: 's2' });
    await clock.advance(100);
    assert.equal(await late, 'completed');
    assert.equal(first.engine.health().counters.conflicts, 1);
  });

  test('hand a task to one worker', async () => {
    const first = await makeEngine();
    await first.deploy(one);
    await first.start();
    const second = await makeEngine({ disk: first.disk, clock: first.clock });
    const [a, b] = await Promise.all([first.claim(), second.claim()]);
    assert.equal(a.length + b.length, 1);
  });
});

describe('operations', () => {
  test('never says of a repeat that it was done when what was done is lost', async () => {
    const node = await makeEngine();
    await node.deploy(`steps:\n  - {name: a, ${call}}`);
    const id = await node.start();
    const rival = await restarted(node, { clock: node.clock });
    await rival.operate(id, { type: 'signal', name: 'go', payload: null, id: 'other' });
    const signal = { type: 'signal', name: 'go', payload: null, id: 's1' } as const;
    // The first meets what the rival did, and both are decided once that is read.
    node.fates.push('kept', 'refused', 'refused', 'refused');
    const answers = Promise.allSettled([node.operate(id, signal), node.operate(id, signal)]);
    await node.clock.advance(10_000);
    assert.deepEqual(
      (await answers).map(({ status }) => status),
      ['rejected', 'fulfilled'],
    );
    assert.deepEqual((await node.state(id)).signalIds, ['other', 's1']);
  });

  test('are refused where they do not fit, and a repeated signal is harmless', async () => {
    const node = await makeEngine();
    await node.deploy('steps:\n  - {name: w, type: wait, signal: go}\n  - {name: v, type: wait, signal: more}');
    const id = await node.start();
    const signal = { type: 'signal', name: 'go', payload: { x: 1 }, id: 's1' } as const;
    assert.equal(await node.operate(id, signal), 'waiting');
    assert.equal(await node.operate(id, signal), 'waiting');
    assert.equal((await node.state(id)).signals.length, 0);
    await rejects(node.operate(id, { type: 'resume' }), 'STATE_CONFLICT');
    await rejects(node.operate(id, { ...signal, id: 's2', payload: 'a\u0000' }), 'INPUT_INVALID');
    await rejects(node.operate('exec_unknown', { type: 'cancel' }), 'EXECUTION_NOT_FOUND');
    assert.equal(await node.operate(id, { type: 'terminate' }), 'cancelled');
    await rejects(node.operate(id, { type: 'cancel' }), 'STATE_CONFLICT');
  });

  test('retry goes on from the failed step', async () => {
    const node = await makeEngine();
    await node.deploy(`${one}\n  - {name: b, ${call}}`);
    const id = await node.start();
    await node.complete(await node.claimOne(), { x: 1 });
    await node.fail(await node.claimOne());
    assert.equal(await node.operate(id, { type: 'retry' }), 'running');
    const task = await node.claimOne();
    assert.deepEqual([task.step, task.attempt], ['b', 2]);
    await node.complete(task);
    const { run, output } = await node.state(id);
    assert.deepEqual([run, JSON.stringify(output)], [2, '{"x":1}']);
    assert.deepEqual(node.disk.views.get(id)?.run, 2);
  });
});
