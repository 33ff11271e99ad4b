/** Every expectation that does not hold is told: what, with both values, and at its line. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { assertPasses, call, runOne, runText, toldBy } from './make-suite.ts';

const flow = `output: {total: $.add.total, items: $.input.items}
steps:
  - {name: add, type: transform, mapping: {total: "\${sum(input.items)}"}, set: {seen: $.input.items}}
  - {name: pay, ${call}, input: {amount: $.add.total}, when: $.add.total > 0}
  - {name: bill, ${call}, when: $.add.total > 100, on_success: end}
  - {name: rest, ${call}}`;

const given = 'input: {items: [1, 2, 3]}\nmocks: {pay: {response: {id: p-1}, delay: 2s}}\n';

describe('a sound case', () => {
  test('may expect everything at once', async () => {
    await assertPasses(
      flow,
      `${given}expect:
  status: completed
  output: {items: [1, 2, 3], total: 6}
  output_includes: {total: 6}
  steps: [add, pay]
  steps_include: [pay]
  steps_exclude: [bill]
  outputs: {pay: {id: p-1}}
  outputs_include: {add: {}}
  calls: {pay: {count: 1, input: {amount: 6}, input_includes: {}, inputs: [{amount: 6}]}, bill: 0, e/f: 1}
  vars: {seen: [1, 2, 3]}
  duration: {at_least: 2s, at_most: 2s}
  conditions:
    - $.output.total == sum($.input.items)
    - $.pay.id == 'p-1' && $.steps.pay.attempts == 1 && $.bill.status == 'skipped'
    - $.vars.seen[0] == 1 && $.duration == 2 && $.status == 'completed' && $.error == null
    - $.steps.bill.status == 'skipped' && $.steps.rest.status == 'pending' && $.steps.rest.attempts == 0 && $.rest.status == 'pending'
    - len($.calls.pay) == 1 && $.calls.pay[0].amount == 6`,
    );
  });

  test('that says nothing of its end must complete', async () => {
    const result = await runOne(
      `steps:\n  - {name: pay, ${call}}`,
      'mocks: {pay: {error: {code: DOWN, message: off}}}\nexpect: {}',
    );
    assert.deepEqual(toldBy(result), ['the status is failed, expected completed', 'error DOWN of step pay: off']);
  });
});

const wrong: readonly (readonly [expectation: string, pointer: string, told: readonly (string | RegExp)[]])[] = [
  ['status: failed', '/status', ['the status is completed, expected failed']],
  [
    'output: {total: 6}',
    '/output',
    ['output is not what is expected', 'output.items is [1,2,3], nothing was expected there'],
  ],
  [
    'output: {total: 7, items: [1, 2]}',
    '/output',
    [/is not/, 'output.total is 6, expected 7', 'output.items[2] is 3, nothing was expected there'],
  ],
  [
    'output_includes: {items: [1, 2, 3, 4], more: 1}',
    '/output_includes',
    [/does not include/, 'output.items[3] is missing, expected 4', 'output.more is missing, expected 1'],
  ],
  ['output_includes: {total: "6"}', '/output_includes', [/does not include/, 'output.total is 6, expected "6"']],
  ['error: {code: X}', '', ['the status is completed, expected failed']],
  ['steps: [pay, add]', '/steps', ['other steps begin than expected', 'expected: pay → add', 'begun:    add → pay']],
  ['steps_include: [pay, add]', '/steps_include/1', ['step add does not begin after pay', 'begun:    add → pay']],
  ['steps_exclude: [bill, pay]', '/steps_exclude/1', ['step pay begins', 'begun:    add → pay']],
  [
    'outputs: {pay: {id: p-2}}',
    '/outputs/pay',
    ['output of pay is not what is expected', 'output of pay.id is "p-1", expected "p-2"'],
  ],
  [
    'outputs_include: {bill: {id: 1}}',
    '/outputs_include/bill',
    [/does not include/, /output of bill is missing|output of bill is null/],
  ],
  ['calls: {pay: 2}', '/calls/pay', ['pay is called once, expected 2 times', 'call 1 at 0s, attempt 1: {"amount":6}']],
  [
    'calls: {pay: {input: {amount: 7}}}',
    '/calls/pay/input',
    [/is not/, 'input of call 1 of pay.amount is 6, expected 7'],
  ],
  [
    'calls: {pay: {inputs: [{amount: 5}]}}',
    '/calls/pay/inputs/0',
    [/is not/, 'input of call 1 of pay.amount is 6, expected 5'],
  ],
  ['calls: {bill: {input_includes: {a: 1}}}', '/calls/bill', ['bill is never called']],
  ['vars: {seen: []}', '/vars/seen', [/is not/, 'vars.seen[0] is 1, nothing was expected there', /\[1\]/, /\[2\]/]],
  ['duration: 3s', '/duration', ['it takes 2s, expected 3s']],
  ['duration: {at_least: 1m}', '/duration', ['it takes 2s, expected at least 1m']],
  ['duration: {at_most: 1999ms}', '/duration', ['it takes 2s, expected at most 1s999ms']],
  ['conditions: ["true", "$.add.total > 6"]', '/conditions/1', ['«$.add.total > 6» does not hold', '$.add.total is 6']],
  ['conditions: ["len($.output.total) > 1"]', '/conditions/0', [/«len\(\$\.output\.total\) > 1» has no value: /]],
];

describe('an expectation that does not hold', () => {
  for (const [expectation, pointer, told] of wrong) {
    test(`${expectation} is told at its own line`, async () => {
      const result = await runOne(flow, `${given}expect:\n  ${expectation}`);
      const [first] = result.failures;
      const lines = toldBy(result);
      assert.equal(lines.length >= told.length, true, lines.join('\n'));
      for (const [index, wanted] of told.entries()) {
        if (typeof wanted === 'string') assert.equal(lines[index], wanted);
        else assert.match(lines[index] ?? '', wanted);
      }
      assert.equal(first?.pointer, `/spec/cases/0/expect${pointer}`);
      // The case begins in line 7 of its file, `expect` stands three lines below.
      assert.equal(first?.line, pointer === '' ? 10 : 11);
    });
  }

  test('each of several is told', async () => {
    const result = await runOne(
      flow,
      `${given}expect: {status: failed, duration: 1s, vars: {seen: 1}, calls: {pay: 0}}`,
    );
    assert.deepEqual(
      result.failures.map(({ pointer }) => pointer.slice('/spec/cases/0/expect/'.length)),
      ['status', 'vars/seen', 'calls/pay', 'duration'],
    );
  });

  test('an error that is another one is told with both', async () => {
    const result = await runOne(
      `steps:\n  - {name: pay, ${call}}`,
      'mocks: {pay: {error: {code: A, details: {n: 1}}}}\nexpect: {error: {code: B, step: other, details: {n: 2}}}',
    );
    assert.deepEqual(
      toldBy(result).filter((line) => line.includes('expected')),
      [
        'error does not include what is expected',
        'error.code is "A", expected "B"',
        'error.step is "pay", expected "other"',
        'error.details does not include what is expected',
        'error.details.n is 1, expected 2',
      ],
    );
  });
});

describe('a test and its workflow', () => {
  const problems = async (spec: string, more: readonly string[] = []) =>
    (await runText(flow, spec, more)).problems.map(
      ({ code, pointer, message, line, file }) => `${file}:${line} ${code} ${pointer} ${message}`,
    );
  const single = (lines: string): string => `cases:\n  - name: a\n    ${lines}`;

  for (const [lines, told] of [
    [
      'expect: {}\n    mocks: {payy: {response: 1}}',
      /flow\.test\.yaml:9 TEST_MISMATCH \/spec\/cases\/0\/mocks\/payy nothing is called "payy"; did you mean "pay"\?/,
    ],
    ['expect: {}\n    mocks: {e/g: {response: 1}}', /nothing is called "e\/g"; did you mean "e\/f"\?/],
    ['expect: {}\n    mocks: {"child:pay": {response: 1}}', /nothing is called "child:pay"/],
    ['expect: {}\n    mocks: {pay: passthrough}', /"pay" calls what is outside, and no test goes there/],
    [
      'expect: {}\n    mocks: {"x[0].add": {response: 1}}',
      /"x\[0\].add" is done by the server itself: mock it by its name, "add"/,
    ],
    [
      'expect: {}\n    human_tasks: [{step: pay}]',
      /\/spec\/cases\/0\/human_tasks\/0\/step no human task is called "pay"/,
    ],
    ['expect: {steps: [add, nope]}', /\/expect\/steps\/1 the workflow has no step "nope"/],
    ['expect: {steps_exclude: [nope]}', /\/expect\/steps_exclude\/0 the workflow has no step "nope"/],
    ['expect: {outputs: {nope: 1}}', /\/expect\/outputs\/nope the workflow has no step "nope"/],
    ['expect: {calls: {nope: 1}}', /\/expect\/calls\/nope the workflow has no step "nope"/],
    ['expect: {conditions: ["$.nope.id == 1"]}', /\/expect\/conditions\/0 the workflow has no step "nope"/],
    ['expect: {conditions: ["$.steps.payy.status == 1"]}', /the workflow has no step "payy"; did you mean "pay"\?/],
  ] as const) {
    test(`do not fit where the test says ${lines.replaceAll('\n', ' ').slice(0, 60)}`, async () => {
      const found = await problems(single(lines));
      assert.equal(found.length, 1, found.join('\n'));
      assert.match(found[0] ?? '', told);
    });
  }

  test('must both be there, in the version that is asked for', async () => {
    const { runSuite } = await import('./suite.ts');
    const { testText, workflowText } = await import('./make-suite.ts');
    const told = async (files: readonly { path: string; text: string }[]) =>
      (await runSuite(files)).problems.map(({ message }) => message);
    const test1 = { path: 'a/flow.test.yaml', text: testText('cases: [{name: a, expect: {status: waiting}}]') };
    assert.deepEqual(await told([test1, { path: 'a/flow.yaml', text: workflowText(flow, 'flows') }]), [
      'no file beside the test, or in the folder around it, holds the workflow "flow"; did you mean "flows"?',
    ]);
    assert.match(
      (await told([test1, { path: 'b/flow.yaml', text: workflowText(flow) }]))[0] ?? '',
      /no file beside the test/,
    );
    assert.deepEqual(
      await told([test1, { path: 'flow.yaml', text: workflowText('steps: [{name: w, type: wait, signal: s}]') }]),
      [],
    );
    const newer = { path: 'a/2.yaml', text: workflowText(flow, 'flow', '2.0.0') };
    const asked = { path: 'a/t.yaml', text: testText('version: 3.0.0\ncases: [{name: a, expect: {}}]') };
    assert.deepEqual(await told([asked, newer, { path: 'a/10.yaml', text: workflowText(flow, 'flow', '10.0.0') }]), [
      'the files beside the test hold flow in version 2.0.0, 10.0.0, not 3.0.0',
    ]);
  });

  test('where the workflow itself has errors these are told, in its file', async () => {
    const broken = await runText('steps:\n  - {name: pay, type: functoin}', 'cases: [{name: a, expect: {}}]');
    assert.deepEqual(
      broken.problems.map(({ file, code }) => [file, code]),
      [['flow.yaml', 'STEP_TYPE_UNKNOWN']],
    );
  });
});
