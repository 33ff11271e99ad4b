/** What a step may rely on whatever the database: every kind runs this file unchanged, against a real server or file. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { TestDatabase } from '../../../test/support/databases.ts';
import { StepFailure } from '../connector.ts';
import type { DatabaseSettings } from './database-settings.ts';
import { openSteps, type Steps } from './make-steps.ts';

export interface DatabaseSubject {
  readonly name: string;
  /** Why it cannot be had here. */
  readonly skip: string | false;
  open(): Promise<TestDatabase>;
  /** A query that takes half a minute, or for ever. */
  readonly slow: string;
  /** Statements that change something, each without parameters, on the table `item`. */
  readonly writes: readonly string[];
  /** Leaves something in the connection, and looks whether it is there: gives no row, or fails. */
  readonly leftovers: readonly { readonly leave: string; readonly look: string }[];
  /** The code of a text that is no SQL, and of a table that is not there. */
  readonly badSyntax: string;
  readonly noTable: string;
  /** The same connection, where nobody answers. */
  astray(connection: DatabaseSettings): DatabaseSettings;
}

export function databaseConformance(subject: DatabaseSubject): void {
  describe(`database: ${subject.name}`, { skip: subject.skip }, () => {
    let database: TestDatabase;
    /** Without limits of its own. */
    let step: Steps;
    let once: Steps;
    const opened: Steps[] = [];
    before(async () => {
      database = await subject.open();
      step = open();
      once = open({ idempotencyTable: 'effects' });
      await step.query('CREATE TABLE item (id int PRIMARY KEY, name varchar(200) UNIQUE, amount int)');
    });
    after(async () => {
      for (const steps of opened) await steps.close();
      await database?.close();
    });

    /** Steps of an execution at the database, with connections of their own. */
    function open(more: Partial<DatabaseSettings> = {}, change = (each: DatabaseSettings) => each): Steps {
      const connection = change({ ...database.settings, ...more } as DatabaseSettings);
      const steps = openSteps(connection);
      opened.push(steps);
      return steps;
    }

    const empty = () => step.query('DELETE FROM item');

    it('gives rows by their columns and how many there are', async () => {
      await empty();
      assert.deepEqual(await step.query('INSERT INTO item (id, name) VALUES (:id, :name)', { id: 1, name: 'a' }), {
        rows: [],
        row_count: 1,
      });
      assert.deepEqual(await step.query('SELECT id, name, amount FROM item WHERE id = :id', { id: 1 }), {
        rows: [{ id: 1, name: 'a', amount: null }],
        row_count: 1,
      });
      assert.deepEqual(await step.query('SELECT id FROM item WHERE id = :id', { id: 2 }), { rows: [], row_count: 0 });
    });

    it('takes any text as a value', async () => {
      await empty();
      const texts = ["'; DROP TABLE item; --", '\\', '${x} :name $1 ?', 'Ünï😀', '"`]', ''];
      for (const [id, name] of texts.entries()) {
        await step.operate('insert', { values: { id, name } });
        assert.deepEqual((await step.operate('find_one', { where: { name } })).row, { id, name, amount: null });
      }
    });

    it('carries out every operation on a table', async () => {
      await empty();
      const rows = [
        { id: 1, name: 'a', amount: 10 },
        { id: 2, name: 'b', amount: null },
        { id: 3, name: 'c', amount: 30 },
      ];
      assert.equal((await step.operate('insert', { values: rows })).row_count, 3);
      assert.deepEqual(
        (await step.operate('select', { where: { id: [1, 3] } }, { orderBy: ['id desc'], columns: ['id'] })).rows,
        [{ id: 3 }, { id: 1 }],
      );
      assert.deepEqual((await step.operate('find', { where: { amount: null } })).rows, [rows[1]]);
      assert.equal((await step.operate('find', { limit: 2 })).row_count, 2);
      assert.deepEqual(await step.operate('find_one', { where: { id: 9 } }), { row: null });
      assert.equal((await step.operate('update', { values: { amount: 5 }, where: { id: [1, 2] } })).row_count, 2);
      // Rows that are meant count, whether or not they had the value already.
      assert.equal((await step.operate('update', { values: { amount: 5 }, where: { id: 1 } })).row_count, 1);
      await step.operate('upsert', { values: { name: 'z', amount: 7 }, where: { id: 3 } });
      await step.operate('upsert', { values: { name: 'd', amount: 4 }, where: { id: 4 } });
      assert.equal((await step.operate('delete', { where: { id: 1 } })).row_count, 1);
      assert.deepEqual((await step.operate('select', {}, { orderBy: ['id'] })).rows, [
        { id: 2, name: 'b', amount: 5 },
        { id: 3, name: 'z', amount: 7 },
        { id: 4, name: 'd', amount: 4 },
      ]);
    });

    it('takes one statement and no more', async () => {
      await empty();
      for (const second of ['DELETE FROM item', "INSERT INTO item (id, name) VALUES (9, 'x')", 'SELECT 2']) {
        await failsWith(step.query(`SELECT 1; ${second}`), /^(QUERY_INVALID|DB_42601)$/, { retryable: false });
        await failsWith(step.query(`INSERT INTO item (id, name) VALUES (8, 'y'); ${second}`), /QUERY_INVALID|DB_42601/);
      }
      assert.equal((await step.query('SELECT id FROM item; -- and no more')).row_count, 0);
    });

    it('writes nothing over a connection for reading', async () => {
      await empty();
      await step.operate('insert', { values: { id: 1, name: 'a' } });
      const reading = open({ readOnly: true });
      for (const write of subject.writes)
        await failsWith(reading.query(write), /^DB_(25001|25006|42501)$/, { retryable: false });
      await failsWith(reading.operate('insert', { values: { id: 2 } }), /^DB_25006$/);
      await failsWith(reading.operate('delete', { where: { id: 1 } }), /^DB_25006$/);
      assert.deepEqual((await reading.query('SELECT id, name FROM item')).rows, [{ id: 1, name: 'a' }]);
    });

    it('gives as many rows as may be, and not one more', async () => {
      await empty();
      await step.operate('insert', { values: [1, 2, 3, 4].map((id) => ({ id, name: `n${id}` })) });
      const bounded = open({ maxRows: 3, maxConnections: 1 });
      assert.equal((await bounded.query('SELECT * FROM item WHERE id < 4')).row_count, 3);
      await failsWith(bounded.query('SELECT * FROM item'), /^ROWS_EXCEEDED$/, { retryable: false });
      assert.equal((await bounded.operate('select', { limit: 3 })).row_count, 3);
    });

    it('leaves nothing of a statement that failed', async () => {
      await empty();
      const rows = [1, 2, 3, 1].map((id) => ({ id, name: null }));
      const failure = await failsWith(step.operate('insert', { values: rows }), /^DB_23505$/, { retryable: false });
      assert.ok(failure.message.length > 0);
      assert.equal((await step.query('SELECT id FROM item')).row_count, 0);
    });

    it('names what the server refused', async () => {
      assert.equal((await failsWith(step.query('SELEC 1'), /./, { retryable: false })).code, subject.badSyntax);
      assert.equal(
        (await failsWith(step.query('SELECT * FROM nowhere'), /./, { retryable: false })).code,
        subject.noTable,
      );
      await failsWith(step.query('SELECT 1', undefined, { connection: 'toString' }), /^CONNECTION_NOT_FOUND$/);
      await failsWith(step.query('ROLLBACK'), /^QUERY_INVALID$/);
      await failsWith(step.operate('update', { values: { amount: 1 } }), /^QUERY_INVALID$/);
    });

    it('stops a statement that nobody waits for, undoes it and goes on', async () => {
      await empty();
      const bounded = open({ maxConnections: 1 });
      const before = performance.now();
      const stopped = bounded.query(subject.slow, undefined, { signal: AbortSignal.timeout(300) });
      const waiting = bounded.query('SELECT 1 AS one', undefined, { signal: AbortSignal.timeout(20_000) });
      await failsWith(stopped, /^DB_(57014|UNREACHABLE)$/, { retryable: true });
      assert.deepEqual((await waiting).rows, [{ one: 1 }]);
      assert.ok(performance.now() - before < 5_000, 'it ran on');
      assert.equal((await step.query('SELECT id FROM item')).row_count, 0);
    });

    it('gives up waiting for a connection in time', async () => {
      const bounded = open({ maxConnections: 1 });
      const stop = new AbortController();
      const slow = bounded.query(subject.slow, undefined, { signal: stop.signal });
      await failsWith(bounded.query('SELECT 1', undefined, { signal: AbortSignal.timeout(100) }), /^DB_UNREACHABLE$/);
      stop.abort();
      await failsWith(slow, /^DB_/);
      assert.equal((await bounded.query('SELECT 1')).row_count, 1);
    });

    it('serves more steps at once than it has connections', async () => {
      await empty();
      const bounded = open({ maxConnections: 2 });
      const values = Array.from({ length: 40 }, (_, id) => ({ id, name: `n${id}` }));
      await Promise.all(values.map((row) => bounded.operate('insert', { values: row })));
      assert.equal((await step.query('SELECT id FROM item')).row_count, 40);
    });

    it('finds a connection as new, whatever the last step left in it', async () => {
      for (const { leave, look } of subject.leftovers) {
        const lone = open({ maxConnections: 1 });
        await lone.query(leave);
        const found = await lone.query(look).then(
          ({ rows }) => rows,
          (error: StepFailure) => error.code,
        );
        assert.ok(typeof found === 'string' || found.length === 0, `${leave} left ${JSON.stringify(found)}`);
      }
    });

    it('says who cannot be reached, and shows no password', async () => {
      const astray = open({}, subject.astray);
      const { message } = await failsWith(astray.query('SELECT 1'), /^DB_/);
      const { password } = { password: undefined, ...database.settings };
      assert.ok(password === undefined || !message.includes(password));
    });

    it('takes connections anew that the server closed', async () => {
      await Promise.all([step.query('SELECT 1'), step.query('SELECT 1')]);
      await database.disconnect();
      assert.equal((await step.query('SELECT 1')).row_count, 1);
      assert.equal((await step.query('SELECT 1')).row_count, 1);
    });

    it('may be tried again when the connection is lost under a statement', async () => {
      const lost = step.query(subject.slow, undefined, { signal: AbortSignal.timeout(3_000) });
      setTimeout(() => void database.disconnect(), 300);
      await failsWith(lost, /^DB_(57P01|57014|UNREACHABLE)$/, { retryable: true });
      // The server ends its connections one by one: the next one may go as late as under this statement.
      const again = () => step.query('SELECT 1');
      assert.equal((await again().catch(again).catch(again)).row_count, 1);
    });

    it('refuses work once it is closed', async () => {
      const closing = openSteps(database.settings);
      await closing.query('SELECT 1');
      await closing.close();
      await failsWith(closing.query('SELECT 1'), /^DB_UNREACHABLE$/);
    });

    describe('with an idempotency table', () => {
      const insert = 'INSERT INTO item (id, name) VALUES (:id, :name)';

      it('writes once, however often the attempt is carried out, and gives the same result', async () => {
        await empty();
        const params = { id: 1, name: 'a' };
        const first = await once.query(insert, params, { idempotencyKey: 'k1' });
        assert.deepEqual(first, { rows: [], row_count: 1 });
        assert.deepEqual(
          await open({ idempotencyTable: 'effects' }).query(insert, params, { idempotencyKey: 'k1' }),
          first,
        );
        const deletion = { where: { id: 1 } };
        const deleted = await once.operate('delete', deletion, {}, { idempotencyKey: 'k1' });
        assert.equal(deleted.row_count, 1, 'another statement under the key is another effect');
        assert.deepEqual(await once.operate('delete', deletion, {}, { idempotencyKey: 'k1' }), deleted);
        assert.equal((await step.query('SELECT id FROM item')).row_count, 0);
      });

      it('writes once where two deliveries are at it at the same time', async () => {
        await empty();
        const both = await Promise.all(
          [1, 2].map(() => once.query('UPDATE item SET amount = 1', {}, { idempotencyKey: 'k2' })),
        );
        assert.deepEqual(both[0], both[1]);
        await Promise.all([1, 2, 3].map(() => once.query(insert, { id: 5, name: 'e' }, { idempotencyKey: 'k3' })));
        assert.equal((await step.query('SELECT id FROM item')).row_count, 1);
      });

      it('remembers nothing of a write that failed', async () => {
        await empty();
        await step.operate('insert', { values: { id: 1, name: 'taken' } });
        await failsWith(once.query(insert, { id: 1, name: 'x' }, { idempotencyKey: 'k4' }), /^DB_23505$/);
        await step.operate('delete', { where: { id: 1 } });
        assert.equal((await once.query(insert, { id: 1, name: 'x' }, { idempotencyKey: 'k4' })).row_count, 1);
      });

      it('remembers for each workspace apart, and not what only reads', async () => {
        await empty();
        await once.query(insert, { id: 1, name: 'a' }, { idempotencyKey: 'k5' });
        await once.query(insert, { id: 2, name: 'b' }, { idempotencyKey: 'k5', workspace: 'other' });
        const reading = { idempotencyKey: 'k6' };
        assert.equal((await once.operate('select', {}, {}, reading)).row_count, 2);
        await step.operate('delete', { where: { id: 1 } });
        assert.equal((await once.operate('select', {}, {}, reading)).row_count, 1);
      });
    });
  });
}

async function failsWith(work: Promise<unknown>, code: RegExp, { retryable }: { retryable?: boolean } = {}) {
  const failure = await work.then(
    (output) => assert.fail(`it gave ${JSON.stringify(output)}`),
    (error: unknown) => error,
  );
  assert.ok(failure instanceof StepFailure, String(failure));
  assert.match(failure.code, code, failure.message);
  if (retryable !== undefined) assert.equal(failure.retryable, retryable, `${failure.code} ${failure.message}`);
  return failure;
}
