// biome-ignore-all lint/suspicious/noTemplateCurlyInString: the language under test writes them
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Json } from '../kit/json.ts';
import type { RetryPolicy } from '../model/definition.ts';
import { compileRetry } from './compile/compile-retry.ts';
import { retryAfterMaxMs } from './limits.ts';
import { call, noon, started } from './make-story.ts';
import { askedDelayMs, retryDelayMs } from './retry.ts';

const delays = (policy: RetryPolicy, random = 0): number[] =>
  [1, 2, 3, 4].map((failures) => retryDelayMs(compileRetry({ jitter: false, ...policy }), failures, random));

describe('the delay before the next attempt', () => {
  test('is always the same with fixed', () => {
    assert.deepEqual(delays({ backoff: 'fixed', initialDelay: 200 }), [200, 200, 200, 200]);
  });

  test('grows by initial_delay with linear', () => {
    assert.deepEqual(delays({ backoff: 'linear', initialDelay: '1s' }), [1_000, 2_000, 3_000, 4_000]);
  });

  test('doubles from one second to one minute by default', () => {
    assert.deepEqual(delays({}), [1_000, 2_000, 4_000, 8_000]);
    assert.equal(retryDelayMs(compileRetry({ jitter: false }), 7, 0), 60_000);
    assert.equal(retryDelayMs(compileRetry({ jitter: false }), 1_000, 0), 60_000);
  });

  test('grows by the multiplier up to max_delay with exponential', () => {
    const policy: RetryPolicy = { backoff: 'exponential', initialDelay: 100, multiplier: 3, maxDelay: 1_000 };
    assert.deepEqual(delays(policy), [100, 300, 900, 1_000]);
  });

  test('with jitter lies between 50 and 100 percent, and never beyond the cap', () => {
    const retry = compileRetry({ backoff: 'fixed', initialDelay: 1_000 });
    assert.equal(retryDelayMs(retry, 1, 0), 500);
    assert.equal(retryDelayMs(retry, 1, 0.5), 750);
    assert.ok(retryDelayMs(retry, 1, 0.999_999) <= 1_000);
    assert.equal(retryDelayMs(compileRetry({ maxDelay: 1_000 }), 20, 0), 500);
  });
});

const withRetry = (retry: string, more = ''): string => `steps:\n  - {name: a, ${call}, retry_config: ${retry}${more}}`;

describe('a retry policy', () => {
  test('gives one attempt by default', () => {
    assert.equal(started(`steps:\n  - {name: a, ${call}}`).fails('a').end().status, 'failed');
  });

  test('gives the attempts it says, each after its delay, and then the last error', () => {
    const story = started(withRetry('{max_attempts: 3, backoff: fixed, initial_delay: 5s, jitter: false}'));
    story.fails('a', 'FIRST');
    assert.equal(story.step('a').status, 'retrying');
    assert.deepEqual(story.inHand(), []);
    assert.equal(story.step('a').dueAt, noon + 5_000);
    story.fires('retry').fails('a', 'SECOND').fires('retry');
    assert.equal(story.step('a').attempt, 3);
    assert.deepEqual(story.fails('a', 'THIRD').end(), { status: 'failed', code: 'THIRD' });
    assert.equal(story.state.error?.attempt, 3);
  });

  test('of the workflow is every function step its own, field by field', () => {
    const story = started(`retry_policy: {max_attempts: 2, initial_delay: 9s, jitter: false}
steps:
  - {name: a, ${call}, retry_config: {initial_delay: 4s}}`);
    assert.equal(story.fails('a').step('a').dueAt, noon + 4_000);
    assert.equal(story.fires('retry').fails('a').end().status, 'failed');
  });

  test('with retry_on answers for these codes alone', () => {
    const spec = withRetry('{max_attempts: 2, retry_on: [BUSY, HTTP_*]}');
    assert.equal(started(spec).fails('a', 'BUSY').step('a').status, 'retrying');
    assert.equal(started(spec).fails('a', 'HTTP_503').step('a').status, 'retrying');
    assert.equal(started(spec).fails('a', 'OTHER').end().status, 'failed');
  });

  test('with give_up_on answers for all but these codes', () => {
    const spec = withRetry('{max_attempts: 2, give_up_on: [DECLINED, CARD_*]}');
    assert.equal(started(spec).fails('a', 'BUSY').step('a').status, 'retrying');
    assert.equal(started(spec).fails('a', 'DECLINED').end().status, 'failed');
    assert.equal(started(spec).fails('a', 'CARD_LOST').end().status, 'failed');
  });

  test('takes conditions on $.error in both lists', () => {
    const spec = withRetry(
      "{max_attempts: 3, retry_on: '$.error.details.status >= 500', give_up_on: $.error.details.final}",
    );
    const withDetails = (details: { status: number; final?: boolean }) => started(spec).fails('a', 'HTTP', { details });
    assert.equal(withDetails({ status: 503 }).step('a').status, 'retrying');
    assert.equal(withDetails({ status: 404 }).end().status, 'failed');
    assert.equal(withDetails({ status: 503, final: true }).end().status, 'failed');
  });

  test('of a list: the first that answers for the error decides', () => {
    const spec = withRetry(
      '[{retry_on: BUSY, max_attempts: 5, backoff: fixed, initial_delay: 1s, jitter: false}, {max_attempts: 2, initial_delay: 8s, jitter: false}]',
    );
    const story = started(spec).fails('a', 'BUSY');
    assert.equal(story.step('a').dueAt, noon + 1_000);
    assert.equal(started(spec).fails('a', 'OTHER').step('a').dueAt, noon + 8_000);
    assert.equal(story.fires('retry').fails('a', 'OTHER').end().status, 'failed');
  });

  test('does not try again what the executor calls not retryable', () => {
    const story = started(withRetry('{max_attempts: 3}')).fails('a', 'BOOM', { retryable: false });
    assert.equal(story.end().status, 'failed');
  });

  test('does not try an expression again', () => {
    const story = started(withRetry('{max_attempts: 3}', ', input: {x: "${1 / $.input.zero}"}'), {
      input: { zero: 'none' },
    });
    assert.equal(story.end().code, 'EXPRESSION_FAILED');
  });

  test('with jitter draws the same delay in every replay', () => {
    const spec = withRetry('{max_attempts: 2, initial_delay: 10s}');
    const dueAt = (seed: number) => started(spec, { seed }).fails('a').step('a').dueAt ?? 0;
    assert.equal(dueAt(1), dueAt(1));
    assert.notEqual(dueAt(1), dueAt(2));
    assert.ok(dueAt(1) >= noon + 5_000 && dueAt(1) <= noon + 10_000);
  });

  test('takes the TIMEOUT that an executor noticed for the timeout of the step', () => {
    const slow = (timeout: string) => started(`steps: [{name: a, ${call}, ${timeout}timeout_action: ignore}]`);
    assert.equal(slow('timeout: 5s, ').fails('a', 'TIMEOUT').end().status, 'completed');
    assert.equal(slow('timeout: 5s, ').fails('a', 'BOOM').end().status, 'failed');
    assert.equal(slow('').fails('a', 'TIMEOUT').end().status, 'failed');
  });

  test('of a container runs its list anew, with visits of their own', () => {
    const story = started(`steps:
  - name: p
    type: parallel
    retry_config: {max_attempts: 2}
    branches:
      - {name: one, steps: [{name: a, ${call}}, {name: b, ${call}}]}`);
    story.completes('p.one.a').fails('p.one.b').fires('retry');
    assert.deepEqual(story.inHand(), ['p.one.a']);
    assert.equal(story.step('p.one.a').visit, 2);
    assert.equal(story.completes('p.one.a').completes('p.one.b').end().status, 'completed');
  });

  test('of a container gives each attempt its timeout', () => {
    const story = started(`steps:
  - name: p
    type: parallel
    timeout: 10s
    timeout_action: retry
    retry_config: {max_attempts: 2, jitter: false}
    branches:
      - {name: one, steps: [{name: a, ${call}}]}`);
    story.fires('timeout', 'p').fires('retry').fires('timeout', 'p');
    assert.equal(story.at, noon + 21_000);
    assert.deepEqual(story.end(), { status: 'failed', code: 'TIMEOUT' });
  });

  test('of a wait waits again for the signal', () => {
    const story = started(`steps:
  - {name: w, type: wait, signal: paid, timeout: 1m, timeout_action: retry, retry_config: {max_attempts: 2, jitter: false}}
  - {name: b, ${call}, input: $.w}`);
    story.fires('timeout').fires('retry');
    assert.equal(story.step('w').status, 'waiting');
    assert.deepEqual(story.signals('paid', 9).step('b').input, 9);
  });

  test('of a wait lets its last attempt time out too', () => {
    const story = started(`steps:
  - {name: w, type: wait, signal: paid, timeout: 1m, timeout_action: retry, retry_config: {max_attempts: 2, jitter: false}}`);
    story.fires('timeout').fires('retry').fires('timeout');
    assert.equal(story.at, noon + 121_000);
    assert.deepEqual(story.end(), { status: 'failed', code: 'TIMEOUT' });
  });
});

describe('results that come too late', () => {
  const spec = withRetry('{max_attempts: 2}');
  const completed = { type: 'task.completed', step: 'a', visit: 1, attempt: 1, output: 1 } as const;

  test('of an attempt that failed are refused', () => {
    assert.equal(started(spec).fails('a').refusal(completed)?.code, 'STALE_ATTEMPT');
  });

  test('of an earlier attempt are refused while the next one runs', () => {
    assert.equal(started(spec).fails('a').fires('retry').refusal(completed)?.code, 'STALE_ATTEMPT');
  });

  test('of a step that completed are refused', () => {
    const story = started(`steps:\n  - {name: a, ${call}}\n  - {name: b, ${call}}`).completes('a');
    assert.equal(story.refusal(completed)?.code, 'STALE_ATTEMPT');
  });

  test('of an ended execution are refused', () => {
    const story = started(`steps:\n  - {name: a, ${call}}`).completes('a');
    assert.equal(story.refusal(completed)?.code, 'EXECUTION_ENDED');
  });

  test('of an execution that is gone are refused', () => {
    const story = started(spec);
    story.state.position = 0;
    assert.equal(story.refusal(completed)?.code, 'EXECUTION_GONE');
  });
});

describe('an attempt that nobody answers for', () => {
  test('is handed out again, counted, and given up after five deliveries', () => {
    const story = started(withRetry('{max_attempts: 3}'));
    const lost = { type: 'task.lost', step: 'a', visit: 1, attempt: 1 } as const;
    for (let delivery = 2; delivery <= 5; delivery += 1) {
      story.when(lost);
      assert.deepEqual([story.step('a').deliveries, story.step('a').attempt], [delivery, 1]);
    }
    story.when(lost);
    assert.deepEqual(story.end(), { status: 'failed', code: 'DELIVERIES_EXHAUSTED' });
  });

  test('counts its deliveries anew with the next attempt', () => {
    const story = started(withRetry('{max_attempts: 2}'));
    story.when({ type: 'task.lost', step: 'a', visit: 1, attempt: 1 });
    assert.equal(story.fails('a').fires('retry').step('a').deliveries, 1);
  });
});

describe('an error that says when to come again', () => {
  const due = (details: Json): number => {
    const story = started(
      `steps:\n  - {name: a, ${call}, retry_config: {max_attempts: 3, initial_delay: 2s, max_delay: 5s, jitter: false}}`,
    );
    story.fails('a', 'HTTP_429', { details });
    return (story.step('a').dueAt ?? 0) - story.at;
  };

  test('puts the next attempt off to then, also beyond max_delay, and never brings it forward', () => {
    assert.equal(due({ retry_after_ms: 7_000 }), 7_000);
    assert.equal(due({ retry_after_ms: 500 }), 2_000);
  });

  test('is believed for an hour, and not at all where it says no time', () => {
    assert.equal(due({ retry_after_ms: retryAfterMaxMs + 1 }), retryAfterMaxMs);
    for (const details of [
      null,
      'soon',
      { retry_after_ms: '7' },
      { retry_after_ms: -1 },
      { retry_after_ms: Number.NaN },
    ]) {
      assert.equal(askedDelayMs({ code: 'E', message: 'm', details }), 0);
    }
  });
});
