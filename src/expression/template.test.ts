import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Json } from '../kit/json.ts';
import { compileTemplate } from './compile.ts';
import { interpolationLengthMax, valueDepthMax } from './limits.ts';
import { fill, makeScope } from './make-scope.ts';

const roots = { input: { id: 7, name: 'Ann', tags: ['a', 'b'], none: null } };

test('a string is an expression where it starts with $. or is one whole ${…}, and keeps its type', () => {
  assert.deepEqual(fill({ a: '$.input.id', b: '${input.tags}', c: '$', d: '$.input.id + 1' }, roots), {
    a: 7,
    b: ['a', 'b'],
    c: roots,
    d: 8,
  });
});

test('every other string interpolates, with or without $.', () => {
  assert.equal(fill('order-${input.id}/${$.input.name}', roots), 'order-7/Ann');
  assert.equal(fill('${input.id}${input.id}', roots), '77');
  assert.equal(fill(' ${input.id}', roots), ' 7');
  assert.equal(fill('at ${now()}'), 'at 2026-03-04T05:06:07.089Z');
});

test('in a text null is nothing, lists and objects are JSON', () => {
  assert.equal(fill('[${input.none}] ${input.tags} ${ {a: true} } ${true}', roots), '[] ["a","b"] {"a":true} true');
});

test('braces and quotes inside ${…} balance', () => {
  assert.equal(fill('<${ {a: {b: "}"}}.a.b }>'), '<}>');
  assert.equal(fill("<${ '{' + \"'\" }>"), "<{'>");
});

test('escapes give the literal signs', () => {
  assert.deepEqual(fill(['$$.input', '$$', '$${input.id}', 'a $${b} ${input.id}', '$$.${input.id}'], roots), [
    '$.input',
    '$',
    '${input.id}',
    'a ${b} 7',
    '$.7',
  ]);
});

test('other dollar signs stand for themselves', () => {
  for (const text of ['cost $5', '$5', '$$5', 'a$', '$[0]', 'x $. y', ' $.input.id'])
    assert.equal(fill(text, roots), text);
});

test('what holds no expression is constant and shared', () => {
  const value: Json = { a: [1, { b: 'text' }], c: null };
  const compiled = compileTemplate(value);
  assert.ok(compiled.ok && compiled.value.isConstant);
  assert.equal(compiled.value.fill(makeScope()), value);
  const mixed = compileTemplate({ fixed: value, free: '$.input' });
  assert.ok(mixed.ok && !mixed.value.isConstant);
  assert.equal((mixed.value.fill(makeScope()) as { fixed: unknown }).fixed, value);
});

test('every problem of a template is told with the pointer to its string', () => {
  const compiled = compileTemplate({ a: '$.50 off', b: { 'c/d': ['fine', 'x ${upper(} y'] }, e: 'a\0b', '\0': 1 });
  assert.ok(!compiled.ok);
  assert.deepEqual(
    compiled.problems.map(({ pointer, offset }) => [pointer, offset]),
    [
      ['/a', 2],
      ['/b/c~1d/1', 10],
      ['/e', 1],
      ['', 0],
    ],
  );
  assert.match(compiled.problems[0]?.message ?? '', /written \$\$\./);
});

test('a ${ that is not closed is a problem', () => {
  for (const text of ['${', '${input.id', 'a ${input.id b}', '${}'])
    assert.equal(compileTemplate(text).ok, false, text);
});

test('a member called __proto__ is an ordinary member', () => {
  const filled = fill(JSON.parse('{"__proto__": "$.input.id", "a": 1}') as Json, roots);
  assert.deepEqual(Object.entries(filled as object), [
    ['__proto__', 7],
    ['a', 1],
  ]);
});

test('texts and depth are bounded at compile time', () => {
  const text = `\${1}${'x'.repeat(interpolationLengthMax - 4)}`;
  assert.equal(compileTemplate(text).ok, true);
  assert.equal(compileTemplate(`${text}x`).ok, false);
  assert.equal(compileTemplate('x'.repeat(interpolationLengthMax + 1)).ok, true);
  const nested = (levels: number): Json => (levels === 0 ? '$.a' : [nested(levels - 1)]);
  assert.equal(compileTemplate(nested(valueDepthMax)).ok, true);
  assert.equal(compileTemplate(nested(valueDepthMax + 1)).ok, false);
});
