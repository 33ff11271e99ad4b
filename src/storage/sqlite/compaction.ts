/** Shorter records in the place of longer ones, inside the transaction that is open. Promises what `CompactWrite` promises. */
import type { DatabaseSync } from 'node:sqlite';
import type { CompactWrite, Outcome } from '../store.ts';
import { done } from './flat-writes.ts';

const findBounds = `
  SELECT min(first) AS first, max(last) AS last FROM records WHERE execution_id = ?1 AND first >= ?2 AND first <= ?3`;

export function prepareCompaction(database: DatabaseSync): (write: CompactWrite) => Outcome {
  const bounds = database.prepare(findBounds);
  const removed = database.prepare('DELETE FROM records WHERE execution_id = ?1 AND first >= ?2 AND first <= ?3');
  const put = database.prepare(`
    INSERT INTO records (execution_id, first, last, workspace, move_id, at, events) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)`);
  const snapshotRemoved = database.prepare('DELETE FROM snapshots WHERE execution_id = ?1 AND position < ?2');
  return ({ executionId, from, through, records }) => {
    const found = bounds.get(executionId, from, through);
    if (found?.['first'] !== from || found['last'] !== through) return { ok: false, reason: 'CONFLICT' };
    removed.run(executionId, from, through);
    for (const { first, last, workspace, moveId, at, events } of records) {
      put.run(executionId, first, last, workspace, moveId, at, events);
    }
    snapshotRemoved.run(executionId, through);
    return done;
  };
}
