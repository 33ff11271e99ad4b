import assert from 'node:assert/strict';
import { test } from 'node:test';
import { assertValues, evaluate } from './make-scope.ts';

const roots = {
  input: {
    id: 7,
    items: [{ price: 2, sku: 'a' }, { price: 5, sku: 'b' }, { price: 9 }],
    'odd name': { x: 1 },
    none: null,
    key: 'id',
  },
  'validate-user': { validation_result: true },
  index: 1,
  a: { b: { c: { d: { e: 'deep' } } } },
};

test('a singular path gives its value', () => {
  assertValues(
    [
      ['$.input.id', 7],
      ['input.id', 7],
      ["$['input']['id']", 7],
      ["$.input['odd name'].x", 1],
      ['$.validate-user.validation_result', true],
      ['validate-user.validation_result == true', true],
      ['$.input.items[0].price', 2],
      ['$.input.items[-1].price', 9],
      ['$.a.b.c.d.e', 'deep'],
      ['$.a.b.c.d', { e: 'deep' }],
      ['$.index', 1],
    ],
    roots,
  );
});

test('subtraction needs spaces', () => {
  assertValues(
    [
      ['$.a - $.b', 2],
      ['$.a-b', 9],
      ['$.a -$.b', 2],
      ['a - 1', 4],
    ],
    { a: 5, b: 3, 'a-b': 9 },
  );
});

test('any other path gives a list', () => {
  assertValues(
    [
      ['$.input.items[*].price', [2, 5, 9]],
      ['$.input.items[0:2].sku', ['a', 'b']],
      ['$.input.items[0, 2].price', [2, 9]],
      ['$.input.items[?@.price > 4].price', [5, 9]],
      ['$.input.items[?@.price > $.index].price', [2, 5, 9]],
      ['$.input..price', [2, 5, 9]],
      ['$..e', ['deep']],
      ['$.none[*]', []],
      ['$[*].id', [7]],
      ['$[?@.id].id', [7]],
    ],
    roots,
  );
});

test('an index may be computed', () => {
  assertValues(
    [
      ['$.input.items[$.index].sku', 'b'],
      ['$.input.items[index - 1].sku', 'a'],
      ['$.input.items[0 + 1].sku', 'b'],
      ['$.input[$.input.key]', 7],
      ['$.input["i" + "d"]', 7],
      ['$.input.items[*][$.input.none]', []],
      ["$.input.items[*]['pri' + 'ce']", [2, 5, 9]],
      ['$.input.items[true]', null],
    ],
    roots,
  );
});

test('members and indices follow any value', () => {
  assertValues(
    [
      ['filter($.input.items, x => x.price > 2)[0].sku', 'b'],
      ['($.none ?? $.input).id', 7],
      ['[1, 2, 3][1]', 2],
      ['{a: {b: 4}}.a.b', 4],
      ['map($.input.items, x => x)[*].price', [2, 5, 9]],
      ['map([$.input.items], list => list[*].price)', [[2, 5, 9]]],
      ['[[1, 2], [3]][*][0]', [1, 3]],
    ],
    roots,
  );
});

test('a missing path is null, and has() tells it from null', () => {
  assertValues(
    [
      ['$.nope', null],
      ['$.nope.deeper[3].still', null],
      ['$.input.id.x', null],
      ['$.input.items.price', null],
      ['$.input[0]', null],
      ['$.input.items[9]', null],
      ['has($.input.none)', true],
      ['has($.input.nope)', false],
      ['has($.nope)', false],
      ['has($.input.items[*].price)', true],
      ['has($.input.items[?@.price > 99])', false],
      ['map([{x: null}, {}], o => has(o.x))', [true, false]],
    ],
    roots,
  );
});

test('evaluation reads own members only', () => {
  for (const name of ['constructor', '__proto__', 'toString', 'hasOwnProperty', 'length']) {
    for (const text of [
      `$.input.${name}`,
      `$.input.items.${name}`,
      `$.input.sku.${name}`,
      `$.${name}`,
      `map([{}], x => x.${name})[0]`,
    ]) {
      assert.equal(evaluate(text, roots), null, text);
    }
    assert.equal(evaluate(`has($.input.${name})`, roots), false);
    assert.deepEqual(evaluate(`$.input[*].${name}`, roots), []);
    assert.equal(evaluate(`$.input["${name}" + ""]`, roots), null);
  }
  const input = JSON.parse('{"__proto__": {"x": 1}}') as unknown;
  assertValues(
    [
      ['$.input.__proto__.x', 1],
      ['keys($.input)', ['__proto__']],
      ['merge($.input, {a: 1}).__proto__.x', 1],
    ],
    { input },
  );
});

test('lambda parameters hide names and end with their lambda', () => {
  assertValues(
    [
      ['map([1, 2], index => index * 10)', [10, 20]],
      ['map([1, 2], (x, i) => x * i)', [0, 2]],
      ['map([1, 2], x => map([10], y => x + y)[0])', [11, 12]],
      ['map([1, 2], x => map([x * 10], x => x)[0] + x)', [11, 22]],
      ['map([1, 2], (x, i) => map([5], (y, j) => x + i + y + j))', [[6], [8]]],
      ['[map([1], x => x)[0], x]', [1, null]],
      ['any([1], (x) => (x) == 1)', true],
    ],
    roots,
  );
});
