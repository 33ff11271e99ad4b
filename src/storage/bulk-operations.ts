import type { JsonObject } from '../kit/json.ts';
import type { ViewQuery } from './views.ts';

/**
 * What is done to many executions at once, and how far that has come. A row of its own, apart from the journals: what
 * happens to an execution stands in its journal; a row here says only where to go on after a crash.
 */
export interface BulkOperations {
  /**
   * Adds a row of revision 1 where there is none of its id, or puts one in the place of the revision before it. False
   * where neither fits: somebody else was there first, and nothing has changed.
   */
  put(row: BulkRow): Promise<boolean>;
  find(workspace: string, bulkId: string): Promise<BulkRow | undefined>;
  /** Newest first (by creation, then id). */
  list(query: BulkQuery): Promise<BulkPage>;
  /** Those that have not ended, of all workspaces, oldest first. For the node itself, never for a caller. */
  open(limit: number): Promise<readonly BulkRow[]>;
  /** Deletes those that ended before a time, `limit` at most; answers how many. */
  forget(endedBefore: number, limit: number): Promise<number>;
}

export interface BulkRow {
  readonly bulkId: string;
  readonly workspace: string;
  /** Counts the writes of this row, from 1. */
  readonly revision: number;
  readonly action: string;
  /** What the action is done with: a reason, a signal, a step. */
  readonly given: JsonObject;
  readonly filter: BulkFilter;
  /** What makes two requests the same one. */
  readonly fingerprint: string;
  readonly requestedBy: string;
  readonly createdAt: number;
  readonly endedAt: number | null;
  readonly status: string;
  readonly isCancelRequested: boolean;
  /** How many executions matched when it was asked for. */
  readonly matched: number;
  readonly done: number;
  /** By code: those that the action does not fit, and those where it failed. */
  readonly skipped: Readonly<Record<string, number>>;
  readonly failed: Readonly<Record<string, number>>;
  /** The first of both. */
  readonly problems: readonly BulkProblem[];
  /** The last execution that is counted. */
  readonly cursor: BulkPlace | null;
  /** Those that are acted on next, written down before. */
  readonly batch: readonly BulkPlace[];
}

/** Which executions: a list's filter without its pages. */
export type BulkFilter = Omit<ViewQuery, 'workspace' | 'after' | 'offset' | 'limit' | 'count'>;

export interface BulkPlace {
  readonly createdAt: number;
  readonly executionId: string;
}

export interface BulkProblem {
  readonly executionId: string;
  readonly code: string;
  readonly message: string;
}

export interface BulkQuery {
  readonly workspace: string;
  /** Only rows after this one in the list's order. */
  readonly after?: { readonly createdAt: number; readonly bulkId: string };
  readonly limit: number;
}

export interface BulkPage {
  readonly rows: readonly BulkRow[];
  readonly hasMore: boolean;
}
