import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { openTestExecutors, type TestExecutors } from './test-executors.ts';
import { until } from './test-platform.ts';

describe('the leases of an executor', () => {
  let subject: TestExecutors;
  let platform: TestExecutors['platform'];
  const make: TestExecutors['make'] = (options) => subject.make(options);

  beforeEach(async () => {
    subject = await openTestExecutors();
    platform = subject.platform;
  });
  afterEach(() => subject.close());

  it('keeps the lease of a long task with heartbeats and shows its progress', async () => {
    platform.leaseMs = 900;
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
    platform.leaseMs = 900;
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
});
