/** A program that opens an engine names databases and secrets as a server's configuration does. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import { Fault } from '../../src/kit/fault.ts';
import { openEngine } from '../../src/library.ts';

const folder = mkdtempSync(join(tmpdir(), 'magicflow-library-'));
after(() => rmSync(folder, { recursive: true, force: true }));

const text = `
apiVersion: workflow.magic-flow.io/v2
kind: Workflow
metadata: { name: notes, version: 1.0.0 }
spec:
  steps:
    - { name: make, type: database, connection: notes, query: "CREATE TABLE IF NOT EXISTS note (id int, text text)" }
    - { name: add, type: database, connection: notes, operation: insert, table: note, values: { id: "$.input.id", text: "\${secrets.word}" } }
    - { name: count, type: database, connection: notes, query: "SELECT count(*) AS n FROM note WHERE id = :id", params: { id: "$.input.id" } }
`;

describe('an engine in a program', () => {
  test('asks the databases that it was opened with', async () => {
    const engine = await openEngine({
      storage: 'memory:',
      connections: { notes: { type: 'sqlite', path: 'notes.db' } },
      databasesFolder: join(folder, 'databases'),
      secrets: { word: 'a word that nobody reads' },
    });
    try {
      await engine.deploy(text);
      const { execution_id, status, output, error } = await engine.execute('notes', { id: 7 });
      assert.equal(status, 'completed', JSON.stringify(error));
      assert.deepEqual(JSON.parse(JSON.stringify(output)), { rows: [{ n: 1 }], row_count: 1 });
      const journal = await engine.engine.executions.journal('default', execution_id, { after: 0, limit: 100 });
      assert.ok(!JSON.stringify(journal).includes('a word that nobody reads'));
    } finally {
      await engine.close();
    }
  });

  test('is not opened over its own database', async () => {
    const opening = openEngine({
      storage: `sqlite:${join(folder, 'data')}`,
      connections: { own: { type: 'sqlite', path: 'magicflow.db' } },
      databasesFolder: join(folder, 'data'),
    });
    await assert.rejects(
      opening,
      (error) => Fault.is(error, 'CONFIG_INVALID') && /database of the engine/.test(error.message),
    );
  });
});
