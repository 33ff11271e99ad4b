/** Histories and wake rows, read from a disk. */
import { present } from '../../kit/assert.ts';
import type { Journal, StoredRecord, Wake } from '../journal.ts';
import { type DiskInUse, keyOf } from './memory-disk.ts';

export function openMemoryJournal(use: DiskInUse): Journal {
  return {
    async read(executionId, after, limit) {
      return endingAfter(use().records.get(executionId), after, limit);
    },
    async load(executionId, recordsMax) {
      const disk = use();
      const kept = disk.snapshots.get(executionId);
      return {
        snapshot: kept && { position: kept.position, text: kept.text },
        records: endingAfter(disk.records.get(executionId), kept?.position ?? 0, recordsMax),
      };
    },
    async values(executionId, hashes) {
      const kept = use().values.get(executionId);
      return new Map(hashes.map((hash) => [hash, present(kept?.get(hash), `value ${hash} of ${executionId}`)]));
    },
    async dueWakes(dueAt, limit, after) {
      const due = use()
        .wakes.values()
        .filter((wake) => wake.dueAt <= dueAt && (!after || earliestFirst(after, wake) < 0));
      return [...due].sort(earliestFirst).slice(0, limit);
    },
    async sizeBytes() {
      const { records, values, snapshots } = use();
      const texts = [
        ...[...records.values()].flatMap((history) => history.map(({ events }) => events)),
        ...[...values.values()].flatMap((kept) => [...kept.values()]),
        ...[...snapshots.values()].map(({ text }) => text),
      ];
      return texts.reduce((sum, text) => sum + text.length, 0);
    },
    async nextWake() {
      let next: Wake | undefined;
      for (const wake of use().wakes.values()) if (!next || earliestFirst(wake, next) < 0) next = wake;
      return next;
    },
    async findStartKey(workspace, workflow, key, at) {
      const held = use().startKeys.get(keyOf(workspace, workflow, key));
      if (!held || held.expiresAt <= at) return undefined;
      return { executionId: held.executionId, fingerprint: held.fingerprint };
    },
  };
}

function endingAfter(records: readonly StoredRecord[] | undefined, after: number, limit: number): StoredRecord[] {
  if (!records) return [];
  // From the end: a reader is nearly always interested in the newest records of a history, which may be long.
  let start = records.length;
  while (start > 0 && (records[start - 1]?.last ?? 0) > after) start -= 1;
  return records.slice(start, start + limit);
}

function earliestFirst(a: Wake, b: Wake): number {
  return a.dueAt - b.dueAt || Number(a.executionId > b.executionId) - Number(a.executionId < b.executionId);
}
