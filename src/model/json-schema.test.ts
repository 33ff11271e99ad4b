import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { workedMs } from '../../test/support/cpu-time.ts';
import { Fault } from '../kit/fault.ts';
import type { Json } from '../kit/json.ts';
import type { JsonSchema } from './definition.ts';
import { compileSchema, examineSchema } from './json-schema.ts';
import {
  formatLengthMax,
  patternLengthMax,
  patternsMax,
  schemaErrorsMax,
  subschemasMax,
  valueDepthMax,
} from './limits.ts';

const errorsOf = (schema: JsonSchema, value: unknown): string[] => {
  const outcome = compileSchema(schema).check(value);
  return outcome.ok ? [] : outcome.errors.map(({ code, pointer, message }) => `${code} ${pointer} ${message}`);
};
const accepts = (schema: JsonSchema, value: unknown): boolean => compileSchema(schema).check(value).ok;
const nested = (levels: number): Json => (levels === 0 ? 1 : [nested(levels - 1)]);

test('every error is told with its code, its place and the name of its field', () => {
  const schema = {
    type: 'object',
    additionalProperties: false,
    required: ['email'],
    properties: {
      age: { type: 'integer', minimum: 0 },
      kind: { enum: ['a', 'b'] },
      one: { const: 1 },
      tags: { uniqueItems: true },
      at: { format: 'date' },
    },
  };
  assert.deepEqual(
    errorsOf(schema, {
      age: -1,
      kind: 'c',
      one: 2,
      agee: 1,
      tags: [
        { a: 1, b: 2 },
        { b: 2, a: 1 },
      ],
      at: 'x',
    }),
    [
      'REQUIRED  the value needs "email"',
      'ADDITIONAL_PROPERTIES  the value has no field "agee"; did you mean "age"?',
      'MINIMUM /age "age" must be >= 0',
      'ENUM /kind "kind" must be one of "a", "b"',
      'CONST /one "one" must be 1',
      'UNIQUE_ITEMS /tags "tags" must not hold the same item twice',
      'FORMAT /at "at" must have the format "date"',
    ],
  );
  assert.deepEqual(errorsOf({ type: ['string', 'null'] }, 1), ['TYPE  the value must be string or null']);
  const inside = { properties: { a: { properties: { 'b/c~d': { type: 'string' } } } } };
  assert.deepEqual(errorsOf(inside, { a: { 'b/c~d': 1 } }), ['TYPE /a/b~1c~0d "a.b/c~d" must be string']);
});

test('a wrong schema is told once, where it is wrong', () => {
  const placesOf = (schema: Json): string[] =>
    examineSchema(schema)
      .problems.map(({ pointer }) => pointer)
      .sort();
  assert.deepEqual(placesOf({ type: 'strin' }), ['/type']);
  assert.deepEqual(placesOf({ type: ['string', 'strin'] }), ['/type/1']);
  assert.deepEqual(placesOf({ properties: { a: { type: ['strin'] } } }), ['/properties/a/type/0']);
  assert.deepEqual(placesOf({ minLength: -1, properties: { a: { type: 1 } } }), ['/minLength', '/properties/a/type']);
});

test('defaults go into a copy, and without defaults the value itself comes back', () => {
  const value = { inner: {} };
  const filled = compileSchema({
    properties: { a: { default: 1 }, inner: { properties: { b: { default: [2] } } } },
  }).check(value);
  assert.ok(filled.ok);
  assert.deepEqual(JSON.parse(JSON.stringify(filled.value)), { a: 1, inner: { b: [2] } });
  assert.deepEqual(value, { inner: {} });
  const same = compileSchema({ type: 'object' }).check(value);
  assert.ok(same.ok && same.value === value);
});

test('required: true on a property asks for the property', () => {
  assert.deepEqual(errorsOf({ properties: { a: { required: true, type: 'string' } } }, {}), [
    'REQUIRED  the value needs "a"',
  ]);
});

test('draft-07 is read where $schema names it, else 2020-12', () => {
  const tuple = { items: [{ type: 'string' }] };
  assert.ok(!accepts({ $schema: 'http://json-schema.org/draft-07/schema#', ...tuple }, [1]));
  assert.ok(
    !accepts({ $schema: 'https://json-schema.org/draft/2020-12/schema', prefixItems: [{ type: 'string' }] }, [1]),
  );
  assert.throws(
    () => compileSchema(tuple),
    (error) => Fault.is(error, 'DEFINITION_INVALID'),
  );
});

test('members of a prototype are no members of a value', () => {
  assert.deepEqual(errorsOf({ required: ['constructor'] }, {}), ['REQUIRED  the value needs "constructor"']);
  assert.ok(accepts({ properties: { toString: { type: 'string' } } }, {}));
  const hostile: unknown = JSON.parse('{"__proto__": {"admin": true}}');
  const outcome = compileSchema({ properties: { a: { default: 1 } }, additionalProperties: true }).check(hostile);
  assert.ok(outcome.ok);
  assert.deepEqual(Object.keys(outcome.value as object).sort(), ['__proto__', 'a']);
  assert.equal((outcome.value as { admin?: unknown }).admin, undefined);
  assert.throws(
    () => compileSchema(JSON.parse('{"properties": {"__proto__": {"default": 1}}}') as JsonSchema),
    /reserved/,
  );
});

test('schemas of two workflows may bear one $id', () => {
  assert.ok(accepts({ $id: 'https://example.com/a', type: 'string' }, 'x'));
  assert.ok(accepts({ $id: 'https://example.com/a', type: 'number' }, 1));
});

test('references stay inside the schema', () => {
  assert.ok(!accepts({ $ref: '#/$defs/a', $defs: { a: { type: 'string' } } }, 1));
  assert.deepEqual(
    examineSchema({ $ref: 'https://example.com/x' }).problems.map((problem) => problem.pointer),
    ['/$ref'],
  );
  assert.equal(examineSchema({ $ref: '#/$defs/nobody' }).problems.length, 1);
});

test('a schema that refers to itself without end is an answer, not a crash', () => {
  assert.deepEqual(errorsOf({ $ref: '#' }, 1), ['SCHEMA  the schema refers to itself without end']);
});

test('a pattern that ruins other engines is matched at once', () => {
  const start = workedMs();
  assert.ok(!accepts({ pattern: '^(a+)+$' }, `${'a'.repeat(50_000)}b`));
  assert.ok(workedMs() - start < 1_000);
});

test('patterns beyond RE2 are refused with their place', () => {
  for (const pattern of ['(?=a)', '(a)\\1', '(', 'a{1001}']) {
    assert.deepEqual(
      examineSchema({ properties: { a: { pattern } } }).problems.map((problem) => problem.pointer),
      ['/properties/a/pattern'],
      pattern,
    );
  }
  assert.ok(accepts({ pattern: '^\\d{4}-\\u00e9$' }, '2024-é'));
});

describe('bounds', () => {
  test(`at most ${schemaErrorsMax} errors are told`, () => {
    const bad = Array.from({ length: schemaErrorsMax + 1 }, () => 'x');
    assert.equal(errorsOf({ items: { type: 'number' } }, bad).length, schemaErrorsMax);
  });

  test(`a value may have ${valueDepthMax} levels`, () => {
    assert.ok(accepts({}, nested(valueDepthMax)));
    assert.deepEqual(errorsOf({}, nested(valueDepthMax + 1)), [
      `DEPTH  the value has more than ${valueDepthMax} levels`,
    ]);
  });

  test(`a text of more than ${formatLengthMax} characters has no format`, () => {
    const pointer = (length: number): string => `/${'a'.repeat(length - 1)}`;
    assert.ok(accepts({ format: 'json-pointer' }, pointer(formatLengthMax)));
    assert.ok(!accepts({ format: 'json-pointer' }, pointer(formatLengthMax + 1)));
  });

  test(`a pattern may have ${patternLengthMax} characters`, () => {
    assert.equal(examineSchema({ pattern: 'a'.repeat(patternLengthMax) }).problems.length, 0);
    assert.equal(examineSchema({ pattern: 'a'.repeat(patternLengthMax + 1) }).problems.length, 1);
  });

  test(`a schema may hold ${patternsMax} patterns`, () => {
    const schema = (count: number): Json => ({ anyOf: Array.from({ length: count }, () => ({ pattern: 'a' })) });
    assert.equal(examineSchema(schema(patternsMax)).problems.length, 0);
    assert.match(examineSchema(schema(patternsMax + 5)).problems[0]?.message ?? '', /patterns/);
    assert.equal(examineSchema(schema(patternsMax + 5)).problems.length, 1);
  });

  test(`a schema may hold ${subschemasMax} schemas`, () => {
    const schema = (count: number): Json => ({ anyOf: Array.from({ length: count - 1 }, () => ({ type: 'string' })) });
    assert.equal(examineSchema(schema(subschemasMax)).problems.length, 0);
    assert.match(examineSchema(schema(subschemasMax + 1)).problems[0]?.message ?? '', /schemas/);
  });

  test('a schema may not be deeper than a document', () => {
    let schema: Json = {};
    for (let level = 0; level < 100; level += 1) schema = { not: schema };
    assert.match(examineSchema(schema).problems[0]?.message ?? '', /levels/);
  });

  test('uniqueness of many objects is found in linear time', () => {
    const start = workedMs();
    const items = Array.from({ length: 50_000 }, (_, index) => ({ index }));
    assert.ok(accepts({ uniqueItems: true }, items));
    assert.ok(workedMs() - start < 2_000);
  });
});

test('formats take what they name and refuse what they do not', () => {
  const rows: readonly (readonly [format: string, good: string, bad: string])[] = [
    ['email', 'a@b.co', 'a@'],
    ['date-time', '2024-02-29T10:00:00Z', '2023-02-29T10:00:00Z'],
    ['date', '2024-02-29', '2024-02-30'],
    ['time', '10:00:00Z', '25:00:00Z'],
    ['uri', 'https://a.b/c', 'a b'],
    ['url', 'https://a.b/c', 'gopher://a'],
    ['uuid', '123e4567-e89b-12d3-a456-426614174000', '123'],
    ['ipv4', '127.0.0.1', '256.0.0.1'],
    ['ipv6', '::1', ':::'],
    ['hostname', 'a.example', '-a'],
    ['duration', 'PT5S', '5s'],
    ['regex', 'a+', '('],
  ];
  for (const [format, good, bad] of rows) {
    assert.ok(accepts({ format }, good), `${format} ${good}`);
    assert.ok(!accepts({ format }, bad), `${format} ${bad}`);
  }
  assert.ok(accepts({ format: 'password' }, 'x') && accepts({ format: 'no-such-format' }, 'x'));
});

test('formats answer hostile texts at once', () => {
  const texts = [
    'a@'.repeat(1_000),
    `a@${'a'.repeat(2_000)}!`,
    `https://${':a'.repeat(1_000)}`,
    `${'a.'.repeat(1_000)}!`,
    `${'%20'.repeat(680)} `,
    ':'.repeat(2_048),
    '{a}'.repeat(600),
  ];
  const formats = [
    'email',
    'uri',
    'uri-reference',
    'uri-template',
    'url',
    'hostname',
    'ipv6',
    'duration',
    'json-pointer',
    'date-time',
    'uuid',
  ];
  const start = workedMs();
  for (const format of formats) {
    const { check } = compileSchema({ format });
    for (const text of texts) check(text);
  }
  assert.ok(workedMs() - start < 2_000);
});

test('whatever is given as a schema is examined without a throw, and what passes can be used', () => {
  const keyword = fc.constantFrom(
    'type',
    'properties',
    'required',
    'items',
    '$ref',
    'pattern',
    'enum',
    'anyOf',
    'not',
    'format',
    'default',
    '$id',
    '$defs',
    'if',
    'then',
    'minimum',
    'dependencies',
    '__proto__',
  );
  const tree = fc.letrec<{ node: unknown }>((tie) => ({
    node: fc.oneof(
      { depthSize: 'small' },
      fc.jsonValue({ maxDepth: 1 }),
      fc.constantFrom('string', '#', '#/$defs/a', '(', 'object'),
      fc.array(tie('node'), { maxLength: 3 }),
      fc.dictionary(keyword, tie('node'), { maxKeys: 4, noNullPrototype: true }),
    ),
  })).node;
  fc.assert(
    fc.property(tree, fc.jsonValue(), (schema, value) => {
      const { problems } = examineSchema(schema as Json);
      if (problems.length === 0) compileSchema(schema as JsonSchema).check(value);
      else
        assert.throws(
          () => compileSchema(schema as JsonSchema),
          (error) => Fault.is(error),
        );
    }),
    { numRuns: 500 },
  );
});
