import type { Json, JsonObject } from '../kit/json.ts';
import type { BulkOperations } from './bulk-operations.ts';
import type { Catalog } from './catalog.ts';
import type { HumanTasks } from './human-tasks.ts';
import type { Journal } from './journal.ts';
import type { LimitRows, Limits } from './limits.ts';
import type { Lease, Tasks } from './tasks.ts';
import type { Views } from './views.ts';

/**
 * Everything a node keeps: one write path for executions, and ways to read them.
 *
 * All writes of executions go through `commit`, in batches that share one durable commit. Each write in a batch is
 * atomic on its own and succeeds or is refused on its own; the batch only shares the fsync. A `commit` that rejects
 * is an *unknown* result: each of its writes may or may not have happened, and the caller settles that by reading.
 *
 * Promises that types cannot hold are kept by `store.conformance.ts`, which every driver runs unchanged.
 */
export interface Store {
  /** Durable when it resolves; outcomes stand in the order of the writes. Rejects with STORE_UNREACHABLE or STORE_FULL. */
  commit(writes: readonly Write[]): Promise<readonly Outcome[]>;
  readonly journal: Journal;
  readonly tasks: Tasks;
  readonly views: Views;
  readonly humanTasks: HumanTasks;
  readonly catalog: Catalog;
  readonly limits: Limits;
  readonly bulk: BulkOperations;
  /**
   * The newest time that a record or a lease bears, in milliseconds since the epoch; 0 where there is none. The clock of
   * whoever writes here next must not begin before it.
   */
  latestAt(): Promise<number>;
  /**
   * Deletes executions and everything keyed by them, in one small transaction; start keys stay until they expire. At most
   * 1,000. An execution that has moved on beyond its `position` stays whole. Answers the ids of those that went.
   */
  forget(executions: readonly ForgetWrite[]): Promise<readonly string[]>;
  /** Resolves once every earlier commit has settled and the files are closed. */
  close(): Promise<void>;
}

export type Write =
  | MoveWrite
  | WakeWrite
  | LeaseWrite
  | ExtendWrite
  | ReleaseWrite
  | SnapshotWrite
  | CompactWrite
  | FreeWrite;

export type Outcome =
  | { readonly ok: true; readonly deliveries?: number }
  /** The fence held: another record stands at this place, or the record before it is not there. */
  | { readonly ok: false; readonly reason: 'CONFLICT' }
  /** The start's key was taken before, by that execution with that body. */
  | { readonly ok: false; readonly reason: 'KEY_TAKEN'; readonly executionId: string; readonly fingerprint: string }
  /** Every admission slot of that key is taken. */
  | { readonly ok: false; readonly reason: 'NO_SLOT' }
  /** A shared limit is reached: that of this key. */
  | { readonly ok: false; readonly reason: 'LIMITED'; readonly key: string }
  /** The task is gone, or leased under another token. */
  | { readonly ok: false; readonly reason: 'LEASE_LOST' };

/**
 * One move of one execution: a record of events and all that leaves with it, or nothing at all.
 *
 * Refused with CONFLICT unless no record of the execution begins at `first` **and** (`first` is 1 and the execution
 * has no record, or a record ends at `first - 1` and none begins after it), checked in the same statement. A refused
 * move writes no task, wake, view, human task, value, slot, limit or key. A repeat of a move that is already there under the same
 * `moveId` answers ok and changes nothing.
 *
 * Once a move is refused, every later move and snapshot of its execution in the same batch is refused with CONFLICT:
 * it may build on the one that lost, even where a rival's record ends at the same position.
 */
export interface MoveWrite {
  readonly kind: 'move';
  readonly workspace: string;
  readonly executionId: string;
  readonly first: number;
  readonly last: number;
  readonly moveId: string;
  /** Milliseconds since the epoch, the store's clock. */
  readonly at: number;
  /** The events as the text of a JSON list. */
  readonly events: string;
  readonly values?: readonly LargeValue[] | undefined;
  /** Absent leaves the wake row; null removes it; a number (milliseconds since the epoch) replaces it. */
  readonly wakeAt?: number | null | undefined;
  /** A task whose id is there already stays as it is. */
  readonly tasksAdded?: readonly NewTask[] | undefined;
  /** Ids of tasks that are settled; removed before any is added. */
  readonly tasksRemoved?: readonly string[] | undefined;
  /** Replaces the view row of the execution where that row's position is smaller. */
  readonly view?: ViewRow | undefined;
  /** Each replaces the row of its id where that row's position is smaller. */
  readonly humanTasks?: readonly HumanTaskRow[] | undefined;
  /** Only with a start (`first` is 1): insert-if-absent of (workspace, workflow, key). Outlives its execution. */
  readonly startKey?: StartKey | undefined;
  readonly slotTaken?: SlotClaim | undefined;
  /** Frees every slot that this execution holds, before one is taken. */
  readonly slotsFreed?: boolean | undefined;
  readonly limits?: LimitRows | undefined;
}

/**
 * Sets the wake row of an execution that has not moved meanwhile: refused with CONFLICT unless its last record ends at
 * `position`. (A sweeper that found nothing due re-arms the row; a move that came between must not be overwritten.)
 */
export interface WakeWrite {
  readonly kind: 'wake';
  readonly workspace: string;
  readonly executionId: string;
  readonly position: number;
  /** Null removes the row. */
  readonly wakeAt: number | null;
}

/** A value kept once per execution under its hash, out of the record. `text` is JSON. */
export interface LargeValue {
  readonly hash: string;
  readonly text: string;
}

export interface StartKey {
  readonly workflow: string;
  readonly key: string;
  readonly fingerprint: string;
  /** Milliseconds since the epoch; an expired key may be taken again. */
  readonly expiresAt: number;
}

/** Takes the lowest free number below `limit` under (workspace, key), held by the move's execution; or keeps the one it has. */
export interface SlotClaim {
  readonly key: string;
  readonly limit: number;
}

/** Work for an executor. Ready from the moment its move is durable, unless it leaves in somebody's hands. */
export interface NewTask {
  readonly taskId: string;
  readonly executor: string;
  readonly function: string;
  /** Smaller comes first; equal ones in the order they were written. */
  readonly rank: number;
  /** Its first delivery, counted: it becomes durable with the task and is refused with its move. */
  readonly lease?: Lease | undefined;
}

export interface ViewRow {
  readonly position: number;
  readonly workflow: string;
  readonly version: string;
  readonly status: string;
  /** Counts from 1; `retry` opens the next run. */
  readonly run: number;
  /** The execution whose step started it. */
  readonly parent: string | null;
  readonly createdAt: number;
  readonly startedAt: number | null;
  readonly endedAt: number | null;
  readonly tags: readonly string[];
  /** `metadata.labels` of the execution: the search attributes. */
  readonly labels: Readonly<Record<string, string>>;
  readonly errorCode: string | null;
  readonly errorMessage: string | null;
  /** Of one that somebody should look at; null of all others. */
  readonly deadLetter: DeadLetter | null;
  /** What text search looks at: ids, names and the values of metadata, at most 1,000 characters. */
  readonly searchText: string;
  /** Only on rows of ended executions, for step statistics. */
  readonly steps: readonly (StepSummary | QualitySummary)[];
}

/** Where an execution died. Absent members: no step is to blame, or it is no executor's. */
export interface DeadLetter {
  readonly reason: string;
  readonly step?: string;
  readonly executor?: string;
  readonly function?: string;
  readonly attempt?: number;
  readonly deliveries?: number;
}

/** An execution as it was when it was found that it may go. */
export interface ForgetWrite {
  readonly executionId: string;
  /** Where its last record ends. */
  readonly position: number;
}

/** What a person is asked, in one attempt of a step. */
export interface HumanTaskRow {
  readonly humanTaskId: string;
  readonly position: number;
  readonly workflow: string;
  readonly version: string;
  /** The path of the step, and its name. */
  readonly step: string;
  readonly name: string;
  readonly visit: number;
  readonly attempt: number;
  readonly title: string;
  readonly status: string;
  readonly assignees: readonly string[];
  readonly claimedBy: string | null;
  /** How often it went on to others. */
  readonly escalations: number;
  readonly createdAt: number;
  readonly dueAt: number | null;
  readonly endedAt: number | null;
  /** What the fields of the form held at first. */
  readonly defaults: JsonObject | null;
  readonly answer: {
    readonly by: string;
    readonly outcome: string;
    readonly answer: Json;
    readonly comment: string | null;
  } | null;
}

export interface StepSummary {
  readonly step: string;
  readonly status: string;
  readonly durationMs: number;
  readonly attempts: number;
  /** Of a step that checks data: how many items passed each rule and how many failed it. */
  readonly quality?: { readonly [rule: string]: readonly [passed: number, failed: number] };
}

/** What steps of a name found that are not summed up one by one: they are more than a row holds, or rounds of a loop. */
export interface QualitySummary extends Required<Pick<StepSummary, 'step' | 'quality'>> {
  readonly status?: never;
}

/**
 * Hands a task to a worker: sets the token and counts the delivery, before anything is sent. Refused with LEASE_LOST
 * where the task is gone or another token's lease runs beyond `at`. The outcome carries the new count of deliveries.
 */
export interface LeaseWrite {
  readonly kind: 'lease';
  readonly taskId: string;
  readonly token: string;
  readonly worker: string;
  readonly at: number;
  readonly expiresAt: number;
}

/** Prolongs a lease that is still held under `token` (even where it has just expired and nobody took it); never shortens it. */
export interface ExtendWrite {
  readonly kind: 'extend';
  readonly taskId: string;
  readonly token: string;
  readonly expiresAt: number;
}

/** Gives a task back, ready at once. */
export interface ReleaseWrite {
  readonly kind: 'release';
  readonly taskId: string;
  readonly token: string;
}

/**
 * A cache of the state after `position`; it may be deleted at any time. Replaces an older one, never a newer one.
 * Refused with CONFLICT where no record of the execution ends at `position`.
 */
export interface SnapshotWrite {
  readonly kind: 'snapshot';
  readonly executionId: string;
  readonly position: number;
  readonly text: string;
}

/** Frees a slot of a shared limit whose holder is gone; refused with CONFLICT where it is another's meanwhile. */
export interface FreeWrite {
  readonly kind: 'free';
  readonly workspace: string;
  readonly key: string;
  readonly slot: number;
  readonly executionId: string;
  readonly holder: string;
}

/**
 * Puts shorter records in the place of those from position `from` to `through`. Positions stay dense: the new ones begin
 * at `from`, end at `through` and follow each other. Refused with CONFLICT, and nothing changes, unless records begin
 * and end just there; a snapshot from before `through` is deleted, for it may lie inside a new record.
 */
export interface CompactWrite {
  readonly kind: 'compact';
  readonly executionId: string;
  readonly from: number;
  readonly through: number;
  readonly records: readonly CompactRecord[];
}

export interface CompactRecord {
  readonly workspace: string;
  readonly first: number;
  readonly last: number;
  readonly moveId: string;
  readonly at: number;
  readonly events: string;
}
