import assert from 'node:assert/strict';
import { test } from 'node:test';
import { findJsonBreak } from './json-place.ts';

test('the place where a text stops being JSON is found, with what belongs there', () => {
  const cases: readonly (readonly [string, number, number, string])[] = [
    ['', 1, 1, 'a value'],
    ['{"a": x}', 1, 7, 'a value'],
    ['{\n  "a": 1,\n}', 3, 1, 'a name in double quotes'],
    ['{"a": 1\n "b": 2}', 2, 2, '"," or the end'],
    ['[1, 2', 1, 6, '"," or the end'],
    ['[1}', 1, 3, '"," or the end'],
    ['{"a" 1}', 1, 6, '":"'],
    ['{a: 1}', 1, 2, 'a name or "}"'],
    ['[1] []', 1, 5, 'the end'],
    ['["\\q"]', 1, 2, 'a value or "]"'],
    ['[01]', 1, 2, 'a value or "]"'],
    ['{"a":[],"b":{},"c":nul}', 1, 20, 'a value'],
  ];
  for (const [text, line, column, expected] of cases) {
    assert.deepEqual(findJsonBreak(text), { line, column, expected }, text);
  }
});

test('every text that JSON.parse refuses has a place, and deep ones need no stack', () => {
  const samples = ['[', '{', '"', '-', '[1,', '{"a":', 'tru', '"\\u12"', '[".."', '1 2', '[[]', '{}}', '"\t"'];
  for (const text of [...samples, '['.repeat(200_000)]) {
    assert.throws(() => JSON.parse(text));
    const { line, column } = findJsonBreak(text);
    assert.ok(line === 1 && column >= 1 && column <= text.length + 1, text.slice(0, 20));
  }
});
