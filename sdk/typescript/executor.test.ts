import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { createExecutor, type Executor, type ExecutorOptions, NonRetryable, type Task } from './executor.ts';
import type { WireResult } from './task.ts';
import { TestPlatform, until } from './test-platform.ts';

describe('executor', () => {
  let platform: TestPlatform;
  let problems: unknown[];
  const started: Executor[] = [];

  const make = (options: Partial<ExecutorOptions> = {}): Executor => {
    const executor = createExecutor({
      server: platform.url,
      name: 'shop',
      token: 'mf_secret',
      report: (problem) => problems.push(problem),
      ...options,
    });
    started.push(executor);
    return executor;
  };
  const tasks = (count: number) => Array.from({ length: count }, (_, index) => ({ id: `t${index}`, input: index }));
  const problemCodes = () => problems.map((problem) => (problem as { code: string }).code);

  beforeEach(async () => {
    platform = await TestPlatform.open();
    problems = [];
  });
  afterEach(async () => {
    await Promise.all(started.splice(0).map((executor) => executor.stop({ deadlineMs: 0 })));
    await platform.close();
  });

  it('does a task and delivers what its function returned', async () => {
    const seen: Task[] = [];
    const executor = make().register('double', (input: number, task) => {
      seen.push(task);
      return { twice: input * 2 };
    });
    await executor.start();
    platform.add('shop', 'double', [{ id: 't1', input: 21, deadlineMs: 60_000 }]);
    await until(() => platform.results.length === 1, 'the result');
    assert.deepEqual(platform.results[0], {
      task_id: 't1',
      lease_token: 'lease_1',
      status: 'completed',
      output: { twice: 42 },
    });
    const [task] = seen;
    assert.equal(task?.idempotencyKey, 'key_t1');
    assert.equal(task?.attempt, 1);
    assert.ok(task?.deadline instanceof Date);
    assert.match(task?.traceparent ?? '', /^00-/);
    const claim = platform.calledPaths('/api/v1/tasks/claim')[0];
    assert.equal(claim?.headers.authorization, 'Bearer mf_secret');
    assert.deepEqual(claim?.body.functions, ['double']);
  });

  it('claims again in the call that completes', async () => {
    await make({ concurrency: 1 })
      .register('f', () => null)
      .start();
    platform.add('shop', 'f', tasks(20));
    await until(() => platform.results.length === 20, 'all results');
    const claims = platform.calledPaths('/api/v1/tasks/claim').length;
    assert.ok(claims <= 3, `${claims} separate claims`);
  });

  it('never runs more functions at once than its concurrency', async () => {
    let now = 0;
    let most = 0;
    await make({ concurrency: 3 })
      .register('f', async () => {
        now += 1;
        most = Math.max(most, now);
        await new Promise((resolve) => setTimeout(resolve, 2));
        now -= 1;
      })
      .start();
    platform.add('shop', 'f', tasks(40));
    await until(() => platform.results.length === 40, 'all results');
    assert.equal(most, 3);
  });

  it('serves several names, and its name without "-executor", even one at a time', async () => {
    await make({ name: 'user-service-executor', concurrency: 1 })
      .register('f', () => 1)
      .start();
    platform.add('user-service', 'f', [{ id: 'a' }]);
    platform.add('user-service-executor', 'f', [{ id: 'b' }]);
    await until(() => platform.results.length === 2, 'both results');
  });

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
    await until(() => problemCodes().includes('STALE_LEASE'), 'the repeat');
    assert.equal(runs, 1);
    assert.equal(platform.results.length, 1);
    assert.deepEqual(problemCodes(), ['UNREACHABLE', 'STALE_LEASE']);
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
    await until(() => problemCodes().includes('STALE_LEASE'), 'the report');
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
    platform.add('shop', 'f', tasks(8));
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

  it('gives null for a function that returns nothing', async () => {
    await make()
      .register('f', () => undefined)
      .start();
    platform.add('shop', 'f', [{ id: 't1' }]);
    await until(() => platform.results.length === 1, 'the result');
    assert.equal((platform.results[0] as { output: unknown }).output, null);
  });

  it('keeps the lease of a long task with heartbeats and shows its progress', async () => {
    platform.leaseMs = 90;
    let release: () => void = () => undefined;
    await make()
      .register('f', async (_, task) => {
        task.progress({ percent: 50 });
        await new Promise<void>((resolve) => {
          release = resolve;
        });
        return 'done';
      })
      .start();
    platform.add('shop', 'f', [{ id: 't1' }]);
    await until(() => platform.calledPaths('/api/v1/tasks/heartbeat').length >= 4, 'heartbeats');
    const progress = platform.calledPaths('/api/v1/tasks/heartbeat').map((call) => call.body.tasks[0]?.progress);
    assert.deepEqual(progress[0], { percent: 50 });
    assert.equal(progress[1], undefined);
    release();
    await until(() => platform.results.length === 1, 'the result');
    const beats = platform.calledPaths('/api/v1/tasks/heartbeat').length;
    await new Promise((resolve) => setTimeout(resolve, 50));
    assert.equal(platform.calledPaths('/api/v1/tasks/heartbeat').length, beats, 'no beats for a delivered task');
  });

  it('shows what was told while a heartbeat was under way with the next one', async () => {
    platform.leaseMs = 90;
    let tell: (progress: unknown) => void = () => undefined;
    platform.onCall = ({ path, body }) => {
      if (path === '/api/v1/tasks/heartbeat' && body.tasks[0]?.progress === 'first') tell('second');
      return undefined;
    };
    await make()
      .register('f', (_, task) => {
        tell = (progress) => task.progress(progress);
        tell('first');
        return new Promise((resolve) => task.signal.addEventListener('abort', resolve));
      })
      .start();
    platform.add('shop', 'f', [{ id: 't1' }]);
    const told = () => platform.calledPaths('/api/v1/tasks/heartbeat').map((call) => call.body.tasks[0]?.progress);
    await until(() => told().includes('second'), 'the second progress');
    platform.cancelled.add('t1');
  });

  it('tells a function at once whose progress the platform would refuse', async () => {
    const refusals: unknown[] = [];
    await make()
      .register('f', (_, task) => {
        task.progress('x'.repeat(4_094));
        for (const progress of ['x'.repeat(4_095), 'ü'.repeat(2_048), undefined, 1n, () => 1]) {
          try {
            task.progress(progress);
          } catch (error) {
            refusals.push(error);
          }
        }
        return refusals.map((error) => (error as Error).message);
      })
      .start();
    platform.add('shop', 'f', [{ id: 't1' }]);
    await until(() => platform.results.length === 1, 'the result');
    const { output } = platform.results[0] as { output: string[] };
    assert.equal(output.length, 5);
    for (const message of output) assert.match(message, /^progress .* (4096 bytes|JSON)/);
  });

  it('aborts the signal of a task that was cancelled', async () => {
    platform.leaseMs = 60;
    let reason: unknown;
    await make()
      .register('f', (_, task) => {
        platform.cancelled.add(task.id);
        return new Promise((_resolve, reject) => {
          task.signal.addEventListener('abort', () => {
            reason = task.signal.reason;
            reject(task.signal.reason);
          });
        });
      })
      .start();
    platform.add('shop', 'f', [{ id: 't1' }]);
    await until(() => platform.results.length === 1, 'the result');
    assert.equal((reason as { code: string }).code, 'CANCELLED');
    assert.deepEqual((platform.results[0] as { error: { retryable: boolean } }).error.retryable, false);
  });

  it('aborts the signal when the lease runs out because the server is gone', async () => {
    platform.leaseMs = 60;
    platform.onCall = (call) => (call.path === '/api/v1/tasks/heartbeat' ? 'hang' : undefined);
    let aborted = false;
    await make()
      .register('f', (_, task) => {
        return new Promise((resolve) => {
          task.signal.addEventListener('abort', () => {
            aborted = true;
            resolve(null);
          });
        });
      })
      .start();
    platform.add('shop', 'f', [{ id: 't1' }]);
    await until(() => aborted, 'the abort');
  });

  it('fails a task with TIMEOUT at its deadline, whatever its function does', async () => {
    await make()
      .register('f', () => new Promise(() => undefined))
      .start();
    platform.add('shop', 'f', [{ id: 't1', deadlineMs: 40 }]);
    await until(() => platform.results.length === 1, 'the result');
    assert.equal((platform.results[0] as { error: { code: string } }).error.code, 'TIMEOUT');
  });

  it('bounds every function by its own timeout', async () => {
    await make({ timeout: '20ms' })
      .register('f', () => new Promise(() => undefined))
      .start();
    platform.add('shop', 'f', [{ id: 't1' }]);
    await until(() => platform.results.length === 1, 'the result');
    assert.equal((platform.results[0] as { error: { code: string } }).error.code, 'TIMEOUT');
  });

  it('fails a task of a function that it does not have', async () => {
    await make()
      .register('f', () => null)
      .start();
    platform.add('shop', 'g', [{ id: 't1' }]);
    await until(() => platform.results.length === 1, 'the result');
    assert.equal((platform.results[0] as { error: { code: string } }).error.code, 'FUNCTION_NOT_REGISTERED');
  });

  it('stops gracefully: claims no more, lets the work end and delivers it', async () => {
    let release: () => void = () => undefined;
    const executor = make({ concurrency: 1 }).register(
      'f',
      () =>
        new Promise<string>((resolve) => {
          release = () => resolve('in time');
        }),
    );
    await executor.start();
    platform.add('shop', 'f', [{ id: 't1' }, { id: 't2' }]);
    await until(() => executor.state().tasks === 1, 'the task');
    const stopped = executor.stop({ deadlineMs: 1_000 });
    setTimeout(() => release(), 10);
    assert.deepEqual(await stopped, { handedBack: 0, undelivered: 0 });
    assert.deepEqual(
      platform.results.map((result) => result.task_id),
      ['t1'],
    );
    assert.equal(executor.state().isRunning, false);
  });

  it('hands back at the deadline what still runs, aborts it, and forgets its result', async () => {
    let reason: unknown;
    const executor = make({ concurrency: 2 }).register('f', async (_, task) => {
      await new Promise((resolve) => task.signal.addEventListener('abort', resolve));
      reason = task.signal.reason;
      return 'too late';
    });
    await executor.start();
    platform.add('shop', 'f', [{ id: 't1' }, { id: 't2' }]);
    await until(() => executor.state().tasks === 2, 'the tasks');
    assert.deepEqual(await executor.stop({ deadlineMs: 20 }), { handedBack: 2, undelivered: 0 });
    assert.deepEqual([...platform.released].sort(), ['t1', 't2']);
    assert.equal((reason as { code: string }).code, 'STOPPING');
    assert.equal(platform.results.length, 0);
  });

  it('says how many results it could not deliver before it stopped', async () => {
    platform.onCall = (call) => (call.path === '/api/v1/tasks/complete' ? { status: 503 } : undefined);
    const executor = make().register('f', () => 1);
    await executor.start();
    platform.add('shop', 'f', [{ id: 't1' }]);
    await until(() => platform.calledPaths('/api/v1/tasks/complete').length > 0, 'the delivery');
    assert.deepEqual(await executor.stop({ deadlineMs: 0 }), { handedBack: 0, undelivered: 1 });
  });

  it('takes up work by itself when the server comes back', async () => {
    let isDown = true;
    platform.onCall = () => (isDown ? { status: 503 } : undefined);
    await make()
      .register('f', () => 1)
      .start();
    platform.add('shop', 'f', [{ id: 't1' }]);
    await until(() => problems.length > 0, 'the first failure');
    isDown = false;
    await until(() => platform.results.length === 1, 'the result');
  });

  it('does not ask in a tight loop when the server never waits', async () => {
    platform.onCall = (call) =>
      call.path === '/api/v1/tasks/claim' ? { status: 200, body: { tasks: [] } } : undefined;
    await make()
      .register('f', () => 1)
      .start();
    await new Promise((resolve) => setTimeout(resolve, 50));
    assert.ok(platform.calls.length <= 2, `${platform.calls.length} claims`);
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
    platform.add('shop', 'f', tasks(10_000));
    // A lost answer loses the tasks claimed in it too; their leases are what brings them back, so only results count.
    await until(() => platform.results.length >= 6_000, 'results');
    assert.ok([...ran.values()].every((times) => times === 1));
    assert.equal(new Set(platform.results.map((result) => result.task_id)).size, platform.results.length);
  });

  it('refuses options that cannot be right, and a start without functions or twice', async () => {
    assert.throws(() => createExecutor({ server: 'localhost:8080' }), /server address/);
    await assert.rejects(make().start(), /no functions/);
    const run = () => null;
    await assert.rejects(make({ concurrency: 0 }).register('f', run).start(), /concurrency/);
    await assert.rejects(make({ wait: 'soon' }).register('f', run).start(), /duration/);
    await assert.rejects(make({ name: '' }).register('f', run).start(), /name/);
    const executor = make().register('f', run);
    await executor.start();
    await assert.rejects(executor.start(), /before/);
  });
});
