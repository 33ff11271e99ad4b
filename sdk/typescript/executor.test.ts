import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { createExecutor, type Task } from './executor.ts';
import { numbered, openTestExecutors, type TestExecutors } from './test-executors.ts';
import { until } from './test-platform.ts';

describe('an executor', () => {
  let subject: TestExecutors;
  let platform: TestExecutors['platform'];
  const make: TestExecutors['make'] = (options) => subject.make(options);

  beforeEach(async () => {
    subject = await openTestExecutors();
    platform = subject.platform;
  });
  afterEach(() => subject.close());

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
    platform.add('shop', 'f', numbered(20));
    await until(() => platform.results.length === 20, 'all results');
    const claims = platform.calledPaths('/api/v1/tasks/claim').length;
    assert.ok(claims <= 3, `${claims} separate claims`);
  });

  it('never runs more functions at once than its concurrency', async () => {
    let now = 0;
    let most = 0;
    let isFull: () => void;
    const full = new Promise<void>((resolve) => {
      isFull = resolve;
    });
    await make({ concurrency: 3 })
      .register('f', async () => {
        now += 1;
        most = Math.max(most, now);
        if (now === 3) isFull();
        // However slow the machine: nobody goes before all three are there.
        await full;
        await new Promise((resolve) => setTimeout(resolve, 2));
        now -= 1;
      })
      .start();
    platform.add('shop', 'f', numbered(40));
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

  it('gives null for a function that returns nothing', async () => {
    await make()
      .register('f', () => undefined)
      .start();
    platform.add('shop', 'f', [{ id: 't1' }]);
    await until(() => platform.results.length === 1, 'the result');
    assert.equal((platform.results[0] as { output: unknown }).output, null);
  });

  it('fails a task of a function that it does not have', async () => {
    await make()
      .register('f', () => null)
      .start();
    platform.add('shop', 'g', [{ id: 't1' }]);
    await until(() => platform.results.length === 1, 'the result');
    assert.equal((platform.results[0] as { error: { code: string } }).error.code, 'FUNCTION_NOT_REGISTERED');
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
