import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { openMysqlDatabase, type TestDatabase } from '../../../../test/support/databases.ts';
import { findService } from '../../../../test/support/services.ts';
import type { Json } from '../../../kit/json.ts';
import { openSteps, type Steps } from '../make-steps.ts';

const { url, skip } = await findService('mariadb');

describe('values of MySQL', { skip }, () => {
  let database: TestDatabase;
  let step: Steps;
  before(async () => {
    database = await openMysqlDatabase(url);
    step = openSteps(database.settings);
  });
  after(async () => {
    await step?.close();
    await database?.close();
  });

  const columns: readonly [type: string, written: string, value: Json][] = [
    ['int', 'NULL', null],
    ['tinyint(1)', 'true', 1],
    ['smallint unsigned', '65535', 65_535],
    ['int', '-7', -7],
    ['bigint', '7', '7'],
    ['bigint unsigned', '18446744073709551615', '18446744073709551615'],
    ['decimal(5,2)', '1.5', '1.50'],
    ['double', '0.1', 0.1],
    ['bit(1)', "b'1'", 1],
    ['bit(64)', "b'1'", 'AAAAAAAAAAE='],
    ['varchar(20)', "'Ünï😀'", 'Ünï😀'],
    ['text', "'x'", 'x'],
    ['blob', "x'00ff'", 'AP8='],
    ['json', '\'{"a": [1, null]}\'', { a: [1, null] }],
    ['date', "'2024-02-29'", '2024-02-29'],
    ['datetime(1)', "'2024-02-29 01:02:03.5'", '2024-02-29T01:02:03.5'],
    ['timestamp', "'2024-02-29 01:02:03'", '2024-02-29T01:02:03Z'],
    ['time', "'01:02:03'", '01:02:03'],
    ['year', '2024', 2024],
    ["enum('a','b')", "'b'", 'b'],
  ];
  for (const [type, written, value] of columns) {
    test(`${written} as ${type} is ${JSON.stringify(value)}`, async () => {
      await step.query(`CREATE OR REPLACE TABLE one (value ${type})`);
      await step.query(`INSERT INTO one VALUES (${written})`);
      assert.deepEqual((await step.query('SELECT value FROM one')).rows, [{ value }]);
    });
  }

  test('a count is text, because it may be larger than a number holds', async () => {
    assert.deepEqual((await step.query('SELECT count(*) AS n FROM DUAL')).rows, [{ n: '1' }]);
  });

  test('a parameter keeps its type', async () => {
    const cases: readonly [sql: string, p: Json, value: Json][] = [
      [':p + 1', 2, '3'],
      [':p', 'x', 'x'],
      [':p', null, null],
      ['json_extract(:p, "$.a")', { a: 'b' }, 'b'],
      ['json_length(:p)', [1, 2], 2],
      [':p = 1', true, 1],
    ];
    for (const [sql, p, value] of cases) {
      assert.deepEqual((await step.query(`SELECT ${sql} AS value`, { p })).rows, [{ value }], sql);
    }
    assert.equal((await step.query('SELECT 1 UNION SELECT 2 LIMIT :n', { n: 1 })).row_count, 1);
  });

  test('the key that a new row was given stands in the output', async () => {
    await step.query('CREATE TABLE item (id bigint AUTO_INCREMENT PRIMARY KEY, name text)');
    assert.deepEqual(await step.operate('insert', { values: { name: 'a' } }), { rows: [], row_count: 1, insert_id: 1 });
    assert.deepEqual(await step.operate('update', { values: { name: 'b' }, where: { id: 1 } }), {
      rows: [],
      row_count: 1,
    });
  });

  test('a procedure gives the rows of its first result', async () => {
    await step.query('CREATE PROCEDURE both_results() BEGIN SELECT 1 AS a; SELECT 2 AS b; END');
    assert.deepEqual((await step.query('CALL both_results()')).rows, [{ a: 1 }]);
  });

  test('no file of this machine is sent', async () => {
    await step.query('CREATE TABLE line (text text)');
    await assert.rejects(step.query("LOAD DATA LOCAL INFILE '/etc/hostname' INTO TABLE line"));
    assert.deepEqual((await step.query('SELECT * FROM line')).rows, []);
  });
});
