// biome-ignore-all lint/suspicious/noTemplateCurlyInString: the language under test writes them
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Json } from '../kit/json.ts';
import { listedMax } from '../model/limits.ts';
import { aggregatedItemsMax, groupsMax } from './limits.ts';
import { type Story, started } from './make-story.ts';

const plain = (value: unknown): unknown => JSON.parse(JSON.stringify(value));

function aggregating(lines: string, items: Json): Story {
  const indented = lines.replaceAll('\n', '\n    ');
  return started(`steps:\n  - name: sums\n    type: aggregate\n    items: $.input.items\n    ${indented}`, {
    input: { items },
  });
}

function outputOf(lines: string, items: Json): unknown {
  const story = aggregating(lines, items);
  assert.equal(story.end().status, 'completed', JSON.stringify(story.state.error));
  return plain(story.step('sums').output);
}

/** The one statistic `x` of these numbers, as values of `n`. */
const statistic = (fields: string, values: readonly Json[]): unknown =>
  (
    outputOf(
      `statistics: {x: {field: n, ${fields}}}`,
      values.map((n) => ({ n })),
    ) as { x: unknown }
  ).x;

describe('an aggregate step', () => {
  test('gives one object of statistics where nothing is grouped', () => {
    const lines = 'statistics: {orders: {function: count}, revenue: {function: sum, field: total}}';
    assert.deepEqual(outputOf(lines, [{ total: 1.5 }, { total: 2 }]), { orders: 2, revenue: 3.5 });
    assert.deepEqual(outputOf(lines, []), { orders: 0, revenue: 0 });
    assert.deepEqual(outputOf(lines, null), { orders: 0, revenue: 0 });
  });

  test('gives a list of groups in the order of their first items, with the fields that make them', () => {
    const lines = 'group_by: [region, customer.kind]\nstatistics: {orders: {function: count}}';
    const items = [
      { region: 'eu', customer: { kind: 'b2b' } },
      { region: 'us', customer: { kind: 'b2c' } },
      { region: 'eu', customer: { kind: 'b2b' } },
      { region: 'eu' },
      { customer: null },
    ];
    assert.deepEqual(outputOf(lines, items), [
      { region: 'eu', kind: 'b2b', orders: 2 },
      { region: 'us', kind: 'b2c', orders: 1 },
      { region: 'eu', kind: null, orders: 1 },
      { region: null, kind: null, orders: 1 },
    ]);
    assert.deepEqual(outputOf(lines, []), []);
  });

  test('tells values of different types apart, and equal lists and objects together', () => {
    const items = [1, '1', true, 'true', null, { a: 1, b: 2 }, { b: 2, a: 1 }].map((n) => ({ n }));
    const groups = outputOf('group_by: n\nstatistics: {c: {function: count}}', items) as { c: number }[];
    assert.deepEqual(
      groups.map(({ c }) => c),
      [1, 1, 1, 1, 1, 2],
    );
  });

  test('a group called __proto__ is a group', () => {
    const [group] = outputOf('group_by: n\nstatistics: {c: {function: count}}', [{ n: '__proto__' }]) as Json[];
    assert.deepEqual(group, { n: '__proto__', c: 1 });
  });
});

describe('statistics', () => {
  test('pass over what is null or missing; only the count without a field takes every item', () => {
    const values = [null, 4, null, 2];
    const all = ['count', 'sum', 'avg', 'min', 'max', 'median', 'distinct', 'first', 'last', 'list'];
    assert.deepEqual(
      all.map((name) => statistic(`function: ${name}`, values)),
      [2, 6, 3, 2, 4, 3, 2, 4, 2, [4, 2]],
    );
  });

  test('of nothing are 0, an empty list, or null', () => {
    const all = ['count', 'sum', 'avg', 'min', 'max', 'median', 'p95', 'distinct', 'first', 'last', 'list'];
    assert.deepEqual(
      all.map((name) => statistic(`function: ${name}`, [null])),
      [0, 0, null, null, null, null, null, 0, null, null, []],
    );
  });

  test('percentiles are interpolated between the values they fall between', () => {
    const values = [10, 20, 30, 40];
    assert.deepEqual(
      ['median', 'p50', 'p75', 'p90', 'p95'].map((name) => statistic(`function: ${name}`, values)),
      [25, 25, 32.5, 37, 38.5],
    );
    assert.equal(statistic('function: percentile, percentile: 12.5', values), 13.75);
    assert.equal(statistic('function: percentile, percentile: 0', values), 10);
    assert.deepEqual(
      ['median', 'p75'].map((name) => statistic(`function: ${name}`, [-1e308, 1e308])),
      [0, 5e307],
    );
    assert.equal(statistic('function: p99', [7]), 7);
  });

  test('sums lose no digits to the order or the size of their parts', () => {
    assert.equal(statistic('function: sum', Array(10).fill(0.1)), 1);
    assert.equal(statistic('function: sum', [1e16, 1, -1e16]), 1);
    assert.equal(statistic('function: avg', [1e16, 1, 1, 1, -1e16]), 0.6);
    assert.equal(statistic('function: sum', Array(100_000).fill(0.01)), 1_000);
  });

  test('min and max order texts too, but not what has no order together', () => {
    assert.equal(statistic('function: max', ['b', 'c', 'a']), 'c');
    for (const [name, values] of [
      ['max', ['a', 1]],
      ['sum', [1, '2']],
      ['avg', [true]],
      ['median', [1, 'x']],
      ['sum', [1e308, 1e308]],
    ] as const) {
      const { error } = aggregating(
        `statistics: {x: {function: ${name}, field: n}}`,
        values.map((n) => ({ n })),
      ).state;
      assert.equal(error?.code, 'EXPRESSION_FAILED', name);
    }
    const { error } = aggregating('statistics: {x: {function: sum, field: n}}', [{ n: 1 }, { n: '2' }]).state;
    assert.match(error?.message ?? '', /"x": sum of "n" needs numbers, item 1 has a string/);
  });

  test('without a field take the items themselves', () => {
    assert.deepEqual(outputOf('statistics: {x: {function: max}, all: {function: list}}', [3, 5, 4]), {
      x: 5,
      all: [3, 5, 4],
    });
  });

  test(`list keeps as many values as it says, ${listedMax} at most`, () => {
    assert.deepEqual(statistic('function: list, limit: 2', [1, 2, 3]), [1, 2]);
    assert.equal((statistic('function: list', Array(listedMax + 5).fill(1)) as unknown[]).length, 100);
  });
});

describe('the bounds of an aggregate step', () => {
  const lines =
    'group_by: g\nstatistics: {c: {function: count}, s: {function: sum, field: n}, p: {function: p95, field: n}, d: {function: distinct, field: n}}';

  test(`${aggregatedItemsMax} items take well under a second, one more is refused`, () => {
    const items = Array.from({ length: aggregatedItemsMax + 1 }, (_, n) => ({ g: n % 50, n: n * 0.5 }));
    const begin = process.cpuUsage();
    const groups = outputOf(lines, items.slice(1)) as { c: number }[];
    const { user } = process.cpuUsage(begin);
    assert.deepEqual([groups.length, groups[0]?.c], [50, aggregatedItemsMax / 50]);
    assert.ok(user < 3_000_000, `${user} µs with parsing and replay`);
    assert.equal(aggregating(lines, items).end().code, 'LIMIT_EXCEEDED');
  });

  test(`${groupsMax} groups, not one more`, () => {
    const items = Array.from({ length: groupsMax + 1 }, (_, g) => ({ g, n: 1 }));
    assert.equal((outputOf(lines, items.slice(1)) as Json[]).length, groupsMax);
    assert.equal(aggregating(lines, items).end().code, 'LIMIT_EXCEEDED');
  });

  test('items that are no list fail the step', () => {
    assert.equal(aggregating(lines, { a: 1 }).end().code, 'EXPRESSION_FAILED');
  });
});
