/**
 * One SQLite file, as a step may use it: nothing but its tables.
 *
 * A statement cannot reach another file (ATTACH, VACUUM INTO), change how the file is kept (PRAGMA), load code, or write to
 * SQLite's own tables. This blocks while it works, and cannot be stopped: it has a process of its own.
 */
import { constants, DatabaseSync, type StatementSync } from 'node:sqlite';
import type { Json } from '../../../kit/json.ts';
import { collectRows } from '../row-collector.ts';
import type { Result } from '../session.ts';
import { partsOf } from '../sql-text.ts';
import { invalidQuery, type Statement } from '../statement.ts';
import { sqliteDialect } from './sqlite-dialect.ts';
import type { SqliteTask } from './sqlite-protocol.ts';

/** How long a statement waits for others to finish writing. */
const busyMs = 5_000;
/** What says something of the tables and changes nothing. */
const harmlessPragmas = new Set([
  'table_info',
  'table_list',
  'table_xinfo',
  'index_list',
  'index_info',
  'foreign_key_list',
]);

export interface SqliteFile {
  begin(): void;
  run(statement: Statement): Result;
  commit(): void;
  rollback(): void;
  close(): void;
}

export function openSqliteFile({ file, readOnly, rowsMax }: SqliteTask): SqliteFile {
  const database = new DatabaseSync(file, { readOnly, timeout: busyMs, defensive: true, limits: { attach: 0 } });
  database.setAuthorizer((action, name) => {
    if (action === constants.SQLITE_ATTACH || action === constants.SQLITE_DETACH) return constants.SQLITE_DENY;
    const isPragma = action === constants.SQLITE_PRAGMA && !harmlessPragmas.has(name ?? '');
    return isPragma ? constants.SQLITE_DENY : constants.SQLITE_OK;
  });
  return {
    begin: () => database.exec('BEGIN'),
    run: (statement) => run(database, statement, rowsMax),
    commit: () => database.exec('COMMIT'),
    rollback() {
      // Some failures have ended the transaction already.
      if (database.isTransaction) database.exec('ROLLBACK');
    },
    close: () => database.close(),
  };
}

function run(database: DatabaseSync, { text, values }: Statement, rowsMax: number): Result {
  const statement = database.prepare(text);
  requireNoMore(statement, text);
  const columns = statement.columns().map(({ name }) => name);
  if (columns.length === 0) {
    const { changes } = statement.run(...values.map(parameterOf));
    return { rows: [], rowCount: Number(changes) };
  }
  statement.setReturnArrays(true);
  statement.setReadBigInts(true);
  const collected = collectRows(rowsMax);
  for (const row of statement.iterate(...values.map(parameterOf))) {
    collected.add(columns, (row as unknown as unknown[]).map(jsonOf));
  }
  return { rows: collected.rows, rowCount: collected.rows.length };
}

/** SQLite prepares the first statement of a text and is silent about the rest. */
function requireNoMore({ sourceSQL }: StatementSync, text: string): void {
  const rest = partsOf(text.slice(sourceSQL.length), sqliteDialect.syntax);
  const isMore = rest.some((part) => part.text.trim() !== '' && (part.isCode || /^['"`[]/.test(part.text)));
  if (isMore) throw invalidQuery('the query has more than one statement: write a step for each');
}

/** A number where JSON's holds it exactly, text beyond; bytes are base64. */
function jsonOf(value: unknown): Json {
  if (typeof value === 'bigint') {
    return Number.isSafeInteger(Number(value)) ? Number(value) : String(value);
  }
  if (value instanceof Uint8Array) return Buffer.from(value).toString('base64');
  if (typeof value === 'number' && !Number.isFinite(value)) return String(value);
  return value as Json;
}

/** Lists and objects are the text of their JSON; SQLite has no booleans. Whole numbers would be stored as real ones. */
function parameterOf(value: Json): null | number | bigint | string {
  if (typeof value === 'boolean') return value ? 1n : 0n;
  if (typeof value === 'number') return Number.isSafeInteger(value) ? BigInt(value) : value;
  return typeof value === 'object' && value !== null ? JSON.stringify(value) : value;
}
