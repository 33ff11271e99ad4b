import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { call, type Story, started } from './make-story.ts';

const withUndo = `steps:
  - {name: a, ${call}, compensate: {executor: e, function: undo-a}}
  - {name: b, ${call}, compensate: {executor: e, function: undo-b}}
  - {name: c, ${call}, compensate: {executor: e, function: undo-c}}`;

const withdrawn = (step: string, outcome: 'untouched' | 'unknown') =>
  ({ type: 'task.withdrawn', step, visit: 1, attempt: 1, outcome }) as const;

describe('compensation', () => {
  const cancelledInC = (): Story => {
    const story = started(withUndo).completes('a').completes('b');
    story.when({ type: 'cancel', reason: 'changed my mind' });
    return story;
  };

  test('starts after what is in flight has settled, and runs in reverse order', () => {
    const story = cancelledInC();
    assert.equal(story.end().status, 'compensating');
    assert.deepEqual(story.inHand(), []);
    story.when(withdrawn('c', 'untouched'));
    assert.deepEqual(story.inHand(), ['b-compensate']);
    assert.deepEqual(story.completes('b-compensate').inHand(), ['a-compensate']);
    assert.deepEqual(story.completes('a-compensate').end(), { status: 'cancelled', code: 'CANCELLED' });
    assert.deepEqual(story.statuses(), {
      a: 'compensated',
      b: 'compensated',
      c: 'cancelled',
      'b-compensate': 'completed',
      'a-compensate': 'completed',
    });
    assert.equal(story.state.error?.message, 'changed my mind');
  });

  test('covers a step whose outcome nobody knows', () => {
    const story = cancelledInC();
    story.when(withdrawn('c', 'unknown'));
    assert.deepEqual(story.inHand(), ['c-compensate']);
  });

  test('covers a step that completed while it was asked back', () => {
    assert.deepEqual(cancelledInC().completes('c').inHand(), ['c-compensate']);
  });

  test('does not cover a step that failed while it was asked back', () => {
    assert.deepEqual(cancelledInC().fails('c').inHand(), ['b-compensate']);
  });

  test('covers a step whose lease was lost while it was asked back', () => {
    const story = cancelledInC();
    story.when({ type: 'task.lost', step: 'c', visit: 1, attempt: 1 });
    assert.deepEqual(story.inHand(), ['c-compensate']);
  });

  test('covers a step whose last attempt ran out of time', () => {
    const story = started(`${withUndo}
error_handling:
  - {condition: $.error.code == 'TIMEOUT', action: compensate}`);
    assert.deepEqual(story.completes('a').timesOut('b').inHand(), ['b-compensate']);
  });

  test('covers a step that waits for its retry after an attempt of unknown outcome', () => {
    const story = started(`steps:
  - {name: a, ${call}, retry_config: {max_attempts: 2}, compensate: {executor: e, function: undo}}`).timesOut('a');
    story.when({ type: 'cancel' });
    assert.deepEqual(story.inHand(), ['a-compensate']);
  });

  test('does not cover a step that no executor took in time', () => {
    const story = started(`steps:
  - {name: a, ${call}, queue_timeout: 1s, compensate: {executor: e, function: undo}}
error_handling:
  - {condition: $.error.code == 'QUEUE_TIMEOUT', action: compensate}`);
    assert.equal(story.fires('queue').end().status, 'compensated');
    assert.deepEqual(story.statuses(), { a: 'timed_out' });
  });

  test('covers a step that was cancelled in an executor’s hands', () => {
    const story = started(`steps:
  - name: p
    type: parallel
    branches:
      - {name: one, steps: [{name: a, ${call}}]}
      - {name: two, steps: [{name: b, ${call}, compensate: {executor: e, function: undo}}]}
error_handling:
  - {condition: $.error.step == 'p.one.a' && $.p.status == 'failed', action: compensate}`);
    assert.deepEqual(story.fails('p.one.a').inHand(), ['p.two.b-compensate']);
    assert.equal(story.completes('p.two.b-compensate').end().status, 'compensated');
  });

  test('sees the outputs of the steps and the error that ended the execution', () => {
    const story = started(`steps:
  - {name: a, ${call}, compensate: {name: undo, executor: e, function: undo, input: [$.a.id, $.error.code]}}
  - {name: b, ${call}}`).completes('a', { id: 7 });
    story.when({ type: 'cancel' });
    story.when(withdrawn('b', 'untouched'));
    assert.deepEqual(story.step('undo').input, [7, 'CANCELLED']);
  });

  test('of which a step fails goes on with the others and ends failed with COMPENSATION_FAILED', () => {
    const story = cancelledInC();
    story.when(withdrawn('c', 'untouched'));
    story.fails('b-compensate').completes('a-compensate');
    assert.deepEqual(story.end(), { status: 'failed', code: 'COMPENSATION_FAILED' });
    assert.match(story.state.error?.message ?? '', /b-compensate$/);
    assert.equal(story.state.error?.cause?.code, 'CANCELLED');
    assert.equal(story.step('b').status, 'completed');
  });

  test('that names a step which is not defined ends with COMPENSATION_FAILED after the others ran', () => {
    const story = started(`steps:
  - {name: a, ${call}}
  - {name: undo, ${call}}
error_handling:
  - {condition: $.error.code == 'BOOM', action: {type: compensate, steps: [nowhere, undo]}}`).fails('a');
    assert.deepEqual(story.completes('undo').end(), { status: 'failed', code: 'COMPENSATION_FAILED' });
  });

  /** One undo step with the fields given, in a cancelled execution. */
  const undoing = (fields: string): Story => {
    const story = started(`steps:
  - {name: a, ${call}, compensate: {name: undo, ${fields}}}
  - {name: b, ${call}}
  - {name: spare, ${call}}
error_handling:
  - {condition: $.undo.status == 'failed', action: fail}`).completes('a');
    story.when({ type: 'cancel' });
    story.when(withdrawn('b', 'untouched'));
    return story;
  };

  test('tries its steps again as their policies say', () => {
    const story = undoing('executor: e, function: f, retry_config: {max_attempts: 2}').fails('undo');
    assert.equal(story.fires('retry').completes('undo').end().status, 'cancelled');
  });

  test('hands a step out again whose lease was lost', () => {
    const story = undoing('executor: e, function: f');
    story.when({ type: 'task.lost', step: 'undo', visit: 1, attempt: 1 });
    assert.deepEqual(story.inHand(), ['undo']);
    assert.equal(story.completes('undo').end().status, 'cancelled');
  });

  test('counts a timeout as a failure, whatever its action would do to the flow', () => {
    for (const action of ['cancel_and_cleanup', 'retry', 'fallback']) {
      const story = undoing(`executor: e, function: f, timeout: 1s, timeout_action: ${action}`).timesOut('undo');
      assert.equal(story.end().code, 'COMPENSATION_FAILED', action);
    }
  });

  test('lets a timeout that is ignored pass', () => {
    const story = undoing('executor: e, function: f, timeout: 1s, timeout_action: ignore').timesOut('undo');
    assert.equal(story.end().status, 'cancelled');
  });

  test('takes a fallback response, and no fallback step', () => {
    assert.equal(undoing('executor: e, function: f, fallback_response: ok').fails('undo').end().status, 'cancelled');
    const story = undoing('executor: e, function: f, fallback_step: spare').fails('undo');
    assert.equal(story.end().code, 'COMPENSATION_FAILED');
  });

  test('passes over a step whose condition is false', () => {
    assert.equal(undoing("executor: e, function: f, when: 'false'").end().status, 'cancelled');
  });

  test('counts a step whose input has no value as failed', () => {
    assert.equal(undoing('executor: e, function: f, input: {x: "$.a * 2"}').end().code, 'COMPENSATION_FAILED');
  });

  test('may run containers, waits and signals', () => {
    const story = undoing(`type: parallel, branches: [
      {name: one, steps: [{name: u1, ${call}}, {name: pause, type: wait, duration: 1s}]},
      {name: two, steps: [{name: u2, type: wait, signal: go}]}]`);
    story.completes('undo.one.u1').fires('wait').signals('go');
    assert.equal(story.end().status, 'cancelled');
    const waiting = undoing('type: wait, signal: go').signals('go');
    assert.equal(waiting.end().status, 'cancelled');
  });

  test('runs a step once more that has no visit left', () => {
    const story = started(`steps:
  - {name: a, ${call}, max_visits: 1}
  - {name: b, ${call}}
error_handling:
  - {condition: $.error.code == 'BOOM', action: {type: compensate, steps: [a]}}`);
    assert.deepEqual(story.completes('a').fails('b').inHand(), ['a']);
    assert.equal(story.completes('a').end().status, 'compensated');
  });

  test('is not left by the rules: what settles meanwhile decides nothing', () => {
    const story = started(`${withUndo}
error_handling:
  - {condition: $.b.bad, action: fail}`).completes('a');
    story.when({ type: 'cancel' });
    story.completes('b', { bad: true });
    assert.deepEqual(story.inHand(), ['b-compensate']);
  });

  test('goes on with the next undo step where one within a container times out with cancel_and_cleanup', () => {
    const story = started(`steps:
  - {name: a, ${call}, compensate: undo}
  - {name: undo, type: parallel, branches: [{name: x, steps: [{name: slow, type: wait, signal: never, timeout: 1s, timeout_action: cancel_and_cleanup}]}]}
  - {name: b, ${call}, compensate: {name: undo-b, ${call}}}
  - {name: c, ${call}}`);
    story.completes('a').completes('b').when({ type: 'cancel' });
    story.completes('c');
    for (let [next] = story.inHand(); next !== undefined; [next] = story.inHand()) story.completes(next);
    story.fires('timeout', 'undo.x.slow');
    assert.deepEqual([story.end().status, story.end().code], ['failed', 'COMPENSATION_FAILED']);
    assert.equal(story.statuses()['b'], 'compensated');
  });

  test('is entered once, also where an attempt times out meanwhile with cancel_and_cleanup', () => {
    const story = started(`steps:
  - {name: a, ${call}, compensate: {executor: e, function: undo}}
  - {name: b, ${call}, timeout: 1s, timeout_action: cancel_and_cleanup}`).completes('a');
    story.when({ type: 'cancel' });
    story.timesOut('b').completes('a-compensate');
    assert.equal(story.end().status, 'cancelled');
    assert.equal(story.events.filter((event) => event.type === 'execution.closing').length, 1);
  });

  test('cancels what waits in branches', () => {
    const story = started(`steps:
  - {name: a, ${call}, compensate: {executor: e, function: undo}}
  - name: p
    type: parallel
    branches:
      - {name: one, steps: [{name: w, type: wait, signal: go}]}
      - {name: two, steps: [{name: b, ${call}, retry_config: {max_attempts: 2}}]}`)
      .completes('a')
      .fails('p.two.b');
    story.when({ type: 'cancel' });
    assert.deepEqual(story.inHand(), ['a-compensate']);
    assert.deepEqual([story.step('p.one.w').status, story.step('p').status], ['cancelled', 'cancelled']);
  });
});

describe('cancel', () => {
  test('ends the execution at once where there is nothing to undo, and refuses what comes later', () => {
    const story = started(`steps:\n  - {name: a, ${call}}`);
    story.when({ type: 'cancel' });
    assert.deepEqual(story.end(), { status: 'cancelled', code: 'CANCELLED' });
    assert.equal(story.refusal({ type: 'cancel' })?.code, 'EXECUTION_ENDED');
    assert.equal(story.refusal(withdrawn('a', 'untouched'))?.code, 'EXECUTION_ENDED');
  });

  test('is refused while the execution is ending already', () => {
    const story = started(withUndo).completes('a');
    story.when({ type: 'cancel' });
    assert.equal(story.refusal({ type: 'cancel' })?.code, 'STATE_CONFLICT');
  });

  test('ends an execution that waits for its slot', () => {
    const story = started(withUndo, { queued: true });
    story.when({ type: 'cancel' });
    assert.equal(story.end().status, 'cancelled');
  });

  test('of a paused execution runs its compensation', () => {
    const story = started(withUndo).completes('a');
    story.when({ type: 'pause' });
    story.when({ type: 'cancel' });
    story.when(withdrawn('b', 'untouched'));
    assert.deepEqual(story.inHand(), ['a-compensate']);
    assert.equal(story.completes('a-compensate').end().status, 'cancelled');
  });
});

describe('terminate', () => {
  test('ends at once without compensation', () => {
    const story = started(withUndo).completes('a');
    story.when({ type: 'terminate', reason: 'now' });
    assert.deepEqual(story.end(), { status: 'cancelled', code: 'CANCELLED' });
    assert.deepEqual(story.statuses(), { a: 'completed', b: 'cancelled' });
  });

  test('ends a compensation that is under way', () => {
    const story = started(withUndo).completes('a');
    story.when({ type: 'cancel' });
    story.when(withdrawn('b', 'untouched'));
    story.when({ type: 'terminate' });
    assert.equal(story.end().status, 'cancelled');
    assert.equal(story.step('a-compensate').status, 'cancelled');
  });
});
