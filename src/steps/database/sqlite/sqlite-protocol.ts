import type { Json } from '../../../kit/json.ts';
import type { Result, TransactionOptions } from '../session.ts';
import type { Statement } from '../statement.ts';

/** What a session and its process say to each other, a request at a time. */
export type SqliteRequest =
  | ({ readonly kind: 'begin' } & TransactionOptions)
  | { readonly kind: 'run'; readonly statement: Statement }
  | { readonly kind: 'commit' | 'rollback' | 'reset' };

export type SqliteReply =
  | { readonly kind: 'done'; readonly result?: Result }
  | { readonly kind: 'failed'; readonly failure: SqliteFailure };

/** A `StepFailure` as it crosses from one process to another. */
export interface SqliteFailure {
  readonly code: string;
  readonly message: string;
  readonly details?: Json | undefined;
  readonly retryable: boolean;
}

export interface SqliteTask {
  /** Absolute, and inside the folder: judged before. */
  readonly file: string;
  readonly readOnly: boolean;
  readonly rowsMax: number;
}
