import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { seededRandom } from '../kit/random.ts';
import { compileExpression, compileTemplate } from './compile.ts';
import { ExpressionFault } from './expression.ts';
import { functionNames } from './functions/table.ts';
import { compileJsonPath } from './jsonpath.ts';
import { makeScope } from './make-scope.ts';

const pieces = [
  ...functionNames.map((name) => `${name}(`),
  ...'$ $. $.a $.a.b .a ..a [0] [-1] [*] [?@.a==1] [?@ ] [1:2] [ ] ( ) { } , : ; ? @ ! - + * / % < > <= >= == != && || ?? => = & |'.split(
    ' ',
  ),
  ...[
    'x',
    'x => x',
    '(x, i) => i',
    'in ',
    ' ',
    '1',
    '0',
    '2.5',
    '1e9',
    'true',
    'null',
    '"a"',
    "'b'",
    '"\\u0041"',
    '"',
    "'",
    '\\',
    '${',
    '}',
    '\n',
    '\0',
    '😀',
    '\ud800',
  ],
];

/** The only things that may happen to a text: it is refused with places inside it, or it evaluates or faults. */
function assertTotal(text: string, roots: Readonly<Record<string, unknown>>): boolean {
  const compiled = compileExpression(text);
  if (!compiled.ok) {
    for (const { message, offset, length } of compiled.problems) {
      assert.ok(
        message !== '' && offset >= 0 && length >= 0 && offset + length <= text.length,
        `${JSON.stringify(text)}: ${message} at ${offset}+${length}`,
      );
    }
    return false;
  }
  for (const { offset, length } of compiled.value.references)
    assert.ok(offset >= 0 && offset + length <= text.length, text);
  try {
    assert.notEqual(compiled.value.evaluate(makeScope(roots)), undefined, text);
  } catch (error) {
    if (!(error instanceof ExpressionFault))
      throw new Error(`${JSON.stringify(text)} threw ${String(error)}`, { cause: error });
  }
  return true;
}

test('10,000 texts of random pieces are refused or evaluated, never anything else', () => {
  const random = seededRandom(20260304);
  const pick = () => pieces[Math.floor(random.next() * pieces.length)] ?? '';
  let compiledCount = 0;
  for (let round = 0; round < 10_000; round += 1) {
    const text = Array.from({ length: 1 + Math.floor(random.next() * 7) }, pick).join('');
    if (assertTotal(text, { a: { a: 1, b: [1, 2, { a: 1 }] }, x: 'text' })) compiledCount += 1;
    compileTemplate(`a \${${text}}`);
    compileJsonPath(text);
  }
  assert.ok(compiledCount > 200, `only ${compiledCount} of the texts compiled`);
});

const operators = ['+', '-', '*', '/', '%', '==', '!=', '<', '<=', '>', '>=', '&&', '||', '??', ' in '];
const { expression } = fc.letrec<{ expression: string }>((tie) => ({
  expression: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    fc.constantFrom(
      '$.v',
      '$.v.a',
      '$.v[0]',
      '$.v[*]',
      '$.v..a',
      '1',
      '-2.5',
      '"text"',
      'null',
      'true',
      '[]',
      '{}',
      'now()',
      '"2026-01-01"',
      '"1d"',
      '"s"',
      '"sha1"',
    ),
    fc
      .tuple(tie('expression'), fc.constantFrom(...operators), tie('expression'))
      .map(([a, operator, b]) => `(${a} ${operator} ${b})`),
    fc
      .tuple(
        fc.constantFrom('map', 'filter', 'any', 'all', 'sort', 'group_by', 'count'),
        tie('expression'),
        tie('expression'),
      )
      .map(([name, list, body]) => `${name}(${list}, v => ${body})`),
    fc
      .tuple(fc.constantFrom(...functionNames), fc.array(tie('expression'), { maxLength: 3 }))
      .map(([name, args]) => `${name}(${args.join(', ')})`),
    fc.tuple(tie('expression'), tie('expression')).map(([a, b]) => `[${a}, {k: ${b}}]`),
    fc.tuple(tie('expression'), tie('expression')).map(([a, b]) => `(${a})[${b}]`),
    fc.tuple(tie('expression'), tie('expression'), tie('expression')).map(([a, b, c]) => `(${a} ? ${b} : ${c})`),
  ),
}));

test('well-formed expressions over any JSON give a value or an ExpressionFault', () => {
  fc.assert(
    fc.property(expression, fc.jsonValue(), (text, v) => {
      assertTotal(text, { v });
    }),
    { numRuns: 3_000, seed: 1 },
  );
});

test('any text at all may be given to the three compilers', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 40 }), (text) => {
      assertTotal(text, {});
      compileTemplate(text);
      compileJsonPath(`$${text}`);
    }),
    { numRuns: 3_000, seed: 2 },
  );
});

test('a template without signs gives itself', () => {
  fc.assert(
    fc.property(fc.jsonValue(), (value) => {
      fc.pre(!/[$\0]|\\u0000/.test(JSON.stringify(value)));
      const compiled = compileTemplate(value as never);
      assert.ok(compiled.ok && compiled.value.isConstant);
      assert.equal(compiled.value.fill(makeScope()), value);
    }),
    { numRuns: 500, seed: 3 },
  );
});

test('a value written as a literal is that value', () => {
  fc.assert(
    fc.property(fc.jsonValue({ maxDepth: 3 }), (value) => {
      const text = JSON.stringify(value);
      fc.pre(!text.includes('\\u0000') && !text.includes('-0') && text.isWellFormed() && !/\\ud[89a-f]/i.test(text));
      const compiled = compileExpression(`$.v == ${text}`);
      assert.ok(compiled.ok, text);
      assert.equal(compiled.value.evaluate(makeScope({ v: JSON.parse(text) })), true, text);
    }),
    { numRuns: 1_000, seed: 4 },
  );
});
