import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Json } from '../../kit/json.ts';
import type { LocalFunction, LocalTask } from '../engine.ts';
import { call, leftovers, makeEngine, type Node, type NodeOptions, restarted, workspace } from '../make-engine.ts';

const one = `steps:\n  - {name: a, ${call}}`;

async function running(run: LocalFunction, spec = one, options: NodeOptions = {}): Promise<{ node: Node; id: string }> {
  const node = await makeEngine(options);
  node.engine.local.register(workspace, 'e', 'f', run);
  await node.deploy(spec);
  const id = await node.start({ x: 1 });
  await node.clock.settle();
  return { node, id };
}

const never = (): Promise<never> => new Promise(() => undefined);

describe('a function in this process', () => {
  test('gets its input and what it needs to know, and its result moves the execution', async () => {
    let seen: [Json, LocalTask] | undefined;
    const { node, id } = await running((input, task) => {
      seen = [input, task];
      return { y: 2 };
    });
    assert.ok(seen);
    const [input, task] = seen;
    assert.deepEqual(input, { x: 1 });
    assert.deepEqual(
      [task.executionId, task.step, task.attempt, task.idempotencyKey, task.deadlineAt],
      [id, 'a', 1, `${id}/a#1`, undefined],
    );
    assert.deepEqual([await node.status(id), JSON.stringify((await node.state(id)).output)], ['completed', '{"y":2}']);
    assert.equal(node.disk.tasks.size, 0);
    assert.deepEqual(leftovers(node, id), []);
  });

  test('may answer by a promise, of whatever kind', async () => {
    const query = { then: (done: (rows: number) => void) => done(7) };
    for (const run of [async () => 7, () => query]) {
      const { node, id } = await running(run);
      assert.equal((await node.state(id)).steps.get('a')?.output, 7);
    }
  });

  test('that throws or rejects fails its attempt, with its code, details and retryable', async () => {
    const refusal = Object.assign(new Error('no money'), { code: 'DECLINED', details: { sum: 5 }, retryable: false });
    for (const run of [() => assert.fail(refusal), () => Promise.reject(refusal)]) {
      const { node, id } = await running(run, `steps:\n  - {name: a, ${call}, retry_config: {max_attempts: 3}}`);
      const { error } = await node.state(id);
      assert.deepEqual([error?.code, error?.message, error?.details], ['DECLINED', 'no money', { sum: 5 }]);
    }
  });

  test('that throws something else fails with EXECUTOR_ERROR', async () => {
    const thrown =
      (value: unknown): LocalFunction =>
      () =>
        Promise.reject(value);
    for (const value of ['text', Object.assign(new Error('bad\u0000'), { code: 5, details: () => 1 })]) {
      const { node, id } = await running(thrown(value));
      assert.equal((await node.state(id)).error?.code, 'EXECUTOR_ERROR');
      assert.equal((await node.state(id)).error?.details, undefined);
    }
  });

  test('may give and throw what cannot be read: its attempt fails, and nothing else', async () => {
    const unreadable = Object.defineProperty({}, 'a', { enumerable: true, get: () => assert.fail('a getter') });
    const { proxy, revoke } = Proxy.revocable({}, {});
    revoke();
    const given: readonly unknown[] = [unreadable, [unreadable], [proxy]];
    for (const value of given) {
      for (const run of [() => value, async () => value]) {
        const { node, id } = await running(run);
        assert.equal((await node.state(id)).error?.code, 'OUTPUT_INVALID');
      }
    }
    const strange = [Object.create(null), proxy, Object.assign(new Error(), { message: { text: 'no text' } }), 'a\0b'];
    for (const value of [...strange, Object.assign(new Error(), { details: unreadable })]) {
      const throwing = (): never => {
        throw value;
      };
      for (const run of [async () => throwing(), throwing]) {
        const { node, id } = await running(run);
        const { error } = await node.state(id);
        assert.deepEqual([error?.code, error?.message.includes('\0')], ['EXECUTOR_ERROR', false]);
      }
    }
  });

  test('cannot change what the journal says by changing its input or its result', async () => {
    const result = { list: [1] };
    const { node, id } = await running((input) => {
      Object.assign(input as object, { x: 'changed' });
      return result;
    }, `${one}\n  - {name: w, type: wait, signal: go}`);
    result.list.push(2);
    const state = await node.state(id);
    assert.deepEqual([state.input, state.steps.get('a')?.output], [{ x: 1 }, { list: [1] }]);
  });

  test('that gives nothing gives null, and members that are undefined are not there', async () => {
    assert.equal((await running(() => undefined).then(({ node, id }) => node.state(id))).steps.get('a')?.output, null);
    const { node, id } = await running(() => ({ a: undefined, b: 1, ['__proto__']: 2 }));
    const output = (await node.state(id)).steps.get('a')?.output;
    assert.deepEqual(Object.keys(output as object).sort(), ['__proto__', 'b']);
  });

  test('whose result is no JSON fails with OUTPUT_INVALID, which says where', async () => {
    const deep = (depth: number): unknown => (depth === 0 ? 1 : [deep(depth - 1)]);
    const results = [
      () => 1,
      5n,
      { at: new Date() },
      { m: new Map() },
      Number.NaN,
      [undefined],
      new Array(2),
      deep(70),
      Symbol('s'),
    ];
    for (const result of results) {
      const { node, id } = await running(() => result);
      const { error } = await node.state(id);
      assert.equal(error?.code, 'OUTPUT_INVALID', String(error?.message));
    }
    const { node, id } = await running(() => ({ at: new Date() }));
    assert.match((await node.state(id)).error?.message ?? '', /\/at is a Date/);
  });

  test('past its timeout is told to stop, and its late result is not taken', async () => {
    let deadlineAt: number | undefined;
    let finish: (value: unknown) => void = () => undefined;
    let signal: AbortSignal | undefined;
    const { node, id } = await running((_input, task) => {
      signal = task.signal;
      deadlineAt = task.deadlineAt;
      return new Promise((resolve) => {
        finish = resolve;
      });
    }, `steps:\n  - {name: a, ${call}, timeout: 5s}`);
    assert.deepEqual([signal?.aborted, deadlineAt], [false, node.clock.nowMs() + 5_000]);
    await node.clock.advance(5_600);
    assert.deepEqual([signal?.aborted, (await node.state(id)).error?.code], [true, 'TIMEOUT']);
    finish({ late: true });
    await node.clock.settle();
    assert.equal(await node.status(id), 'failed');
  });

  test('of a cancelled execution is told to stop', async () => {
    let signal: AbortSignal | undefined;
    const { node, id } = await running((_input, task) => {
      signal = task.signal;
      return never();
    });
    await node.operate(id, { type: 'cancel' });
    assert.deepEqual([signal?.aborted, await node.status(id)], [true, 'cancelled']);
  });

  test('asked back for compensation settles by its result, or counts as unknown after the grace', async () => {
    const spec = `steps:\n  - {name: a, ${call}, compensate: {executor: e, function: undo}}`;
    for (const isStubborn of [false, true]) {
      const undone: Json[] = [];
      const node = await makeEngine();
      node.engine.local.register(workspace, 'e', 'undo', () => undone.push('undo'));
      node.engine.local.register(workspace, 'e', 'f', (_input, { signal }) =>
        isStubborn
          ? never()
          : new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason))),
      );
      await node.deploy(spec);
      const id = await node.start();
      await node.operate(id, { type: 'cancel' });
      await node.clock.advance(isStubborn ? 31_000 : 10);
      assert.deepEqual([await node.status(id), undone.length], ['cancelled', isStubborn ? 1 : 0]);
    }
  });

  test('runs once, also where the execution is paused and goes on meanwhile', async () => {
    let calls = 0;
    let finish: (value: unknown) => void = () => undefined;
    const { node, id } = await running(() => {
      calls += 1;
      return new Promise((resolve) => (finish = resolve));
    });
    await node.operate(id, { type: 'pause' });
    await node.operate(id, { type: 'resume' });
    await node.clock.advance(60_000);
    finish({});
    await node.clock.settle();
    assert.deepEqual([calls, await node.status(id)], [1, 'completed']);
  });

  test('registered late takes over the tasks that wait for it', async () => {
    const node = await makeEngine();
    await node.deploy(`${one}\n  - {name: b, type: function, executor: e, function: g}`);
    const ids = [await node.start({ n: 1 }), await node.start({ n: 2 })];
    node.engine.local.register(workspace, 'e', 'f', (input) => input);
    node.engine.local.register(workspace, 'e', 'g', () => Promise.reject(new Error('no')));
    await node.clock.settle();
    for (const id of ids) {
      const state = await node.state(id);
      assert.deepEqual([state.status, state.error?.code], ['failed', 'EXECUTOR_ERROR']);
      assert.deepEqual(state.steps.get('a')?.output, state.input);
      assert.deepEqual(leftovers(node, id), []);
    }
  });

  test('is brought back after the grace where its result could not be written', async () => {
    let calls = 0;
    const node = await makeEngine();
    node.engine.local.register(workspace, 'e', 'f', async () => {
      calls += 1;
      if (calls === 1) node.fates.push('refused', 'refused', 'refused');
      return calls;
    });
    await node.deploy(one);
    const id = await node.start();
    await node.clock.advance(32_000);
    assert.deepEqual([calls, await node.status(id)], [2, 'completed']);
  });

  test('registered late is called again where another process had the task and its own result was lost', async () => {
    const before = await makeEngine();
    await before.deploy(one);
    const id = await before.start();
    await before.claimOne();
    let calls = 0;
    const node = await restarted(before);
    node.engine.local.register(workspace, 'e', 'f', async () => {
      calls += 1;
      if (calls === 1) node.fates.push('refused', 'refused', 'refused');
      return calls;
    });
    await node.clock.advance(70_000);
    assert.deepEqual([calls, await node.status(id), leftovers(node, id)], [2, 'completed', []]);
  });
});
