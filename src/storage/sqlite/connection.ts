/**
 * Connections to the database file: the settings that make a commit durable, in the one place that knows them.
 *
 * WAL with `synchronous=FULL`: a commit returns once the log is on the disk, so it survives a power loss, and readers
 * never wait for the writer. The log is moved into the main file by the writer's own commits, every
 * `checkpointPages` pages.
 */
import { DatabaseSync } from 'node:sqlite';
import { reserveBytesMax } from './log-reserve.ts';

/** SQLite's own default, as every database of this program has it. */
export const pageBytes = 4_096;
const checkpointPages = 4_000;
const cacheKibibytes = 32 * 1024;
/** Only an unusual moment (recovery, the last checkpoint) makes one connection wait for another. */
const busyTimeoutMs = 2_000;

export interface WriterSettings {
  readonly path: string;
  /** The pages (of `pageBytes`) that the file may grow to; 0 for no limit but the disk. */
  readonly pagesMax: number;
}

export function connectWriter({ path, pagesMax }: WriterSettings): DatabaseSync {
  const database = new DatabaseSync(path, { timeout: busyTimeoutMs });
  database.exec(`
    PRAGMA journal_mode = WAL;
    PRAGMA synchronous = FULL;
    PRAGMA wal_autocheckpoint = ${checkpointPages};
    PRAGMA journal_size_limit = ${reserveBytesMax};
    PRAGMA cache_size = -${cacheKibibytes};
    PRAGMA temp_store = MEMORY;
    ${pagesMax > 0 ? `PRAGMA max_page_count = ${pagesMax};` : ''}
  `);
  return database;
}

export function connectReader(path: string): DatabaseSync {
  const database = new DatabaseSync(path, { timeout: busyTimeoutMs, readOnly: true });
  database.exec(`PRAGMA cache_size = -${cacheKibibytes / 4}; PRAGMA temp_store = MEMORY`);
  // LIKE and lower() know ASCII only; text search must find `Größe` by `GRÖSSE`'s letters in any case.
  database.function('holds_text', { deterministic: true }, (text, part) =>
    String(text).toLowerCase().includes(String(part)) ? 1 : 0,
  );
  return database;
}
