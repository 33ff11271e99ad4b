import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { test } from 'node:test';
import { commitOne, move, viewRow } from '../sample-writes.ts';
import { openLocalReader } from './local-reader.ts';
import { openSqliteStore } from './sqlite-store.ts';
import { openSqliteViews } from './sqlite-views.ts';
import { prepareOnDemand, runTogether } from './statements.ts';

test('a list shows an execution whose status changes, to one that no other has, while the list is read', async (t) => {
  const directory = mkdtempSync(join(tmpdir(), 'magicflow-views-'));
  t.after(() => rmSync(directory, { recursive: true }));
  const store = await openSqliteStore({ directory });
  await commitOne(store, move('moving', 1, { view: viewRow(1) }));
  await store.close();
  const path = join(directory, 'magicflow.db');
  const database = new DatabaseSync(path);
  const local = openLocalReader(path);
  t.after(() => {
    local.close();
    database.close();
  });
  const prepared = prepareOnDemand(database);
  let calls = 0;
  const views = openSqliteViews(local, async (statements) => {
    const answers = runTogether(database, prepared, statements);
    calls += 1;
    if (calls === 1) database.exec("UPDATE views SET status = 'compensating'");
    return answers;
  });
  const { rows } = await views.list({ workspace: 'default', limit: 10 });
  assert.deepEqual(
    rows.map((row) => [row.executionId, row.status]),
    [['moving', 'compensating']],
  );
});
