import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { openTestExecutors, type TestExecutors } from './test-executors.ts';
import { until } from './test-platform.ts';

describe('an executor that stops', () => {
  let subject: TestExecutors;
  let platform: TestExecutors['platform'];
  const make: TestExecutors['make'] = (options) => subject.make(options);

  beforeEach(async () => {
    subject = await openTestExecutors();
    platform = subject.platform;
  });
  afterEach(() => subject.close());

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
});
