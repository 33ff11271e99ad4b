// biome-ignore-all lint/suspicious/noTemplateCurlyInString: the language under test writes them
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Json } from '../kit/json.ts';
import { call, noon, plain, type Story, started } from './make-story.ts';

const outputOf = (story: Story, step: string): Json => plain(story.step(step).output ?? null);

describe('what a step gets and gives', () => {
  test('random numbers are those of the seed from the first move on: two executions never draw the same', () => {
    const spec = `steps:\n  - {name: first, type: transform, mapping: {id: '\${uuid()}'}}\n  - {name: a, ${call}}\n  - {name: second, type: transform, mapping: {id: '\${uuid()}'}}`;
    const drawn = (seed: number): Json[] => {
      const story = started(spec, { seed }).completes('a');
      return [outputOf(story, 'first'), outputOf(story, 'second')];
    };
    assert.deepEqual(drawn(1), drawn(1));
    assert.equal(new Set([...drawn(1), ...drawn(2)].map((each) => JSON.stringify(each))).size, 4);
  });

  test('without an input mapping it gets the input of the execution', () => {
    const story = started(`steps:\n  - {name: a, ${call}}`, { input: { x: 1 } });
    assert.equal(story.step('a').input, undefined);
    assert.deepEqual(story.state.input, { x: 1 });
  });

  test('an output mapping replaces the response', () => {
    const story = started(
      `steps:
  - name: a
    ${call.replaceAll(', ', '\n    ')}
    data_mapping:
      input: {user: $.input.user, text: 'user-\${input.user}', literal: $$.x}
      output: {id: $.response.id, same: $.result.id, was: $.input.user}`,
      { input: { user: 'u1' } },
    );
    assert.deepEqual(plain(story.step('a').input ?? null), { user: 'u1', text: 'user-u1', literal: '$.x' });
    assert.deepEqual(outputOf(story.completes('a', { id: 7 }), 'a'), { id: 7, same: 7, was: 'u1' });
  });

  test('an output mapping that has no value fails the step', () => {
    const story = started(`steps:\n  - {name: a, ${call}, output: {x: '\${response.n * 2}'}}`).completes('a', {
      n: 't',
    });
    assert.deepEqual(story.end(), { status: 'failed', code: 'EXPRESSION_FAILED' });
    assert.equal(story.state.error?.step, 'a');
  });

  test('set puts values into $.vars when the step completes, and sees its output', () => {
    const story = started(`steps:
  - {name: a, ${call}, output: {n: $.response}, set: {total: '\${a.n + 1}', raw: $.a}}
  - {name: b, ${call}, input: [$.vars.total, $.vars.raw]}`).completes('a', 2);
    assert.deepEqual(plain(story.step('b').input ?? null), [3, { n: 2 }]);
  });

  test('set that has no value fails the step', () => {
    const story = started(`steps:\n  - {name: a, ${call}, set: {n: '\${a.x * 2}'}}`).completes('a', { x: 't' });
    assert.equal(story.end().code, 'EXPRESSION_FAILED');
  });

  test('$.previous is the output of the step that led here', () => {
    const story = started(`steps:
  - {name: a, ${call}, on_success: c}
  - {name: b, ${call}}
  - {name: c, ${call}, input: $.previous, output: [$.previous, $.response], on_success: b}`);
    assert.equal(story.completes('a', 1).step('c').input, 1);
    assert.deepEqual(outputOf(story.completes('c', 2), 'c'), [1, 2]);
  });

  test('$.error is there for what a failure led to, in its output mapping too', () => {
    const story = started(`steps:
  - {name: a, ${call}, on_failure: h}
  - {name: h, ${call}, input: $.error.message, output: $.error.code}`).fails('a');
    assert.equal(story.step('h').input, 'a failed');
    assert.equal(story.completes('h').step('h').output, 'BOOM');
  });

  test('$.steps tells output, status, error and attempts, also of steps that never ran', () => {
    const story = started(`steps:
  - {name: a, ${call}, retry_config: {max_attempts: 3}}
  - {name: b, ${call}, input: [$.steps.a.output, $.steps.a.status, $.steps.a.attempts, $.steps.c.status, $.c.status, $.steps.c.attempts]}
  - {name: c, ${call}}`);
    story.fails('a').fires('retry').completes('a', { x: 1 });
    assert.deepEqual(story.step('b').input, [{ x: 1 }, 'completed', 2, 'pending', 'pending', 0]);
  });

  test('$.a.status is the field of the output where there is one', () => {
    const story = started(`steps:\n  - {name: a, ${call}}\n  - {name: b, ${call}, input: $.a.status}`);
    assert.equal(story.completes('a', { status: 'mine' }).step('b').input, 'mine');
  });

  test('the execution, the workflow, the workspace and the time are readable', () => {
    const story = started(`steps:
  - {name: a, ${call}}
  - name: b
    type: transform
    mapping: [$.execution.id, $.execution.duration, $.execution.attempt, $.workflow.name, $.workflow.version, $.workspace, "\${env('REGION')}", '\${now()}', $.execution.started_at]`);
    story.at += 1_500;
    const time = new Date(noon + 1_500).toISOString();
    assert.deepEqual(outputOf(story.completes('a'), 'b'), [
      ...['exec_1', 1.5, 1, 'story', '1.0.0', 'default', 'eu-1'],
      ...[time, new Date(noon).toISOString()],
    ]);
  });

  test('$ itself is everything by name', () => {
    const story = started(
      `steps:\n  - {name: a, ${call}}\n  - {name: b, type: transform, mapping: '\${keys($)}'}`,
    ).completes('a');
    const names = outputOf(story, 'b') as string[];
    for (const name of ['input', 'a', 'vars', 'steps', 'execution']) assert.ok(names.includes(name), name);
  });

  test('user-named members cannot reach a prototype', () => {
    const output = JSON.parse('{"__proto__": {"polluted": true}, "constructor": 1}') as Json;
    const story = started(
      `steps:\n  - {name: a, ${call}}\n  - {name: b, ${call}, input: [$.a.polluted, $.a.constructor, $.a.toString]}`,
    );
    assert.deepEqual(story.completes('a', output).step('b').input, [null, 1, null]);
    assert.equal(Object.getPrototypeOf(story.completes('b').state.output), null);
  });
});

describe('transforms of a data mapping', () => {
  test('make members of the response anew and leave the others', () => {
    const story = started(
      `steps:\n  - name: a\n    ${call.replaceAll(', ', '\n    ')}\n    data_mapping: {transforms: {email: lower($.response.email), n: $.response.n + 1}}`,
    );
    const { output } = story.completes('a', { email: 'Ann@X', n: 1, kept: true }).step('a');
    assert.deepEqual(plain(output ?? null), { email: 'ann@x', n: 2, kept: true });
  });

  test('of a response that is no object fail the step', () => {
    const story = started(`steps:\n  - {name: a, ${call}, data_mapping: {transforms: {n: '1'}}}`);
    assert.equal(story.completes('a', 5).end().code, 'EXPRESSION_FAILED');
  });
});

describe('transform and fail', () => {
  test('transform gives the value of its mapping', () => {
    const story = started(
      'steps:\n  - {name: t, type: transform, mapping: {sum: "${sum(input.list)}", list: $.input.list}}',
      {
        input: { list: [1, 2] },
      },
    );
    assert.deepEqual(story.end(), { status: 'completed', output: { sum: 3, list: [1, 2] } });
  });

  test('transform without a value fails, and can be caught', () => {
    const story = started(
      `steps:
  - {name: t, type: transform, mapping: '\${input.x * 2}', on_failure: h}
  - {name: h, ${call}}`,
      { input: { x: 'text' } },
    );
    assert.deepEqual(story.inHand(), ['h']);
  });

  test('fail ends the list with its code, message and details', () => {
    const story = started(
      'steps:\n  - {name: no, type: fail, code: TOO_LATE, message: "by ${input.h} h", details: {at: $.input.h}}',
      {
        input: { h: 3 },
      },
    );
    const { code, message, details, step } = story.state.error ?? {};
    assert.deepEqual(
      { code, message, details: plain(details ?? null), step },
      {
        code: 'TOO_LATE',
        message: 'by 3 h',
        details: { at: 3 },
        step: 'no',
      },
    );
  });

  test('fail without a message says what happened', () => {
    assert.match(started('steps:\n  - {name: no, type: fail}').state.error?.message ?? '', /step no fails with FAILED/);
  });

  test('fail whose message has no value fails with that', () => {
    assert.equal(
      started('steps:\n  - {name: no, type: fail, message: "${input * 2}"}').end().code,
      'EXPRESSION_FAILED',
    );
  });

  test('fail is catchable like any failure', () => {
    const story = started(`steps:\n  - {name: no, type: fail, on_failure: h}\n  - {name: h, ${call}, on_success: end}`);
    assert.equal(story.completes('h').end().status, 'completed');
  });
});

describe('wait', () => {
  test('goes on when its duration is over', () => {
    const story = started(`steps:\n  - {name: w, type: wait, duration: 1h30m}\n  - {name: a, ${call}}`).fires('wait');
    assert.equal(story.at, noon + 5_400_000);
    assert.deepEqual(story.inHand(), ['a']);
  });

  test('takes its duration from an expression, as text or milliseconds', () => {
    const spec = 'steps:\n  - {name: w, type: wait, duration: $.input.delay}';
    assert.equal(started(spec, { input: { delay: '2m' } }).step('w').dueAt, noon + 120_000);
    assert.equal(started(spec, { input: { delay: 500 } }).step('w').dueAt, noon + 500);
  });

  test('fails where the expression gives no duration or no time', () => {
    const duration = 'steps:\n  - {name: w, type: wait, duration: $.input.delay}';
    assert.equal(started(duration, { input: { delay: 'soon' } }).end().code, 'EXPRESSION_FAILED');
    const until = 'steps:\n  - {name: w, type: wait, until: $.input.when}';
    assert.equal(started(until, { input: { when: 'tomorrow' } }).end().code, 'EXPRESSION_FAILED');
  });

  test('until waits for a time; one that is past is over at once', () => {
    const story = started('steps:\n  - {name: w, type: wait, until: "2027-01-01T00:00:00Z"}');
    assert.equal(story.step('w').dueAt, Date.UTC(2027, 0, 1));
    const spec = 'steps:\n  - {name: w, type: wait, until: $.input.when}';
    const past = started(spec, { input: { when: noon - 1 } }).fires('wait');
    assert.deepEqual([past.at, past.end().status], [noon, 'completed']);
  });

  test('is not over before its time', () => {
    const story = started('steps:\n  - {name: w, type: wait, duration: 1h}').signals('other');
    assert.equal(story.end().status, 'waiting');
  });
});

describe('condition', () => {
  const choice = (input: Json): Story =>
    started(
      `steps:
  - name: c
    type: condition
    condition: $.input.n > 10
    then: [{name: big, ${call}}]
    else: [{name: small, ${call}}]
  - {name: after, ${call}, input: [$.c, $.big, $.small]}`,
      { input },
    );

  test('runs then or else, and gives what that list gave', () => {
    const story = choice({ n: 11 });
    assert.deepEqual(story.inHand(), ['c.big']);
    assert.deepEqual(story.completes('c.big', 'B').step('after').input, ['B', 'B', null]);
    assert.deepEqual(choice({ n: 1 }).inHand(), ['c.small']);
  });

  test('without a list to run completes with null', () => {
    const story = started(`steps:\n  - {name: c, type: condition, condition: 'false', then: [{name: a, ${call}}]}`);
    assert.deepEqual([story.step('c').output, story.end().status], [null, 'completed']);
  });

  test('that has no value fails', () => {
    assert.equal(
      started(`steps:\n  - {name: c, type: condition, condition: $.input * 2 > 1, then: [{name: a, ${call}}]}`).end()
        .code,
      'EXPRESSION_FAILED',
    );
  });

  test('with a list of cases runs the first that holds', () => {
    const spec = `steps:
  - name: c
    type: condition
    cases:
      - {when: $.input.n > 10, steps: [{name: a, ${call}}]}
      - {when: $.input.n > 5, steps: [{name: b, ${call}}]}
    default: [{name: d, ${call}}]`;
    const chosen = (n: number) => started(spec, { input: { n } }).inHand();
    assert.deepEqual([chosen(11), chosen(6), chosen(1)], [['c.a'], ['c.b'], ['c.d']]);
  });

  test('with a value runs the case of that literal, type and all', () => {
    const spec = `steps:
  - name: c
    type: condition
    value: $.input.kind
    cases: {gold: [{name: a, ${call}}], 1: [{name: b, ${call}}], true: [{name: t, ${call}}]}
    default: [{name: d, ${call}}]`;
    const chosen = (kind: Json) => started(spec, { input: { kind } }).inHand()[0];
    assert.deepEqual([chosen('gold'), chosen(1), chosen(true), chosen('1')], ['c.a', 'c.b', 'c.t', 'c.d']);
  });

  test('fails with the error of its child, whose path is the step', () => {
    const story = choice({ n: 11 }).fails('c.big');
    assert.deepEqual([story.end().code, story.state.error?.step], ['BOOM', 'c.big']);
    assert.equal(story.step('c').error?.step, 'c.big');
  });

  test('is caught by its own on_failure', () => {
    const story = started(`steps:
  - {name: c, type: condition, condition: 'true', then: [{name: a, ${call}}], on_failure: h}
  - {name: h, ${call}, input: $.error.step}`).fails('c.a');
    assert.equal(story.step('h').input, 'c.a');
  });

  test('on_success: end inside ends the inner list alone', () => {
    const story = started(`steps:
  - {name: c, type: condition, condition: 'true', then: [{name: a, ${call}, on_success: end}, {name: b, ${call}}]}
  - {name: after, ${call}}`).completes('c.a');
    assert.deepEqual(story.inHand(), ['after']);
  });
});

describe('parallel', () => {
  const three = (fields: string): Story =>
    started(`steps:
  - name: p
    type: parallel
    ${fields}
    branches:
      - {name: one, steps: [{name: a, ${call}}]}
      - {name: two, steps: [{name: b, ${call}}]}
      - {name: three, steps: [{name: c, ${call}}], output: {c: $.c}}
  - {name: after, ${call}, input: [$.p, $.a, $.c]}`);

  test('runs its branches side by side and gives their results by name', () => {
    const story = three('wait_for: all');
    assert.deepEqual(story.inHand(), ['p.one.a', 'p.two.b', 'p.three.c']);
    story.completesAll({ 'p.three.c': 3, 'p.one.a': 1, 'p.two.b': 2 });
    assert.deepEqual(plain(story.step('after').input ?? null), [{ one: 1, two: 2, three: { c: 3 } }, 1, 3]);
  });

  test('fails at the first failure and cancels the other branches', () => {
    const story = three('wait_for: all').fails('p.two.b');
    assert.deepEqual([story.end().code, story.state.error?.step], ['BOOM', 'p.two.b']);
    assert.deepEqual([story.step('p.one.a').status, story.step('p.three.c').status], ['cancelled', 'cancelled']);
  });

  test('without fail_fast lets the others end first', () => {
    const story = three('fail_fast: false').fails('p.two.b').completes('p.one.a');
    assert.equal(story.end().status, 'running');
    assert.equal(story.completes('p.three.c').end().status, 'failed');
  });

  test('wait_for: any goes on with the first and cancels the others', () => {
    const story = three('wait_for: any').fails('p.one.a').completes('p.two.b', 2);
    assert.deepEqual(outputOf(story, 'p'), { two: 2 });
    assert.equal(story.step('p.three.c').status, 'cancelled');
    assert.deepEqual(story.inHand(), ['after']);
  });

  test('wait_for: 2 goes on with two, and fails once two can no longer come', () => {
    const story = three('wait_for: 2').completes('p.three.c', 3).completes('p.one.a', 1);
    assert.deepEqual(outputOf(story, 'p'), { one: 1, three: { c: 3 } });
    assert.equal(three('wait_for: 2').fails('p.one.a').fails('p.two.b').end().status, 'failed');
  });

  test('wait_for: any fails when every branch failed', () => {
    const story = three('wait_for: any').fails('p.one.a').fails('p.two.b', 'SECOND').fails('p.three.c', 'THIRD');
    assert.equal(story.end().status, 'failed');
  });

  test('its output mapping sees the results as $.response and as $.branches', () => {
    const story = three('output: {first: $.branches.one, same: $.response.one}');
    story.completesAll({ 'p.one.a': 1, 'p.two.b': 2, 'p.three.c': 3 });
    assert.deepEqual(outputOf(story, 'p'), { first: 1, same: 1 });
  });

  test('a branch whose output mapping has no value fails', () => {
    const story = started(`steps:
  - {name: p, type: parallel, branches: [{name: one, steps: [{name: a, ${call}}], output: '\${a * 2}'}]}`);
    assert.equal(story.completes('p.one.a', 'text').end().code, 'EXPRESSION_FAILED');
  });

  test('an undefined step in a branch fails the branch, and the container can catch it', () => {
    const story = started(`steps:
  - {name: p, type: parallel, on_failure: h, branches: [{name: one, steps: [{name: a, ${call}, on_success: nowhere}]}]}
  - {name: h, ${call}, input: $.error.code}`).completes('p.one.a');
    assert.equal(story.step('h').input, 'UNDEFINED_STEP');
  });
});

describe('the output of an execution', () => {
  const ab = `steps:\n  - {name: a, ${call}}\n  - {name: b, ${call}}`;

  test('is spec.output where that is given', () => {
    const story = started(`output: {id: $.a.id, last: $.previous}\n${ab}`).completes('a', { id: 1 }).completes('b', 2);
    assert.deepEqual(story.end().output, { id: 1, last: 2 });
  });

  test('that has no value fails the execution', () => {
    assert.equal(
      started(`output: '\${a * 2}'\n${ab}`).completes('a', 't').completes('b').end().code,
      'EXPRESSION_FAILED',
    );
  });

  test('is else the merge of the completed outputs in the order they completed', () => {
    const story = started(ab).completes('a', { x: 1, y: 1 }).completes('b', { y: 2 });
    assert.deepEqual(story.end().output, { x: 1, y: 2 });
  });

  test('has nothing of the rounds of a loop but its results, however many they were', () => {
    const body = `steps: [{name: a, ${call}}, {name: branch, type: condition, condition: "true", then: [{name: b, ${call}}]}]`;
    const story = started(`steps: [{name: each, type: loop, iterate_over: "[1]", ${body}}]`);
    story.completes('each[0].a', { x: 1 }).completes(story.inHand()[0] ?? '', { y: 2 });
    assert.deepEqual(story.end().output, { results: [{ y: 2 }], succeeded: 1, failed: 0, errors: [] });
  });

  const schema = 'output_schema: {type: object, properties: {x: {type: number}, note: {type: string, default: none}}}';

  test('is cut to the properties of output_schema', () => {
    const story = started(`${schema}\n${ab}`).completes('a', { x: 1, secret: 2 }).completes('b');
    assert.deepEqual(story.end(), { status: 'completed', output: { x: 1, note: 'none' } });
  });

  test('that breaks output_schema is a warning', () => {
    const story = started(`${schema}\n${ab}`).completes('a', { x: 'text' }).completes('b');
    assert.equal(story.end().status, 'completed');
    assert.deepEqual(
      story.state.warnings.map(({ pointer }) => pointer),
      ['/x'],
    );
  });

  test('that breaks output_schema fails the execution with runtime_validation.output: fail', () => {
    const story = started(`runtime_validation: {output: fail}\n${schema}\n${ab}`)
      .completes('a', { x: 't' })
      .completes('b');
    assert.deepEqual(story.end(), { status: 'failed', code: 'OUTPUT_INVALID' });
  });
});
