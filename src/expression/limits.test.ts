import assert from 'node:assert/strict';
import { test } from 'node:test';
import { compileExpression } from './compile.ts';
import { compileJsonPath } from './jsonpath.ts';
import {
  expressionLengthMax,
  itemsMax,
  nestingMax,
  operationsMax,
  pathNodesMax,
  patternCacheMax,
  patternLengthMax,
  textLengthMax,
  valueCharactersMax,
  valueDepthMax,
  valuePartsMax,
} from './limits.ts';
import { evaluate, getFault, makeScope, type Roots } from './make-scope.ts';
import { Run } from './run.ts';

function assertTooCostly(text: string, roots: Roots, reason: RegExp): void {
  const fault = getFault(text, roots);
  assert.equal(fault.code, 'EXPRESSION_TOO_COSTLY', `${text}: ${fault.message}`);
  assert.match(fault.message, reason, text);
}

const tooCostly = { name: 'ExpressionFault', code: 'EXPRESSION_TOO_COSTLY' };

function nested(levels: number): unknown {
  let value: unknown = 1;
  for (let level = 0; level < levels; level += 1) value = level % 2 === 0 ? [value] : { a: value };
  return value;
}

test('a text of the longest length compiles, one more character does not', () => {
  const text = `"${'x'.repeat(expressionLengthMax - 2)}"`;
  assert.equal(compileExpression(text).ok, true);
  assert.equal(compileExpression(`${text} `).ok, false);
  const path = `$['${'x'.repeat(expressionLengthMax - 5)}']`;
  assert.equal(compileJsonPath(path).ok, true);
  assert.equal(compileJsonPath(path.replace("']", "x']")).ok, false);
});

test('every kind of bracket nests to the limit and no further', () => {
  const shapes: readonly ((levels: number) => string)[] = [
    (levels) => `${'('.repeat(levels - 1)}1${')'.repeat(levels - 1)}`,
    (levels) => `${'['.repeat(levels - 1)}1${']'.repeat(levels - 1)}`,
    (levels) => `${'{a:'.repeat(levels - 1)}1${'}'.repeat(levels - 1)}`,
    (levels) => `${'!'.repeat(levels - 1)}1`,
    (levels) => `${'1?1:'.repeat(levels - 1)}1`,
    (levels) => `${'$.a['.repeat(levels - 1)}0+1${']'.repeat(levels - 1)}`,
    (levels) => `$[?${'('.repeat(levels - 2)}@${')'.repeat(levels - 2)}]`,
  ];
  for (const shape of shapes) {
    assert.equal(compileExpression(shape(nestingMax)).ok, true, shape(4));
    assert.equal(compileExpression(shape(nestingMax + 1)).ok, false, shape(4));
    assert.equal(compileExpression(shape(5_000).slice(0, expressionLengthMax)).ok, false, shape(4));
  }
});

test('long chains of operators need no depth', () => {
  for (const operator of ['+', '-', '*', '&&', '||', '??']) {
    assert.equal(
      typeof evaluate(`1${` ${operator} 1`.repeat(2_000)}`),
      operator.length === 1 || operator === '??' ? 'number' : 'boolean',
    );
  }
});

test('a list may have as many items as the limit', () => {
  assert.equal(evaluate(`len(range(${itemsMax}))`), itemsMax);
  assertTooCostly(`range(${itemsMax + 1})`, {}, /more than 100000 items/);
  assertTooCostly('range(1, 1e12)', {}, /items/);
  assertTooCostly('flatten(map(range(400), i => $.list))', { list: Array(400).fill(1) }, /items/);
  assertTooCostly('split($.text, ",")', { text: ','.repeat(itemsMax) }, /items/);
});

test('a text may be as long as the limit', () => {
  const roots = { half: 'x'.repeat(textLengthMax / 2) };
  assert.equal(evaluate('len($.half + $.half)', roots), textLengthMax);
  assertTooCostly('$.half + $.half + "x"', roots, /text longer than/);
  assertTooCostly('join([$.half, $.half], ",")', roots, /text longer than/);
  assertTooCostly('replace($.half, "x", "yyy")', roots, /text longer than/);
  assertTooCostly('replace($.text, "x|y", "$0$0")', { text: 'xy'.repeat(textLengthMax / 2) }, /steps|text longer/);
});

test('a loop over ten thousand items fits, a loop of loops does not', () => {
  const items = Array.from({ length: 10_000 }, (_, place) => ({
    place,
    name: `item ${place}`,
    price: place * 2,
    tags: ['a', 'b'],
  }));
  assert.equal(
    evaluate('len(map(filter($.items, item => item.price > 10 && item.name != "x"), item => merge(item, {a: 1})))', {
      items,
    }),
    9_994,
  );
  assertTooCostly('map($.items, x => map($.items, y => 1))', { items }, /more than 1000000 steps/);
  assertTooCostly('any($.items, x => any($.items, y => false))', { items }, /steps/);
});

test('the last step that is allowed is the limit', () => {
  const run = new Run(makeScope());
  run.spend(operationsMax);
  assert.throws(() => run.spend(1), tooCostly);
});

test('paths pass as many nodes as the limit', () => {
  assert.equal(evaluate('len($.list[*])', { list: Array(pathNodesMax).fill(0) }), pathNodesMax);
  assertTooCostly('len($.list[*])', { list: Array(pathNodesMax + 1).fill(0) }, /paths pass more than/);
  assertTooCostly('$.list[*,*][*,*]', { list: Array(300).fill(Array(300).fill(0)) }, /paths pass/);
  assertTooCostly(`$.list[?${'@.b||'.repeat(1_000)}@.b]`, { list: Array(20_000).fill({}) }, /steps/);
  const wide = compileJsonPath('$..[*,*]');
  assert.ok(wide.ok);
  assert.throws(() => wide.value.select(Array(60_000).fill([])), tooCostly);
});

test('a deep document is walked to the limit and refused below it', () => {
  assert.equal(evaluate('len(to_json($.deep)) > 0', { deep: nested(valueDepthMax) }), true);
  assert.deepEqual(evaluate('$.deep..x', { deep: nested(valueDepthMax) }), []);
  assertTooCostly('to_json($.deep)', { deep: nested(valueDepthMax + 1) }, /levels deep/);
  assertTooCostly('$.deep..x', { deep: nested(valueDepthMax + 1) }, /levels deep/);
  for (const text of [
    'to_json($.deep)',
    '[$.deep]',
    '$.deep..x',
    '$.deep == [$.deep]',
    'unique([$.deep])',
    'hash("md5", to_json($.deep))',
  ]) {
    assertTooCostly(text, { deep: nested(20_000) }, /levels deep/);
  }
  assertTooCostly('parse_json($.text)', { text: '['.repeat(10_000) + ']'.repeat(10_000) }, /levels deep/);
});

test('shared parts are counted each time they are printed', () => {
  assert.deepEqual(evaluate('map([[1]], x => [x, x])[0]'), [[1], [1]]);
  // Each lambda gives four times its parameter to the next: 4 ** 11 parts from eleven lists.
  const names = [...'abcdefghijkl'];
  const tower = names.slice(1).reduceRight((inner, name, place) => {
    const outer = names[place];
    return `map([[${outer}, ${outer}, ${outer}, ${outer}]], ${name} => ${inner})[0]`;
  }, 'l');
  assertTooCostly(`map([1], a => ${tower})`, {}, /parts/);
  assertTooCostly(`map([1], a => len(to_json(${tower})))`, {}, /parts/);
});

test('values that are walked whole have as many parts and characters as the limits', () => {
  const admit = (value: unknown) => () => new Run(makeScope()).admitValue(value);
  assert.doesNotThrow(admit(Array(valuePartsMax).fill(0)));
  assert.throws(admit(Array(valuePartsMax + 1).fill(0)), tooCostly);
  const text = 'x'.repeat(valueCharactersMax / 8);
  assert.doesNotThrow(admit(Array(8).fill(text)));
  assert.throws(admit([...Array(8).fill(text), 'x']), tooCostly);
});

test('patterns are bounded in length and size, and take linear time', () => {
  assert.equal(evaluate('matches("a", $.p)', { p: 'a'.padEnd(patternLengthMax, '|b') }), true);
  assertTooCostly('matches("a", $.p)', { p: 'a'.repeat(patternLengthMax + 1) }, /pattern is longer/);
  assertTooCostly('matches("a", "a{999}b{999}c{999}d{999}e{999}f{999}")', {}, /repeats too much/);
  assert.equal(evaluate('matches($.text, "^(a+)+$")', { text: `${'a'.repeat(50_000)}b` }), false);
  assertTooCostly('any(range(100000), i => matches($.text, "(a|aa)+b"))', { text: 'a'.repeat(10_000) }, /steps/);
});

test('the store of compiled patterns does not grow without end', () => {
  for (let place = 0; place <= patternCacheMax + 1; place += 1)
    assert.equal(evaluate('matches("a", $.p)', { p: `a|${place}` }), true);
  assert.equal(evaluate('matches("a", "a|0")'), true);
});

test('searching for long texts in long texts is paid for', () => {
  const roots = { long: 'a'.repeat(textLengthMax), part: `b${'a'.repeat(textLengthMax / 2)}` };
  assertTooCostly('contains($.long, $.part)', roots, /steps/);
  assertTooCostly(
    'any(range(100000), i => $.long == $.other)',
    { ...roots, other: `${roots.long.slice(1)}b` },
    /steps/,
  );
  assertTooCostly('any(range(100000), i => $.long > $.other)', { ...roots, other: `${roots.long.slice(1)}b` }, /steps/);
});
