/** Inputs that do not fit the schema of their workflow: every keyword, every format, started alone and in a batch. */
import { type BadCase, shown, type Writer } from '../bad-case.ts';

type Wrong = readonly [keyword: string, value: unknown, below?: string];

interface Property {
  readonly schema: unknown;
  readonly wrong: readonly Wrong[];
}

const each = (keyword: string, ...values: readonly unknown[]): readonly Wrong[] =>
  values.map((value) => [keyword, value] as const);
const format = (name: string, ...values: readonly string[]): Property => ({
  schema: { type: 'string', format: name },
  wrong: [...each('FORMAT', ...values), ...each('TYPE', 7, null)],
});

const properties: Readonly<Record<string, Property>> = {
  text: {
    schema: { type: 'string', minLength: 2, maxLength: 5 },
    wrong: [
      ...each('TYPE', 7, true, null, [], {}, ['ab']),
      ...each('MIN_LENGTH', '', 'a', '🙂'),
      ...each('MAX_LENGTH', 'abcdef', 'a'.repeat(1_000), '🙂'.repeat(6)),
    ],
  },
  /** What a matcher that goes back would need 2^40 steps for. */
  probe: {
    schema: { type: 'string', pattern: '^(a+)+$' },
    wrong: each('PATTERN', `${'a'.repeat(40)}b`, `${'a'.repeat(5_000)}!`, '', 'b', ' a'),
  },
  code: { schema: { type: 'string', pattern: '^[A-Z]{3}-\\d+$' }, wrong: each('PATTERN', 'abc-1', 'ABC-', 'ABC1', '') },
  count: {
    schema: { type: 'integer', minimum: 1, maximum: 10 },
    wrong: [
      ...each('TYPE', '3', 1.5, true, null, [], {}),
      ...each('MINIMUM', 0, -1, -1e308),
      ...each('MAXIMUM', 11, 1e15, 1e308),
    ],
  },
  share: {
    schema: { type: 'number', exclusiveMinimum: 0, exclusiveMaximum: 1 },
    wrong: [...each('TYPE', '0.5', null), ...each('EXCLUSIVE_MINIMUM', 0, -1), ...each('EXCLUSIVE_MAXIMUM', 1, 2)],
  },
  even: {
    schema: { type: 'integer', multipleOf: 2 },
    wrong: [...each('MULTIPLE_OF', 1, 7), ...each('TYPE', '2', null)],
  },
  agreed: { schema: { type: 'boolean' }, wrong: each('TYPE', 'true', 1, 0, null, [], {}) },
  nothing: { schema: { type: 'null' }, wrong: each('TYPE', 0, '', false, [], {}) },
  kind: { schema: { enum: ['new', 'old', 7] }, wrong: each('ENUM', 'NEW', '', '7', 8, null, ['new'], {}) },
  fixed: { schema: { const: { a: [1] } }, wrong: each('CONST', { a: [2] }, { a: 1 }, {}, null, [1]) },
  email: format('email', 'x', 'a@', '@b.de', 'a b@c.de', '', 'a@b@c'),
  day: format('date', '2026-13-01', '2026-02-30', 'yesterday', '01.02.2026', ''),
  moment: format('date-time', '2026-01-01', '2026-01-01T25:00:00Z', '2026-01-01 10:00', 'now', ''),
  hour: format('time', '25:00:00Z', '10:00', 'noon'),
  span: format('duration', '15s', 'PT', 'P', 'one hour'),
  link: format('uri', 'example.com', '//a', 'http://a b', ''),
  page: format('url', 'example.com', 'javascript:alert(1)', 'http://', ''),
  id: format('uuid', 'x', '123', '00000000-0000-0000-0000-00000000000g'),
  host: format('hostname', '-a', 'a..b', 'a b', `${'a'.repeat(64)}.de`),
  four: format('ipv4', '256.1.1.1', '1.2.3', '::1', ''),
  six: format('ipv6', '1.2.3.4', ':::', 'g::1'),
  pointer: format('json-pointer', 'a', '/~2', '#/a'),
  expression: format('regex', '(', '(?=a)', '[', '*'),
  list: {
    schema: { type: 'array', items: { type: 'integer' }, minItems: 1, maxItems: 3, uniqueItems: true },
    wrong: [
      ...each('TYPE', {}, 'x', 7, null),
      ...each('MIN_ITEMS', []),
      ...each('MAX_ITEMS', [1, 2, 3, 4]),
      ...each('UNIQUE_ITEMS', [1, 1], [1, 2, 1]),
      ['TYPE', ['1'], '/0'],
      ['TYPE', [1, null], '/1'],
      ['TYPE', [1, 2, 2.5], '/2'],
    ],
  },
  pair: {
    schema: { type: 'array', prefixItems: [{ type: 'string' }, { type: 'integer' }], items: false },
    wrong: [
      ['TYPE', [1], '/0'],
      ['TYPE', ['a', 'b'], '/1'],
    ],
  },
  some: {
    schema: { type: 'array', contains: { const: 7 } },
    wrong: [...each('CONTAINS', []), ...each('TYPE', 7, null)],
  },
  address: {
    schema: {
      type: 'object',
      additionalProperties: false,
      required: ['zip'],
      properties: { zip: { type: 'string', pattern: '^\\d{5}$' }, 'a/b': { type: 'integer' } },
    },
    wrong: [
      ...each('TYPE', 'x', 7, null, []),
      ...each('REQUIRED', {}),
      ...each('ADDITIONAL_PROPERTIES', { zip: '12345', zipp: 1 }, { zip: '12345', toString: 1 }),
      ['PATTERN', { zip: '1' }, '/zip'],
      ['TYPE', { zip: 12345 }, '/zip'],
      ['TYPE', { zip: '12345', 'a/b': 'x' }, '/a~1b'],
    ],
  },
  table: {
    schema: { type: 'object', minProperties: 1, maxProperties: 2, additionalProperties: { type: 'integer' } },
    wrong: [
      ...each('MIN_PROPERTIES', {}),
      ...each('MAX_PROPERTIES', { a: 1, b: 2, c: 3 }),
      ['TYPE', { a: 'x' }, '/a'],
      ['TYPE', { 'a~b': null }, '/a~0b'],
    ],
  },
  together: {
    schema: { type: 'object', dependentRequired: { card: ['expiry'] } },
    wrong: [...each('DEPENDENT_REQUIRED', { card: 1 }), ...each('TYPE', [])],
  },
  other: { schema: { not: { type: 'string' } }, wrong: each('NOT', '', 'x') },
  people: {
    schema: { type: 'array', items: { $ref: '#/$defs/person' } },
    wrong: [
      ['REQUIRED', [{}], '/0'],
      ['TYPE', [{ name: 'a' }, { name: 7 }], '/1/name'],
      ['TYPE', [{ name: 'a', boss: { name: null } }], '/0/boss/name'],
    ],
  },
};

const inputSchema = {
  type: 'object',
  required: ['text'],
  additionalProperties: false,
  properties: Object.fromEntries(Object.entries(properties).map(([name, { schema }]) => [name, schema])),
  $defs: {
    person: {
      type: 'object',
      required: ['name'],
      properties: { name: { type: 'string' }, boss: { $ref: '#/$defs/person' } },
    },
  },
};

/** A workflow that takes almost nothing. */
export const pickyWorkflow = `apiVersion: magicflow.io/v2
kind: Workflow
metadata: {name: picky, version: 1.0.0}
spec:
  input_schema: ${JSON.stringify(inputSchema)}
  steps: [{name: echo, type: transform, mapping: "$.input.text"}]
`;

export function inputCases(writer: Writer): BadCase[] {
  const sound = { text: 'abc' };
  const wrongMembers = Object.entries(properties).flatMap(([name, { wrong }]) =>
    wrong.map(([keyword, value, below = '']): readonly [string, string, unknown] => [
      keyword,
      `/input/${name}${below}`,
      { ...sound, [name]: value },
    ]),
  );
  const wrongWholes: readonly (readonly [string, string, unknown])[] = [
    ...[null, true, 7, 'abc', [], [sound]].map((value) => ['TYPE', '/input', value] as const),
    ['REQUIRED', '/input', {}],
    ['ADDITIONAL_PROPERTIES', '/input', { ...sound, txt: 'abc' }],
  ];
  return [...wrongMembers, ...wrongWholes].flatMap(([keyword, pointer, input]) => {
    const place = { code: keyword, pointer };
    const title = `${pointer} breaks ${keyword}: ${shown(input)}`;
    return [
      {
        title,
        request: writer.json('POST /api/v1/workflows/picky/execute', { input }),
        answer: { status: 422, code: 'INPUT_INVALID', place },
      },
      {
        title: `${title}, in a batch`,
        request: writer.json('POST /api/v1/workflows/picky/execute-batch', { executions: [{ input }] }),
        answer: { status: 202, code: 'INPUT_INVALID', place },
      },
    ];
  });
}
