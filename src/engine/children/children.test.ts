import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { ParentLink } from '../../core/child-events.ts';
import { isEnded } from '../../core/state.ts';
import { Fault } from '../../kit/fault.ts';
import { call, leftovers, makeEngine, type Node, type NodeOptions, restarted } from '../make-engine.ts';

const one = `steps:\n  - {name: a, ${call}}`;
const undone = `steps:\n  - {name: a, ${call}, compensate: {executor: e, function: undo}}\n  - {name: b, ${call}}`;
const calling = (more = ''): string => `steps:\n  - {name: sub, type: workflow, workflow: other${more}}`;

interface Family {
  readonly node: Node;
  readonly parent: string;
  readonly child: string;
}

const executions = (node: Node): string[] => [...node.disk.records.keys()];
const others = (node: Node, ...known: readonly string[]): string[] =>
  executions(node).filter((id) => !known.includes(id));

/** A parent whose child has one task ready. */
async function family(given: { parent?: string; child?: string; options?: NodeOptions } = {}): Promise<Family> {
  const node = await makeEngine(given.options);
  await node.deploy(given.child ?? one, 'other');
  await node.deploy(given.parent ?? calling());
  const parent = await node.start({ n: 1 });
  await node.clock.settle();
  const [child = '', ...more] = others(node, parent);
  assert.deepEqual(more, []);
  return { node, parent, child };
}

async function statuses({ node, parent, child }: Family): Promise<readonly string[]> {
  await node.clock.settle();
  return [await node.status(parent), await node.status(child)];
}

const errorOf = async (node: Node, id: string) => (await node.state(id)).error;

describe('a step that calls a workflow', () => {
  test('starts an execution, waits for its end and has its output', async () => {
    const { node, parent, child } = await family();
    assert.deepEqual(await statuses({ node, parent, child }), ['running', 'running']);
    const task = await node.claimOne();
    assert.deepEqual([task.executionId, task.workflow, task.input], [child, 'other', { n: 1 }]);
    await node.complete(task, { ok: true });
    assert.deepEqual(await statuses({ node, parent, child }), ['completed', 'completed']);
    assert.deepEqual((await node.state(parent)).output, { ok: true });
    assert.deepEqual([...leftovers(node, parent), ...leftovers(node, child)], []);
  });

  test('lets the child inherit priority and trace, and know its parent', async () => {
    const node = await makeEngine();
    await node.deploy(one, 'other');
    await node.deploy(`steps:\n  - {name: own, ${call}}\n  - {name: sub, type: workflow, workflow: other}`);
    const parent = await node.start({}, { priority: 8 });
    const own = await node.claimOne();
    await node.complete(own);
    await node.clock.settle();
    const task = await node.claimOne();
    assert.equal(task.traceparent.slice(0, 35), own.traceparent.slice(0, 35));
    const state = await node.state(task.executionId);
    const link: ParentLink = { executionId: parent, step: 'sub', call: 'sub#1/1', root: parent, depth: 1 };
    assert.deepEqual([state.priority, state.parent], [8, link]);
    assert.deepEqual(state.metadata, { parent: { execution_id: parent, step: 'sub' } });
  });

  test('runs the version that is active when it starts, or the pinned one, and knows which', async () => {
    const node = await makeEngine();
    for (const version of ['1.0.0', '2.0.0']) await node.deploy(one, 'other', version);
    await node.deploy(calling());
    await node.deploy(calling(', version: v1.0.0'), 'pinned');
    const ids = [await node.start(), await node.start({}, { workflow: 'pinned' })];
    await node.clock.settle();
    const versions = await Promise.all(ids.map(async (id) => (await node.state(id)).steps.get('sub')?.child?.version));
    assert.deepEqual(versions, ['2.0.0', '1.0.0']);
  });

  test('fails where the workflow, its version or its input are not as they must be', async () => {
    const node = await makeEngine();
    await node.deploy(`input_schema: {type: object, properties: {n: {type: string}}}\n${one}`, 'strict');
    const code = async (step: string, name: string): Promise<unknown> => {
      await node.deploy(`steps:\n  - {name: sub, type: workflow, ${step}}`, name);
      const id = await node.start({ n: 1 }, { workflow: name });
      await node.clock.settle();
      const error = await errorOf(node, id);
      return [error?.code, error?.retryable, error?.step];
    };
    assert.deepEqual(await code('workflow: nowhere', 'one'), ['WORKFLOW_NOT_FOUND', undefined, 'sub']);
    assert.deepEqual(await code('workflow: strict, version: 9.9.9', 'two'), ['VERSION_NOT_FOUND', undefined, 'sub']);
    assert.deepEqual(await code('workflow: strict', 'three'), ['INPUT_INVALID', false, 'sub']);
  });

  test('calls another child with each attempt', async () => {
    const given = await family({
      parent: calling(', retry_config: {max_attempts: 2, initial_delay: 1s, jitter: false}'),
    });
    const { node, parent, child } = given;
    await node.fail(await node.claimOne());
    await node.clock.advance(1_500);
    const [second = ''] = others(node, parent, child);
    await node.complete(await node.claimOne());
    assert.deepEqual(await statuses({ ...given, child: second }), ['completed', 'completed']);
    assert.equal(await node.status(child), 'failed');
  });

  test('waits without a wake row, however long it takes', async () => {
    const { node, parent } = await family();
    await node.clock.advance(120_000);
    assert.equal(node.disk.wakes.has(parent), false);
    await node.complete(await node.claimOne());
    await node.clock.settle();
    assert.equal(await node.status(parent), 'completed');
  });

  test('completes at once where it is detached, and the child needs nobody', async () => {
    const { node, parent, child } = await family({ parent: calling(', mode: detached') });
    assert.deepEqual((await node.state(parent)).output, { execution_id: child });
    await node.complete(await node.claimOne());
    assert.deepEqual(await statuses({ node, parent, child }), ['completed', 'completed']);
    assert.deepEqual(leftovers(node, child), []);
  });

  test('stops calling at a depth that has a name', async () => {
    const node = await makeEngine();
    // No deploy allows the circle; going back to an earlier version closes it.
    await node.deploy(calling());
    await node.deploy(one, 'flow', '2.0.0');
    await node.deploy('steps:\n  - {name: sub, type: workflow, workflow: flow}', 'other');
    await node.engine.versions.activate('default', 'flow', '1.0.0');
    const id = await node.start();
    await node.clock.advance(1_000);
    assert.equal((await errorOf(node, id))?.code, 'CHILD_DEPTH_EXCEEDED');
    assert.equal(executions(node).length, 33);
  });
});

describe('an end that spreads', () => {
  test('a cancelled parent has its child compensate first, and itself after it', async () => {
    const parentText = `steps:
  - {name: before, ${call}, compensate: {executor: e, function: undo-before}}
  - {name: sub, type: workflow, workflow: other}`;
    const node = await makeEngine();
    await node.deploy(undone, 'other');
    await node.deploy(parentText);
    const parent = await node.start();
    await node.complete(await node.claimOne());
    await node.clock.settle();
    const [child = ''] = others(node, parent);
    await node.complete(await node.claimOne());
    assert.equal(await node.operate(parent, { type: 'cancel' }), 'compensating');
    await node.clock.settle();
    const undo = await node.claimOne();
    assert.deepEqual([undo.executionId, undo.step], [child, 'a-compensate']);
    await node.complete(undo);
    await node.clock.settle();
    const last = await node.claimOne();
    assert.deepEqual(
      [last.executionId, last.step, await node.status(child)],
      [parent, 'before-compensate', 'cancelled'],
    );
    await node.complete(last);
    assert.deepEqual(await statuses({ node, parent, child }), ['cancelled', 'cancelled']);
  });

  test('a terminated parent has its child terminated, which undoes nothing', async () => {
    const given = await family({ child: undone });
    await given.node.complete(await given.node.claimOne());
    assert.equal(await given.node.operate(given.parent, { type: 'terminate' }), 'cancelled');
    assert.deepEqual(await statuses(given), ['cancelled', 'cancelled']);
    assert.deepEqual([...leftovers(given.node, given.parent), ...leftovers(given.node, given.child)], []);
  });

  test('a child that may outlive its parent goes on, and can be retried on its own', async () => {
    const given = await family({ parent: calling(', on_parent_cancel: abandon') });
    const { node, parent, child } = given;
    assert.equal(await node.operate(parent, { type: 'cancel' }), 'cancelled');
    assert.deepEqual(await statuses(given), ['cancelled', 'running']);
    await node.fail(await node.claimOne());
    await node.clock.settle();
    await node.operate(child, { type: 'retry' });
    await node.complete(await node.claimOne());
    assert.deepEqual(await statuses(given), ['cancelled', 'completed']);
    assert.deepEqual(leftovers(node, child), []);
  });

  test('a step out of time has its child cancelled and fails with TIMEOUT', async () => {
    const given = await family({ parent: calling(', timeout: 10s') });
    await given.node.clock.advance(11_000);
    assert.deepEqual(await statuses(given), ['failed', 'cancelled']);
    assert.equal((await errorOf(given.node, given.parent))?.code, 'TIMEOUT');
    assert.deepEqual(leftovers(given.node, given.parent), []);
  });

  test('a child that somebody cancels fails its step, and cannot be retried: the parent took that', async () => {
    const given = await family();
    const { node, parent, child } = given;
    await node.operate(child, { type: 'cancel' });
    assert.deepEqual(await statuses(given), ['failed', 'cancelled']);
    assert.equal((await errorOf(node, parent))?.code, 'CHILD_CANCELLED');
    await assert.rejects(node.operate(child, { type: 'retry' }), (error) => Fault.is(error, 'STATE_CONFLICT'));
  });

  test('a child cancelled before it began never runs, even where its start is still on its way', async () => {
    const first = await makeEngine();
    await first.deploy(one, 'other');
    await first.deploy(calling());
    // The start of the child is sent, and waits to be sent again.
    first.fates.push('kept', 'refused');
    const parent = await first.start();
    await first.clock.settle();
    assert.deepEqual(others(first, parent), []);
    const second = await restarted(first);
    await second.operate(parent, { type: 'cancel' });
    await second.clock.settle();
    const [child = ''] = others(second, parent);
    assert.deepEqual(await statuses({ node: second, parent, child }), ['cancelled', 'cancelled']);
    await first.clock.advance(5_000);
    const later = await restarted(first);
    assert.deepEqual(await statuses({ node: later, parent, child }), ['cancelled', 'cancelled']);
    assert.deepEqual([await later.claim(), others(later, parent, child), leftovers(later, parent)], [[], [], []]);
  });
});

describe('slots', () => {
  test('a child runs under that of its parent: parents that hold all of them do not wait for ever', async () => {
    const { node, parent, child } = await family({ options: { admission: { running: 1 } } });
    const next = await node.start();
    assert.deepEqual(await statuses({ node, parent: next, child }), ['queued', 'running']);
    await node.complete(await node.claimOne());
    assert.deepEqual(await statuses({ node, parent, child }), ['completed', 'completed']);
    assert.equal(await node.status(next), 'running');
  });

  test('a detached child waits for one like any start, and is never turned away', async () => {
    const options = { admission: { running: 1, queued: 0 } };
    const { node, parent, child } = await family({
      parent: `${calling(', mode: detached')}\n  - {name: z, ${call}}`,
      options,
    });
    assert.deepEqual(await statuses({ node, parent, child }), ['running', 'queued']);
    await node.complete(await node.claimOne());
    assert.deepEqual(await statuses({ node, parent, child }), ['completed', 'running']);
  });
});

describe('a crash', () => {
  const parentText = `steps:
  - {name: before, ${call}, compensate: {executor: e, function: undo}}
  - {name: sub, type: workflow, workflow: other}`;

  /** Whoever is asked to do something does it, until time is over. Nothing here waits for a node that is gone. */
  async function work(node: Node): Promise<void> {
    for (;;) {
      const tasks = await node.claim().catch(() => []);
      for (const task of tasks) await node.complete(task).catch(() => undefined);
      await new Promise<void>((resolve) => node.clock.schedule(tasks.length > 0 ? 10 : 2_000, resolve));
    }
  }

  async function crashedAfter(kept: number, meddle: (node: Node, parent: string) => unknown): Promise<Node> {
    const first = await makeEngine();
    await first.deploy(undone, 'other');
    await first.deploy(parentText);
    const parent = await first.start();
    first.fates.push(...Array<'kept'>(kept).fill('kept'), ...Array<'refused'>(10_000).fill('refused'));
    void work(first);
    first.clock.schedule(15, () => void meddle(first, parent));
    await first.clock.advance(3_000);
    const next = await restarted(first);
    void work(next);
    await next.clock.advance(100_000);
    return next;
  }

  async function ends(node: Node): Promise<string> {
    const ids = executions(node);
    const states = await Promise.all(ids.map((id) => node.state(id)));
    assert.ok(states.every(isEnded), states.map(({ status }) => status).join());
    assert.deepEqual(
      ids.flatMap((id) => leftovers(node, id)),
      [],
    );
    return states.map(({ status }) => status).join();
  }

  test('after any commit leaves one child, which runs once, and a parent that has its output', async () => {
    for (let kept = 0; kept < 20; kept += 1) {
      const node = await crashedAfter(kept, () => undefined);
      assert.equal(await ends(node), 'completed,completed', `after ${kept} commits`);
    }
  });

  test('after any commit of a cancellation leaves a parent and a child that have both ended', async () => {
    const seen = new Set<string>();
    for (let kept = 0; kept < 20; kept += 1) {
      const cancel = (node: Node, parent: string) => node.operate(parent, { type: 'cancel' }).catch(() => undefined);
      seen.add(await ends(await crashedAfter(kept, cancel)));
    }
    assert.ok(seen.has('cancelled,cancelled'), [...seen].join(' '));
    assert.ok(
      seen.isSubsetOf(new Set(['cancelled,cancelled', 'completed,completed', 'cancelled'])),
      [...seen].join(' '),
    );
  });
});

test('a report is not given up for what a node remembers of a parent that another node moved', async () => {
  const first = await makeEngine();
  await first.deploy(one, 'other');
  await first.deploy(`steps:\n  - {name: a, ${call}}\n  - {name: sub, type: workflow, workflow: other}`);
  const parent = await first.start();
  const second = await restarted(first);
  await second.complete(await second.claimOne());
  await second.clock.settle();
  const [child = ''] = others(second, parent);
  // The first node has the parent in memory as it was before the call; the child it reads anew.
  await first.clock.advance(11_000);
  await first.complete(await first.claimOne());
  await first.clock.settle();
  const later = await restarted(first);
  assert.deepEqual(await statuses({ node: later, parent, child }), ['completed', 'completed']);
});
