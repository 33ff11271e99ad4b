import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { openVirtualClock } from '../../test/support/virtual-clock.ts';
import type { ExecutionEvent } from '../core/events.ts';
import { openEstimates } from './executions/estimates.ts';
import { openWatchers } from './executions/watchers.ts';
import { readyTasksMax } from './limits.ts';
import { decodeEvents, encodeEvents, largeHashes } from './moves/codec.ts';
import { copyJson, findUnstorableText } from './moves/storable.ts';
import { openTimers } from './recovery/timers.ts';
import { openReadyQueue } from './tasks/ready-queue.ts';
import { parseTaskId, taskIdOf } from './tasks/task-id.ts';

describe('the text of a record', () => {
  const completed = (output: string): ExecutionEvent => ({ type: 'step.completed', step: 'a', output });

  test('keeps a large value once, however often it stands there', () => {
    const large = 'x'.repeat(20_000);
    const events = [completed(large), completed('small'), completed(large)];
    const { text, values } = encodeEvents(events);
    assert.deepEqual([values.length, text.length < 1_000], [1, true]);
    const hashes = largeHashes(text);
    assert.equal(new Set(hashes).size, 1);
    const kept = new Map(values.map((value) => [value.hash, value.text]));
    assert.deepEqual(decodeEvents(text, kept), events);
  });

  test('does not take a user’s own member called large for a reference', () => {
    const events = [{ type: 'step.completed', step: 'a', output: { large: { output: 'hash' } } }] as const;
    const { text, values } = encodeEvents(events);
    assert.deepEqual([values, largeHashes(text), decodeEvents(text, new Map())], [[], [], events]);
  });
});

describe('the heap of timers', () => {
  test('rings each at its time, in order, and nothing after it is closed', async () => {
    const clock = openVirtualClock();
    const timers = openTimers(clock);
    const rung: number[] = [];
    const start = clock.nowMs();
    for (const delay of [50, 10, 40, 20, 30, 10, 60]) timers.add(start + delay, () => rung.push(clock.nowMs() - start));
    assert.equal(timers.size(), 7);
    await clock.advance(50);
    assert.deepEqual(rung, [10, 10, 20, 30, 40, 50]);
    timers.close();
    await clock.advance(50);
    assert.deepEqual([rung.length, timers.size()], [6, 0]);
  });
});

describe('the queue of ready tasks', () => {
  const task = (taskId: string, rank = 4) => ({ taskId, executionId: 'e', attempt: 'a#1/1', function: taskId, rank });

  test('is bounded, and says so', () => {
    const queue = openReadyQueue();
    queue.isComplete = true;
    for (let index = 0; index < readyTasksMax; index += 1) assert.equal(queue.add(task(`t${index}`)), true);
    assert.equal(queue.add(task('t0')), true);
    assert.deepEqual([queue.add(task('more')), queue.isComplete, queue.size()], [false, false, readyTasksMax]);
  });

  test('gives by rank, then by age, only what fits', () => {
    const queue = openReadyQueue();
    for (const [id, rank] of [
      ['late', 9],
      ['b', 4],
      ['a', 4],
      ['first', 0],
    ] as const)
      queue.add(task(id, rank));
    queue.remove('a');
    queue.remove('unknown');
    assert.equal(
      queue.has((each) => each.function === 'late'),
      true,
    );
    assert.deepEqual(
      queue.take(2, (each) => each.function !== 'b').map((each) => each.taskId),
      ['first', 'late'],
    );
    assert.deepEqual([queue.size(), queue.has((each) => each.function === 'late')], [1, false]);
  });
});

describe('small parts', () => {
  test('a task id names its attempt, and a text that is none is no task', () => {
    const id = taskIdOf('exec_1', 'p.one.a#3/2');
    assert.deepEqual(parseTaskId(id), {
      executionId: 'exec_1',
      id: 'p.one.a#3/2',
      step: 'p.one.a',
      visit: 3,
      attempt: 2,
    });
    for (const text of ['', 'exec_1', 'exec_1/a', 'exec_1/a#1', 'exec_1/a#x/1', 'a/b/c#1/1'])
      assert.equal(parseTaskId(text), undefined);
  });

  test('watchers are forgotten when they stop', () => {
    const watchers = openWatchers();
    const heard: string[] = [];
    const stops = ['a', 'b'].map((name) => watchers.add('e', () => heard.push(name)));
    watchers.notify('e', 1, false);
    watchers.notify('other', 1, false);
    for (const stop of stops) stop();
    watchers.notify('e', 2, true);
    assert.deepEqual([heard, watchers.size()], [['a', 'b'], 0]);
  });

  test('an estimate is the median of past runs of a workflow', () => {
    const estimates = openEstimates();
    assert.equal(estimates.typicalMs('w', 'flow'), undefined);
    for (const durationMs of [9, 1, 1, 1, 1, 5, 5, 5, 5, 100]) estimates.record('w', 'flow', durationMs);
    assert.deepEqual([estimates.typicalMs('w', 'flow'), estimates.typicalMs('other', 'flow')], [5, undefined]);
  });

  test('a value that cannot be kept is told by its place', () => {
    assert.equal(findUnstorableText({ a: [1, { b: 'ok' }], c: null, d: true, e: undefined }), undefined);
    assert.match(findUnstorableText({ a: [1, { b: 'x\u0000' }] }) ?? '', /^\/a\/1\/b holds a NUL/);
    assert.match(findUnstorableText({ ['k'.repeat(5_000_000)]: 1 }) ?? '', /longer than/);
    assert.match(findUnstorableText([Number.POSITIVE_INFINITY]) ?? '', /no JSON number/);
    assert.match(findUnstorableText(() => 1) ?? '', /a function, which is no JSON value/);
  });

  test('a copy shares nothing and keeps members of any name', () => {
    const value = JSON.parse('{"__proto__": {"x": 1}, "list": [{"y": 2}]}');
    const copy = copyJson(value) as { list: object[] };
    assert.deepEqual(copy, value);
    assert.notEqual(copy.list[0], value.list[0]);
    assert.equal(Object.getPrototypeOf(copy), Object.prototype);
  });
});
