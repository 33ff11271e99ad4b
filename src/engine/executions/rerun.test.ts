import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { Fault } from '../../kit/fault.ts';
import { call, makeEngine, type Node, type NodeOptions, restarted, workspace } from '../make-engine.ts';

const line = `input_schema: {type: object, properties: {n: {type: integer}}}
steps:
  - {name: a, ${call}, set: {seen: $.a}}
  - {name: both, type: parallel, branches: [{name: x, steps: [{name: inner, ${call}}]}]}
  - {name: skipped, when: "false", ${call}}
  - {name: b, ${call}, input: {a: $.a, inner: $.inner, seen: $.vars.seen, n: $.input.n, before: $.previous}}
  - {name: c, ${call}}`;

const seen: [step: string, input: unknown][] = [];

async function ended(
  spec: string,
  failing: string[] = ['b'],
  options: NodeOptions = {},
): Promise<{ node: Node; id: string }> {
  const node = await makeEngine(options);
  seen.length = 0;
  node.engine.local.register(workspace, 'e', 'f', (input, task) => {
    seen.push([task.step, input]);
    if (failing.includes(task.step)) throw Object.assign(new Error('no'), { retryable: false });
    return { by: task.step };
  });
  await node.deploy(spec);
  const id = await node.start({ n: 1 });
  await node.clock.settle();
  failing.length = 0;
  seen.length = 0;
  return { node, id };
}

const refusal = (code: string, message: RegExp) => (error: unknown) =>
  Fault.is(error) && error.code === code && message.test(error.message);

describe('a rerun', () => {
  test('takes over what was done before the step and runs from there, as a new execution', async () => {
    const { node, id } = await ended(line);
    assert.equal(await node.status(id), 'failed');
    const { executionId } = await node.engine.executions.rerun({ workspace, executionId: id, fromStep: 'b' });
    await node.clock.settle();
    const state = await node.state(executionId);
    assert.deepEqual([state.status, state.rerun], ['completed', { of: id, from: 'b' }]);
    assert.deepEqual(
      seen.map(([step]) => step),
      ['b', 'c'],
    );
    const before = { x: { by: 'both.x.inner' } };
    const input = { a: { by: 'a' }, inner: { by: 'both.x.inner' }, seen: { by: 'a' }, n: 1, before };
    assert.deepEqual(JSON.parse(JSON.stringify(seen[0]?.[1])), input);
    assert.deepEqual(
      [...state.steps.values()].map(({ path, status }) => `${path} ${status}`),
      ['a completed', 'both completed', 'both.x.inner completed', 'skipped skipped', 'b completed', 'c completed'],
    );
    assert.equal(await node.status(id), 'failed');
  });

  test('takes another input and other outputs, and checks both', async () => {
    const { node, id } = await ended(line);
    const rerun = (given: object) =>
      node.engine.executions.rerun({ workspace, executionId: id, fromStep: 'b', ...given });
    await rerun({ input: { n: 7 }, outputs: { a: { by: 'hand' } } });
    await node.clock.settle();
    const [, input] = seen[0] ?? [];
    assert.deepEqual([(input as { a: unknown }).a, (input as { n: unknown }).n], [{ by: 'hand' }, 7]);
    await assert.rejects(rerun({ input: { n: 'x' } }), refusal('INPUT_INVALID', /\/input\/n/));
    await assert.rejects(rerun({ outputs: { c: 1 } }), refusal('REQUEST_INVALID', /"c".*taken over are a, both/));
    await assert.rejects(rerun({ outputs: { 'x/y': 1 } }), refusal('REQUEST_INVALID', /at \/outputs\/x~1y: /));
    await assert.rejects(rerun({ outputs: { a: 'x\u0000' } }), refusal('REQUEST_INVALID', /NUL/));
    await assert.rejects(
      rerun({ fromStep: 'inner' }),
      refusal('REQUEST_INVALID', /stands inside.*a, both, skipped, b, c/),
    );
    await assert.rejects(rerun({ fromStep: 'z' }), refusal('REQUEST_INVALID', /no step of the workflow/));
    await assert.rejects(rerun({ executionId: 'exec_none' }), refusal('EXECUTION_NOT_FOUND', /exec_none/));
    await assert.rejects(rerun({ workspace: 'other' }), refusal('EXECUTION_NOT_FOUND', /exec_/));
  });

  test('finds the variables as they were before the step, not as later steps left them', async () => {
    const counting = `steps:
  - {name: a, ${call}, set: {n: "\${(vars.n ?? 0) + 1}", by: a}}
  - name: each
    type: loop
    while: $.vars.left > 0
    variables: {left: 2}
    steps: [{name: round, ${call}, set: {left: "\${vars.left - 1}"}}]
  - {name: b, ${call}, set: {n: "\${vars.n + 1}", by: b, late: true}}
  - {name: c, ${call}}`;
    const { node, id } = await ended(counting, ['c']);
    const once = { n: 2, by: 'b', left: 0, late: true };
    assert.deepEqual({ ...(await node.state(id)).vars }, once);
    for (const fromStep of ['a', 'each', 'b', 'c']) {
      const { executionId } = await node.engine.executions.rerun({ workspace, executionId: id, fromStep });
      await node.clock.settle();
      assert.deepEqual({ ...(await node.state(executionId)).vars }, once);
    }
  });

  test('of an execution that still runs is refused', async () => {
    const node = await makeEngine();
    await node.deploy(line);
    const id = await node.start();
    const attempt = node.engine.executions.rerun({ workspace, executionId: id, fromStep: 'a' });
    await assert.rejects(attempt, refusal('STATE_CONFLICT', /has not ended: cancel it first/));
  });

  test('under one idempotency key is one execution, under the key of another body it is refused', async () => {
    const { node, id } = await ended(line);
    const rerun = (fromStep: string) =>
      node.engine.executions.rerun({ workspace, executionId: id, fromStep, idempotencyKey: 'k' });
    const first = await rerun('b');
    const second = await rerun('b');
    assert.deepEqual([second.executionId, second.isNew], [first.executionId, false]);
    await assert.rejects(rerun('a'), refusal('IDEMPOTENCY_KEY_REUSED', /another body/));
  });

  test('of a graph takes over what does not wait for the step', async () => {
    const graph = `steps:
  - {name: a, ${call}}
  - {name: b, ${call}, depends_on: a}
  - {name: side, ${call}}
  - {name: c, ${call}, depends_on: [b, side]}`;
    const { node, id } = await ended(graph);
    const { executionId } = await node.engine.executions.rerun({ workspace, executionId: id, fromStep: 'b' });
    await node.clock.settle();
    assert.deepEqual([await node.status(executionId), seen.map(([step]) => step)], ['completed', ['b', 'c']]);
  });

  test('of a graph begins with what the step waits for, where that was never done', async () => {
    const graph = `steps:
  - {name: a, ${call}}
  - {name: b, ${call}, depends_on: a}
  - {name: c, ${call}, depends_on: b}`;
    const { node, id } = await ended(graph);
    const { executionId } = await node.engine.executions.rerun({ workspace, executionId: id, fromStep: 'c' });
    await node.clock.settle();
    assert.deepEqual([await node.status(executionId), seen.map(([step]) => step)], ['completed', ['b', 'c']]);
  });

  test('of a graph leaves behind what stood in for a step that runs again', async () => {
    const graph = `steps:
  - {name: a, ${call}, fallback_step: instead}
  - {name: instead, ${call}}
  - {name: b, ${call}, depends_on: a}`;
    const { node, id } = await ended(graph, ['a']);
    const { executionId } = await node.engine.executions.rerun({ workspace, executionId: id, fromStep: 'a' });
    await node.clock.settle();
    assert.deepEqual([await node.status(executionId), seen.map(([step]) => step)], ['completed', ['a', 'b']]);
    assert.equal((await node.state(executionId)).steps.has('instead'), false);
  });

  test('compensates what it took over, and is found whole after a crash', async () => {
    const spec = `steps:
  - {name: a, ${call}, compensate: {name: undo, ${call}, input: $.a}}
  - {name: b, ${call}}
  - {name: hold, type: wait, signal: go}
error_handling: [{condition: '$.error != null', action: dead_letter}]`;
    const { node, id } = await ended(spec);
    const { executionId } = await node.engine.executions.rerun({ workspace, executionId: id, fromStep: 'b' });
    await node.clock.settle();
    const again = await restarted(node);
    again.engine.local.register(workspace, 'e', 'f', (input, task) => seen.push([task.step, input]));
    await again.operate(executionId, { type: 'cancel' });
    await again.clock.settle();
    assert.deepEqual(seen.at(-1), ['undo', { by: 'a' }]);
    assert.equal(await again.status(executionId), 'cancelled');
  });

  test('that has to wait for a slot begins at the step once it is let in', async () => {
    const { node, id } = await ended(`${line}\n  - {name: hold, type: wait, signal: go}`, ['b'], {
      admission: { running: 1 },
    });
    const holder = await node.start({ n: 2 });
    await node.clock.settle();
    seen.length = 0;
    const { executionId, status } = await node.engine.executions.rerun({ workspace, executionId: id, fromStep: 'b' });
    assert.equal(status, 'queued');
    await node.operate(holder, { type: 'signal', name: 'go', payload: null });
    await node.clock.settle();
    assert.deepEqual([await node.status(executionId), seen.map(([step]) => step)], ['waiting', ['b', 'c']]);
  });

  for (const step of ['a', 'b']) {
    test(`at ${step} that was cancelled before it began begins there when it is retried`, async () => {
      const { node, id } = await ended(`${line}\n  - {name: hold, type: wait, signal: go}`, ['b'], {
        admission: { running: 1 },
      });
      const holder = await node.start({ n: 2 });
      await node.clock.settle();
      seen.length = 0;
      const { executionId } = await node.engine.executions.rerun({ workspace, executionId: id, fromStep: step });
      await node.operate(executionId, { type: 'cancel' });
      await node.operate(holder, { type: 'cancel' });
      await node.operate(executionId, { type: 'retry' });
      await node.clock.settle();
      assert.equal(await node.status(executionId), 'waiting');
      const all = ['a', 'both.x.inner', 'b', 'c'];
      assert.deepEqual(
        seen.map(([name]) => name),
        all.slice(all.indexOf(step)),
      );
    });
  }

  test('that was not let in keeps what it took over for a retry', async () => {
    const { node, id } = await ended(
      `concurrency: {limit: 1, on_limit: cancel_new}\n${line}\n  - {name: hold, type: wait, signal: go}`,
    );
    const holder = await node.start({ n: 2 });
    await node.clock.settle();
    seen.length = 0;
    const { executionId } = await node.engine.executions.rerun({ workspace, executionId: id, fromStep: 'b' });
    assert.equal(await node.status(executionId), 'cancelled');
    await node.operate(holder, { type: 'cancel' });
    await node.operate(executionId, { type: 'retry' });
    await node.clock.settle();
    assert.deepEqual(
      seen.map(([name]) => name),
      ['b', 'c'],
    );
    assert.deepEqual(seen[0]?.[1], {
      a: { by: 'a' },
      inner: { by: 'both.x.inner' },
      seen: { by: 'a' },
      n: 1,
      before: { x: { by: 'both.x.inner' } },
    });
  });
});
