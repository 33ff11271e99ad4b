import assert from 'node:assert/strict';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { after, describe, test } from 'node:test';
import type { Json } from '../../../kit/json.ts';
import { StepFailure } from '../../connector.ts';
import type { SqliteSettings } from '../database-settings.ts';
import { openSteps, type Steps } from '../make-steps.ts';

const root = mkdtempSync(join(tmpdir(), 'magicflow-sqlite-file-'));
const folder = join(root, 'databases');
const settings: SqliteSettings = {
  type: 'sqlite',
  folder,
  ownFolder: root,
  path: 'own.db',
  readOnly: false,
  maxRows: 100,
  maxConnections: 1,
  idempotencyTable: undefined,
};
mkdirSync(folder);
const opened: Steps[] = [];
const open = (more: Partial<SqliteSettings> = {}): Steps => {
  const steps = openSteps({ ...settings, ...more });
  opened.push(steps);
  return steps;
};
after(async () => {
  for (const steps of opened) await steps.close();
  rmSync(root, { recursive: true, force: true });
});

const codeOf = (work: Promise<unknown>): Promise<string> =>
  work.then(
    (output) => JSON.stringify(output),
    (error: unknown) => (error instanceof StepFailure ? error.code : String(error)),
  );

describe('a SQLite file', () => {
  test('is the only file that a statement reaches', async () => {
    const step = open();
    const other = join(folder, 'other.db');
    new DatabaseSync(other).close();
    const tries = [
      `ATTACH '${other}' AS other`,
      `VACUUM INTO '${join(folder, 'copy.db')}'`,
      'DETACH main',
      'PRAGMA journal_mode = WAL',
      'PRAGMA writable_schema = 1',
      "PRAGMA temp_store_directory = '/tmp'",
      "SELECT load_extension('x')",
      "SELECT readfile('/etc/hostname')",
      "SELECT writefile('/tmp/x', 'x')",
    ];
    for (const text of tries) assert.match(await codeOf(step.query(text)), /^DB_(42501|42000)$/, text);
    assert.ok(!existsSync(join(folder, 'copy.db')));
    assert.match(await codeOf(step.query('PRAGMA table_info(item)')), /row_count/);
  });

  test('lies in its folder, whatever links lead there', async () => {
    const outside = join(root, 'engine.db');
    new DatabaseSync(outside).exec('CREATE TABLE secret (a)');
    symlinkSync(outside, join(folder, 'link.db'));
    symlinkSync(join(root, 'nothing.db'), join(folder, 'dangling.db'));
    symlinkSync(root, join(folder, 'up'));
    symlinkSync(join(folder, 'own.db'), join(folder, 'alias.db'));
    for (const path of ['link.db', 'dangling.db', 'up/engine.db', '../engine.db', outside, '.', 'no/such/folder.db']) {
      assert.equal(await codeOf(open({ path }).query('SELECT 1')), 'DB_42501', path);
    }
    assert.match(await codeOf(open({ path: 'alias.db' }).query('SELECT 1')), /row_count/);
    assert.ok(!existsSync(join(root, 'nothing.db')));
  });

  test('is none of the engine itself, even where both share a folder', async () => {
    new DatabaseSync(join(root, 'magicflow.db')).close();
    assert.equal(await codeOf(open({ folder: root, path: 'magicflow.db' }).query('SELECT 1')), 'DB_42501');
  });

  test('that is not there is made, but not for reading', async () => {
    assert.equal(await codeOf(open({ path: 'none.db', readOnly: true }).query('SELECT 1')), 'DB_58P01');
    assert.match(await codeOf(open({ path: 'fresh.db' }).query('SELECT 1')), /row_count/);
    assert.ok(existsSync(join(folder, 'fresh.db')));
  });

  test('that is no database is said to be none', async () => {
    writeFileSync(
      join(folder, 'text.db'),
      'this is no database, but a text that is long enough to be looked at'.repeat(20),
    );
    assert.equal(await codeOf(open({ path: 'text.db' }).query('SELECT * FROM t')), 'DB_XX001');
  });

  test('gives each value as JSON, and takes JSON', async () => {
    const step = open();
    const { rows } = await step.query(
      "SELECT 1 AS i, 9007199254740993 AS large, 0.5 AS r, 'x' AS t, x'00ff' AS b, NULL AS n, 9e999 AS inf",
    );
    assert.deepEqual(rows, [{ i: 1, large: '9007199254740993', r: 0.5, t: 'x', b: 'AP8=', n: null, inf: 'Infinity' }]);
    const values: readonly [Json, Json][] = [
      [true, 1],
      [5, 5],
      [0.5, 0.5],
      ['x', 'x'],
      [[1, { a: 2 }], '[1,{"a":2}]'],
      [null, null],
    ];
    for (const [given, kept] of values) {
      assert.deepEqual((await step.query('SELECT :v AS v, typeof(:v) AS t', { v: given })).rows[0]?.['v'], kept);
    }
    for (const v of [5, true, false])
      assert.deepEqual((await step.query('SELECT typeof(:v) AS t', { v })).rows, [{ t: 'integer' }]);
  });

  test('a statement that was killed in the middle leaves nothing, and the file is sound', async () => {
    const step = open({ path: 'killed.db' });
    await step.query('CREATE TABLE item (n)');
    const many =
      'INSERT INTO item WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n LIMIT 50000000) SELECT i FROM n';
    assert.equal(await codeOf(step.query(many, undefined, { signal: AbortSignal.timeout(700) })), 'DB_UNREACHABLE');
    assert.deepEqual((await step.query('SELECT count(*) AS n FROM item')).rows, [{ n: 0 }]);
    const file = new DatabaseSync(join(folder, 'killed.db'));
    assert.deepEqual({ ...file.prepare('PRAGMA integrity_check').get() }, { integrity_check: 'ok' });
    file.close();
    assert.ok(readFileSync(join(folder, 'killed.db')).length < 1_000_000);
  });

  test('that others write to is waited for, and then may be tried again', async () => {
    const step = open({ path: 'busy.db' });
    await step.query('CREATE TABLE item (n)');
    const other = new DatabaseSync(join(folder, 'busy.db'));
    other.exec('BEGIN IMMEDIATE');
    const waiting = step.query('INSERT INTO item VALUES (1)');
    setTimeout(() => other.exec('COMMIT'), 300);
    assert.equal((await waiting).row_count, 1);
    other.close();
  });
});
