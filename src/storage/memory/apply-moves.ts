/**
 * Applies a batch of writes to a disk. Synchronous from end to end, so each write is atomic and no other store can see
 * half of one. A move is checked in full before any row of it is written: a refused move leaves nothing.
 */
import type {
  CompactWrite,
  MoveWrite,
  Outcome,
  SlotClaim,
  SnapshotWrite,
  StartKey,
  WakeWrite,
  Write,
} from '../store.ts';
import { isOfHistory } from '../write-checks.ts';
import { applyLeaseWrite } from './apply-leases.ts';
import { keyOf, type MemoryDisk } from './memory-disk.ts';
import { applyFree, applyLimits } from './memory-limits.ts';

const conflict: Outcome = { ok: false, reason: 'CONFLICT' };
const done: Outcome = { ok: true };

export function applyWrites(disk: MemoryDisk, writes: readonly Write[]): readonly Outcome[] {
  const lost = new Set<string>();
  return writes.map((write) => {
    if (write.kind === 'move') return applyMove(disk, write, lost);
    if (write.kind === 'free') return applyFree(disk, write);
    if (!isOfHistory(write)) return applyLeaseWrite(disk, write);
    if (lost.has(write.executionId)) return conflict;
    if (write.kind === 'compact') return applyCompaction(disk, write);
    return write.kind === 'wake' ? applyWake(disk, write) : applySnapshot(disk, write);
  });
}

function applyMove(disk: MemoryDisk, move: MoveWrite, lost: Set<string>): Outcome {
  const records = disk.records.get(move.executionId) ?? [];
  if (isRepeat(disk, move)) return done;
  const fits = !lost.has(move.executionId) && (records.at(-1)?.last ?? 0) === move.first - 1;
  const refusal = fits ? (claimRefusal(disk, move) ?? (move.limits && applyLimits(disk, move, move.limits))) : conflict;
  if (refusal) {
    lost.add(move.executionId);
    return refusal;
  }
  writeRecord(disk, move);
  writeClaims(disk, move);
  writeTasks(disk, move);
  writeView(disk, move);
  writeHumanTasks(disk, move);
  return done;
}

/** Records stand in their order: behind the last one that begins no later there is nothing to find. */
function isRepeat(disk: MemoryDisk, move: MoveWrite): boolean {
  const standing = disk.records.get(move.executionId)?.findLast((record) => record.first <= move.first);
  return standing?.first === move.first && standing.moveId === move.moveId;
}

function claimRefusal(disk: MemoryDisk, move: MoveWrite): Outcome | undefined {
  const holder = move.startKey && disk.startKeys.get(startKeyOf(move, move.startKey));
  if (holder && holder.expiresAt > move.at) {
    return { ok: false, reason: 'KEY_TAKEN', executionId: holder.executionId, fingerprint: holder.fingerprint };
  }
  if (move.slotTaken && freeSlot(disk, move, move.slotTaken) === undefined) return { ok: false, reason: 'NO_SLOT' };
  return undefined;
}

function writeRecord(disk: MemoryDisk, move: MoveWrite): void {
  const { executionId, workspace, first, last, moveId, at, events } = move;
  const records = disk.records.get(executionId) ?? [];
  records.push({ executionId, workspace, first, last, moveId, at, events });
  disk.records.set(executionId, records);
  setWake(disk, move);
  if (!move.values?.length) return;
  const values = disk.values.get(executionId) ?? new Map<string, string>();
  for (const { hash, text } of move.values) values.set(hash, text);
  disk.values.set(executionId, values);
}

function writeClaims(disk: MemoryDisk, move: MoveWrite): void {
  if (move.slotsFreed) freeSlots(disk, move.executionId);
  if (move.slotTaken) {
    const key = keyOf(move.workspace, move.slotTaken.key);
    const slot = freeSlot(disk, move, move.slotTaken) ?? 0;
    disk.slots.set(key, (disk.slots.get(key) ?? new Map()).set(slot, move.executionId));
  }
  if (!move.startKey) return;
  dropExpiredKeys(disk, move.at);
  const { fingerprint, expiresAt } = move.startKey;
  disk.startKeys.set(startKeyOf(move, move.startKey), { executionId: move.executionId, fingerprint, expiresAt });
}

function writeTasks(disk: MemoryDisk, move: MoveWrite): void {
  for (const taskId of move.tasksRemoved ?? []) disk.tasks.delete(taskId);
  for (const added of move.tasksAdded ?? []) {
    if (disk.tasks.has(added.taskId)) continue;
    disk.lastSequence += 1;
    const { workspace, executionId } = move;
    const { lease } = added;
    const kept = { ...added, workspace, executionId, sequence: disk.lastSequence, lease };
    disk.tasks.set(added.taskId, { ...kept, deliveries: lease ? 1 : 0 });
  }
}

function writeView(disk: MemoryDisk, move: MoveWrite): void {
  const { executionId, workspace, view } = move;
  if (!view || (disk.views.get(executionId)?.position ?? -1) >= view.position) return;
  disk.views.set(executionId, { ...view, executionId, workspace });
}

function startKeyOf(move: MoveWrite, startKey: StartKey): string {
  return keyOf(move.workspace, startKey.workflow, startKey.key);
}

/** The slot that the move holds or may take, or undefined where every one below the limit is another's. */
function freeSlot(disk: MemoryDisk, move: MoveWrite, claim: SlotClaim): number | undefined {
  const holders = disk.slots.get(keyOf(move.workspace, claim.key)) ?? new Map<number, string>();
  const isFree = (slot: number): boolean => {
    const holder = holders.get(slot);
    return holder === undefined || (move.slotsFreed === true && holder === move.executionId);
  };
  if (!move.slotsFreed) {
    for (const [slot, holder] of holders) if (holder === move.executionId) return slot;
  }
  for (let slot = 0; slot < claim.limit; slot += 1) if (isFree(slot)) return slot;
  return undefined;
}

export function freeSlots(disk: MemoryDisk, executionId: string): void {
  for (const [key, holders] of disk.slots) {
    for (const [slot, holder] of holders) if (holder === executionId) holders.delete(slot);
    if (holders.size === 0) disk.slots.delete(key);
  }
}

function writeHumanTasks(disk: MemoryDisk, { executionId, workspace, humanTasks }: MoveWrite): void {
  if (!humanTasks) return;
  for (const row of humanTasks) {
    const kept = disk.humanTasks.get(row.humanTaskId);
    if (kept && kept.position >= row.position) continue;
    disk.humanTasks.set(row.humanTaskId, { executionId, workspace, ...row });
  }
}

/** Each new key clears away up to two old ones, so that keys do not pile up and no start pays for all of them. */
function dropExpiredKeys(disk: MemoryDisk, at: number): void {
  let looked = 0;
  for (const [key, held] of disk.startKeys) {
    looked += 1;
    if (looked > 2) return;
    if (held.expiresAt <= at) disk.startKeys.delete(key);
  }
}

function applyWake(disk: MemoryDisk, write: WakeWrite): Outcome {
  if (disk.records.get(write.executionId)?.at(-1)?.last !== write.position) return conflict;
  setWake(disk, write);
  return done;
}

function setWake(disk: MemoryDisk, { executionId, workspace, wakeAt }: MoveWrite | WakeWrite): void {
  if (wakeAt === null) disk.wakes.delete(executionId);
  if (typeof wakeAt === 'number') disk.wakes.set(executionId, { executionId, workspace, dueAt: wakeAt });
}

function applySnapshot(disk: MemoryDisk, write: SnapshotWrite): Outcome {
  const records = disk.records.get(write.executionId) ?? [];
  if (!records.some((record) => record.last === write.position)) return conflict;
  const kept = disk.snapshots.get(write.executionId);
  if (!kept || kept.position < write.position) disk.snapshots.set(write.executionId, write);
  return done;
}

function applyCompaction(disk: MemoryDisk, { executionId, from, through, records }: CompactWrite): Outcome {
  const standing = disk.records.get(executionId) ?? [];
  const begin = standing.findIndex((record) => record.first === from);
  const end = standing.findIndex((record) => record.last === through);
  if (begin < 0 || end < begin) return conflict;
  standing.splice(begin, end - begin + 1, ...records.map((record) => ({ executionId, ...record })));
  if ((disk.snapshots.get(executionId)?.position ?? through) < through) disk.snapshots.delete(executionId);
  return done;
}
