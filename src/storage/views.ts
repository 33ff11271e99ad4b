import type { ViewRow } from './store.ts';

/**
 * Lists and statistics over executions, from view rows. Derived: every row can be rebuilt from the journal.
 * Each query names its workspace; rows of another one are never seen.
 */
export interface Views {
  find(workspace: string, executionId: string): Promise<StoredView | undefined>;
  /** Newest first (by creation, then id). */
  list(query: ViewQuery): Promise<ViewPage>;
  /** How many executions there are in each status. */
  counts(workspace: string, workflow?: string): Promise<Readonly<Record<string, number>>>;
  statistics(query: StatisticsQuery): Promise<Statistics>;
  /** The oldest executions in status `queued` that wait in no line of a limit of their own. */
  queued(workspace: string, limit: number): Promise<readonly string[]>;
  /** Where an execution is in status `queued`, in the order of their names. For the node itself, never for a caller. */
  queuedWorkspaces(): Promise<readonly string[]>;
  /** Whether any execution holds a slot (`SlotClaim`). For the node itself, never for a caller. */
  hasSlots(): Promise<boolean>;
  /**
   * Executions that have ended and owe nobody anything (they have no wake row), the oldest first by creation and id. For
   * the node itself, like `workspaces`.
   */
  ended(query: EndedQuery): Promise<readonly EndedView[]>;
  /** Where there are executions, in the order of their names. */
  workspaces(): Promise<readonly string[]>;
}

export interface EndedQuery {
  readonly workspace: string;
  readonly status: readonly string[];
  /** Of this workflow alone. */
  readonly workflow?: string;
  /** Of all workflows but these. */
  readonly exceptWorkflows?: readonly string[];
  /** Milliseconds since the epoch; exclusive. */
  readonly endedBefore: number;
  /** Only rows behind this one in the order. */
  readonly after?: { readonly createdAt: number; readonly executionId: string };
  readonly limit: number;
}

export interface EndedView {
  readonly executionId: string;
  readonly position: number;
  readonly parent: string | null;
  readonly createdAt: number;
}

export interface StoredView extends ViewRow {
  readonly executionId: string;
  readonly workspace: string;
}

export interface ViewQuery {
  readonly workspace: string;
  /** Only these executions. */
  readonly ids?: readonly string[];
  readonly workflow?: string;
  readonly version?: string;
  readonly status?: readonly string[];
  /** Started by a step of this execution. */
  readonly parent?: string;
  /** Milliseconds since the epoch, of creation: from inclusive, to exclusive. */
  readonly from?: number;
  readonly to?: number;
  readonly tag?: string;
  /** All of these labels have these values. */
  readonly labels?: Readonly<Record<string, string>>;
  /** Only dead letters, and of those such as these. */
  readonly deadLetters?: DeadLetterFilter;
  /** Case-insensitive part of the search text. */
  readonly text?: string;
  /** Only rows after this one in the list's order. */
  readonly after?: { readonly createdAt: number; readonly executionId: string };
  /** Rows to pass over (page × limit), at most 100,000. */
  readonly offset?: number;
  readonly limit: number;
  /** Also count all that match. */
  readonly count?: boolean;
}

export interface DeadLetterFilter {
  readonly reason?: string;
  readonly executor?: string;
  readonly code?: string;
  /** Milliseconds since the epoch, of the end: since inclusive, until exclusive. */
  readonly since?: number;
  readonly until?: number;
}

export interface ViewPage {
  readonly rows: readonly StoredView[];
  readonly hasMore: boolean;
  readonly total: number | undefined;
}

/** Over executions created in `from` (inclusive) to `to` (exclusive), of one workflow or of all. */
export interface StatisticsQuery {
  readonly workspace: string;
  readonly workflow?: string;
  readonly from: number;
  readonly to: number;
  readonly bucketMs: number;
}

export interface Statistics {
  readonly total: Summary;
  /** One per bucket that has executions, by `from + n × bucketMs`. */
  readonly buckets: readonly (Summary & { readonly at: number })[];
  readonly steps: Readonly<Record<string, StepStatistics>>;
}

/**
 * Durations in milliseconds, of ended executions, from their start (or creation, where they never started); null where
 * there are none. A percentile between two values is interpolated. `succeeded` and `failed`: see `outcome-classes.ts`.
 */
export interface Summary {
  readonly executions: number;
  readonly succeeded: number;
  readonly failed: number;
  readonly averageMs: number | null;
  readonly p50Ms: number | null;
  readonly p95Ms: number | null;
  readonly p99Ms: number | null;
}

export interface StepStatistics {
  readonly executions: number;
  readonly succeeded: number;
  readonly failed: number;
  readonly retries: number;
  readonly averageMs: number;
  /** By rule, of steps that check data; empty of all others. */
  readonly quality: Readonly<Record<string, RuleStatistics>>;
}

/** Items, over all executions. */
export interface RuleStatistics {
  readonly passed: number;
  readonly failed: number;
}
