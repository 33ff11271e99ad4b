/**
 * Writes on their way to the thread that writes: one list of texts and numbers.
 *
 * What crosses threads is copied, and a list costs a third of what objects with names and shapes cost (for a move 1.3
 * against 4.3 µs of both threads). A view row crosses as the values of its columns. What is rare crosses as it is. On the
 * way back only the outcomes cross that say more than that all is well.
 */
import type { LeaseWrite, MoveWrite, NewTask, Outcome, ViewRow, Write } from '../store.ts';
import type { Value } from './statements.ts';

export type FlatWrites = readonly unknown[];

/** A move as the writer takes it. */
export type RowsOfMove = Omit<MoveWrite, 'view'> & {
  /** Values of the columns after `workspace`. */
  readonly view: readonly Value[] | undefined;
};
export type RowWrite = RowsOfMove | Exclude<Write, MoveWrite>;

export function flatten(writes: readonly Write[]): FlatWrites {
  const flat: unknown[] = [];
  for (const write of writes) {
    if (write.kind === 'move') flattenMove(flat, write);
    else if (write.kind === 'lease') flattenLease(flat, write);
    else flat.push('other', write);
  }
  return flat;
}

function flattenMove(flat: unknown[], move: MoveWrite): void {
  const { values, startKey, slotTaken, slotsFreed, humanTasks, limits } = move;
  const { view, tasksAdded = [], tasksRemoved = [] } = move;
  flat.push('move', move.workspace, move.executionId, move.first, move.last, move.moveId, move.at, move.events);
  flat.push(move.wakeAt);
  const isRare = values || startKey || slotTaken || slotsFreed || humanTasks || limits;
  flat.push(isRare ? { values, startKey, slotTaken, slotsFreed, humanTasks, limits } : undefined);
  flat.push(tasksRemoved.length, ...tasksRemoved, tasksAdded.length);
  for (const task of tasksAdded) flattenTask(flat, task);
  if (view) flattenView(flat, view);
  else flat.push(0);
}

function flattenTask(flat: unknown[], { taskId, executor, function: name, rank, lease }: NewTask): void {
  flat.push(taskId, executor, name, rank, lease?.token);
  if (lease) flat.push(lease.worker, lease.since, lease.expiresAt);
}

function flattenView(flat: unknown[], view: ViewRow): void {
  const { tags, labels, steps } = view;
  flat.push(viewColumns, view.position, view.workflow, view.version, view.status, view.run, view.createdAt);
  flat.push(view.startedAt, view.endedAt, tags.length === 0 ? '[]' : JSON.stringify(tags), JSON.stringify(labels));
  flat.push(view.errorCode, view.errorMessage, view.searchText, steps.length === 0 ? '[]' : JSON.stringify(steps));
  flat.push(view.parent, view.deadLetter === null ? null : JSON.stringify(view.deadLetter));
}

/** Values that `flattenView` puts down after their count. */
const viewColumns = 16;

function flattenLease(flat: unknown[], write: LeaseWrite): void {
  flat.push('lease', write.taskId, write.token, write.worker, write.at, write.expiresAt);
}

/** Writes again, in their order. */
export function unflatten(flat: FlatWrites): RowWrite[] {
  const writes: RowWrite[] = [];
  const cursor = new Cursor(flat);
  while (!cursor.isAtEnd) {
    const kind = cursor.next<'move' | 'lease' | 'other'>();
    if (kind === 'move') writes.push(nextMove(cursor));
    else writes.push(kind === 'lease' ? nextLease(cursor) : cursor.next());
  }
  return writes;
}

class Cursor {
  readonly #flat: FlatWrites;
  #at = 0;

  constructor(flat: FlatWrites) {
    this.#flat = flat;
  }

  get isAtEnd(): boolean {
    return this.#at >= this.#flat.length;
  }

  next<T>(): T {
    const value = this.#flat[this.#at];
    this.#at += 1;
    return value as T;
  }

  /** A count and so many values, or undefined where there are none. */
  list<T>(next: () => T): T[] | undefined {
    const length = this.next<number>();
    return length === 0 ? undefined : Array.from({ length }, next);
  }
}

type Rare = Pick<MoveWrite, 'values' | 'startKey' | 'slotTaken' | 'slotsFreed' | 'humanTasks' | 'limits'>;

function nextMove(cursor: Cursor): RowsOfMove {
  const workspace = cursor.next<string>();
  const executionId = cursor.next<string>();
  const first = cursor.next<number>();
  const last = cursor.next<number>();
  const moveId = cursor.next<string>();
  const at = cursor.next<number>();
  const events = cursor.next<string>();
  const wakeAt = cursor.next<number | null | undefined>();
  const { values, startKey, slotTaken, slotsFreed, humanTasks, limits } = cursor.next<Rare | undefined>() ?? {};
  const tasksRemoved = cursor.list(() => cursor.next<string>());
  const tasksAdded = cursor.list(() => nextTask(cursor));
  const view = cursor.list(() => cursor.next<Value>());
  const record = { workspace, executionId, first, last, moveId, at, events };
  const few = { ...(humanTasks && { humanTasks }), ...(limits && { limits }) };
  const rare = { values, startKey, slotTaken, slotsFreed, ...few };
  return { kind: 'move', ...record, wakeAt, tasksAdded, tasksRemoved, view, ...rare };
}

function nextTask(cursor: Cursor): NewTask {
  const taskId = cursor.next<string>();
  const executor = cursor.next<string>();
  const name = cursor.next<string>();
  const rank = cursor.next<number>();
  const token = cursor.next<string | undefined>();
  const lease =
    token === undefined
      ? undefined
      : { token, worker: cursor.next<string>(), since: cursor.next<number>(), expiresAt: cursor.next<number>() };
  return { taskId, executor, function: name, rank, lease };
}

function nextLease(cursor: Cursor): LeaseWrite {
  return {
    kind: 'lease',
    taskId: cursor.next(),
    token: cursor.next(),
    worker: cursor.next(),
    at: cursor.next(),
    expiresAt: cursor.next(),
  };
}

export const done: Outcome = { ok: true };

/** Outcomes that are not just `done`, each under its place. */
export type Remarks = readonly (readonly [place: number, outcome: Outcome])[];

export function remarksOn(outcomes: readonly Outcome[]): Remarks {
  const remarks: [number, Outcome][] = [];
  for (const [place, outcome] of outcomes.entries()) if (outcome !== done) remarks.push([place, outcome]);
  return remarks;
}

/** The outcomes of so many writes again. */
export function outcomesOf(count: number, remarks: Remarks): readonly Outcome[] {
  const outcomes = new Array<Outcome>(count).fill(done);
  for (const [place, outcome] of remarks) outcomes[place] = outcome;
  return outcomes;
}
