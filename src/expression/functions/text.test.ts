import { test } from 'node:test';
import { assertFaults, assertValues } from '../make-scope.ts';

const roots = { text: ' Ann Löw ', emoji: 'a😀b', list: ['a', 1, null, { k: true }], phone: '+49 (0)151' };

test('texts change case and lose their margins', () => {
  assertValues(
    [
      ['upper("straße")', 'STRASSE'],
      ['lower($.text)', ' ann löw '],
      ['trim($.text)', 'Ann Löw'],
    ],
    roots,
  );
});

test('parts are found without regular expressions', () => {
  assertValues([
    ['contains("abc", "b")', true],
    ['contains("a.c", ".")', true],
    ['contains([1, [2]], [2])', true],
    ['contains({a: 1}, "a")', true],
    ['starts_with("abc", "ab")', true],
    ['ends_with("abc", "ab")', false],
    ['split("a,b,,c", ",")', ['a', 'b', '', 'c']],
    ['split("a😀", "")', ['a', '😀']],
  ]);
});

test('nothing is found in null', () => {
  assertValues([
    ['contains($.none, "a")', false],
    ['starts_with($.none, "a")', false],
    ['ends_with($.none, "a")', false],
    ['matches($.none, "a")', false],
  ]);
});

test('matches() looks for a part that matches', () => {
  assertValues(
    [
      ['matches("order-17", "[0-9]+")', true],
      ['matches("order-17", "^[0-9]+$")', false],
      ['matches($.emoji, "^a.b$")', true],
      ['matches("ABC", "(?i)abc")', true],
    ],
    roots,
  );
});

test('replace() replaces every match of a pattern', () => {
  assertValues(
    [
      ['replace("a-b-c", "-", "_")', 'a_b_c'],
      ['replace($.phone, "[^0-9]", "")', '490151'],
      ['replace("2026-03", "([0-9]+)-([0-9]+)", "$2/$1 $$1 $0 $")', '03/2026 $1 2026-03 $'],
      ['replace("ab", "b", "[$0$$]")', 'a[b$]'],
      ['replace("abc", "x*", "-")', '-a-b-c-'],
      ['replace("abc", "(x)?b", "<$1>")', 'a<>c'],
      ['replace("abc", "z+", "-")', 'abc'],
    ],
    roots,
  );
});

test('a pattern that is none is a fault, each time', () => {
  const fault = /is no regular expression/;
  assertFaults([
    ['matches("a", "(")', fault],
    ['matches("a", "(")', fault],
    ['replace("a", "(a)", "$2")', /no group \$2/],
  ]);
});

test('join() writes items as interpolation does', () => {
  assertValues(
    [
      ['join($.list, "-")', 'a-1--{"k":true}'],
      ['join([1, 2])', '12'],
      ['join($.none, ",")', ''],
      ['to_json({b: [1, null], a: "x"})', '{"b":[1,null],"a":"x"}'],
      ['to_json("x")', '"x"'],
      ['to_json($.none)', 'null'],
    ],
    roots,
  );
});

test('a text function says which argument is no string', () => {
  assertFaults([
    ['upper(1)', /upper\(\) needs a string as argument 1, found number/],
    ['split("a", null)', /argument 2, found null/],
    ['starts_with("a", ["a"])', /argument 2, found list/],
    ['join("a", ",")', /needs a list as argument 1, found string/],
  ]);
});
