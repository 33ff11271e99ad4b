import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { call, started } from './make-story.ts';

const limited = (more = '') =>
  `steps:\n  - {name: a, ${call}, concurrency: {limit: 2, key: $.input.k}, rate_limit: {limit: 5, per: 1s}${more}}`;
const permit = { type: 'permitted', id: 'permit:a#1/1' } as const;
const begun = (more?: string) => started(limited(more), { input: { k: 'x' } });

describe('a step with limits', () => {
  test('is scheduled with its keys, and leaves once its permit is there', () => {
    const story = begun();
    const [event] = story.events.slice(-1);
    assert.deepEqual(event?.type === 'step.scheduled' && event.task.limits, {
      slot: { key: 'key:x', limit: 2 },
      rate: { key: 'step-rate:story.a', limit: 5, perMs: 1_000 },
    });
    assert.deepEqual([story.statuses(), story.inHand(), story.end().status], [{ a: 'waiting' }, [], 'running']);
    assert.deepEqual(story.when(permit), [{ type: 'step.permitted', step: 'a' }]);
    assert.deepEqual([story.statuses(), story.inHand()], [{ a: 'running' }, ['a']]);
    assert.equal(story.completes('a').end().status, 'completed');
  });

  test('takes its permit once, and none after it has ended', () => {
    const story = begun();
    story.when(permit);
    assert.equal(story.refusal(permit)?.code, 'SETTLED');
    story.completes('a');
    assert.equal(story.refusal(permit)?.code, 'EXECUTION_ENDED');
  });

  test('needs a permit for each attempt', () => {
    const story = begun(', retry_config: {max_attempts: 2}');
    story.when(permit);
    story.fails('a').fires('retry', 'a');
    assert.deepEqual([story.step('a').status, story.inHand()], ['waiting', []]);
    assert.equal(story.refusal(permit)?.code, 'SETTLED');
    story.when({ ...permit, id: 'permit:a#1/2' });
    assert.equal(story.completes('a').end().status, 'completed');
  });

  test('needs one for each delivery that draws a rate, and answers of the one before are late', () => {
    const story = begun();
    story.when(permit);
    const attempt = { step: 'a', visit: 1, attempt: 1 };
    story.when({ type: 'task.lost', ...attempt });
    assert.deepEqual(story.inHand(), []);
    assert.equal(story.refusal({ type: 'task.completed', ...attempt, output: 1 })?.code, 'STALE_ATTEMPT');
    story.when(permit);
    assert.deepEqual(story.inHand(), ['a']);
  });

  test('has not run where it is cancelled in line: nothing of it is undone', () => {
    const undo = ', compensate: {executor: e, function: undo}';
    const waiting = begun(undo);
    waiting.when({ type: 'cancel' });
    assert.equal(waiting.end().status, 'cancelled');
    assert.deepEqual(waiting.statuses(), { a: 'cancelled' });
    const running = begun(undo);
    running.when(permit);
    running.when({ type: 'cancel' });
    assert.equal(running.end().status, 'compensating');
  });

  test('may have run where it is cancelled in line to go out again: it goes out no more, and is undone', () => {
    const limits = 'rate_limit: {limit: 1, per: 1m}, compensate: {executor: e, function: undo}';
    const branches = `[{name: x, steps: [{name: a, ${call}, ${limits}}]}, {name: y, steps: [{name: b, ${call}}]}]`;
    const story = started(`steps:\n  - {name: both, type: parallel, branches: ${branches}}`);
    story.when({ type: 'permitted', id: 'permit:both.x.a#1/1' });
    story.when({ type: 'task.lost', step: 'both.x.a', visit: 1, attempt: 1 });
    story.when({ type: 'cancel' });
    assert.equal(story.step('both.x.a').status, 'cancelled');
    story.completes('both.y.b');
    assert.deepEqual([story.end().status, story.inHand()], ['compensating', ['both.x.a-compensate']]);
  });

  test('may be answered without a call, or refused one, before it has its permit', () => {
    const attempt = { step: 'a', visit: 1, attempt: 1 };
    const cached = begun();
    cached.when({ type: 'task.completed', ...attempt, output: { n: 1 }, cached: true });
    assert.equal(cached.end().status, 'completed');
    const refused = begun();
    refused.fails('a', 'CIRCUIT_OPEN');
    assert.deepEqual(refused.end(), { status: 'failed', code: 'CIRCUIT_OPEN' });
    assert.equal(begun().refusal({ type: 'task.completed', ...attempt, output: 1 })?.code, 'STALE_ATTEMPT');
  });
});
