/**
 * The store that lives in this process: for tests, for simulation, and for `memory:`.
 *
 * Keeps every promise of `store.ts` but durability, without I/O, timers or randomness: each answer takes microtasks
 * only, and the same calls in the same order give the same rows. Stores over one disk are nodes over one database.
 */
import { Fault } from '../../kit/fault.ts';
import type { ForgetWrite, Store } from '../store.ts';
import { checkForget, checkWrites } from '../write-checks.ts';
import { applyWrites, freeSlots } from './apply-moves.ts';
import { openMemoryBulkOperations } from './memory-bulk-operations.ts';
import { openMemoryCatalog } from './memory-catalog.ts';
import { type DiskInUse, type MemoryDisk, makeMemoryDisk } from './memory-disk.ts';
import { openMemoryHumanTasks } from './memory-human-tasks.ts';
import { openMemoryJournal } from './memory-journal.ts';
import { forgetLimits, openMemoryLimits } from './memory-limits.ts';
import { openMemoryTasks } from './memory-tasks.ts';
import { openMemoryViews } from './memory-views.ts';

/** Opens a store over `disk`, which outlives it and which any number of stores may share; by default an empty one. */
export async function openMemoryStore({ disk = makeMemoryDisk() }: { disk?: MemoryDisk } = {}): Promise<Store> {
  let isOpen = true;
  const use: DiskInUse = () => {
    if (!isOpen) throw new Fault('STORE_UNREACHABLE', 'the store is closed');
    return disk;
  };
  return {
    async commit(writes) {
      checkWrites(writes);
      return applyWrites(use(), writes);
    },
    journal: openMemoryJournal(use),
    tasks: openMemoryTasks(use),
    views: openMemoryViews(use),
    humanTasks: openMemoryHumanTasks(use),
    catalog: openMemoryCatalog(use),
    limits: openMemoryLimits(use),
    bulk: openMemoryBulkOperations(use),
    async latestAt() {
      const { records, tasks } = use();
      const recorded = [...records.values()].flatMap((history) => history.map((record) => record.at));
      const leased = [...tasks.values()].map((task) => task.lease?.since ?? 0);
      return [...recorded, ...leased].reduce((latest, at) => Math.max(latest, at), 0);
    },
    async forget(executions) {
      checkForget(executions);
      return forgetAll(use(), executions);
    },
    async close() {
      isOpen = false;
    },
  };
}

function forgetAll(disk: MemoryDisk, executions: readonly ForgetWrite[]): string[] {
  const lastOf = (id: string): number => disk.records.get(id)?.at(-1)?.last ?? 0;
  const fitting = executions.filter(({ executionId, position }) => lastOf(executionId) <= position);
  const gone = new Set(fitting.map(({ executionId }) => executionId).filter((id) => disk.records.has(id)));
  for (const executionId of gone) {
    for (const rows of [disk.records, disk.snapshots, disk.values, disk.wakes, disk.views]) rows.delete(executionId);
    freeSlots(disk, executionId);
    forgetLimits(disk, executionId);
  }
  for (const task of disk.tasks.values()) if (gone.has(task.executionId)) disk.tasks.delete(task.taskId);
  for (const [id, row] of disk.humanTasks) if (gone.has(row.executionId)) disk.humanTasks.delete(id);
  return [...gone];
}
