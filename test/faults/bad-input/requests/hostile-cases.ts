/** What is sent to hurt: bodies that are there to exhaust, names that reach prototypes, patterns that go back. */
import type { BadCase, RightAnswer, Writer } from '../bad-case.ts';

const mebibyte = 1_048_576;

const doubling = Array.from({ length: 30 }, (_, n) => {
  const parts =
    n === 0
      ? 'x'
      : Array(9)
          .fill(`*a${n - 1}`)
          .join(', ');
  return `a${n}: &a${n} [${parts}]`;
}).join('\n');

const invalid = (code: string, line: number, column: number): RightAnswer => ({
  status: 422,
  code: 'DEFINITION_INVALID',
  place: { code, pointer: '', line, column },
  beside: ['FIELD_MISSING', 'YAML_INVALID'],
  names: `line ${line}, column ${column}`,
});

interface Hostile {
  readonly title: string;
  readonly text: string;
  readonly answer: RightAnswer;
}

const oneLine = (text: string, sizeBytes = mebibyte - 100): string => text.repeat(Math.floor(sizeBytes / text.length));
const deeper = Array.from({ length: 1_400 }, (_, n) => `${' '.repeat(n)}a:`).join('\n');

/** Texts of about a mebibyte, and small ones that would grow. */
const texts: readonly Hostile[] = [
  { title: '1 MiB of nested lists', text: oneLine('['), answer: invalid('DOCUMENT_TOO_DEEP', 1, 65) },
  { title: '1 MiB of nested maps', text: oneLine('{a: '), answer: invalid('DOCUMENT_TOO_DEEP', 1, 257) },
  { title: '1 MiB of nested maps in lists', text: oneLine('[{a: '), answer: invalid('DOCUMENT_TOO_DEEP', 1, 161) },
  { title: '1 MiB of ever deeper lines', text: deeper, answer: invalid('DOCUMENT_TOO_DEEP', 65, 66) },
  { title: '1 MiB of dashes', text: oneLine('- '), answer: invalid('DOCUMENT_TOO_DEEP', 1, 129) },
  { title: '1 MiB of question marks', text: oneLine('? '), answer: invalid('DOCUMENT_TOO_DEEP', 1, 129) },
  { title: '1 MiB of keys', text: oneLine('a: 1\n'), answer: invalid('DOCUMENT_TOO_LARGE', 10_001, 1) },
  { title: '1 MiB of items', text: oneLine('- a\n'), answer: invalid('DOCUMENT_TOO_LARGE', 20_001, 1) },
  { title: '1 MiB in one value', text: `a: ${oneLine('x')}`, answer: invalid('DOCUMENT_TOO_LARGE', 1, 4) },
  { title: '1 MiB in one quoted value', text: `a: "${oneLine('x')}"`, answer: invalid('DOCUMENT_TOO_LARGE', 1, 4) },
  { title: '1 MiB in one key', text: `${oneLine('x')}: a`, answer: invalid('DOCUMENT_TOO_LARGE', 1, 1) },
  { title: '1 MiB of documents', text: oneLine('---\n'), answer: invalid('DOCUMENT_TOO_LARGE', 101, 1) },
  { title: '1 MiB of anchors', text: `[${oneLine('&a b,')}]`, answer: invalid('DOCUMENT_TOO_LARGE', 1, 502) },
  { title: '1 MiB of tags', text: `[${oneLine('!a b,')}]`, answer: invalid('DOCUMENT_TOO_LARGE', 1, 502) },
  { title: '1 MiB of escapes', text: `a: "${oneLine('\\u0041')}"`, answer: invalid('DOCUMENT_TOO_LARGE', 1, 4) },
  {
    title: '1 MiB that is never closed',
    text: `a: "${oneLine('x ', 100_000)}`,
    answer: invalid('YAML_INVALID', 1, 100_005),
  },
  { title: 'an alias bomb', text: doubling, answer: invalid('DOCUMENT_TOO_LARGE', 11, 52) },
  { title: 'a small alias bomb', text: doubling.split('\n', 2).join('\n'), answer: invalid('YAML_INVALID', 2, 10) },
  { title: 'a merge bomb', text: 'a: {b: 1}\nc:\n  <<: {d: 2}\n  e: 1\n', answer: invalid('YAML_INVALID', 3, 3) },
];

const head = 'apiVersion: magicflow.io/v2\nkind: Workflow\nmetadata: {name: shop, version: 1.0.0}\nspec:\n';
const step = (name: string): string => `{name: ${name}, type: fail}`;
const steps = (count: number): string => Array.from({ length: count }, (_, n) => step(`s${n}`)).join(', ');
const branches = Array.from({ length: 1_001 }, (_, n) => `{name: b${n}, steps: []}`).join(', ');
const rules = Array.from({ length: 101 }, () => '{condition: "true", action: ignore}').join(', ');
const patterns = Array.from({ length: 101 }, (_, n) => `p${n}: {pattern: a}`).join(', ');
const oneStep = `  steps: [${step('one')}]\n`;

/** Well formed, and more of it than there may be: `«` stands where it is too much. */
const tooMuch: readonly (readonly [title: string, code: string, pointer: string, spec: string])[] = [
  ['501 steps', 'LIMIT_EXCEEDED', '/spec/steps', `  steps: «[${steps(501)}]\n`],
  [
    '1,001 branches',
    'LIMIT_EXCEEDED',
    '/spec/steps/0/branches',
    `  steps: [{name: p, type: parallel, branches: «[${branches}]}]\n`,
  ],
  ['101 rules', 'LIMIT_EXCEEDED', '/spec/error_handling', `  error_handling: «[${rules}]\n${oneStep}`],
  [
    '101 patterns',
    'SCHEMA_INVALID',
    '/spec/input_schema/properties/p100/pattern',
    `  input_schema: {properties: {${patterns.replace(/a\}$/, '«a}')}}}\n${oneStep}`,
  ],
  [
    'a pattern of 1,001 letters',
    'SCHEMA_INVALID',
    '/spec/input_schema/pattern',
    `  input_schema: {pattern: «${'a'.repeat(1_001)}}\n${oneStep}`,
  ],
  [
    'a pattern that grows',
    'SCHEMA_INVALID',
    '/spec/input_schema/pattern',
    `  input_schema: {pattern: «"((a{100}){100}){100}"}\n${oneStep}`,
  ],
  [
    'an expression of 16,385 letters',
    'EXPRESSION_INVALID',
    '/spec/output',
    `  output: "«$.input.${'a'.repeat(16_385)}"\n${oneStep}`,
  ],
  [
    'an expression 65 brackets deep',
    'EXPRESSION_INVALID',
    '/spec/output',
    `  output: "$.input.a == ${'('.repeat(64)}«(1${')'.repeat(65)}"\n${oneStep}`,
  ],
  ['__proto__ as a step', 'NAME_RESERVED', '/spec/steps/0/name', '  steps: [{name: «__proto__, type: fail}]\n'],
  ['__proto__ as a variable', 'NAME_RESERVED', '', '  steps: [{name: a, type: fail, set: {«__proto__: 1}}]\n'],
  [
    'constructor as a variable',
    'NAME_RESERVED',
    '/spec/steps/0/set/constructor',
    '  steps: [{name: a, type: fail, set: {«constructor: 1}}]\n',
  ],
];

export function hostileCases(writer: Writer): BadCase[] {
  const deploy = (text: string) => writer.raw('POST /api/v1/workflows', text, 'application/yaml');
  return [
    ...texts.map(({ title, text, answer }) => ({ title, request: deploy(text), answer })),
    ...tooMuch.map(([title, code, pointer, spec]) => {
      const marked = head + spec;
      const before = marked.slice(0, marked.indexOf('«')).split('\n');
      const line = before.length;
      const column = (before.at(-1)?.length ?? 0) + 1;
      const answer = { ...invalid(code, line, column), place: { code, pointer, line, column } };
      return { title, request: deploy(marked.replace('«', '')), answer };
    }),
    ...tooLarge(writer),
  ];
}

/** Bodies that are refused by their length, before they are read. */
function tooLarge(writer: Writer): BadCase[] {
  const execute = 'POST /api/v1/workflows/orders/execute';
  const sizes: readonly (readonly [string, number])[] = [
    ['POST /api/v1/workflows', mebibyte],
    ['POST /api/v1/workflows/validate', mebibyte],
    ['PUT /api/v1/workflows/orders', mebibyte],
    [execute, mebibyte],
    ['POST /api/v1/tokens', mebibyte],
    ['POST /api/v1/tasks/claim', mebibyte],
    ['POST /api/v1/tasks/heartbeat', mebibyte],
    ['POST /api/v1/tasks/complete', 10 * mebibyte],
    ['POST /api/v1/workflows/orders/execute-batch', 10 * mebibyte],
  ];
  return sizes.map(([line, max]) => ({
    title: `${line} with ${max + 1} bytes`,
    request: writer.raw(line, `{"input":"${'x'.repeat(max + 1 - 12)}"}`),
    answer: { status: 413, code: 'BODY_TOO_LARGE', names: 'the body is larger' },
  }));
}
