/** What the SQLite store does when something is in its way: a lock, a full disk, a dead thread, a newer file. */
import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { after, test } from 'node:test';
import type { Worker } from 'node:worker_threads';
import { Fault, type FaultCode } from '../../kit/fault.ts';
import { commitOne, done, gone, humanTask, move, moveIds, version, viewRow } from '../sample-writes.ts';
import { openSqliteStore } from './sqlite-store.ts';
import { startWorker } from './worker-link.ts';

const root = mkdtempSync(join(tmpdir(), 'magicflow-failures-'));
after(() => rmSync(root, { recursive: true }));

const isFault = (code: FaultCode, part: string) => (error: unknown) =>
  Fault.is(error, code) && error.message.includes(part);

/** A value that does not fit into a page any more. */
const large = (executionId: string) => move(executionId, 1, { values: [{ hash: 'h', text: 'x'.repeat(400_000) }] });

test('the writing connection reports WAL and full synchronisation', async () => {
  const store = await openSqliteStore({ directory: join(root, 'settings') });
  assert.deepEqual(await store.diagnostics(), { journalMode: 'wal', synchronous: 2, integrity: 'ok' });
  await store.close();
});

test('folder and files are open to their owner only', async () => {
  const directory = join(root, 'new', 'private');
  const store = await openSqliteStore({ directory });
  await store.commit([move('e', 1)]);
  assert.equal(statSync(directory).mode & 0o777, 0o700);
  const files = readdirSync(directory);
  assert.ok(files.includes('magicflow.db') && files.includes('magicflow.db-wal'));
  for (const file of files) assert.equal(statSync(join(directory, file)).mode & 0o077, 0, file);
  await store.close();
});

test('files that were readable by others are closed to them', async () => {
  const directory = join(root, 'readable');
  mkdirSync(directory);
  writeFileSync(join(directory, 'magicflow.db'), '', { mode: 0o644 });
  const store = await openSqliteStore({ directory });
  assert.equal(statSync(join(directory, 'magicflow.db')).mode & 0o077, 0);
  await store.close();
});

test('a second opener is told which folder is taken, and may have it once it is free', async () => {
  const directory = join(root, 'locked');
  const first = await openSqliteStore({ directory });
  await assert.rejects(openSqliteStore({ directory }), isFault('DATA_LOCKED', directory));
  // The refusal has not loosened the lock.
  await assert.rejects(openSqliteStore({ directory }), isFault('DATA_LOCKED', directory));
  assert.deepEqual(await commitOne(first, move('e', 1)), done);
  await first.close();
  const second = await openSqliteStore({ directory });
  assert.deepEqual(await moveIds(second, 'e'), ['move-e-1']);
  await second.close();
});

test('a file of a newer program is refused and left alone, and the folder is free again', async () => {
  const directory = join(root, 'newer');
  await (await openSqliteStore({ directory })).close();
  const path = join(directory, 'magicflow.db');
  const setFormat = (format: number): number => {
    const database = new DatabaseSync(path);
    const earlier = database.prepare('PRAGMA user_version').get()?.['user_version'];
    database.exec(`PRAGMA user_version = ${format}`);
    database.close();
    return Number(earlier);
  };
  const format = setFormat(999);
  await assert.rejects(openSqliteStore({ directory }), isFault('CONFIG_INVALID', 'format 999'));
  setFormat(format);
  await (await openSqliteStore({ directory })).close();
});

/** Takes back what the fourth format brought. */
const withoutParents = 'DROP INDEX views_by_parent; ALTER TABLE views DROP COLUMN parent';
/** And the eighth. */
const withoutInside = 'DROP INDEX limit_waiters_inside; ALTER TABLE limit_waiters DROP COLUMN inside';
/** And those after the fourth. */
const withoutLimits = `DROP TABLE limit_slots; DROP TABLE limit_rates; DROP TABLE limit_waiters; DROP TABLE bulk_operations;
  DROP INDEX views_by_dead_letter; ALTER TABLE views DROP COLUMN dead_letter`;

test('a file of the first format is brought up to date, and keeps its versions', async () => {
  const directory = join(root, 'first-format');
  const first = await openSqliteStore({ directory });
  const old = version('w', '1.0.0');
  await first.catalog.putVersion(old);
  await first.commit([move('e', 1, { view: viewRow(1) })]);
  await first.close();
  const database = new DatabaseSync(join(directory, 'magicflow.db'));
  database.exec(`ALTER TABLE versions DROP COLUMN metadata; DROP TABLE human_tasks; DROP TABLE human_task_people;
    ${withoutParents}; ${withoutLimits};
    PRAGMA user_version = 1`);
  database.close();
  const store = await openSqliteStore({ directory });
  assert.deepEqual(await store.catalog.findVersion('default', 'w'), { ...old, active: true });
  assert.deepEqual(await commitOne(store, move('e', 2, { humanTasks: [humanTask('h', { position: 2 })] })), done);
  assert.equal((await store.humanTasks.find('default', 'h'))?.position, 2);
  assert.deepEqual(await moveIds(store, 'e'), ['move-e-1', 'move-e-2']);
  await store.close();
});

test('a file of an earlier program is brought up to date and keeps what it has', async () => {
  const directory = join(root, 'older');
  const first = await openSqliteStore({ directory });
  await first.commit([move('e', 1, { view: viewRow(1) })]);
  await first.close();
  const database = new DatabaseSync(join(directory, 'magicflow.db'));
  database.exec(`${withoutParents}; ${withoutLimits}; PRAGMA user_version = 3`);
  database.close();
  const second = await openSqliteStore({ directory });
  await second.commit([move('f', 1, { view: viewRow(1, { parent: 'e' }) })]);
  assert.equal((await second.views.find('default', 'e'))?.parent, null);
  const { rows } = await second.views.list({ workspace: 'default', parent: 'e', limit: 10 });
  assert.deepEqual(
    rows.map(({ executionId }) => executionId),
    ['f'],
  );
  await second.close();
});

test('who stood in line in a file of an earlier program is known to run inside another by its parent', async () => {
  const directory = join(root, 'lines');
  const first = await openSqliteStore({ directory });
  const waiter = (holder: string) => ({ holder, key: 'k', rank: 4, takes: [] });
  await first.commit([
    move('top', 1, { view: viewRow(1), limits: { queued: [waiter('')] } }),
    move('child', 1, { view: viewRow(1, { parent: 'top' }), limits: { queued: [waiter(''), waiter('step#1/1')] } }),
  ]);
  await first.close();
  const database = new DatabaseSync(join(directory, 'magicflow.db'));
  database.exec(`${withoutInside}; PRAGMA user_version = 7`);
  database.close();
  const second = await openSqliteStore({ directory });
  const waiting = await second.limits.waiting({ workspace: 'default', key: 'k', limit: 10 });
  assert.deepEqual(
    waiting.map(({ executionId, holder, isInside }) => [executionId, holder, isInside]),
    [
      ['top', '', false],
      ['child', '', true],
      ['child', 'step#1/1', false],
    ],
  );
  await second.close();
});

test('dead letters from before the program listed them are listed, but for those that were replayed or discarded', async () => {
  const directory = join(root, 'older-dead-letters');
  const first = await openSqliteStore({ directory });
  const closed = (more: object) => JSON.stringify([{ type: 'execution.closed', status: 'failed', ...more }]);
  const write = (id: string, ...texts: readonly string[]) =>
    texts.map((events, index) => move(id, index + 1, { events, view: viewRow(index + 1, { status: 'failed' }) }));
  const discarded = JSON.stringify([{ type: 'execution.dead_letter_discarded', by: 'ada' }]);
  const dead = closed({ deadLetter: true, error: { code: 'E', message: '', step: 'pay' } });
  for (const moves of [
    write('by-rule', dead),
    write('by-policy', closed({ deadLetter: true, deadLetterReason: 'policy' })),
    write('ordinary', closed({ error: { code: 'E', message: '', details: { deadLetter: true } } })),
    write('replayed', dead, closed({})),
    write('discarded', dead, discarded),
  ]) {
    for (const each of moves) assert.deepEqual(await commitOne(first, each), done);
  }
  await first.close();
  const database = new DatabaseSync(join(directory, 'magicflow.db'));
  database.exec(`${withoutParents}; ${withoutLimits}; PRAGMA user_version = 3`);
  database.close();
  const second = await openSqliteStore({ directory });
  const { rows } = await second.views.list({ workspace: 'default', deadLetters: {}, limit: 10 });
  assert.deepEqual(Object.fromEntries(rows.map(({ executionId, deadLetter }) => [executionId, deadLetter])), {
    'by-rule': { reason: 'rule', step: 'pay' },
    'by-policy': { reason: 'policy' },
  });
  await second.close();
});

test('a file that is no database is refused', async () => {
  const directory = join(root, 'no-database');
  mkdirSync(directory);
  writeFileSync(join(directory, 'magicflow.db'), 'just a text\n'.repeat(1_000));
  await assert.rejects(openSqliteStore({ directory }), isFault('STORE_UNREACHABLE', 'not a database'));
});

test('a full database refuses with STORE_FULL, keeps what it has, and goes on once there is room', async () => {
  const store = await openSqliteStore({ directory: join(root, 'full'), pagesMax: 400 });
  const kept: string[] = [];
  const fill = async (): Promise<void> => {
    for (let index = 0; index < 20; index += 1) {
      await store.commit([large(`e${index}`)]);
      kept.push(`e${index}`);
    }
  };
  await assert.rejects(fill(), isFault('STORE_FULL', 'full'));
  assert.ok(kept.length > 0);
  for (const id of kept) assert.deepEqual(await moveIds(store, id), [`move-${id}-1`]);
  assert.deepEqual(await moveIds(store, `e${kept.length}`), []);
  for (let again = 0; again < 4; again += 1) {
    await assert.rejects(store.commit([large('late')]), isFault('STORE_FULL', 'full'));
  }

  await store.forget(kept.map((id) => gone(id)));
  assert.deepEqual(await commitOne(store, large('late')), done);
  assert.equal((await store.diagnostics()).integrity, 'ok');
  await store.close();
});

test('one write that fails takes its whole batch back, and the next batch goes through', async () => {
  const store = await openSqliteStore({ directory: join(root, 'rollback'), pagesMax: 300 });
  await assert.rejects(store.commit([move('small', 1), large('a'), large('b'), large('c'), large('d')]));
  assert.deepEqual(await moveIds(store, 'small'), []);
  assert.deepEqual(await commitOne(store, move('small', 1)), done);
  await store.close();
});

test('commits in flight at the death of the writer are unknown, and a repeat settles them', async () => {
  const workers: Worker[] = [];
  const startWriter = (settings: unknown): Worker => {
    const worker = startWorker('writer-worker', settings);
    workers.push(worker);
    return worker;
  };
  const store = await openSqliteStore({ directory: join(root, 'death'), startWriter });
  for (let death = 0; death < 4; death += 1) {
    const first = death * 10 + 1;
    const writes = Array.from({ length: 10 }, (_, index) => move('e', first + index));
    const answers = Promise.allSettled(writes.map((write) => store.commit([write])));
    await workers.at(-1)?.terminate();
    for (const answer of await answers) {
      if (answer.status === 'rejected') assert.ok(Fault.is(answer.reason, 'STORE_UNREACHABLE'));
    }
    for (const write of writes) assert.deepEqual(await store.commit([write]), [done]);
  }
  assert.equal(workers.length, 5);
  assert.equal((await moveIds(store, 'e')).length, 40);
  await store.close();
});

test('a writer that cannot start makes every commit reject, until it can', async () => {
  let canStart = false;
  const startWriter = (settings: unknown): Worker =>
    startWorker('writer-worker', canStart ? settings : { path: join(root, 'no such folder', 'x.db'), pagesMax: 0 });
  const store = await openSqliteStore({ directory: join(root, 'recovers'), startWriter });
  for (let attempt = 0; attempt < 4; attempt += 1) {
    await assert.rejects(store.commit([move('e', 1)]), isFault('STORE_UNREACHABLE', 'unable to open'));
  }
  await store.close();
  canStart = true;
  const healthy = await openSqliteStore({ directory: join(root, 'recovers'), startWriter });
  assert.deepEqual(await commitOne(healthy, move('e', 1)), done);
  await healthy.close();
});

test('the log is gone after close', async () => {
  const directory = join(root, 'tidy');
  const store = await openSqliteStore({ directory });
  await store.commit(Array.from({ length: 200 }, (_, index) => move(`e${index}`, 1)));
  await store.close();
  assert.deepEqual(readdirSync(directory).sort(), ['magicflow.db', 'magicflow.lock']);
});

test('a folder that cannot be made is refused with its reason', async () => {
  const file = join(root, 'a file');
  writeFileSync(file, '');
  await assert.rejects(openSqliteStore({ directory: join(file, 'data') }), isFault('STORE_UNREACHABLE', 'ENOTDIR'));
});
