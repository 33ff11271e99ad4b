/**
 * The thread that owns the one connection that writes. One transaction per request, answered when it is durable.
 *
 * After any failure the connection is thrown away and the next request opens a new one: what a failed commit or sync
 * has left in SQLite's memory is not worth guessing. Opening copies the log into the main file and syncs both, so
 * that a commit whose sync failed (or that a kill came before) is never taken for durable when it is seen again. It
 * also empties the log: a commit that failed because the disk was full has filled it to the last free byte.
 */
import type { DatabaseSync, StatementSync } from 'node:sqlite';
import { parentPort, workerData } from 'node:worker_threads';
import { present } from '../../kit/assert.ts';
import { type BatchWriter, prepareBatchWriter } from './batch-writer.ts';
import { connectWriter, pageBytes, type WriterSettings } from './connection.ts';
import { type FlatWrites, type Remarks, remarksOn, unflatten } from './flat-writes.ts';
import { openLogReserve } from './log-reserve.ts';
import { failureOf, isDiskFull } from './sqlite-faults.ts';
import { type PreparedStatements, prepareOnDemand, rollBack, runTogether } from './statements.ts';
import type { Reply, Request } from './worker-protocol.ts';

interface Open {
  readonly database: DatabaseSync;
  readonly begin: StatementSync;
  readonly end: StatementSync;
  readonly batches: BatchWriter;
  readonly statements: PreparedStatements;
}

const port = present(parentPort, 'the port of the writer');
const settings = workerData as WriterSettings;
const reserve = openLogReserve(settings.path);
let open: Open | undefined;
/** What the log may grow by before the room that is kept for it has to be looked at again, in bytes. */
let slack = 0;

port.on('message', (request: Request) => {
  if (request.kind === 'close') return close();
  port.postMessage(reply(request));
});

type Work = Exclude<Request, { kind: 'close' }>;

function reply(request: Work): Reply {
  try {
    return { answer: perform(request, { reserve: 'kept' }) };
  } catch (error) {
    if (request.kind === 'run' && request.makesRoom && isDiskFull(error)) return replyFromReserve(request);
    return { failure: failureOf(error) };
  }
}

/** What makes room needs a little of it first. */
function replyFromReserve(request: Work): Reply {
  reserve.release();
  try {
    return { answer: perform(request, { reserve: 'used' }) };
  } catch (error) {
    return { failure: failureOf(error) };
  }
}

function perform(request: Work, room: { reserve: 'kept' | 'used' }): unknown {
  try {
    open ??= openDatabase();
    if (room.reserve === 'kept' && slack <= 0) slack = coverLog(open.database);
    slack -= growthOf(request);
    if (request.kind === 'commit') return commit(open, request.writes);
    return runTogether(open.database, open.statements, request.statements);
  } catch (error) {
    abandon();
    throw error;
  }
}

/** Before the log grows on, there is room to copy what it holds. Returns by how much it may grow. */
function coverLog(database: DatabaseSync): number {
  const unused = unusedBytesOf(database);
  const room = reserve.cover(unused);
  if (room >= 0) return room;
  settleLog(database);
  return reserve.cover(unused);
}

/** Reckoned freely: a page for every value that crosses, and its text as UTF-8. To ask the disk costs a lone commit a twelfth. */
function growthOf(request: Work): number {
  if (request.kind !== 'commit') return Number.POSITIVE_INFINITY;
  let bytes = request.writes.length * pageBytes;
  for (const value of request.writes) {
    if (typeof value === 'string') bytes += value.length * 3;
    else if (typeof value === 'object' && value !== null) return Number.POSITIVE_INFINITY;
  }
  return bytes;
}

const unusedBytesOf = (database: DatabaseSync) => (): number =>
  Number(database.prepare('PRAGMA freelist_count').get()?.['freelist_count'] ?? 0) * pageBytes;

function openDatabase(): Open {
  const database = connectWriter(settings);
  try {
    settleLog(database);
    const [begin, end] = [database.prepare('BEGIN IMMEDIATE'), database.prepare('COMMIT')];
    return { database, begin, end, batches: prepareBatchWriter(database), statements: prepareOnDemand(database) };
  } catch (error) {
    database.close();
    throw error;
  }
}

/** Moves the log into the main file, if need be into the room that is kept for it. */
function settleLog(database: DatabaseSync): void {
  if (!emptyLog(database)) {
    reserve.release();
    emptyLog(database);
  }
  reserve.share(unusedBytesOf(database));
}

/**
 * False where the disk is full. The log is synced before it is copied, so a copy that finds no room leaves nothing in
 * doubt: the log stays as it is.
 */
function emptyLog(database: DatabaseSync): boolean {
  try {
    database.exec('PRAGMA wal_checkpoint(TRUNCATE)');
    return true;
  } catch (error) {
    if (isDiskFull(error)) return false;
    throw error;
  }
}

function commit({ begin, end, batches }: Open, writes: FlatWrites): Remarks {
  const rows = unflatten(writes);
  begin.run();
  const outcomes = batches.apply(rows);
  end.run();
  return remarksOn(outcomes);
}

function abandon(): void {
  const broken = open?.database;
  open = undefined;
  slack = 0;
  if (!broken) return;
  try {
    rollBack(broken);
    broken.close();
  } catch {
    // A connection that cannot even be closed is what we are leaving behind.
  }
}

function close(): void {
  try {
    open?.database.exec('PRAGMA wal_checkpoint(TRUNCATE)');
    open?.database.close();
    reserve.release();
  } catch {
    // The log stays as it is and is read at the next start: nothing is lost by not tidying up.
  }
  port.close();
}
