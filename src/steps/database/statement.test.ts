import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { workedMs } from '../../../test/support/cpu-time.ts';
import type { Json } from '../../kit/json.ts';
import { StepFailure } from '../connector.ts';
import type { Dialect } from './dialect.ts';
import { mysqlDialect } from './mysql/mysql-dialect.ts';
import { postgresDialect } from './postgres/postgres-dialect.ts';
import { queryStatement as statementOf } from './query-statement.ts';
import { partsOf } from './sql-text.ts';
import { sqliteDialect } from './sqlite/sqlite-dialect.ts';
import { type TableOperation, tableStatement } from './table-statement.ts';

const dialects = { postgres: postgresDialect, mysql: mysqlDialect, sqlite: sqliteDialect };

const queryStatement = (query: string, params: Json | undefined, dialect: Dialect) =>
  statementOf({ query, params, readOnly: false }, dialect);

const refuses = (write: () => unknown, message: RegExp): void =>
  assert.throws(write, (error) => {
    assert.ok(error instanceof StepFailure, String(error));
    assert.deepEqual([error.code, error.retryable], ['QUERY_INVALID', false]);
    assert.match(error.message, message);
    return true;
  });

describe('a query with named parameters', () => {
  const named: readonly [Dialect, string, string, readonly Json[]][] = [
    [postgresDialect, 'SELECT :a + :b + :a', 'SELECT $1 + $2 + $1', [1, 2]],
    [mysqlDialect, 'SELECT :a + :b + :a', 'SELECT ? + ? + ?', [1, 2, 1]],
    [sqliteDialect, 'SELECT :a + :b + :a', 'SELECT ? + ? + ?', [1, 2, 1]],
    // Casts, slices and labels are no parameters.
    [
      postgresDialect,
      'SELECT x::text, y[lo:hi], (z):: int FROM t WHERE a=:a',
      'SELECT x::text, y[lo:hi], (z):: int FROM t WHERE a=$1',
      [1],
    ],
    [mysqlDialect, 'SELECT @n := 1, :a', 'SELECT @n := 1, ?', [1]],
    // What is quoted or a comment stays.
    [
      postgresDialect,
      `SELECT ':a', "x:b", E'\\':a', $$ :a $$, $q$ :a $$ $q$, :b -- :a`,
      `SELECT ':a', "x:b", E'\\':a', $$ :a $$, $q$ :a $$ $q$, $1 -- :a`,
      [2],
    ],
    [postgresDialect, '/* :a /* :a */ :a */ SELECT :b', '/* :a /* :a */ :a */ SELECT $1', [2]],
    [postgresDialect, `SELECT 'it''s :a' , :b`, `SELECT 'it''s :a' , $1`, [2]],
    [postgresDialect, `SELECT 'ends with \\', :b`, `SELECT 'ends with \\', $1`, [2]],
    [
      mysqlDialect,
      `SELECT 'no \\' :a', "x\\" :a", \`c:a\`, :b # :a`,
      `SELECT 'no \\' :a', "x\\" :a", \`c:a\`, ? # :a`,
      [2],
    ],
    [mysqlDialect, 'SELECT 5--:a', 'SELECT 5--?', [1]],
    [mysqlDialect, '/* :a /* :a */ SELECT :b -- :a', '/* :a /* :a */ SELECT ? -- :a', [2]],
    [sqliteDialect, 'SELECT [a:b], `c:a`, ":a", :b', 'SELECT [a:b], `c:a`, ":a", ?', [2]],
  ];
  for (const [dialect, query, text, values] of named) {
    test(`${dialect.name}: ${query}`, () => {
      assert.deepEqual(queryStatement(query, { a: 1, b: 2, unused: 3 }, dialect), { text, values });
    });
  }

  test('needs each of them', () => {
    refuses(() => queryStatement('SELECT :a', { b: 1 }, postgresDialect), /:a.*"params" has b: add "a"/);
    refuses(() => queryStatement('SELECT :toString', {}, sqliteDialect), /"params" has nothing/);
    refuses(() => queryStatement('SELECT :a', [1], sqliteDialect), /must be an object/);
    refuses(() => queryStatement('SELECT :a', undefined, mysqlDialect), /must be an object/);
    refuses(() => queryStatement('SELECT ?', { a: 1 }, mysqlDialect), /write ":name"/);
    refuses(() => queryStatement('SELECT $a', { a: 1 }, sqliteDialect), /reads \$a/);
  });
});

describe('a query with parameters by place', () => {
  test('is sent as it is written', () => {
    for (const [dialect, query] of [
      [postgresDialect, "SELECT $1, '{}'::jsonb ? 'a'"],
      [mysqlDialect, "SELECT ?, '?' -- ?"],
      [sqliteDialect, 'SELECT ?1 + ?1'],
    ] as const) {
      assert.deepEqual(queryStatement(query, [7], dialect), { text: query, values: [7] });
    }
  });

  test('has as many values as places', () => {
    refuses(() => queryStatement('SELECT ?, ?', [1], mysqlDialect), /2 places.* has 1/);
    refuses(() => queryStatement('SELECT ?2', [1], sqliteDialect), /2 places.* has 1/);
    refuses(() => queryStatement('SELECT 1', [1], sqliteDialect), /0 places.* has 1/);
    refuses(() => queryStatement('SELECT ?', 'x', sqliteDialect), /must be an object .* or a list/);
  });
});

test('a query that begins or ends a transaction is refused', () => {
  for (const query of ['COMMIT', ' begin', '-- go\nROLLBACK', '/* x */ start transaction', 'SAVEPOINT a', '(END)']) {
    refuses(() => queryStatement(query, [], postgresDialect), /transaction of its own/);
  }
  refuses(() => queryStatement('/*!50000 COMMIT */', [], mysqlDialect), /transaction of its own/);
  refuses(() => queryStatement(' -- nothing', [], postgresDialect), /empty/);
});

test('a query of rows in a stream is refused: nobody would send or take them', () => {
  for (const query of ['COPY t FROM STDIN', '-- go\ncopy t (a)\nto stdout (FORMAT csv)', 'COPY (SELECT 1) TO STDOUT']) {
    refuses(() => queryStatement(query, [], postgresDialect), /no stream of rows/);
  }
  for (const query of ["COPY t FROM '/srv/rows.csv' -- STDIN", "SELECT 'COPY t FROM STDIN'"]) {
    assert.equal(queryStatement(query, [], postgresDialect).text, query);
  }
});

test('the parts of any text are the text', () => {
  fc.assert(
    fc.property(fc.string({ unit: fc.constantFrom(...`'"\`[]$#-/*:a\\\n eE`), maxLength: 60 }), (text) => {
      for (const { syntax } of Object.values(dialects)) {
        assert.equal(
          partsOf(text, syntax)
            .map((part) => part.text)
            .join(''),
          text,
        );
      }
    }),
    { numRuns: 2_000 },
  );
});

test('a long text that opens what it never closes is read at once', () => {
  const before = workedMs();
  for (const text of [
    "'".repeat(200_001),
    '$a$'.repeat(60_001),
    '/*'.repeat(100_000),
    '$a'.repeat(100_000),
    '--'.repeat(100_000),
  ]) {
    for (const { syntax } of Object.values(dialects)) partsOf(text, syntax);
  }
  assert.ok(workedMs() - before < 2_000);
});

describe('an operation on a table', () => {
  const nothing = { values: undefined, where: undefined, columns: [], orderBy: [], limit: undefined, returning: [] };
  const write = (
    asked: Partial<TableOperation> & Pick<TableOperation, 'operation'>,
    dialect: Dialect = postgresDialect,
  ) => tableStatement({ ...nothing, table: 'shop.orders', ...asked }, dialect);

  const written: readonly [Partial<TableOperation> & Pick<TableOperation, 'operation'>, string, readonly Json[]][] = [
    [
      { operation: 'insert', values: { id: 1, note: null } },
      'INSERT INTO "shop"."orders" ("id", "note") VALUES ($1, $2)',
      [1, null],
    ],
    [
      {
        operation: 'insert',
        values: [
          { id: 1, b: 2 },
          { b: 3, id: 4 },
        ],
        returning: ['id'],
      },
      'INSERT INTO "shop"."orders" ("id", "b") VALUES ($1, $2), ($3, $4) RETURNING "id"',
      [1, 2, 4, 3],
    ],
    [
      { operation: 'update', values: { a: 1 }, where: { id: 2 } },
      'UPDATE "shop"."orders" SET "a" = $1 WHERE "id" = $2',
      [1, 2],
    ],
    [
      { operation: 'upsert', values: { a: 1 }, where: { id: 2 } },
      'INSERT INTO "shop"."orders" ("id", "a") VALUES ($1, $2) ON CONFLICT ("id") DO UPDATE SET "a" = EXCLUDED."a"',
      [2, 1],
    ],
    [
      { operation: 'upsert', where: { id: 2 } },
      'INSERT INTO "shop"."orders" ("id") VALUES ($1) ON CONFLICT ("id") DO NOTHING',
      [2],
    ],
    [{ operation: 'delete', where: { id: [1, 2] } }, 'DELETE FROM "shop"."orders" WHERE ("id" IN ($1, $2))', [1, 2]],
    [
      {
        operation: 'select',
        where: { a: null, b: [1, null], c: [], d: [null] },
        columns: ['a', 'b'],
        orderBy: ['a desc', 'b'],
        limit: 5,
      },
      'SELECT "a", "b" FROM "shop"."orders" WHERE "a" IS NULL AND ("b" IN ($1) OR "b" IS NULL) AND 1 = 0 AND ("d" IS NULL) ORDER BY "a" DESC, "b" LIMIT 5',
      [1],
    ],
    [{ operation: 'find' }, 'SELECT * FROM "shop"."orders"', []],
    [{ operation: 'find_one', where: { a: true } }, 'SELECT * FROM "shop"."orders" WHERE "a" = $1 LIMIT 1', [true]],
  ];
  for (const [asked, text, values] of written) {
    test(text, () => assert.deepEqual(write(asked), { text, values }));
  }

  test('is written as the server reads it', () => {
    assert.deepEqual(write({ operation: 'upsert', values: { a: 1 }, where: { id: 2 } }, mysqlDialect), {
      text: 'INSERT INTO `shop`.`orders` (`id`, `a`) VALUES (?, ?) ON DUPLICATE KEY UPDATE `a` = VALUES(`a`)',
      values: [2, 1],
    });
    assert.deepEqual(write({ operation: 'delete', where: { id: 1 }, returning: ['id'] }, sqliteDialect), {
      text: 'DELETE FROM "shop"."orders" WHERE "id" = ? RETURNING "id"',
      values: [1],
    });
  });

  const refusals: readonly [Partial<TableOperation> & Pick<TableOperation, 'operation'>, RegExp, Dialect?][] = [
    [{ operation: 'update', values: { a: 1 } }, /"update" needs "where"/],
    [{ operation: 'delete', where: {} }, /"delete" needs "where"/],
    [{ operation: 'delete', where: null }, /"delete" needs "where"/],
    [{ operation: 'delete', where: 'x = 1' }, /must be an object/],
    [{ operation: 'insert' }, /"values" must be an object/],
    [{ operation: 'insert', values: [] }, /0 rows/],
    [{ operation: 'insert', values: Array.from({ length: 1_001 }, () => ({ a: 1 })) }, /1001 rows/],
    [{ operation: 'insert', values: [{ a: 1 }, { b: 1 }] }, /same columns/],
    [{ operation: 'insert', values: [{ a: 1 }, { a: 1, b: 1 }] }, /same columns/],
    [{ operation: 'upsert', values: { a: 1 } }, /"where" must be an object/],
    [{ operation: 'upsert', values: { a: 1 }, where: { id: null } }, /plain value/],
    [{ operation: 'upsert', values: { id: 1 }, where: { id: 1 } }, /keep it in "where"/],
    [{ operation: 'select', where: { a: { gt: 1 } } }, /else write a query/],
    [{ operation: 'select', where: { a: [[1]] } }, /plain values/],
    [{ operation: 'select', limit: 0 }, /"limit"/],
    [{ operation: 'select', limit: '5' }, /"limit"/],
    [{ operation: 'select', table: 'a..b' }, /cannot be the name/],
    [{ operation: 'select', where: { ['x'.repeat(64)]: 1 } }, /cannot be the name/],
    [{ operation: 'insert', values: { a: 1 }, returning: ['id'] }, /leave "returning" out/, mysqlDialect],
  ];
  for (const [asked, message, dialect] of refusals) {
    test(`refuses ${JSON.stringify(asked).slice(0, 80)}`, () => refuses(() => write(asked, dialect), message));
  }

  test('no name can be more than a name', () => {
    const hostile = 'a" = 1; DROP TABLE x; --';
    assert.equal(
      write({ operation: 'select', table: hostile, where: { [hostile]: 1 } }).text,
      'SELECT * FROM "a"" = 1; DROP TABLE x; --" WHERE "a"" = 1; DROP TABLE x; --" = $1',
    );
    assert.match(write({ operation: 'select', columns: ['`; --'] }, mysqlDialect).text, /^SELECT ```; --` FROM/);
  });
});
