// biome-ignore-all lint/suspicious/noTemplateCurlyInString: the language under test writes them
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { call, started } from './make-story.ts';

describe('a sequence', () => {
  test('runs its steps one after the other and ends after the last', () => {
    const story = started(`steps:
  - {name: a, ${call}}
  - {name: b, ${call}}`);
    assert.deepEqual(story.inHand(), ['a']);
    assert.deepEqual(story.completes('a', { x: 1 }).inHand(), ['b']);
    assert.deepEqual(story.completes('b', { y: 2 }).end(), { status: 'completed', output: { x: 1, y: 2 } });
  });

  test('goes where on_success points, back or forward', () => {
    const story = started(`steps:
  - {name: a, ${call}, on_success: c}
  - {name: b, ${call}, on_success: end, max_visits: 5}
  - {name: c, ${call}, on_success: b}`);
    assert.deepEqual(story.completes('a').inHand(), ['c']);
    assert.deepEqual(story.completes('c').inHand(), ['b']);
    assert.equal(story.completes('b').end().status, 'completed');
  });

  test('on_success: end ends the list before its last step', () => {
    const story = started(`steps:
  - {name: a, ${call}, on_success: end}
  - {name: b, ${call}}`);
    assert.equal(story.completes('a').end().status, 'completed');
    assert.deepEqual(story.statuses(), { a: 'completed' });
  });

  test('does not fall into handlers', () => {
    const story = started(`steps:
  - {name: a, ${call}, on_failure: h, compensate: undo, fallback_step: f}
  - {name: h, ${call}}
  - {name: undo, ${call}}
  - {name: f, ${call}}`);
    assert.equal(story.completes('a').end().status, 'completed');
  });

  test('the first step runs even where a failure names it too', () => {
    const story = started(`steps:
  - {name: a, ${call}}
  - {name: b, ${call}, on_failure: a}`);
    assert.deepEqual(story.inHand(), ['a']);
    assert.deepEqual(story.completes('a').fails('b').inHand(), ['a']);
    assert.equal(story.step('a').visit, 2);
  });

  test('a false condition skips the step and goes on as after success', () => {
    const story = started(`steps:
  - {name: a, ${call}, condition: $.input.vip, on_success: c}
  - {name: b, ${call}}
  - {name: c, ${call}, when: $.a.status == 'skipped'}`);
    assert.deepEqual(story.inHand(), ['c']);
    assert.deepEqual(story.statuses(), { a: 'skipped', c: 'running' });
  });

  test('a condition that has no value fails the step', () => {
    const story = started(
      `steps:
  - {name: a, ${call}, when: $.input.text * 2 > 0}`,
      { input: { text: 'one' } },
    );
    assert.deepEqual(story.end(), { status: 'failed', code: 'EXPRESSION_FAILED' });
    assert.equal(story.state.error?.step, 'a');
  });

  test('an undefined step on success ends the execution with UNDEFINED_STEP', () => {
    const story = started(`steps:
  - {name: a, ${call}, on_success: nowhere}`);
    assert.deepEqual(story.completes('a').end(), { status: 'failed', code: 'UNDEFINED_STEP' });
    assert.equal(story.state.error?.cause, undefined);
  });

  test('an undefined step on failure carries the original error as cause', () => {
    const story = started(`steps:
  - {name: a, ${call}, on_failure: nowhere}`);
    assert.equal(story.fails('a').end().code, 'UNDEFINED_STEP');
    assert.equal(story.state.error?.cause?.code, 'BOOM');
  });

  test('a jump back visits a step once more, and its newest output is the one that is read', () => {
    const story = started(`steps:
  - {name: poll, ${call}, max_visits: 3}
  - {name: check, ${call}, input: $.poll, on_failure: poll}`);
    story.completes('poll', 1).fails('check', 'NOT_YET').completes('poll', 2);
    assert.equal(story.step('check').input, 2);
    assert.deepEqual([story.step('poll').visit, story.step('check').visit], [2, 2]);
  });

  test('one visit more than max_visits fails with TOO_MANY_VISITS', () => {
    const story = started(`steps:
  - {name: poll, ${call}, max_visits: 2, on_success: poll}`);
    story.completes('poll').completes('poll');
    assert.deepEqual(story.end(), { status: 'failed', code: 'TOO_MANY_VISITS' });
    assert.equal(story.step('poll').visit, 2);
  });

  test('without max_visits a step is visited 100 times', () => {
    const story = started(`steps:
  - {name: poll, ${call}, on_success: poll}`);
    for (let visit = 1; visit <= 100; visit += 1) story.completes('poll');
    assert.equal(story.end().code, 'TOO_MANY_VISITS');
    assert.equal(story.step('poll').visit, 100);
  });

  test('a long move of steps that wait for nothing goes on in the next one', () => {
    const story = started(`steps:
  - {name: count, type: transform, mapping: '\${($.previous ?? 0) + 1}', set: {n: $.count}, max_visits: 2500, on_success: count}`);
    let moves = 0;
    for (let [next] = story.state.outstanding.keys(); next; [next] = story.state.outstanding.keys()) {
      assert.equal(story.end().status, 'running');
      story.when({ type: 'continue', id: next });
      moves += 1;
    }
    assert.equal(moves, 2);
    assert.equal(story.end().code, 'TOO_MANY_VISITS');
    assert.equal(story.state.vars['n'], 2500);
  });
});

describe('a graph', () => {
  const diamond = `steps:
  - {name: a, ${call}}
  - {name: b, ${call}, depends_on: a}
  - {name: c, ${call}, depends_on: [a]}
  - {name: d, ${call}, depends_on: [b, c]}`;

  test('starts at once what waits for nothing, and the others when all they name are done', () => {
    const story = started(diamond);
    assert.deepEqual(story.inHand(), ['a']);
    assert.deepEqual(story.completes('a').inHand(), ['b', 'c']);
    assert.deepEqual(story.completes('c').inHand(), ['b']);
    assert.deepEqual(story.completes('b').inHand(), ['d']);
    assert.equal(story.completes('d').end().status, 'completed');
  });

  test('a skipped step counts as done', () => {
    const story = started(`steps:
  - {name: a, ${call}}
  - {name: b, ${call}, depends_on: a, when: 'false'}
  - {name: c, ${call}, depends_on: b}`);
    assert.deepEqual(story.completes('a').inHand(), ['c']);
  });

  test('a failed step does not: the list fails and what runs beside it is cancelled', () => {
    const story = started(diamond).completes('a').fails('b');
    assert.equal(story.end().status, 'failed');
    assert.deepEqual(story.statuses(), { a: 'completed', b: 'failed', c: 'cancelled' });
  });

  test('a failed step that a fallback replaces counts as done', () => {
    const story = started(`steps:
  - {name: a, ${call}, fallback_step: spare}
  - {name: b, ${call}, depends_on: a, input: $.a}
  - {name: spare, ${call}}`);
    story.fails('a').completes('spare', { from: 'spare' });
    assert.deepEqual(story.inHand(), ['b']);
    assert.deepEqual(story.step('b').input, { from: 'spare' });
  });

  test('a failed step that a rule ignores counts as done', () => {
    const story = started(`steps:
  - {name: a, ${call}}
  - {name: b, ${call}, depends_on: a}
error_handling:
  - {condition: $.error.code == 'BOOM', action: ignore}`);
    assert.deepEqual(story.fails('a').inHand(), ['b']);
  });

  test('a timeout that is ignored counts as done', () => {
    const story = started(`steps:
  - {name: a, ${call}, timeout: 1s, timeout_action: ignore}
  - {name: b, ${call}, depends_on: a}`);
    assert.deepEqual(story.timesOut('a').inHand(), ['b']);
  });

  test('a handled failure ends the execution with the original error once the handler ran', () => {
    const story = started(`steps:
  - {name: a, ${call}, on_failure: h}
  - {name: b, ${call}, depends_on: a}
  - {name: h, ${call}}`);
    assert.deepEqual(story.fails('a').inHand(), ['h']);
    assert.deepEqual(story.completes('h').end(), { status: 'failed', code: 'BOOM' });
  });

  test('a graph may stand in a branch', () => {
    const story = started(`steps:
  - name: p
    type: parallel
    branches:
      - name: one
        steps:
          - {name: a, ${call}}
          - {name: b, ${call}, depends_on: a}
          - {name: c, ${call}}`);
    assert.deepEqual(story.inHand(), ['p.one.a', 'p.one.c']);
    assert.deepEqual(story.completes('p.one.a').inHand(), ['p.one.c', 'p.one.b']);
    assert.equal(story.completes('p.one.b').completes('p.one.c').end().status, 'completed');
  });
});

describe('on_failure', () => {
  test('a handler without on_success ends the execution failed with the original error after it ran', () => {
    const story = started(`steps:
  - {name: a, ${call}, on_failure: h}
  - {name: b, ${call}}
  - {name: h, ${call}, input: {why: $.error.code, of: $.error.step}}`);
    story.fails('a');
    assert.deepEqual(story.step('h').input, { why: 'BOOM', of: 'a' });
    assert.deepEqual(story.completes('h').end(), { status: 'failed', code: 'BOOM' });
    assert.deepEqual(story.statuses(), { a: 'failed', h: 'completed' });
  });

  test('a handler with on_success brings the flow back: the failure is handled', () => {
    const story = started(`steps:
  - {name: a, ${call}, on_failure: h}
  - {name: b, ${call}}
  - {name: h, ${call}, on_success: b}`);
    assert.equal(story.fails('a').completes('h').completes('b').end().status, 'completed');
  });

  test('a handler that is skipped ends the execution with the original error too', () => {
    const story = started(`steps:
  - {name: a, ${call}, on_failure: h}
  - {name: h, ${call}, when: $.error.code == 'OTHER'}`);
    assert.deepEqual(story.fails('a').end(), { status: 'failed', code: 'BOOM' });
  });

  test('a handler that fails ends the execution with its own error and the original as cause', () => {
    const story = started(`steps:
  - {name: a, ${call}, on_failure: h}
  - {name: h, ${call}}`);
    assert.equal(story.fails('a').fails('h', 'WORSE').end().code, 'WORSE');
    assert.equal(story.state.error?.cause?.code, 'BOOM');
  });

  test('to a step of the flow counts as handled', () => {
    const story = started(`steps:
  - {name: a, ${call}, on_failure: c}
  - {name: b, ${call}, on_success: c}
  - {name: c, ${call}}`);
    assert.equal(story.fails('a').completes('c').end().status, 'completed');
    assert.deepEqual(story.statuses(), { a: 'failed', c: 'completed' });
  });

  test('to end ends the list as completed', () => {
    const story = started(`steps:
  - {name: a, ${call}, on_failure: end}
  - {name: b, ${call}}`);
    assert.equal(story.fails('a').end().status, 'completed');
  });

  test('a failure without it fails the execution', () => {
    const story = started(`steps:
  - {name: a, ${call}}
  - {name: b, ${call}}`);
    assert.deepEqual(story.fails('a').end(), { status: 'failed', code: 'BOOM' });
    assert.deepEqual({ step: story.state.error?.step, attempt: story.state.error?.attempt }, { step: 'a', attempt: 1 });
  });
});

describe('a fallback', () => {
  test('step takes the same way on as the step it replaces, which bears its output too', () => {
    const story = started(`steps:
  - {name: a, ${call}, fallback_step: spare, on_success: c}
  - {name: b, ${call}}
  - {name: c, ${call}, input: [$.a.x, $.spare.x, $.steps.a.status, $.steps.a.error.code]}
  - {name: spare, ${call}}`);
    story.fails('a').completes('spare', { x: 7 });
    assert.deepEqual(story.step('c').input, [7, 7, 'failed', 'BOOM']);
  });

  test('comes before on_failure', () => {
    const story = started(`steps:
  - {name: a, ${call}, fallback_step: spare, on_failure: h}
  - {name: spare, ${call}}
  - {name: h, ${call}}`);
    assert.deepEqual(story.fails('a').inHand(), ['spare']);
  });

  test('that fails takes the on_failure of the step it stands in for', () => {
    const story = started(`steps:
  - {name: a, ${call}, fallback_step: spare, on_failure: h}
  - {name: spare, ${call}}
  - {name: h, ${call}}`);
    assert.deepEqual(story.fails('a').fails('spare', 'SPARE_TOO').inHand(), ['h']);
    assert.equal(story.completes('h').end().code, 'SPARE_TOO');
  });

  test('may have a fallback of its own', () => {
    const story = started(`steps:
  - {name: a, ${call}, fallback_step: second}
  - {name: b, ${call}, input: $.a}
  - {name: second, ${call}, fallback_step: third}
  - {name: third, ${call}}`);
    story.fails('a').fails('second').completes('third', 3);
    assert.equal(story.step('b').input, 3);
  });

  test('waits until all attempts are spent', () => {
    const story = started(`steps:
  - {name: a, ${call}, fallback_step: spare, retry_config: {max_attempts: 2}}
  - {name: spare, ${call}}`);
    assert.deepEqual(story.fails('a').inHand(), []);
    assert.deepEqual(story.fires('retry').fails('a').inHand(), ['spare']);
  });

  test('step that is not defined fails with UNDEFINED_STEP and the cause', () => {
    const story = started(`steps:
  - {name: a, ${call}, fallback_step: nowhere}`);
    assert.equal(story.fails('a').end().code, 'UNDEFINED_STEP');
    assert.equal(story.state.error?.cause?.code, 'BOOM');
  });

  test('response is the output instead, and the error stays readable', () => {
    const story = started(`steps:
  - {name: a, ${call}, fallback_response: {code: $.error.code}, output: $.response.never}
  - {name: b, ${call}, input: [$.a, $.steps.a.status, $.steps.a.error.code]}`);
    story.fails('a');
    assert.deepEqual(story.step('b').input, [{ code: 'BOOM' }, 'completed', 'BOOM']);
  });

  test('answers for an open circuit like for any final failure', () => {
    const story = started(`steps:
  - {name: a, ${call}, fallback_response: spare, circuit_breaker: {failure_threshold: 1}}`);
    assert.equal(story.fails('a', 'CIRCUIT_OPEN').end().status, 'completed');
  });
});
