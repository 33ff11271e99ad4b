import { test } from 'node:test';
import { assertFaults, assertValues } from '../make-scope.ts';

const roots = {
  items: [
    { sku: 'b', price: 5, tags: ['x'] },
    { sku: 'a', price: 2, tags: ['x', 'y'] },
    { sku: 'c', price: 2 },
  ],
};

test('lambdas see the item and, where asked, its place', () => {
  assertValues(
    [
      ['map($.items, i => i.price * 2)', [10, 4, 4]],
      ['map($.items, (i, at) => at)', [0, 1, 2]],
      ['map($.items, i => i.tags[1])', [null, 'y', null]],
      ['filter($.items, i => i.price < 3)[*].sku', ['a', 'c']],
      ['any($.items, i => i.sku == "a")', true],
      ['all($.items, i => i.sku == "a")', false],
      ['count($.items, i => i.price == 2)', 2],
    ],
    roots,
  );
});

test('without a lambda the truth of the items counts', () => {
  assertValues([
    ['any([0, ""])', false],
    ['any([0, 1])', true],
    ['all([1, "x"])', true],
    ['all([])', true],
    ['count([0, 0])', 2],
  ]);
});

test('null is an empty list', () => {
  assertValues([
    ['map($.none, x => x)', []],
    ['filter($.none, x => x)', []],
    ['any($.none)', false],
    ['count($.none)', 0],
    ['sort($.none)', []],
    ['unique($.none)', []],
    ['group_by($.none, "x")', {}],
  ]);
});

test('sort() is stable, by value or by key, null last', () => {
  assertValues(
    [
      ['sort([10, 9, 1])', [1, 9, 10]],
      ['sort(["b", null, "a"])', ['a', 'b', null]],
      ['sort($.items, i => i.price)[*].sku', ['a', 'c', 'b']],
      ['sort($.items, i => -i.price)[*].sku', ['b', 'a', 'c']],
    ],
    roots,
  );
});

test('group_by() takes a lambda or the name of a member', () => {
  assertValues(
    [
      ['keys(group_by($.items, "price"))', ['2', '5']],
      ['group_by($.items, i => i.price)["2"][*].sku', ['a', 'c']],
      ['group_by([{a: "__proto__"}], "a").__proto__[0].a', '__proto__'],
      ['group_by([1, {}], "toString")[""]', [1, {}]],
    ],
    roots,
  );
});

test('unique() keeps the first of equal items, by deep equality', () => {
  assertValues([
    [
      'unique([1, "1", 1, {a: 1, b: 2}, {b: 2, a: 1}, "[]", [], [], null, null])',
      [1, '1', { a: 1, b: 2 }, '[]', [], null],
    ],
  ]);
});

test('lists are cut, joined and counted out', () => {
  assertValues([
    ['flatten([1, [2, [3]]])', [1, 2, [3]]],
    ['flatten([1, [2, [3]]], 2)', [1, 2, 3]],
    ['flatten([[1]], 0)', [[1]]],
    ['chunk([1, 2, 3], 2)', [[1, 2], [3]]],
    ['range(3)', [0, 1, 2]],
    ['range(1, 4)', [1, 2, 3]],
    ['range(4, 0, -2)', [4, 2]],
    ['range(0, 1, 0.25)', [0, 0.25, 0.5, 0.75]],
    ['range(3, 1)', []],
  ]);
});

test('list functions refuse what they cannot work on', () => {
  assertFaults([
    ['map("a", x => x)', /needs a list as argument 1/],
    ['sort([1, "a"])', /cannot order/],
    ['sort([[1], [2]])', /cannot order list and list/],
    ['group_by([1], 5)', /a lambda/],
    ['chunk([1], 0)', /whole number from 1/],
    ['range(1, 2, 0)', /other than 0/],
    ['flatten([1], 1.5)', /whole number/],
  ]);
});
