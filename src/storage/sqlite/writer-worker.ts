/**
 * The thread that owns the one connection that writes. One transaction per request, answered when it is durable.
 *
 * After any failure the connection is thrown away and the next request opens a new one: what a failed commit or sync
 * has left in SQLite's memory is not worth guessing. Opening copies the log into the main file and syncs both, so
 * that a commit whose sync failed (or that a kill came before) is never taken for durable when it is seen again.
 */
import type { DatabaseSync } from 'node:sqlite';
import { parentPort, workerData } from 'node:worker_threads';
import { present } from '../../kit/assert.ts';
import { type BatchWriter, prepareBatchWriter } from './batch-writer.ts';
import { connectWriter, type WriterSettings } from './connection.ts';
import { failureOf, isDiskFull } from './sqlite-faults.ts';
import { type PreparedStatements, prepareOnDemand, rollBack, runTogether } from './statements.ts';
import type { Reply, Request } from './worker-protocol.ts';

interface Open {
  readonly database: DatabaseSync;
  readonly batches: BatchWriter;
  readonly statements: PreparedStatements;
}

const port = present(parentPort, 'the port of the writer');
const settings = workerData as WriterSettings;
let open: Open | undefined;

port.on('message', (request: Request) => {
  if (request.kind === 'close') return close();
  port.postMessage(reply(request));
});

function reply(request: Exclude<Request, { kind: 'close' }>): Reply {
  try {
    open ??= openDatabase();
    return {
      answer:
        request.kind === 'commit'
          ? commit(open, request.writes)
          : runTogether(open.database, open.statements, request.statements),
    };
  } catch (error) {
    abandon();
    return { failure: failureOf(error) };
  }
}

function openDatabase(): Open {
  const database = connectWriter(settings);
  try {
    settleLog(database);
    return { database, batches: prepareBatchWriter(database), statements: prepareOnDemand(database) };
  } catch (error) {
    database.close();
    throw error;
  }
}

function settleLog(database: DatabaseSync): void {
  try {
    database.exec('PRAGMA wal_checkpoint(FULL)');
  } catch (error) {
    // The log is synced before it is copied, so a copy that finds no room leaves nothing in doubt, and a disk that is
    // full must not keep `forget` from making room.
    if (!isDiskFull(error)) throw error;
  }
}

function commit({ database, batches }: Open, writes: Parameters<BatchWriter['apply']>[0]): unknown {
  database.exec('BEGIN IMMEDIATE');
  const outcomes = batches.apply(writes);
  database.exec('COMMIT');
  return outcomes;
}

function abandon(): void {
  const broken = open?.database;
  open = undefined;
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
  } catch {
    // The log stays as it is and is read at the next start: nothing is lost by not tidying up.
  }
  port.close();
}
