import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import fc from 'fast-check';
import { openPostgresDatabase, type TestDatabase } from '../../../../test/support/databases.ts';
import { findService } from '../../../../test/support/services.ts';
import type { Json } from '../../../kit/json.ts';
import { openSteps, type Steps } from '../make-steps.ts';
import { readArray } from './array-literal.ts';

const { url, skip } = await findService('postgres');

describe('values of PostgreSQL', { skip }, () => {
  let database: TestDatabase;
  let step: Steps;
  before(async () => {
    database = await openPostgresDatabase(url);
    step = openSteps(database.settings);
  });
  after(async () => {
    await step?.close();
    await database?.close();
  });

  const columns: readonly [sql: string, value: Json][] = [
    ['NULL::int', null],
    ['true', true],
    ['7::smallint', 7],
    ['-7', -7],
    ['7::bigint', '7'],
    ['9223372036854775807::bigint', '9223372036854775807'],
    ['count(*)', '1'],
    ['1.50::numeric', '1.50'],
    ['0.1::float8', 0.1],
    ["'NaN'::float8", 'NaN'],
    ["'-infinity'::float4", '-Infinity'],
    ["'Ünï'::text", 'Ünï'],
    ["'a'::varchar", 'a'],
    ["'\\x00ff'::bytea", 'AP8='],
    ['\'{"a": [1, null]}\'::jsonb', { a: [1, null] }],
    ["'[1]'::json", [1]],
    ["'2024-02-29'::date", '2024-02-29'],
    ["'2024-02-29 01:02:03.5'::timestamp", '2024-02-29T01:02:03.5'],
    ["'2024-02-29 01:02:03+02'::timestamptz", '2024-02-28T23:02:03Z'],
    ["'infinity'::timestamptz", 'infinity'],
    ["'0044-03-15 BC'::timestamp", '0044-03-15 00:00:00 BC'],
    ["'01:02:03'::time", '01:02:03'],
    ["'1 day 2 hours'::interval", 'P1DT2H'],
    ["'5b8f0f4e-57a5-4c3b-9f0e-0d0b9a4c1c55'::uuid", '5b8f0f4e-57a5-4c3b-9f0e-0d0b9a4c1c55'],
    ['ARRAY[1, NULL, 3]', [1, null, 3]],
    [
      'ARRAY[[1, 2], [3, 4]]',
      [
        [1, 2],
        [3, 4],
      ],
    ],
    ['ARRAY[7::bigint]', ['7']],
    ["ARRAY['a,b', '\"', '\\', 'NULL', '']", ['a,b', '"', '\\', 'NULL', '']],
    ['ARRAY[\'{"a": 1}\'::jsonb]', [{ a: 1 }]],
    ["ARRAY['2024-02-29 01:02:03+00'::timestamptz]", ['2024-02-29T01:02:03Z']],
    ["'[1,3)'::int4range", '[1,3)'],
  ];
  for (const [sql, value] of columns) {
    test(`${sql} is ${JSON.stringify(value)}`, async () => {
      // Whatever the role's own settings are.
      const { rows } = await step.query(`SELECT ${sql} AS value`);
      assert.deepEqual(rows, [{ value }]);
    });
  }

  test('a parameter has the type that its place gives it', async () => {
    const cases: readonly [sql: string, param: Json, value: Json][] = [
      [':p::int + 1', 2, 3],
      [':p::bigint', '9223372036854775807', '9223372036854775807'],
      [':p::text', 'x', 'x'],
      [':p::boolean', true, true],
      [':p::timestamptz', '2024-02-29T01:02:03Z', '2024-02-29T01:02:03Z'],
      [':p::int[]', [1, null], [1, null]],
      ['3 = ANY(:p)', [1, 3], true],
      [':p::text[]', ['a,b', '"', null], ['a,b', '"', null]],
      [':p::jsonb', { a: 'b' }, { a: 'b' }],
      [':p::jsonb', [{ a: 1 }], [{ a: 1 }]],
      [':p::int', null, null],
      ["decode(:p, 'base64')", 'AP8=', 'AP8='],
    ];
    for (const [sql, p, value] of cases) {
      assert.deepEqual((await step.query(`SELECT ${sql} AS value`, { p })).rows, [{ value }], sql);
    }
  });

  test('the settings of a role change nothing', async () => {
    const { username } = { username: '', ...database.settings };
    await step.query(`ALTER ROLE "${username}" SET bytea_output = 'escape'`);
    await step.query(`ALTER ROLE "${username}" SET DateStyle = 'German'`);
    const other = openSteps(database.settings);
    try {
      const { rows } = await other.query("SELECT '\\x00ff'::bytea AS b, '2024-02-29'::date AS d");
      assert.deepEqual(rows, [{ b: 'AP8=', d: '2024-02-29' }]);
    } finally {
      await other.close();
      await step.query(`ALTER ROLE "${username}" RESET ALL`);
    }
  });

  test('an array of any type is a list, also of those that a database has of its own', async () => {
    await step.query("CREATE TYPE mood AS ENUM ('sad', 'ok')");
    for (const _ of ['asked', 'known']) {
      const { rows } = await step.query(`SELECT ARRAY['sad', NULL, 'ok']::mood[] AS enums, '{}'::mood[] AS none,
        NULL::mood[] AS absent, ARRAY[['ok']]::mood[][] AS nested, ARRAY[ROW(1, 'a')] AS composites, ARRAY[B'101'] AS bits,
        ARRAY['[1,3)'::int4range] AS ranges, '{a}' AS text, '{"a": 1}'::varchar AS json_text, '1 2'::int2vector AS vector`);
      assert.deepEqual(rows, [
        {
          enums: ['sad', null, 'ok'],
          none: [],
          absent: null,
          nested: [['ok']],
          composites: ['(1,a)'],
          bits: ['101'],
          ranges: ['[1,3)'],
          text: '{a}',
          json_text: '{"a": 1}',
          vector: '1 2',
        },
      ]);
    }
  });

  test('a write gives back the columns that it was asked for', async () => {
    await step.query('CREATE TABLE item (id bigint GENERATED ALWAYS AS IDENTITY, name text)');
    const inserted = await step.operate(
      'insert',
      { values: [{ name: 'a' }, { name: 'b' }] },
      { returning: ['id', 'name'] },
    );
    assert.deepEqual(inserted, {
      rows: [
        { id: '1', name: 'a' },
        { id: '2', name: 'b' },
      ],
      row_count: 2,
    });
    const gone = await step.operate('delete', { where: { name: 'a' } }, { returning: ['id'] });
    assert.deepEqual(gone, { rows: [{ id: '1' }], row_count: 1 });
  });

  test('a column may have any name', async () => {
    const { rows } = await step.query('SELECT 1 AS "__proto__", 2 AS "a b"');
    assert.deepEqual(Object.keys(rows[0] ?? {}), ['__proto__', 'a b']);
  });
});

test('any list of texts is read from its literal', () => {
  const written = (item: string | null): string =>
    item === null ? 'NULL' : `"${item.replaceAll('\\', '\\\\').replaceAll('"', '\\"')}"`;
  fc.assert(
    fc.property(fc.array(fc.option(fc.string({ unit: fc.constantFrom(...'a,{}"\\ \n') }))), (items) => {
      assert.deepEqual(
        readArray(`{${items.map(written).join(',')}}`, (text) => text),
        items,
      );
    }),
  );
  assert.deepEqual(
    readArray('[0:1]={a,b}', (text) => text),
    ['a', 'b'],
  );
});
