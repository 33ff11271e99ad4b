import { test } from 'node:test';
import { assertFaults, assertValues } from './make-scope.ts';

const roots = { a: 5, b: 3, text: 'x', list: [1, { k: 2 }], object: { k: 1 }, nothing: null, yes: true };

test('operators bind as in other languages', () => {
  assertValues([
    ['1 + 2 * 3 - 4 / 2', 5],
    ['(1 + 2) * 3', 9],
    ['10 - 3 - 2', 5],
    ['-2 * -3', 6],
    ['7 % 4 + -7 % 4', 0],
    ['true || false && false', true],
    ['1 + 1 == 2 && 2 < 3', true],
    ['!false == true', true],
    ['false ? 1 : true ? 2 : 3', 2],
    ['$.none ?? $.nothing ?? 4', 4],
    ['$.none ?? 1 > 0', true],
    ['1 in [1] == true', true],
  ]);
});

test('== is deep and never coerces', () => {
  assertValues(
    [
      ['$.list == [1, {k: 2}]', true],
      ['[1, 2] == [2, 1]', false],
      ['{a: 1, b: [2]} == {b: [2], a: 1}', true],
      ['{a: 1} == {a: 1, b: null}', false],
      ['1 == "1"', false],
      ['0 == false', false],
      ['null == false', false],
      ['$.none == null', true],
      ['$.a != 5', false],
      ['$.list != $.list', false],
      ['[] == {}', false],
    ],
    roots,
  );
});

test('values of different types have no order', () => {
  assertValues([
    ['1 < "2"', false],
    ['1 >= "2"', false],
    ['null < 1', false],
    ['null <= null', false],
    ['true > false', false],
    ['"a" < "b"', true],
    ['"b" <= "a"', false],
    ['2 >= 2', true],
    ['"a" < "aa"', true],
    // Code points, not code units: U+FF5E sorts before U+1F600.
    ['"\uff5e" < "\u{1f600}"', true],
  ]);
});

test('conditions take null, false, 0 and the empty string as false', () => {
  assertValues([
    ['[null, false, 0, ""][0] || false', false],
    ['!null && !false && !0 && !""', true],
    ['[] && {} && "0" && -1', true],
    ['1 && "x"', true],
    ['0 || ""', false],
    ['"" ? 1 : 2', 2],
  ]);
});

test('&&, || and ?: leave the other side alone', () => {
  assertValues([
    ['false && 1 / 0', false],
    ['true || 1 / 0', true],
    ['true ? 1 : 1 / 0', 1],
    ['1 ?? 1 / 0', 1],
  ]);
});

test('+ adds numbers and joins strings', () => {
  assertValues([
    ['1 + 2', 3],
    ['"a" + "b"', 'ab'],
    ['"n" + 1.5', 'n1.5'],
    ['1 + "n"', '1n'],
  ]);
});

test('arithmetic on anything else says so', () => {
  assertFaults(
    [
      ['$.none + "a"', /\+ needs two numbers, or strings to join, found null \+ string/],
      ['$.list + 1', /found list \+ number/],
      ['$.yes + 1', /found boolean \+ number/],
      ['"3" * 2', /\* needs two numbers, found string \* number/],
      ['-$.text', /- needs a number, found string/],
      ['$.a / 0', /5 \/ 0 has no value/],
      ['$.a % 0', /has no value/],
      ['1e308 * 10', /too large/],
      ['1 in 5', /in needs a list/],
    ],
    roots,
  );
});

test('in looks into lists, names of members and texts', () => {
  assertValues(
    [
      ['{k: 2} in $.list', true],
      ['2 in $.list', false],
      ['"k" in $.object', true],
      ['"constructor" in $.object', false],
      ['1 in $.object', false],
      ['"b" in "abc"', true],
      ['1 in "1"', false],
      ['1 in $.none', false],
    ],
    roots,
  );
});

test('literals, lists and objects', () => {
  assertValues([
    ['"tab\\t\\u263a\\ud83d\\ude00"', 'tab\t☺😀'],
    ["'a\\'b\"'", 'a\'b"'],
    ['[1, [2], {a: [3]}]', [1, [2], { a: [3] }]],
    ['{a: 1, "b c": 2, \'d\': 3, e-f: 4}', { a: 1, 'b c': 2, d: 3, 'e-f': 4 }],
    ['[]', []],
    ['{}', {}],
    ['1.5e3', 1500],
  ]);
});

test('a member called __proto__ is only a member', () => {
  assertValues([
    ['keys({"__proto__": 1})', ['__proto__']],
    ['{"__proto__": {x: 1}}.x', null],
    ['{"__proto__": {x: 1}}.__proto__.x', 1],
  ]);
});
