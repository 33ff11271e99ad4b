import assert from 'node:assert/strict';
import { test } from 'node:test';
import { compileExpression, compileTemplate, secretsOf } from './compile.ts';
import { secretMark } from './expression.ts';
import { assertValues, evaluate, fill, getProblem } from './make-scope.ts';

function getReferences(text: string): readonly string[] {
  const compiled = compileExpression(text);
  assert.ok(compiled.ok, text);
  return compiled.value.references.map(
    ({ path, offset, length }) => `${path.join('/')}=${text.slice(offset, offset + length)}`,
  );
}

test('every path is a reference with its place, in lambdas, indices and filters too', () => {
  assert.deepEqual(getReferences('$.steps.pay.output.id == input.id'), [
    'steps/pay/output/id=$.steps.pay.output.id',
    'input/id=input.id',
  ]);
  assert.deepEqual(getReferences('map($.input.items, x => x.price * $.vars.rate)'), [
    'input/items=$.input.items',
    'vars/rate=$.vars.rate',
  ]);
  assert.deepEqual(getReferences('$.input.items[$.index].price'), [
    'input/items=$.input.items[$.index].price',
    'index=$.index',
  ]);
  assert.deepEqual(getReferences('$.input.items[?@.id == $.vars.id]'), [
    'input/items=$.input.items[?@.id == $.vars.id]',
    'vars/id=$.vars.id',
  ]);
  assert.deepEqual(getReferences("$['a b'][0][-1]..c"), ["a b/0/-1=$['a b'][0][-1]..c"]);
  assert.deepEqual(getReferences('has($.input.x) && env("A") == env.B'), [
    'input/x=$.input.x',
    'env/A=env("A")',
    'env/B=env.B',
  ]);
});

test('references of a template lead to their string', () => {
  const compiled = compileTemplate({ a: [1, '$.input.x'], 'b/~': 'id ${input.y}' });
  assert.ok(compiled.ok);
  assert.deepEqual(compiled.value.references, [
    { path: ['input', 'x'], offset: 0, length: 9, pointer: '/a/1' },
    { path: ['input', 'y'], offset: 5, length: 7, pointer: '/b~1~0' },
  ]);
});

test('a text that is wholly one ${…} is an expression', () => {
  assertValues(
    [
      ['${input.id}', 7],
      [' ${ $.input.id + 1 } ', 8],
      ['  $.input.id  ', 7],
    ],
    { input: { id: 7 } },
  );
  assert.match(getProblem('${input.id} > 3').message, /without the braces/);
  assert.match(getProblem('1 + ${input.id}').message, /without the braces/);
});

test('problems say what is wrong, where, and what to write instead', () => {
  const cases: readonly (readonly [string, RegExp, number])[] = [
    ['', /empty/, 0],
    ['length($.a)', /no function length\(\); did you mean len\(\)/, 0],
    ['uper($.a)', /did you mean upper\(\)/, 0],
    ['zzzzzz()', /no function zzzzzz\(\)$/, 0],
    ['$.a = 1', /equality is written ==/, 4],
    ['$.a === 1', /equality is written ==/, 4],
    ['$.a and $.b', /written &&/, 4],
    ['$.a | $.b', /written \|\|/, 4],
    ['1 < 2 < 3', /cannot be chained/, 6],
    ['$.a ==', /expected a value, found the end/, 6],
    ['== 1', /equality is written ==|expected a value/, 0],
    ['(1', /expected \) after/, 2],
    ['[1, 2', /expected \] after/, 5],
    ['{a: 1', /expected } after/, 5],
    ['{: 1}', /name of a member/, 1],
    ['$.a ? 1', /expected : after/, 7],
    ['"open', /not closed with "/, 0],
    ['"\\d"', /\\\\/, 1],
    ['01', /no number/, 0],
    ['1e999', /too large/, 0],
    ['@.a', /inside a filter/, 0],
    ['x => 1', /a lambda can only be an argument/, 0],
    ['map($.a, 1)', /needs a lambda/, 8],
    ['upper(x => 1)', /takes no lambda/, 6],
    ['map($.a, (x, y, z) => 1)', /an item and/, 21],
    ['map($.a, x => x-1)', /spaces around/, 14],
    ['map($.a, a-b => 1)', /hyphen/, 15],
    ['len()', /takes 1 argument, not 0/, 0],
    ['now(1)', /takes no arguments, not 1/, 0],
    ['merge()', /at least 1 argument,/, 0],
    ['join(1, 2, 3)', /takes 1 to 2 arguments/, 0],
    ['has(1)', /needs a path/, 0],
    ['secret($.a)', /name of a secret in quotes/, 0],
    ['$.2fa', /\['…'\]/, 2],
    ['$.a[', /expected/, 4],
    ['$.a[1 + ]', /expected a value/, 8],
    ['$.a[?1]', /literal is no condition/, 5],
    ['$.a[?length(@)]', /compare it/, 5],
    ['$.a[?nope(@)]', /no function of a filter/, 5],
    ['$.env', /exactly one name/, 0],
    ['$.env.A.b', /exactly one name/, 0],
    ['$.a[?@.x == $.secrets.k]', /filter cannot read secrets/, 12],
    ['"\\u0000secret:x\\u0000"', /NUL/, 0],
    ['keys({"\\u0000": 1})', /NUL/, 6],
  ];
  for (const [text, message, offset] of cases) {
    const problem = getProblem(text);
    assert.match(problem.message, message, text);
    assert.equal(problem.offset, offset, `${text}: ${problem.message}`);
  }
});

test('the message comes from the reading of a bracket that got further', () => {
  assert.match(getProblem("$.a['b', 1x]").message, /expected|number/);
  assert.equal(getProblem('$.a[len($.b]').offset, 11);
});

test('a secret stays a reference, whole or joined into a text', () => {
  const reference = `${secretMark}api-key\0`;
  assertValues([
    ['secret("api-key")', reference],
    ['$.secrets.api-key', reference],
    ['"Bearer " + secrets.api-key', `Bearer ${reference}`],
    ['{auth: [secrets.api-key]}', { auth: [reference] }],
    ['$.none ?? secrets.api-key', reference],
    ['true ? secrets.api-key : null', reference],
  ]);
  assert.equal(fill('Bearer ${secrets.api-key}'), `Bearer ${reference}`);
});

test('a secret that is more than passed on is refused', () => {
  for (const text of [
    'secrets.x == "a"',
    'upper(secrets.x)',
    '!secrets.x',
    'secrets.x && true',
    'secrets.x ? 1 : 2',
    '1 - secrets.x',
    'map([1], i => secrets.x)',
    '$.a[secrets.x]',
    '[secrets.x][0]',
  ]) {
    assert.match(getProblem(text).message, /the secret x is known at hand-over only/, text);
  }
});

test('the secrets that are mentioned are told, each once', () => {
  const compiled = compileTemplate({ a: '${secrets.x}', b: ['$.secrets.y', 'k ${secret("x")}'], c: '$.input' });
  assert.ok(compiled.ok);
  assert.deepEqual(secretsOf(compiled.value), ['x', 'y']);
});

test('no input can spell the reference of a secret', () => {
  const encoded = Buffer.from(`${secretMark}x\0`).toString('base64');
  for (const text of ['parse_json($.input.json)', 'base64_decode($.input.encoded)', 'parse_json($.input.name)']) {
    const input = { json: JSON.stringify([`${secretMark}x\0`]), name: '{"\\u0000": 1}', encoded };
    assert.throws(() => evaluate(text, { input }), /holds NUL/, text);
  }
  assert.equal(evaluate('parse_json($.input)', { input: '"\\\\u0000"' }), '\\u0000');
});
