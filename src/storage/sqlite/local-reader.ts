/**
 * Reads on the calling thread, over a read-only connection of its own: for the short reads that an execution waits for.
 *
 * Measured (2 cores, warm, 8 records of 250 bytes): a `load` takes 32 µs here; by way of the reader thread it takes
 * 142 µs alone, and 43 µs of both threads where many are under way. So reads that a limit keeps short are done here,
 * and only what may look at many rows (lists, counts, statistics) goes to the reader thread.
 */
import { connectReader } from './connection.ts';
import { closedFault, failureOf, faultOf, primaryCode } from './sqlite-faults.ts';
import { prepareOnDemand, type Row, rollBack, type Statement } from './statements.ts';

export interface LocalReader {
  all(statement: Statement): readonly Row[];
  get(statement: Statement): Row | undefined;
  /** Runs `read` over one state of the database. */
  atOnce<T>(read: () => T): T;
  close(): void;
}

/** Every read throws STORE_UNREACHABLE once the reader is closed. */
export function openLocalReader(path: string): LocalReader {
  const database = connectReader(path);
  const prepared = prepareOnDemand(database);
  const guarded = <T>(read: () => T): T => {
    if (!database.isOpen) throw closedFault();
    try {
      return read();
    } catch (error) {
      rollBack(database);
      // Our own errors pass; only SQLite's carry a result code.
      throw primaryCode(error) === undefined ? error : faultOf(failureOf(error));
    }
  };
  return {
    all: (statement) => guarded(() => prepared.all(statement)),
    get: (statement) => guarded(() => prepared.get(statement)),
    atOnce: (read) =>
      guarded(() => {
        database.exec('BEGIN');
        const answer = read();
        database.exec('COMMIT');
        return answer;
      }),
    close: () => {
      if (database.isOpen) database.close();
    },
  };
}
