import type { Json, JsonObject } from '../../kit/json.ts';
import type { Statement } from './statement.ts';

/**
 * One connection to a database, used by one attempt at a time.
 *
 * Every method rejects with a `StepFailure`: `DB_<SQLSTATE>` for what the server refused, DB_UNREACHABLE where the
 * connection is gone. After that `isUsable` is false, and what was under way is undone or done, nobody knows which.
 */
export interface Session {
  /** Begins a transaction, in which every statement ends at the latest after `timeoutMs`. */
  begin(options: TransactionOptions): Promise<void>;
  /** One statement with its values, and no more than one. Rejects with ROWS_EXCEEDED, and is then of no more use. */
  run(statement: Statement): Promise<Result>;
  commit(): Promise<void>;
  rollback(): Promise<void>;
  /** From beside: what runs is stopped and rejects soon. */
  cancel(): Promise<void>;
  /** Forgets whatever the statements left in the connection, so that the next attempt finds it as new. */
  reset(): Promise<void>;
  isUsable(): boolean;
  close(): void;
}

export interface TransactionOptions {
  readonly readOnly: boolean;
  readonly timeoutMs: number | undefined;
}

export interface Result {
  readonly rows: readonly JsonObject[];
  /** Rows given back, or rows that a write changed. */
  readonly rowCount: number;
  /** The key that MySQL gave a new row. */
  readonly insertId?: Json;
}

/** What every kind of connection has. */
export interface SessionLimits {
  readonly rowsMax: number;
}
