// biome-ignore-all lint/suspicious/noTemplateCurlyInString: the language under test writes them
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { workedMs } from '../../test/support/cpu-time.ts';
import type { Json } from '../kit/json.ts';
import { qualityRulesMax } from '../model/limits.ts';
import { validatedItemsMax, validationErrorsMax } from './limits.ts';
import { call, type Story, started } from './make-story.ts';

const plain = (value: unknown): unknown => JSON.parse(JSON.stringify(value));

/** The story of one step `check` with these lines, on this data. */
function checking(lines: string, data: Json, more = ''): Story {
  const indented = lines.replaceAll('\n', '\n    ');
  return started(`steps:\n  - name: check\n    type: validate\n    data: $.input.data\n    ${indented}\n${more}`, {
    input: { data },
  });
}

function outputOf(lines: string, data: Json) {
  const story = checking(`on_invalid: continue\n${lines}`, data);
  assert.equal(story.end().status, 'completed', JSON.stringify(story.end()));
  return plain(story.step('check').output) as {
    valid: boolean;
    checked: number;
    passed: number;
    failed: number;
    rules: Record<string, { passed: number; failed: number; severity: string }>;
    errors: { index?: number; rule: string; message: string; pointer: string; severity: string }[];
    data: Json;
  };
}

/** `rule index pointer`, as they are listed. */
const errorsOf = (lines: string, data: Json): string[] =>
  outputOf(lines, data).errors.map(({ rule, index, pointer }) =>
    [rule, index, pointer].filter((part) => part !== undefined).join(' '),
  );

describe('the rules of a validate step', () => {
  test('count, for each rule, the items that pass and those that fail', () => {
    const output = outputOf(
      'rules:\n  - {name: positive, condition: $.item.total > 0}\n  - {name: paid, condition: $.item.paid}',
      [
        { total: 1, paid: true },
        { total: -1, paid: false },
        { total: 5, paid: false },
      ],
    );
    assert.deepEqual(output.rules, {
      positive: { passed: 2, failed: 1, severity: 'error' },
      paid: { passed: 1, failed: 2, severity: 'error' },
    });
    assert.deepEqual([output.valid, output.checked, output.passed, output.failed], [false, 3, 1, 2]);
    assert.deepEqual(output.data, [{ total: 1, paid: true }]);
  });

  test('see the item and its place, and everything that a condition sees', () => {
    const output = outputOf(
      'rules: [{name: low, condition: "$.item < $.input.data[0] + $.index", message: "item ${index} is ${item}"}]',
      [5, 5, 9],
    );
    assert.deepEqual(
      output.errors.map(({ message }) => message),
      ['item 0 is 5', 'item 2 is 9'],
    );
  });

  test('range: from min to max, both included; what is missing passes; what is no number fails', () => {
    const rule = 'rules: [{name: r, range: {field: total, min: 0, max: "$.input.data[0].total"}}]';
    assert.deepEqual(
      errorsOf(rule, [
        { total: 10 },
        { total: 0 },
        { total: 10.01 },
        { total: -1 },
        {},
        { total: null },
        { total: '5' },
      ]),
      ['r 2 /2/total', 'r 3 /3/total', 'r 6 /6/total'],
    );
    const days = 'rules: [{name: r, range: {field: day, min: "2026-01-01", max: "${input.data[0].day}"}}]';
    assert.deepEqual(errorsOf(days, [{ day: '2026-02-01' }, { day: '2025-12-31' }, { day: '2026-02-02' }]), [
      'r 1 /1/day',
      'r 2 /2/day',
    ]);
    const year = 'rules: [{name: r, range: {field: day, min: "2026"}}]';
    assert.deepEqual(errorsOf(year, [{ day: '2026-02-01' }, { day: '2025-12-31' }]), ['r 1 /1/day']);
  });

  test('unique: the first of equal ones passes; nothing equals what is missing', () => {
    const items = [{ id: 1 }, { id: '1' }, { id: 1 }, {}, {}, { id: { a: 1, b: 2 } }, { id: { b: 2, a: 1 } }];
    assert.deepEqual(errorsOf('rules: [{name: once, unique: id}]', items), ['once 2 /2/id', 'once 6 /6/id']);
    const pairs = [
      { a: 1, b: 1 },
      { a: 1, b: 2 },
      { a: 1, b: 1 },
    ];
    assert.deepEqual(errorsOf('rules: [{name: once, unique: [a, b]}]', pairs), ['once 2 /2']);
    assert.match(outputOf('rules: [{name: once, unique: id}]', items).errors[0]?.message ?? '', /item 0/);
  });

  test('reference: one of a list that is taken once', () => {
    const rule = 'rules: [{name: known, reference: {field: customer.id, in: "$.input.data[*].id"}}]';
    const items = [{ id: 'a', customer: { id: 'b' } }, { id: 'b', customer: { id: 'c' } }, { id: 'd' }];
    assert.deepEqual(errorsOf(rule, items), ['known 1 /1/customer/id']);
  });

  test('required: there and not null', () => {
    const items = [{ a: 0, b: '' }, { a: 1 }, { a: null, b: 1 }, 5, null];
    assert.deepEqual(errorsOf('rules: [{name: all, required: [a, b]}]', items), [
      'all 1 /1/b',
      'all 2 /2/a',
      'all 3 /3/a',
      'all 4 /4/a',
    ]);
  });

  test('pattern: anywhere in the text, in time linear in it', () => {
    const rule = 'rules: [{name: mail, pattern: {field: email, pattern: "^[^@]+@[^@]+$"}}]';
    assert.deepEqual(errorsOf(rule, [{ email: 'a@b' }, { email: 'ab' }, { email: 5 }, {}]), [
      'mail 1 /1/email',
      'mail 2 /2/email',
    ]);
    const begin = workedMs();
    errorsOf('rules: [{name: slow, pattern: {field: x, pattern: "^(a+)+$"}}]', [{ x: `${'a'.repeat(5_000)}!` }]);
    assert.ok(workedMs() - begin < 1_000);
  });

  test('with severity warning are counted and told, and make nothing invalid', () => {
    const output = outputOf('rules: [{name: nice, condition: $.item.nice, severity: warning}]', [
      { nice: false },
      { nice: true },
    ]);
    assert.deepEqual([output.valid, output.failed, output.rules['nice']?.failed], [true, 0, 1]);
    assert.deepEqual([output.errors[0]?.severity, (output.data as Json[]).length], ['warning', 2]);
  });

  test('without a value fail the step as an expression does', () => {
    const story = checking('rules: [{name: bad, condition: $.item.a * 2 > 1}]', [{ a: 'x' }]);
    assert.deepEqual([story.end().status, story.end().code], ['failed', 'EXPRESSION_FAILED']);
  });
});

describe('a validate step', () => {
  test('checks one object as it checks an item, without a place', () => {
    const output = outputOf('rules: [{name: positive, range: {field: total, min: 1}}]', { total: 0 });
    assert.deepEqual([output.checked, output.passed, output.failed, output.data], [1, 0, 1, null]);
    assert.deepEqual(output.errors[0], {
      rule: 'positive',
      severity: 'error',
      message: '"total" must be at least 1, it is 0',
      pointer: '/total',
    });
  });

  test('takes the input where it has no data', () => {
    const story = started(
      'steps: [{name: check, type: validate, input: $.input.n, rules: [{name: big, condition: $.item > 3}]}]',
      {
        input: { n: 5 },
      },
    );
    assert.deepEqual(plain(story.step('check').output), {
      valid: true,
      checked: 1,
      passed: 1,
      failed: 0,
      rules: { big: { passed: 1, failed: 0, severity: 'error' } },
      errors: [],
      data: 5,
    });
  });

  test('checks the data against schema and each item against item_schema, and fills in their defaults', () => {
    const lines =
      'schema: {type: array, minItems: 3}\nitem_schema: {type: object, properties: {n: {type: number}, c: {default: EUR}}}';
    const output = outputOf(lines, [{ n: 1 }, { n: 'x' }]);
    assert.deepEqual(output.rules, {
      schema: { passed: 0, failed: 1, severity: 'error' },
      item_schema: { passed: 1, failed: 1, severity: 'error' },
    });
    assert.deepEqual(
      output.errors.map(({ rule, pointer }) => [rule, pointer]),
      [
        ['schema', ''],
        ['item_schema', '/1/n'],
      ],
    );
    assert.deepEqual([output.valid, output.failed, output.data], [false, 1, [{ n: 1, c: 'EUR' }]]);
  });

  test('fails with VALIDATION_FAILED and the counts, which no retry mends', () => {
    const story = checking('retry_config: {max_attempts: 3}\nrules: [{name: positive, range: {field: n, min: 1}}]', [
      { n: 0 },
      { n: 1 },
    ]);
    const { code, message, details, retryable } = story.state.error ?? {};
    assert.deepEqual(
      [code, message, retryable],
      ['VALIDATION_FAILED', '1 of 2 items is not valid: positive (1)', false],
    );
    const { rules, errors, ...counts } = plain(details) as Record<string, unknown>;
    assert.deepEqual(counts, { valid: false, checked: 2, passed: 1, failed: 1 });
    assert.deepEqual(rules, { positive: { passed: 1, failed: 1, severity: 'error' } });
    assert.equal((errors as unknown[]).length, 1);
  });

  test('leads where failures lead, and its counts can be read there', () => {
    const story = checking(
      'on_failure: h\nrules: [{name: positive, range: {field: n, min: 1}}]',
      [{ n: 0 }],
      `  - {name: h, ${call}, input: $.error.details.rules.positive.failed}`,
    );
    assert.equal(story.step('h').input, 1);
  });

  test(`lists ${validationErrorsMax} errors and counts them all`, () => {
    const output = outputOf('rules: [{name: never, condition: "false"}]', Array(validationErrorsMax + 20).fill(0));
    assert.deepEqual(
      [output.errors.length, output.rules['never']?.failed],
      [validationErrorsMax, validationErrorsMax + 20],
    );
  });

  test('leaves the counts in its event, whatever its output mapping keeps', () => {
    const rules = 'rules: [{name: positive, range: {field: n, min: 1}}]';
    const kept = checking(`on_invalid: continue\noutput: {ok: $.response.valid}\n${rules}`, [{ n: 0 }, { n: 2 }]);
    const failed = checking(rules, [{ n: 0 }, { n: 2 }]);
    const qualityOf = ({ events }: Story): unknown =>
      plain(events.find((event) => 'quality' in event && event.quality));
    assert.deepEqual((qualityOf(kept) as { quality: unknown }).quality, { positive: [1, 1] });
    assert.deepEqual((qualityOf(failed) as { quality: unknown }).quality, { positive: [1, 1] });
    assert.deepEqual(plain(kept.step('check').quality), { positive: [1, 1] });
  });

  test(`takes ${validatedItemsMax} items and ${qualityRulesMax} rules, not one item more`, () => {
    const rules = Array.from(
      { length: qualityRulesMax },
      (_, place) => `\n  - {name: r${place}, range: {field: n, min: 0}}`,
    );
    assert.equal(outputOf(`rules:${rules.join('')}`, [{ n: 1 }]).valid, true);
    const one = 'rules: [{name: r, range: {field: n, min: 0}}]';
    const items = (count: number): Json => Array.from({ length: count }, (_, n) => ({ n }));
    const begin = process.cpuUsage();
    assert.equal(outputOf(one, items(validatedItemsMax)).checked, validatedItemsMax);
    const { user } = process.cpuUsage(begin);
    assert.ok(user < 3_000_000, `${user} µs with parsing and replay`);
    assert.equal(checking(one, items(validatedItemsMax + 1)).end().code, 'LIMIT_EXCEEDED');
  });

  test('is stopped where its conditions cost too much together', () => {
    const story = checking('rules: [{name: slow, condition: "len(range(0, 90000)) > 0"}]', Array(1_000).fill(0));
    assert.deepEqual(
      [story.end().code, /too much/.test(story.state.error?.message ?? '')],
      ['EXPRESSION_FAILED', true],
    );
  });
});
