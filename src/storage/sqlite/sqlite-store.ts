/**
 * The store in a folder: one SQLite file, one process, every commit on the disk before it is answered.
 *
 * One thread writes, one thread answers lists, and this thread does the short reads. A commit that rejects is an
 * unknown result: the caller repeats its moves under their ids and learns what happened. Nothing here retries by
 * itself; every later call simply tries a fresh connection, so the store recovers as soon as the disk does.
 */
import type { Worker } from 'node:worker_threads';
import { Impossible } from '../../kit/assert.ts';
import { Fault } from '../../kit/fault.ts';
import type { ForgetWrite, Outcome, Store, Write } from '../store.ts';
import { checkForget, checkWrites } from '../write-checks.ts';
import { connectWriter } from './connection.ts';
import { claimDataFolder, type DataFolder } from './data-folder.ts';
import { flatten, outcomesOf, type Remarks } from './flat-writes.ts';
import { type LocalReader, openLocalReader } from './local-reader.ts';
import { migrate } from './migrations.ts';
import { openSqliteBulkOperations } from './sqlite-bulk-operations.ts';
import { openSqliteCatalog } from './sqlite-catalog.ts';
import { failureOf, faultOf } from './sqlite-faults.ts';
import { openSqliteHumanTasks } from './sqlite-human-tasks.ts';
import { openSqliteJournal } from './sqlite-journal.ts';
import { openSqliteLimits } from './sqlite-limits.ts';
import { openSqliteTasks } from './sqlite-tasks.ts';
import { openSqliteViews } from './sqlite-views.ts';
import { type Row, type RunStatements, type Statement, sql } from './statements.ts';
import { linkWorker, startWorker, type WorkerLink } from './worker-link.ts';

/** Records are written in the order of their times, but for the few that share a commit or were sent again. */
const latestRecords = 100;

export interface SqliteOptions {
  /** Made where it is missing. Belongs to one process at a time. */
  readonly directory: string;
  /** How large the database may grow, in pages of 4,096 bytes; beyond it commits reject with STORE_FULL. Default: the disk. */
  readonly pagesMax?: number;
  /** Starts the thread that writes; tests put their own in its place. */
  readonly startWriter?: (settings: unknown) => Worker;
}

export interface SqliteStore extends Store {
  /** The settings that durability rests on, as the writing connection itself reports them. */
  diagnostics(): Promise<{ readonly journalMode: string; readonly synchronous: number; readonly integrity: string }>;
}

/** Throws DATA_LOCKED where another process has the folder, CONFIG_INVALID where a newer program has written it. */
export async function openSqliteStore(options: SqliteOptions): Promise<SqliteStore> {
  const folder = claim(options.directory);
  try {
    const settings = { path: folder.databasePath, pagesMax: options.pagesMax ?? 0 };
    const local = prepareDatabase(settings);
    const startWriter = options.startWriter ?? ((own) => startWorker('writer-worker', own));
    const writer = linkWorker(() => startWriter(settings));
    writer.warm();
    // Some 10 MB, for a server whose lists nobody may ever look at.
    const reader = linkWorker(() => startWorker('reader-worker', settings));
    return makeStore({ local, writer, reader, release: folder.release });
  } catch (error) {
    folder.release();
    throw openFault(error);
  }
}

function claim(directory: string): DataFolder {
  try {
    return claimDataFolder(directory);
  } catch (error) {
    throw openFault(error);
  }
}

function openFault(error: unknown): unknown {
  return Fault.is(error) || error instanceof Impossible ? error : faultOf(failureOf(error), error);
}

/** The tables brought up to date, and a reader over them. */
function prepareDatabase(settings: { path: string; pagesMax: number }): LocalReader {
  const database = connectWriter(settings);
  try {
    migrate(database, settings.path);
    return openLocalReader(settings.path);
  } finally {
    database.close();
  }
}

interface Parts {
  readonly local: LocalReader;
  readonly writer: WorkerLink;
  readonly reader: WorkerLink;
  release(): void;
}

function makeStore({ local, writer, reader, release }: Parts): SqliteStore {
  const read = runOn(reader);
  const write = runOn(writer);
  let closing: Promise<void> | undefined;
  return {
    async commit(writes) {
      checkWrites(writes);
      return commitOn(writer, writes);
    },
    journal: openSqliteJournal(local),
    tasks: openSqliteTasks(local, read),
    views: openSqliteViews(local, read),
    humanTasks: openSqliteHumanTasks(local, read),
    catalog: openSqliteCatalog({ local, read, write }),
    limits: openSqliteLimits(local, read),
    bulk: openSqliteBulkOperations({ local, read, write }),
    latestAt: async () => Number(local.get(latestAt)?.['at'] ?? 0),
    async forget(executions) {
      checkForget(executions);
      const request = { kind: 'run', statements: forgetStatements(executions), makesRoom: true } as const;
      const [found = []] = (await writer.call(request)) as readonly (readonly Row[])[];
      return found.map((row) => String(row['execution_id']));
    },
    async diagnostics() {
      const rows = await write(
        ['journal_mode', 'synchronous', 'integrity_check'].map((name) => ({ sql: `PRAGMA ${name}`, parameters: [] })),
      );
      const [journalMode, synchronous, integrity] = rows.map((answer) => Object.values(answer[0] ?? {})[0]);
      return { journalMode: String(journalMode), synchronous: Number(synchronous), integrity: String(integrity) };
    },
    close() {
      closing ??= closeAll({ local, writer, reader, release });
      return closing;
    },
  };
}

/** The writer goes last of the connections: it moves the log into the main file, which needs to be alone for that. */
async function closeAll({ local, writer, reader, release }: Parts): Promise<void> {
  local.close();
  await reader.close();
  await writer.close();
  release();
}

async function commitOn(writer: WorkerLink, writes: readonly Write[]): Promise<readonly Outcome[]> {
  const remarks = (await writer.call({ kind: 'commit', writes: flatten(writes) })) as Remarks;
  return outcomesOf(writes.length, remarks);
}

function runOn(link: WorkerLink): RunStatements {
  return async (statements) => (await link.call({ kind: 'run', statements })) as readonly (readonly Row[])[];
}

const latestAt = sql`
  SELECT max(at) AS at FROM (
    SELECT max(at) AS at FROM (SELECT at FROM records ORDER BY rowid DESC LIMIT ${latestRecords})
    UNION ALL SELECT max(lease_since) FROM tasks WHERE lease_expires_at IS NOT NULL
  )`;

/** Those with a record behind the position stay; of those that go there is none either once their records are gone. */
function forgetStatements(executions: readonly ForgetWrite[]): Statement[] {
  const given = JSON.stringify(executions.map(({ executionId, position }) => [executionId, position]));
  const ids = sql`(
    SELECT value ->> 0 FROM json_each(${given}) AS given WHERE NOT EXISTS (
      SELECT 1 FROM records WHERE execution_id = given.value ->> 0 AND last > given.value ->> 1))`;
  return [
    sql`SELECT execution_id FROM records WHERE execution_id IN ${ids} AND first = 1`,
    sql`DELETE FROM records WHERE execution_id IN ${ids}`,
    sql`DELETE FROM large_values WHERE execution_id IN ${ids}`,
    sql`DELETE FROM snapshots WHERE execution_id IN ${ids}`,
    sql`DELETE FROM wakes WHERE execution_id IN ${ids}`,
    sql`DELETE FROM slots WHERE execution_id IN ${ids}`,
    sql`DELETE FROM limit_slots WHERE execution_id IN ${ids} AND until IS NULL`,
    sql`DELETE FROM limit_waiters WHERE execution_id IN ${ids}`,
    sql`DELETE FROM tasks WHERE execution_id IN ${ids}`,
    sql`DELETE FROM views WHERE execution_id IN ${ids}`,
    sql`DELETE FROM human_task_people WHERE human_task_id IN (
      SELECT human_task_id FROM human_tasks WHERE execution_id IN ${ids})`,
    sql`DELETE FROM human_tasks WHERE execution_id IN ${ids}`,
  ];
}
