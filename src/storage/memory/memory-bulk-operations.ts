/** Bulk operations, read from and written to a disk. */
import type { BulkOperations, BulkRow } from '../bulk-operations.ts';
import type { DiskInUse } from './memory-disk.ts';

export function openMemoryBulkOperations(use: DiskInUse): BulkOperations {
  return {
    async put(row) {
      const { bulks } = use();
      if ((bulks.get(row.bulkId)?.revision ?? 0) !== row.revision - 1) return false;
      bulks.set(row.bulkId, structuredClone(row));
      return true;
    },
    async find(workspace, bulkId) {
      const row = use().bulks.get(bulkId);
      return row?.workspace === workspace ? row : undefined;
    },
    async list({ workspace, after, limit }) {
      const own = [...use().bulks.values()].filter((row) => row.workspace === workspace).sort(newestFirst);
      const left = after ? own.filter((row) => newestFirst(after, row) < 0) : own;
      return { rows: left.slice(0, limit), hasMore: left.length > limit };
    },
    async open(limit) {
      const open = [...use().bulks.values()].filter(({ endedAt }) => endedAt === null);
      return open.sort(newestFirst).reverse().slice(0, limit);
    },
    async forget(endedBefore, limit) {
      const { bulks } = use();
      const old = [...bulks.values()].filter(({ endedAt }) => endedAt !== null && endedAt < endedBefore);
      for (const { bulkId } of old.slice(0, limit)) bulks.delete(bulkId);
      return Math.min(old.length, limit);
    },
  };
}

type Place = Pick<BulkRow, 'createdAt' | 'bulkId'>;

function newestFirst(a: Place, b: Place): number {
  return b.createdAt - a.createdAt || (a.bulkId > b.bulkId ? -1 : 1);
}
