// biome-ignore-all lint/suspicious/noTemplateCurlyInString: the language under test writes them
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, test } from 'node:test';
import { call, type Story, started } from './make-story.ts';

/** Steps `a` and `b`, then the rules. */
const withRules = (rules: string, steps = ''): string =>
  `steps:\n  - {name: a, ${call}}\n  - {name: b, ${call}}\n${steps}error_handling:\n${rules}`;
const fired = (story: Story): number => story.events.filter((event) => event.type === 'rule.fired').length;

describe('error_handling rules', () => {
  test('are looked at after a step that completed, and the first that holds decides', () => {
    const story = started(
      withRules(`  - {condition: $.a.ok == true, action: fail}
  - {condition: $.a.ok == false, action: {type: return_error, message: 'not ok: \${a.why}', details: $.a.list}}
  - {condition: $.a.ok == false, action: ignore}`),
    );
    story.completes('a', { ok: false, why: 'late', list: [1] });
    assert.deepEqual(story.end(), { status: 'failed', code: 'RETURNED_ERROR' });
    assert.deepEqual([story.state.error?.message, story.state.error?.details], ['not ok: late', [1]]);
  });

  test('are looked at before on_success', () => {
    const story = started(`steps:
  - {name: a, ${call}, on_success: b}
  - {name: b, ${call}}
  - {name: c, ${call}}
error_handling:
  - {condition: $.a.skip, action: {type: goto, step: c}}`);
    assert.deepEqual(story.completes('a', { skip: true }).inHand(), ['c']);
  });

  test('are looked at before on_failure and before the fallback', () => {
    const rule = `error_handling:
  - {condition: $.error.code == 'BOOM', action: {type: return_error, code: GIVEN, message: no}}`;
    const handled = started(
      `steps:\n  - {name: a, ${call}, on_failure: h, fallback_step: f}\n  - {name: h, ${call}}\n  - {name: f, ${call}}\n${rule}`,
    );
    assert.deepEqual(handled.fails('a').end(), { status: 'failed', code: 'GIVEN' });
  });

  test('are looked at only when all retries are spent', () => {
    const story = started(`steps:
  - {name: a, ${call}, retry_config: {max_attempts: 2}}
error_handling:
  - {condition: $.error.code == 'BOOM', action: ignore}`);
    assert.equal(story.fails('a').step('a').status, 'retrying');
    assert.equal(story.fires('retry').fails('a').end().status, 'completed');
  });

  test('see the failed step by its status and its error', () => {
    const story = started(
      withRules(`  - {condition: "$.a.status == 'failed' && $.steps.a.error.code == 'BOOM'", action: ignore}`),
    );
    assert.deepEqual(story.fails('a').inHand(), ['b']);
  });

  test('do not see the error of a step that was tried again and then completed', () => {
    const story = started(`steps:
  - {name: a, ${call}, retry_config: {max_attempts: 2}}
error_handling:
  - {condition: $.error != null, action: fail}`);
    assert.equal(story.fails('a').fires('retry').completes('a').end().status, 'completed');
  });

  test('fire at most once in an execution', () => {
    const story = started(`steps:
  - {name: a, ${call}}
  - {name: b, ${call}}
error_handling:
  - {condition: $.error.code == 'BOOM', action: ignore}`);
    assert.equal(story.fails('a').fails('b').end().status, 'failed');
    assert.equal(fired(story), 1);
  });

  test('are not looked at after a step that a rule led to', () => {
    const story = started(
      withRules(`  - {condition: $.error.code == 'BOOM', action: {type: goto, step: b}}
  - {condition: $.b.bad, action: fail}`),
    );
    assert.equal(story.fails('a').completes('b', { bad: true }).end().status, 'completed');
  });

  test('are not looked at after a handler', () => {
    const story = started(`steps:
  - {name: a, ${call}, on_failure: h}
  - {name: h, ${call}, on_success: end}
error_handling:
  - {condition: $.h.bad, action: fail}`);
    assert.equal(story.fails('a').completes('h', { bad: true }).end().status, 'completed');
  });

  test('are not looked at after a skipped step', () => {
    const story = started(`steps:
  - {name: a, ${call}, when: 'false'}
error_handling:
  - {condition: 'true', action: fail}`);
    assert.equal(story.end().status, 'completed');
  });

  test('that have no value fail the execution', () => {
    const story = started(withRules('  - {condition: $.a.x * 2 > 1, action: ignore}')).completes('a', { x: 'text' });
    assert.deepEqual(story.end(), { status: 'failed', code: 'EXPRESSION_FAILED' });
  });

  test('are looked at after steps in branches too', () => {
    const story = started(`steps:
  - {name: p, type: parallel, branches: [{name: one, steps: [{name: a, ${call}}, {name: b, ${call}}]}]}
error_handling:
  - {condition: $.error.code == 'BOOM', action: ignore}`);
    assert.deepEqual(story.fails('p.one.a').inHand(), ['p.one.b']);
  });
});

describe('the action', () => {
  const onFailure = (action: string, steps = ''): Story =>
    started(withRules(`  - {condition: $.error.code == 'BOOM', action: ${action}}`, steps)).fails('a');

  test('return_error without a message gives the error of the step', () => {
    const story = onFailure('return_error');
    assert.deepEqual(story.end(), { status: 'failed', code: 'BOOM' });
    assert.equal(story.state.error?.message, 'a failed');
  });

  test('fail ends the execution with its own code and message', () => {
    const story = onFailure('{type: fail, code: MINE, message: "it was ${error.code}"}');
    assert.deepEqual(story.end(), { status: 'failed', code: 'MINE' });
    assert.equal(story.state.error?.message, 'it was BOOM');
  });

  test('with a message that has no value fails with EXPRESSION_FAILED', () => {
    assert.equal(onFailure('{type: fail, message: "${error.code * 2}"}').end().code, 'EXPRESSION_FAILED');
  });

  test('ignore goes on as after success', () => {
    assert.equal(onFailure('ignore').completes('b').end().status, 'completed');
  });

  test('ignore after a step that completed changes nothing', () => {
    const story = started(withRules('  - {condition: $.a.odd, action: ignore}')).completes('a', { odd: true });
    assert.deepEqual(story.inHand(), ['b']);
  });

  test('goto goes on with the step it names', () => {
    const story = onFailure('{type: goto, step: c}', `  - {name: c, ${call}}\n`);
    assert.deepEqual(story.inHand(), ['c']);
    assert.equal(story.completes('c').end().status, 'completed');
  });

  test('goto end ends the execution as completed', () => {
    assert.equal(onFailure('{type: goto, step: end}').end().status, 'completed');
  });

  test('goto a step that is not defined ends with UNDEFINED_STEP and the cause', () => {
    const story = onFailure('{type: goto, step: nowhere}');
    assert.equal(story.end().code, 'UNDEFINED_STEP');
    assert.equal(story.state.error?.cause?.code, 'BOOM');
  });

  test('goto out of a branch cancels what runs beside it', () => {
    const story = started(`steps:
  - name: p
    type: parallel
    branches:
      - {name: one, steps: [{name: a, ${call}}]}
      - {name: two, steps: [{name: b, ${call}}]}
  - {name: c, ${call}}
error_handling:
  - {condition: $.error.code == 'BOOM', action: {type: goto, step: c}}`);
    assert.deepEqual(story.fails('p.one.a').inHand(), ['c']);
    assert.equal(story.step('p.two.b').status, 'cancelled');
    assert.equal(story.completes('c').end().status, 'completed');
  });

  test('retry tries a failed step again, with all its attempts', () => {
    const story = started(`steps:
  - {name: a, ${call}, retry_config: {max_attempts: 2, jitter: false}}
error_handling:
  - {condition: $.error.code == 'BOOM', action: retry}`);
    story.fails('a').fires('retry').fails('a');
    assert.equal(story.step('a').status, 'retrying');
    story.fires('retry').fails('a').fires('retry');
    assert.equal(story.step('a').attempt, 4);
    assert.equal(story.fails('a').end().status, 'failed');
  });

  test('retry runs a completed step once more, as a new visit', () => {
    const story = started(withRules('  - {condition: $.a.again, action: retry}')).completes('a', { again: true });
    assert.deepEqual(story.inHand(), ['a']);
    assert.equal(story.step('a').visit, 2);
    assert.deepEqual(story.completes('a', { again: true }).inHand(), ['b']);
  });

  test('retry ends with the branch whose step it wanted to try again', () => {
    const story = started(`steps:
  - name: p
    type: parallel
    on_failure: c
    branches:
      - {name: one, steps: [{name: a, ${call}}]}
      - {name: two, steps: [{name: b, ${call}}]}
  - {name: c, ${call}}
error_handling:
  - {condition: $.error.step == 'p.one.a', action: retry}`);
    story.fails('p.one.a');
    assert.equal(story.step('p.one.a').status, 'retrying');
    story.fails('p.two.b');
    assert.equal(story.step('p.one.a').status, 'cancelled');
    assert.deepEqual([...story.state.outstanding.keys()], ['c#1/1']);
  });

  test('dead_letter ends the execution failed and marks it', () => {
    const story = onFailure('dead_letter');
    assert.deepEqual(story.end(), { status: 'failed', code: 'BOOM' });
    assert.equal(story.state.deadLetter, true);
  });

  test('compensate runs the steps it names, in their order, and ends compensated', () => {
    const story = onFailure(
      '{type: compensate, steps: [{name: u1, service: s, method: undo}, u2]}',
      `  - {name: u2, ${call}}\n`,
    );
    assert.deepEqual(story.inHand(), ['u1']);
    assert.deepEqual(story.completes('u1').inHand(), ['u2']);
    assert.deepEqual(story.completes('u2').end(), { status: 'compensated', code: 'BOOM' });
  });

  test('compensate without steps takes those of error_handling.compensation', () => {
    const story = started(`steps:
  - {name: a, ${call}}
error_handling:
  compensation: [{name: undo, ${call}}]
  rules: [{condition: $.error.code == 'BOOM', action: compensate}]`);
    assert.deepEqual(story.fails('a').inHand(), ['undo']);
    assert.equal(story.completes('undo').end().status, 'compensated');
  });

  test('compensate with nothing to undo ends compensated at once', () => {
    assert.equal(onFailure('compensate').end().status, 'compensated');
  });

  test('compensate after a step that completed bears the rule as its error', () => {
    const story = started(withRules('  - {condition: $.a.bad, action: compensate}')).completes('a', { bad: true });
    assert.deepEqual(story.end(), { status: 'compensated', code: 'RULE_FIRED' });
  });
});

describe("the seed's own workflow", () => {
  const text = readFileSync(new URL('../../examples/user-onboarding/workflow.yaml', import.meta.url), 'utf8');
  const lines = text.split('\n');
  const from = lines.findIndex((line) => line.startsWith('spec:'));
  const spec = lines
    .slice(from + 1)
    .map((line) => line.slice(2))
    .join('\n');
  const input = { email: 'a@b.c', name: 'A' };

  test('goes from validation to the account to the welcome mail', () => {
    const story = started(spec, { input }).completes('validate-user', { valid: true, errors: [] });
    assert.deepEqual(story.step('validate-user').output, { validation_result: true, validation_errors: [] });
    assert.deepEqual(story.completes('create-account', { user_id: 'u1' }).inHand(), ['send-welcome-email']);
    assert.deepEqual(story.step('send-welcome-email').input, { user_id: 'u1', email: 'a@b.c', name: 'A' });
    assert.equal(story.completes('send-welcome-email').end().status, 'completed');
  });

  test('with a false validation ends failed with the message and details of its rule', () => {
    const story = started(spec, { input }).completes('validate-user', { valid: false, errors: ['email'] });
    assert.equal(story.end().status, 'failed');
    assert.deepEqual([story.state.error?.message, story.state.error?.details], ['User validation failed', ['email']]);
  });

  test('with a failing account runs the cleanup and ends compensated', () => {
    const story = started(spec, { input })
      .completes('validate-user', { valid: true, errors: [] })
      .fails('create-account', 'DUPLICATE', { retryable: false });
    assert.deepEqual(story.inHand(), ['cleanup-partial-data']);
    assert.equal(story.step('cleanup-partial-data').task?.function, 'cleanup');
    assert.equal(story.completes('cleanup-partial-data').end().status, 'compensated');
  });

  test('with a welcome mail that takes too long completes all the same', () => {
    const story = started(spec, { input })
      .completes('validate-user', { valid: true, errors: [] })
      .completes('create-account')
      .timesOut('send-welcome-email');
    assert.equal(story.end().status, 'completed');
  });
});
