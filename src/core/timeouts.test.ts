import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { call, noon, type Story, started } from './make-story.ts';
import { pending } from './pending.ts';

const withUndo = `steps:
  - {name: a, ${call}, compensate: {executor: e, function: undo-a}}
  - {name: b, ${call}, compensate: {executor: e, function: undo-b}}
  - {name: c, ${call}, compensate: {executor: e, function: undo-c}}`;

const withdrawn = (step: string, outcome: 'untouched' | 'unknown') =>
  ({ type: 'task.withdrawn', step, visit: 1, attempt: 1, outcome }) as const;

describe('the timeout of a step', () => {
  const withAction = (fields: string): Story =>
    started(`steps:
  - {name: a, ${call}, timeout: 10s, on_failure: h, ${fields}}
  - {name: b, ${call}}
  - {name: h, ${call}, on_success: end}
  - {name: spare, ${call}}
error_handling:
  - {condition: $.error.code == 'TIMEOUT', action: fail}`).timesOut('a');

  test('without an action is an ordinary failure TIMEOUT, which rules see', () => {
    assert.deepEqual(withAction('description: plain').end(), { status: 'failed', code: 'TIMEOUT' });
  });

  test('is tried again by the policy like any failure', () => {
    assert.equal(withAction('retry_config: {max_attempts: 2}').step('a').status, 'retrying');
  });

  test('with retry is tried again, and rules run only when that ends in failure', () => {
    const story = withAction('timeout_action: retry, retry_config: {max_attempts: 2}');
    assert.equal(story.step('a').status, 'retrying');
    assert.equal(story.fires('retry').timesOut('a').end().code, 'TIMEOUT');
  });

  test('with fallback goes to the fallback at once, before retries, rules and on_failure', () => {
    const story = withAction('timeout_action: fallback, fallback_step: spare, retry_config: {max_attempts: 3}');
    assert.deepEqual(story.inHand(), ['spare']);
    assert.equal(story.step('a').status, 'timed_out');
    assert.deepEqual(withAction('timeout_action: fallback, fallback_response: 1').inHand(), ['b']);
  });

  test('with fallback and none given fails', () => {
    assert.equal(withAction('timeout_action: fallback').end().status, 'failed');
  });

  test('with ignore goes on, and no rule is looked at', () => {
    const story = withAction('timeout_action: ignore, retry_config: {max_attempts: 3}');
    assert.deepEqual(story.inHand(), ['b']);
    assert.equal(story.step('a').status, 'timed_out');
  });

  test('with cancel_and_cleanup ends the execution timed_out, after compensation', () => {
    assert.deepEqual(withAction('timeout_action: cancel_and_cleanup').end(), { status: 'timed_out', code: 'TIMEOUT' });
    const story = started(`steps:
  - {name: a, ${call}, compensate: {executor: e, function: undo}}
  - {name: b, ${call}, timeout: 1s, timeout_action: cancel_and_cleanup}`)
      .completes('a')
      .timesOut('b');
    assert.equal(story.completes('a-compensate').end().status, 'timed_out');
  });

  test('of a container cancels what runs in it', () => {
    const story = started(`steps:
  - {name: p, type: parallel, timeout: 5s, timeout_action: ignore, branches: [{name: one, steps: [{name: a, ${call}}]}]}
  - {name: b, ${call}}`).fires('timeout', 'p');
    assert.deepEqual(story.statuses(), { p: 'timed_out', 'p.one.a': 'cancelled', b: 'running' });
  });

  test('may be an expression, taken when the step is scheduled', () => {
    const spec = `steps:\n  - {name: a, ${call}, timeout: $.input.limit, heartbeat_timeout: 3s, idempotency_key: 'k-\${input.limit}'}`;
    const { task } = started(spec, { input: { limit: '90s' } }).step('a');
    assert.deepEqual(task, {
      executor: 'e',
      function: 'f',
      timeoutMs: 90_000,
      heartbeatMs: 3_000,
      idempotencyKey: 'k-90s',
    });
  });

  test('fails the step where its expression gives no duration; null leaves it out', () => {
    for (const field of ['timeout', 'queue_timeout', 'heartbeat_timeout']) {
      const spec = `steps:\n  - {name: a, ${call}, ${field}: $.input.limit, on_failure: h}\n  - {name: h, ${call}}`;
      for (const limit of ['soon', -1, { ms: 5 }]) {
        const story = started(spec, { input: { limit } });
        assert.deepEqual([story.step('a').error?.code, story.inHand()], ['EXPRESSION_FAILED', ['h']]);
        assert.match(story.step('a').error?.message ?? '', new RegExp(`^"${field}" gives .* no duration`));
      }
      assert.deepEqual(started(spec, { input: { limit: null } }).inHand(), ['a']);
    }
    const loop =
      'steps:\n  - {name: l, type: loop, iterate_over: "[1]", timeout: $.input.limit, steps: [{name: a, type: wait, signal: s}]}';
    assert.equal(started(loop, { input: { limit: 'soon' } }).end().code, 'EXPRESSION_FAILED');
  });
});

describe('queue_timeout', () => {
  const spec = `steps:\n  - {name: a, ${call}, queue_timeout: 5s, retry_config: {max_attempts: 2, jitter: false}}`;

  test('fails an attempt that no executor took in time, and limits each attempt', () => {
    const story = started(spec).fires('queue');
    assert.equal(story.step('a').error?.code, 'QUEUE_TIMEOUT');
    story.fires('retry').fires('queue');
    assert.equal(story.at, noon + 11_000);
    assert.deepEqual(story.end(), { status: 'failed', code: 'QUEUE_TIMEOUT' });
  });

  test('leaves an attempt alone that an executor holds', () => {
    const story = started(spec);
    story.at += 5_000;
    story.when({ type: 'timer', id: 'queue:a#1/1', isClaimed: true });
    assert.deepEqual([...story.state.outstanding.keys()], ['a#1/1']);
  });

  test('is over once the attempt has its result', () => {
    const story = started(spec).completes('a');
    assert.equal(story.end().status, 'completed');
  });
});

describe('the timeout of the workflow', () => {
  test('that is computed and gives no duration fails the execution before it begins; null leaves it out', () => {
    const given = (t: string | null): Story =>
      started(`timeout: "\${input.t}"\nsteps:\n  - {name: a, ${call}}`, { input: { t } });
    assert.deepEqual(
      [given('soon').end(), given('soon').inHand()],
      [{ status: 'failed', code: 'EXPRESSION_FAILED' }, []],
    );
    const again = given('soon');
    again.when({ type: 'retry' });
    assert.equal(again.end().code, 'EXPRESSION_FAILED');
    assert.deepEqual([given(null).inHand(), given(null).state.deadlineAt], [['a'], undefined]);
    assert.equal(given('5s').state.deadlineAt, noon + 5_000);
  });

  test('cancels what runs, compensates and ends timed_out', () => {
    const story = started(`timeout: 1h\n${withUndo}`).completes('a').fires('deadline');
    assert.equal(story.at, noon + 3_600_000);
    story.when(withdrawn('b', 'untouched'));
    assert.deepEqual(story.completes('a-compensate').end(), { status: 'timed_out', code: 'WORKFLOW_TIMEOUT' });
  });

  test('given with the start stands over the definition’s own', () => {
    assert.equal(started(`timeout: 1h\n${withUndo}`, { timeoutMs: 5_000 }).state.deadlineAt, noon + 5_000);
  });

  test('with ignore is recorded and goes on', () => {
    const story = started(`timeout: 1h\ntimeout_action: ignore\n${withUndo}`).fires('deadline');
    assert.deepEqual(story.events.at(-1), { type: 'execution.deadline_ignored' });
    assert.deepEqual(story.inHand(), ['a']);
  });

  test('with retry is a new run from the start, as often as retry_policy allows', () => {
    const story = started(
      `timeout: 1h\ntimeout_action: retry\nretry_policy: {max_attempts: 2}\nsteps:\n  - {name: a, ${call}}\n  - {name: b, ${call}, input: $.execution.attempt}`,
    ).completes('a');
    const old = { type: 'task.completed', step: 'b', visit: 1, attempt: 1, output: 1 } as const;
    story.fires('deadline').fires('rerun');
    assert.equal(story.state.run, 2);
    assert.deepEqual(story.inHand(), ['a']);
    assert.equal(story.refusal(old)?.code, 'STALE_ATTEMPT');
    assert.equal(story.completes('a').step('b').input, 2);
    assert.deepEqual(story.fires('deadline').end(), { status: 'timed_out', code: 'WORKFLOW_TIMEOUT' });
  });

  describe('with retry', () => {
    const policy = '{max_attempts: 3, initial_delay: 10s, multiplier: 3, jitter: false}';
    const again = `timeout: 1h\ntimeout_action: retry\nretry_policy: ${policy}\n${withUndo}`;

    test('begins the new run after the delay of retry_policy, which grows, and with its whole time', () => {
      const story = started(again).fires('deadline');
      assert.deepEqual([story.end().status, story.state.run, story.inHand()], ['running', 1, []]);
      assert.equal(story.fires('rerun').at, noon + 3_610_000);
      assert.deepEqual([story.state.run, story.state.deadlineAt], [2, noon + 7_210_000]);
      assert.equal(story.fires('deadline').fires('rerun').at, noon + 7_240_000);
    });

    test('keeps the new run back while the execution is paused', () => {
      const story = started(again);
      story.when({ type: 'pause' });
      story.fires('deadline');
      assert.deepEqual(pending(story.state), []);
      story.when({ type: 'resume' });
      assert.deepEqual(story.fires('rerun').inHand(), ['a']);
    });

    test('can be cancelled before the new run begins, and compensates what the old one did', () => {
      const story = started(again).completes('a').fires('deadline');
      story.when({ type: 'cancel' });
      assert.deepEqual(story.inHand(), ['b-compensate']);
      story.completesAll({ 'b-compensate': {}, 'a-compensate': {} });
      assert.deepEqual(story.end(), { status: 'cancelled', code: 'CANCELLED' });
    });
  });

  test('retry: a rerun begins again at the step that it began at, and what it took over stays', () => {
    const reused = {
      name: 'a',
      kind: 'function',
      frame: '',
      status: 'completed',
      input: null,
      output: { n: 1 },
    } as const;
    const rerun = { of: 'exec_0', from: 'b', steps: [{ step: 'a', ...reused }], vars: {} };
    for (const isGraph of [false, true]) {
      const story = started(
        `timeout: 10s\ntimeout_action: retry\nretry_policy: {max_attempts: 2}\nsteps: [{name: a, ${call}}, {name: b, ${call}${isGraph ? ', depends_on: a' : ''}, input: $.a.n}, {name: c, ${call}${isGraph ? ', depends_on: b' : ''}}]`,
        { rerun },
      );
      story.completes('b', 2);
      assert.deepEqual(story.inHand(), ['c']);
      story.fires('deadline').fires('rerun');
      assert.deepEqual([story.inHand(), story.step('b').visit, story.step('b').input], [['b'], 2, 1]);
      story.completes('b', 3).completes('c', 4);
      assert.equal(story.end().status, 'completed');
      assert.equal(story.step('a').visit, 1);
    }
  });

  test('with fallback ends with the response', () => {
    const story = started(
      `timeout: 1h\ntimeout_action: fallback\nfallback_response: {why: $.error.code}\n${withUndo}`,
    ).fires('deadline');
    assert.deepEqual(story.end(), { status: 'completed', output: { why: 'WORKFLOW_TIMEOUT' } });
  });

  test('with fallback runs the step and ends completed', () => {
    const story = started(
      `timeout: 1h\ntimeout_action: fallback\nfallback_step: spare\nsteps:\n  - {name: a, ${call}}\n  - {name: spare, ${call}}`,
    ).fires('deadline');
    assert.deepEqual(story.inHand(), ['spare']);
    assert.deepEqual(story.completes('spare', { x: 1 }).end(), { status: 'completed', output: { x: 1 } });
  });

  test('with a fallback that is not defined ends with UNDEFINED_STEP', () => {
    const story = started(`timeout: 1h\ntimeout_action: fallback\nfallback_step: nowhere\n${withUndo}`).fires(
      'deadline',
    );
    assert.equal(story.end().code, 'UNDEFINED_STEP');
  });

  test('with fallback and none given compensates what is in flight too', () => {
    const story = started(`timeout: 1h\ntimeout_action: fallback\n${withUndo}`).fires('deadline');
    story.when(withdrawn('a', 'unknown'));
    assert.equal(story.completes('a-compensate').end().status, 'timed_out');
  });

  test('ends an execution that still waits for its slot, whatever the action', () => {
    const story = started(`timeout: 1h\ntimeout_action: retry\nretry_policy: {max_attempts: 3}\n${withUndo}`, {
      queued: true,
    });
    assert.equal(story.fires('deadline').end().status, 'timed_out');
  });

  test('runs on while the execution is paused', () => {
    const story = started(`timeout: 1h\n${withUndo}`);
    story.when({ type: 'pause' });
    story.fires('deadline');
    story.when(withdrawn('a', 'untouched'));
    assert.equal(story.end().status, 'timed_out');
  });
});
