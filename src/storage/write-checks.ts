/**
 * What every driver checks before it writes: rules that only a defect in the caller can break. A batch that breaks one
 * rejects with `Impossible` before any of it is written, so a wrong write is never half of a durable batch.
 */
import { assert, Impossible } from '../kit/assert.ts';
import type { CompactWrite, ForgetWrite, MoveWrite, SnapshotWrite, WakeWrite, Write } from './store.ts';

/** Executions that one `forget` may name. */
export const forgetMax = 1_000;
/** Rows that a page of a list may pass over. */
export const offsetMax = 100_000;

export function checkWrites(writes: readonly Write[]): void {
  for (const write of writes) {
    if (write.kind === 'move') checkMove(write);
    else if (write.kind === 'compact') checkCompact(write);
    else for (const time of timesOf(write)) checkTime(time);
  }
}

/** Writes that say something about one execution's history, and are lost with a move of it that was refused. */
export function isOfHistory(write: Write): write is SnapshotWrite | WakeWrite | CompactWrite {
  return write.kind === 'snapshot' || write.kind === 'wake' || write.kind === 'compact';
}

function timesOf(write: Exclude<Write, MoveWrite | CompactWrite>): readonly (number | null)[] {
  if (write.kind === 'lease') return [write.at, write.expiresAt];
  if (write.kind === 'extend') return [write.expiresAt];
  if (write.kind === 'free') return [];
  return write.kind === 'wake' ? [write.wakeAt] : [];
}

/** Databases keep times as integers; one of them may not round what another refuses. */
function checkTime(time: number | null | undefined): void {
  if (time === null || time === undefined || Number.isSafeInteger(time)) return;
  throw new Impossible(`${time} is no whole millisecond`);
}

function checkMove(move: MoveWrite): void {
  const { first, last, at, wakeAt, startKey, view, tasksAdded } = move;
  if (!(Number.isSafeInteger(first) && first >= 1)) refuse(move, `begins at ${first}`);
  if (!(Number.isSafeInteger(last) && last >= first)) refuse(move, `ends at ${last}`);
  if (startKey && first !== 1) refuse(move, `takes a start key at position ${first}`);
  checkTime(at);
  checkTime(wakeAt);
  checkTime(startKey?.expiresAt);
  if (view) {
    checkTime(view.createdAt);
    checkTime(view.startedAt);
    checkTime(view.endedAt);
  }
  for (const row of move.humanTasks ?? []) for (const time of [row.createdAt, row.dueAt, row.endedAt]) checkTime(time);
  if (!tasksAdded) return;
  for (const { lease } of tasksAdded) {
    checkTime(lease?.since);
    checkTime(lease?.expiresAt);
  }
}

function refuse({ moveId, executionId }: MoveWrite, reason: string): never {
  throw new Impossible(`move ${moveId} of ${executionId} ${reason}`);
}

function checkCompact({ executionId, from, through, records }: CompactWrite): void {
  let next = from;
  for (const { first, last } of records) {
    assert(first === next && last >= first, `a compacted record of ${executionId} at ${first} does not follow`);
    next = last + 1;
  }
  assert(next === through + 1, `the compacted records of ${executionId} end at ${next - 1} instead of ${through}`);
}

export function checkForget(executions: readonly ForgetWrite[]): void {
  assert(executions.length <= forgetMax, `forget was given ${executions.length} executions, at most ${forgetMax}`);
}
