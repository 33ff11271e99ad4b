/** What the store and its two worker threads say to each other. Requests are answered in the order they were sent. */
import type { FlatWrites } from './flat-writes.ts';
import type { StoreFailure } from './sqlite-faults.ts';
import type { Statement } from './statements.ts';

export type Request =
  /** One durable transaction; answered with the remarks on it (`flat-writes.ts`). Writer only. */
  | { readonly kind: 'commit'; readonly writes: FlatWrites }
  /** One transaction; answered with the rows of each statement. What makes room may use the room kept for the log. */
  | { readonly kind: 'run'; readonly statements: readonly Statement[]; readonly makesRoom?: boolean }
  /** Ends the thread; not answered. */
  | { readonly kind: 'close' };

export interface Reply {
  readonly failure?: StoreFailure;
  readonly answer?: unknown;
}
