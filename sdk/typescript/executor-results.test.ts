import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { NonRetryable } from './executor.ts';
import type { WireResult } from './task.ts';
import { numbered, openTestExecutors, type TestExecutors } from './test-executors.ts';
import { until } from './test-platform.ts';

describe('the results of an executor', () => {
  let subject: TestExecutors;
  let platform: TestExecutors['platform'];
  const make: TestExecutors['make'] = (options) => subject.make(options);

  beforeEach(async () => {
    subject = await openTestExecutors();
    platform = subject.platform;
  });
  afterEach(() => subject.close());

  it('sends a result again when the answer to it was lost, and does the work once', async () => {
    let runs = 0;
    let lost = 0;
    platform.onCall = (call) => {
      if (call.path !== '/api/v1/tasks/complete' || lost > 0) return undefined;
      lost += 1;
      return 'lose';
    };
    await make()
      .register('f', () => {
        runs += 1;
      })
      .start();
    platform.add('shop', 'f', [{ id: 't1' }]);
    await until(() => subject.problemCodes().includes('STALE_LEASE'), 'the repeat');
    assert.equal(runs, 1);
    assert.equal(platform.results.length, 1);
    assert.deepEqual(subject.problemCodes(), ['UNREACHABLE', 'STALE_LEASE']);
  });

  it('keeps a result through 503 and 429 until it is taken', async () => {
    const answers = [
      { status: 503, body: { code: 'SHUTTING_DOWN' } },
      { status: 429, headers: { 'retry-after': '0' } },
    ];
    platform.onCall = (call) => (call.path === '/api/v1/tasks/complete' ? answers.shift() : undefined);
    await make()
      .register('f', () => 'kept')
      .start();
    platform.add('shop', 'f', [{ id: 't1' }]);
    await until(() => platform.results.length === 1, 'the result');
    assert.equal(platform.calledPaths('/api/v1/tasks/complete').length, 3);
  });

  it('waits as long as Retry-After says', async () => {
    const sentAt: number[] = [];
    platform.onCall = (call) => {
      if (call.path !== '/api/v1/tasks/complete') return undefined;
      sentAt.push(performance.now());
      return sentAt.length === 1 ? { status: 429, headers: { 'retry-after': '0.3' } } : undefined;
    };
    await make()
      .register('f', () => null)
      .start();
    platform.add('shop', 'f', [{ id: 't1' }]);
    await until(() => platform.results.length === 1, 'the result');
    assert.ok((sentAt[1] ?? 0) - (sentAt[0] ?? 0) >= 295);
  });

  it('reports a result whose lease another worker took, and goes on', async () => {
    await make()
      .register('f', (input) => {
        if (input === 'slow') platform.expireLeases();
        return input;
      })
      .start();
    platform.add('shop', 'f', [{ id: 't1', input: 'slow' }]);
    await until(() => subject.problemCodes().includes('STALE_LEASE'), 'the report');
    platform.add('shop', 'f', [{ id: 't2', input: 'next' }]);
    await until(() => platform.results.length === 1, 'the next result');
  });

  it('sends results that a refused batch held one by one, and the one at fault as OUTPUT_INVALID', async () => {
    const isBad = (result: WireResult) => result.status === 'completed' && result.output === 3;
    platform.onCall = (call) =>
      call.path === '/api/v1/tasks/complete' && call.body.results.some(isBad)
        ? { status: 422, body: { code: 'BODY_INVALID', detail: 'no threes' } }
        : undefined;
    await make({ concurrency: 8, lanes: 1 })
      .register('f', (input) => input)
      .start();
    platform.add('shop', 'f', numbered(8));
    await until(() => platform.results.length === 8, 'all results');
    const refused = platform.results.filter((result) => result.status === 'failed');
    assert.deepEqual(
      refused.map((result) => [result.task_id, result.error.code]),
      [['t3', 'OUTPUT_INVALID']],
    );
  });

  it('tells what a function threw: its code, its details, and whether another attempt may help', async () => {
    const cyclic: Record<string, unknown> = {};
    cyclic['self'] = cyclic;
    const throwing: Record<string, () => unknown> = {
      plain: () => {
        throw new Error('boom');
      },
      coded: () => {
        throw Object.assign(new Error('no money'), { code: 'CARD_DECLINED', details: { left: 3 } });
      },
      final: async () => {
        throw new NonRetryable('never', { code: 'GONE' });
      },
      flagged: () => {
        throw Object.assign(new Error('no'), { retryable: false, code: 7 });
      },
      text: () => {
        throw 'words';
      },
      cyclic: () => cyclic,
      infinite: () => ({ a: [1, Number.POSITIVE_INFINITY] }),
      big: () => 12n,
    };
    const executor = make();
    for (const [name, run] of Object.entries(throwing)) executor.register(name, run);
    await executor.start();
    for (const name of Object.keys(throwing)) platform.add('shop', name, [{ id: name }]);
    await until(() => platform.results.length === 8, 'all results');
    const errors = Object.fromEntries(
      platform.results.map((result) => [result.task_id, result.status === 'failed' ? result.error : undefined]),
    );
    assert.deepEqual(errors['plain'], { code: 'EXECUTOR_ERROR', message: 'boom', retryable: true });
    assert.deepEqual(errors['coded'], {
      code: 'CARD_DECLINED',
      message: 'no money',
      retryable: true,
      details: { left: 3 },
    });
    assert.deepEqual(errors['final'], { code: 'GONE', message: 'never', retryable: false });
    assert.deepEqual(errors['flagged'], { code: 'EXECUTOR_ERROR', message: 'no', retryable: false });
    assert.equal(errors['text']?.message, 'words');
    assert.equal(errors['cyclic']?.code, 'OUTPUT_INVALID');
    assert.match(errors['infinite']?.message ?? '', /\$\.a\[1\] is Infinity/);
    assert.equal(errors['big']?.code, 'OUTPUT_INVALID');
  });

  it('goes on where what a function gives or throws cannot be read', async () => {
    const unreadable = Object.defineProperty({}, 'a', { enumerable: true, get: () => assert.fail('a getter') });
    const cyclic: Record<string, unknown> = Object.create(null);
    cyclic['self'] = cyclic;
    const given = { getter: unreadable, unwritten: { toJSON: () => assert.fail('no') }, large: { toJSON: () => 1n } };
    const thrown = { cyclic, message: Object.assign(new Error(), { message: {} }), getter: unreadable };
    const executor = make();
    for (const [name, value] of Object.entries(given)) executor.register(`give-${name}`, () => ({ inner: value }));
    for (const [name, value] of Object.entries(thrown)) {
      executor.register(`throw-${name}`, () => {
        throw value;
      });
    }
    executor.register('throw-details', () => {
      throw Object.assign(new Error('told'), { details: unreadable });
    });
    await executor.start();
    const names = [
      ...Object.keys(given).map((name) => `give-${name}`),
      ...Object.keys(thrown).map((name) => `throw-${name}`),
      'throw-details',
    ];
    for (const name of names) platform.add('shop', name, [{ id: name }]);
    await until(() => platform.results.length === names.length, 'all results');
    for (const result of platform.results) {
      const error = result.status === 'failed' ? result.error : undefined;
      assert.equal(
        error?.code,
        result.task_id.startsWith('give-') ? 'OUTPUT_INVALID' : 'EXECUTOR_ERROR',
        result.task_id,
      );
      assert.equal(error?.details, undefined);
    }
  });

  it('sends what was given, whatever becomes of it after that', async () => {
    const counted = { runs: 0 };
    let isDown = true;
    platform.onCall = (call) => (isDown && call.path === '/api/v1/tasks/complete' ? { status: 503 } : undefined);
    await make()
      .register('count', () => {
        counted.runs += 1;
        return counted;
      })
      .start();
    platform.add('shop', 'count', numbered(3));
    await until(() => counted.runs === 3, 'three runs');
    isDown = false;
    await until(() => platform.results.length === 3, 'the results');
    const outputs = platform.results.map((result) => (result.status === 'completed' ? result.output : undefined));
    assert.deepEqual(outputs, [{ runs: 1 }, { runs: 2 }, { runs: 3 }]);
  });

  it('takes up work by itself when the server comes back', async () => {
    let isDown = true;
    platform.onCall = () => (isDown ? { status: 503 } : undefined);
    await make()
      .register('f', () => 1)
      .start();
    platform.add('shop', 'f', [{ id: 't1' }]);
    await until(() => subject.problems.length > 0, 'the first failure');
    isDown = false;
    await until(() => platform.results.length === 1, 'the result');
  });

  it('loses nothing of ten thousand tasks on a server that drops every seventh answer', async () => {
    let count = 0;
    platform.onCall = (call) => {
      count += 1;
      return call.path === '/api/v1/tasks/complete' && count % 7 === 0 ? 'lose' : undefined;
    };
    const ran = new Map<string, number>();
    await make({ concurrency: 400 })
      .register('f', (_, task) => {
        ran.set(task.id, (ran.get(task.id) ?? 0) + 1);
      })
      .start();
    platform.add('shop', 'f', numbered(10_000));
    // A lost answer loses the tasks claimed in it too; their leases are what brings them back, so only results count.
    await until(() => platform.results.length >= 6_000, 'results');
    assert.ok([...ran.values()].every((times) => times === 1));
    assert.equal(new Set(platform.results.map((result) => result.task_id)).size, platform.results.length);
  });
});
