/** Tasks, read from a disk. */
import type { QueueDepth, ReadyQuery, StoredTask, Tasks } from '../tasks.ts';
import { type DiskInUse, keyOf } from './memory-disk.ts';

export function openMemoryTasks(use: DiskInUse): Tasks {
  const select = (wanted: (task: StoredTask) => boolean): StoredTask[] => [...use().tasks.values().filter(wanted)];
  return {
    async ready(query) {
      const found = select((task) => isOffered(task, query));
      return found.sort((a, b) => a.rank - b.rank || a.sequence - b.sequence).slice(0, query.limit);
    },
    async expired(at, limit) {
      const ends = (task: StoredTask): number => task.lease?.expiresAt ?? Number.POSITIVE_INFINITY;
      const found = select((task) => ends(task) <= at);
      return found.sort((a, b) => ends(a) - ends(b) || a.sequence - b.sequence).slice(0, limit);
    },
    async of(executionId) {
      return select((task) => task.executionId === executionId).sort((a, b) => a.sequence - b.sequence);
    },
    async find(taskId) {
      return use().tasks.get(taskId);
    },
    async depths(at) {
      return depthsOf(use().tasks.values(), at);
    },
  };
}

function isFree(task: StoredTask, at: number): boolean {
  return !task.lease || task.lease.expiresAt <= at;
}

function isOffered(task: StoredTask, { workspace, executor, at, after }: ReadyQuery): boolean {
  const isNext = !after || task.rank > after.rank || (task.rank === after.rank && task.sequence > after.sequence);
  return isNext && task.workspace === workspace && task.executor === executor && isFree(task, at);
}

function depthsOf(tasks: Iterable<StoredTask>, at: number): QueueDepth[] {
  const depths = new Map<string, QueueDepth>();
  for (const task of tasks) {
    const { workspace, executor } = task;
    const key = keyOf(workspace, executor);
    const { ready, leased } = depths.get(key) ?? { ready: 0, leased: 0 };
    const free = isFree(task, at) ? 1 : 0;
    depths.set(key, { workspace, executor, ready: ready + free, leased: leased + 1 - free });
  }
  const order = (depth: QueueDepth): string => `${depth.workspace}\0${depth.executor}`;
  return [...depths.values()].sort((a, b) => (order(a) < order(b) ? -1 : 1));
}
