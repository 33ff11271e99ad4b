/**
 * Start keys and admission slots. `refusal` only reads, and is asked before a move writes anything; `write` then takes
 * what was free. One writer and one transaction stand around both, so nothing changes between them.
 */
import type { DatabaseSync } from 'node:sqlite';
import { present } from '../../kit/assert.ts';
import type { Outcome } from '../store.ts';
import type { RowsOfMove } from './flat-writes.ts';

export interface Claims {
  refusal(move: RowsOfMove): Outcome | undefined;
  write(move: RowsOfMove): void;
}

const findHolder = `
  SELECT execution_id, fingerprint FROM start_keys
  WHERE workspace = ?1 AND workflow = ?2 AND key = ?3 AND expires_at > ?4`;

const putKey = 'INSERT OR REPLACE INTO start_keys VALUES (?1, ?2, ?3, ?4, ?5, ?6)';

/** Each new key clears away up to two old ones, so that keys do not pile up and no start pays for all of them. */
const dropExpiredKeys = `
  DELETE FROM start_keys WHERE (workspace, workflow, key) IN
    (SELECT workspace, workflow, key FROM start_keys WHERE expires_at <= ?1 ORDER BY expires_at LIMIT 2)`;

const findOwnSlot = 'SELECT slot FROM slots WHERE execution_id = ?1 AND workspace = ?2 AND key = ?3';

/** The lowest number below the limit that no other execution holds. */
const findFreeSlot = `
  SELECT taken.slot + 1 AS slot
  FROM (SELECT -1 AS slot UNION ALL
        SELECT slot FROM slots WHERE workspace = ?1 AND key = ?2 AND execution_id <> ?3) AS taken
  WHERE taken.slot + 1 < ?4 AND NOT EXISTS
    (SELECT 1 FROM slots WHERE workspace = ?1 AND key = ?2 AND slot = taken.slot + 1 AND execution_id <> ?3)
  ORDER BY taken.slot LIMIT 1`;

export function prepareClaims(database: DatabaseSync): Claims {
  const holderOf = database.prepare(findHolder);
  const keyPut = database.prepare(putKey);
  const expiredDropped = database.prepare(dropExpiredKeys);
  const ownSlot = database.prepare(findOwnSlot);
  const freeSlot = database.prepare(findFreeSlot);
  const slotPut = database.prepare('INSERT INTO slots VALUES (?1, ?2, ?3, ?4)');
  const slotsFreed = database.prepare('DELETE FROM slots WHERE execution_id = ?1');

  /** A slot number, or undefined where none is free. */
  const slotFor = ({ workspace, executionId, slotsFreed, slotTaken }: RowsOfMove): unknown => {
    if (!slotTaken) return undefined;
    const own = slotsFreed ? undefined : ownSlot.get(executionId, workspace, slotTaken.key);
    return (own ?? freeSlot.get(workspace, slotTaken.key, executionId, slotTaken.limit))?.['slot'];
  };

  return {
    refusal(move) {
      const { workspace, startKey, at } = move;
      const holder = startKey && holderOf.get(workspace, startKey.workflow, startKey.key, at);
      if (holder) {
        const [executionId, fingerprint] = [String(holder['execution_id']), String(holder['fingerprint'])];
        return { ok: false, reason: 'KEY_TAKEN', executionId, fingerprint };
      }
      return move.slotTaken && slotFor(move) === undefined ? { ok: false, reason: 'NO_SLOT' } : undefined;
    },
    write(move) {
      const { workspace, executionId, startKey, slotTaken, at } = move;
      if (move.slotsFreed) slotsFreed.run(executionId);
      if (slotTaken && !ownSlot.get(executionId, workspace, slotTaken.key)) {
        slotPut.run(workspace, slotTaken.key, Number(present(slotFor(move), 'a free slot')), executionId);
      }
      if (!startKey) return;
      expiredDropped.run(at);
      keyPut.run(workspace, startKey.workflow, startKey.key, executionId, startKey.fingerprint, startKey.expiresAt);
    },
  };
}
