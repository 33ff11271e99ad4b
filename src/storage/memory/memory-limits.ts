/** Shared limits on a disk: what moves change about them, and how they are read. One list of rows per table. */
import type { LimitRows, Limits, LimitTake, PlaceTake, SlotFree } from '../limits.ts';
import type { FreeWrite, MoveWrite, Outcome } from '../store.ts';
import type { DiskInUse, MemoryDisk } from './memory-disk.ts';

/** Undefined where all of it went through; a move that is refused leaves the rows as they were. */
export function applyLimits(disk: MemoryDisk, move: MoveWrite, limits: LimitRows): Outcome | undefined {
  const before = { slots: disk.limitSlots.map((slot) => ({ ...slot })), rates: new Map(disk.rates) };
  for (const free of limits.freed ?? []) freeSlot(disk, move, free);
  for (const take of limits.taken ?? []) {
    const refusal = takeOne(disk, move, take);
    if (!refusal) continue;
    disk.limitSlots = before.slots;
    disk.rates = before.rates;
    return refusal;
  }
  const { executionId, workspace } = move;
  const isGone = (holder: string): boolean => limits.unqueued?.includes(holder) === true;
  disk.waiters = disk.waiters.filter((waiter) => waiter.executionId !== executionId || !isGone(waiter.holder));
  for (const { onLimit, isInside = false, ...added } of limits.queued ?? []) {
    if (disk.waiters.some((waiter) => waiter.executionId === executionId && waiter.holder === added.holder)) continue;
    disk.lastWaiter += 1;
    disk.waiters.push({ ...added, onLimit, isInside, executionId, workspace, sequence: disk.lastWaiter });
  }
  return undefined;
}

function freeSlot(disk: MemoryDisk, { executionId, at }: MoveWrite, { holder, heldBy }: SlotFree): void {
  const until = heldBy === undefined ? undefined : disk.tasks.get(heldBy)?.lease?.expiresAt;
  const isOf = (slot: MemoryDisk['limitSlots'][number]): boolean =>
    slot.executionId === executionId && slot.holder === holder && slot.until === undefined;
  if (until === undefined || until <= at) disk.limitSlots = disk.limitSlots.filter((slot) => !isOf(slot));
  else for (const slot of disk.limitSlots) if (isOf(slot)) slot.until = until;
}

function takeOne(disk: MemoryDisk, move: MoveWrite, take: LimitTake | PlaceTake): Outcome | undefined {
  switch (take.kind) {
    case 'slot':
      return takeSlot(disk, move, take);
    case 'rate':
      return drawRate(disk, move, take);
    case 'place':
      return findPlace(disk, move, take);
  }
}

function findPlace(disk: MemoryDisk, { workspace, at }: MoveWrite, { key, limit }: PlaceTake): Outcome | undefined {
  const isOf = (row: { workspace: string; key: string }): boolean => row.workspace === workspace && row.key === key;
  const held = disk.limitSlots.filter((slot) => isOf(slot) && (slot.until ?? at + 1) > at);
  if (held.length + disk.waiters.filter(isOf).length < limit) return undefined;
  return { ok: false, reason: 'LIMITED', key };
}

function takeSlot(
  disk: MemoryDisk,
  { workspace, executionId, at }: MoveWrite,
  { key, limit, holder }: LimitTake & { kind: 'slot' },
): Outcome | undefined {
  disk.limitSlots = disk.limitSlots.filter((slot) => slot.until === undefined || slot.until > at);
  const held = disk.limitSlots.filter((slot) => slot.workspace === workspace && slot.key === key);
  const isOwn = (slot: (typeof held)[number]): boolean =>
    slot.executionId === executionId && slot.holder === holder && slot.until === undefined;
  if (held.some(isOwn)) return undefined;
  for (let slot = 0; slot < limit; slot += 1) {
    if (held.some((other) => other.slot === slot)) continue;
    disk.limitSlots.push({ workspace, key, slot, executionId, holder, until: undefined });
    return undefined;
  }
  return { ok: false, reason: 'LIMITED', key };
}

function drawRate(
  disk: MemoryDisk,
  { workspace, at }: MoveWrite,
  { key, limit, perMs }: LimitTake & { kind: 'rate' },
): Outcome | undefined {
  const name = JSON.stringify([workspace, key]);
  const row = disk.rates.get(name);
  if (!row || row.until <= at) {
    for (const [old, { until }] of disk.rates) if (until <= at) disk.rates.delete(old);
    disk.rates.set(name, { used: 1, until: at + perMs });
    return undefined;
  }
  if (row.used >= limit) return { ok: false, reason: 'LIMITED', key };
  disk.rates.set(name, { ...row, used: row.used + 1 });
  return undefined;
}

export function applyFree(disk: MemoryDisk, write: FreeWrite): Outcome {
  const { workspace, key, slot, executionId, holder } = write;
  const found = disk.limitSlots.findIndex(
    (row) =>
      row.workspace === workspace &&
      row.key === key &&
      row.slot === slot &&
      row.executionId === executionId &&
      row.holder === holder &&
      row.until === undefined,
  );
  if (found < 0) return { ok: false, reason: 'CONFLICT' };
  disk.limitSlots.splice(found, 1);
  return { ok: true };
}

export function forgetLimits(disk: MemoryDisk, executionId: string): void {
  // An executor may still be at work where one lingers.
  disk.limitSlots = disk.limitSlots.filter((slot) => slot.executionId !== executionId || slot.until !== undefined);
  disk.waiters = disk.waiters.filter((waiter) => waiter.executionId !== executionId);
}

export function openMemoryLimits(use: DiskInUse): Limits {
  const heldAt = (workspace: string, at: number) =>
    use().limitSlots.filter((slot) => slot.workspace === workspace && (slot.until ?? at + 1) > at);
  return {
    async holders({ workspace, key, at }) {
      const held = heldAt(workspace, at).filter((slot) => slot.key === key);
      return held
        .sort((a, b) => a.slot - b.slot)
        .map(({ slot, executionId, holder, until }) => ({ slot, executionId, holder, until }));
    },
    async usage({ workspace, key, at }) {
      const row = use().rates.get(JSON.stringify([workspace, key]));
      return row && row.until > at ? row : undefined;
    },
    async waiting({ workspace, key, limit, eager, inside }) {
      const waiting = use()
        .waiters.filter((waiter) => waiter.workspace === workspace && waiter.key === key)
        .filter(({ onLimit, isInside }) => (!eager || onLimit !== undefined) && (!inside || isInside));
      return waiting
        .sort((a, b) => a.rank - b.rank || a.sequence - b.sequence)
        .slice(0, limit)
        .map(({ workspace: _, key: __, sequence: ___, ...waiter }) => waiter);
    },
    async awaited({ after, workspace, key, limit }) {
      const wanted = use().waiters.filter(
        (waiter) => waiter.workspace === (workspace ?? waiter.workspace) && waiter.key === (key ?? waiter.key),
      );
      const counts = Map.groupBy(wanted, (waiter) => JSON.stringify([waiter.workspace, waiter.key]));
      const keys = [...counts.values()].map((waiters) => ({ ...keyOfRow(waiters[0]), count: waiters.length }));
      return keys
        .filter((each) => after === undefined || compare(each, after) > 0)
        .sort(compare)
        .slice(0, limit);
    },
    async held({ workspace, at, after, limit }) {
      const counts = Map.groupBy(heldAt(workspace, at), (slot) => slot.key);
      return [...counts]
        .map(([key, slots]) => ({ key, count: slots.length }))
        .filter(({ key }) => after === undefined || key > after)
        .sort((a, b) => (a.key < b.key ? -1 : 1))
        .slice(0, limit);
    },
  };
}

const keyOfRow = (row: { workspace: string; key: string } | undefined) => ({
  workspace: row?.workspace ?? '',
  key: row?.key ?? '',
});

function compare(a: { workspace: string; key: string }, b: { workspace: string; key: string }): number {
  if (a.workspace !== b.workspace) return a.workspace < b.workspace ? -1 : 1;
  return a.key === b.key ? 0 : a.key < b.key ? -1 : 1;
}
