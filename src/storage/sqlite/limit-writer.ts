/**
 * What moves change about shared limits, inside the transaction that is open. A move that does not get all that it takes
 * is refused as a whole: what it had changed until then is undone by a savepoint of its own.
 */
import type { DatabaseSync } from 'node:sqlite';
import type { LimitRows, LimitTake, NewWaiter, PlaceTake, SlotFree } from '../limits.ts';
import type { FreeWrite, Outcome } from '../store.ts';
import { done, type RowsOfMove } from './flat-writes.ts';

export interface LimitWriter {
  /** Undefined where all of it went through. */
  apply(move: RowsOfMove, limits: LimitRows): Outcome | undefined;
  free(write: FreeWrite): Outcome;
}

/** Of a task that is settled its lease stands in its row until that is removed, later in the same move. */
const letLinger = `
  UPDATE limit_slots SET until = (SELECT lease_expires_at FROM tasks WHERE task_id = ?3)
  WHERE execution_id = ?1 AND holder = ?2 AND until IS NULL
    AND EXISTS (SELECT 1 FROM tasks WHERE task_id = ?3 AND lease_expires_at > ?4)`;

const freeSlots = 'DELETE FROM limit_slots WHERE execution_id = ?1 AND holder = ?2 AND until IS NULL';
const dropLingering = 'DELETE FROM limit_slots WHERE until <= ?';

const findOwn = `
  SELECT slot FROM limit_slots
  WHERE execution_id = ?1 AND holder = ?2 AND workspace = ?3 AND key = ?4 AND until IS NULL`;

/** The lowest number below the limit that nobody holds. */
const findFree = `
  SELECT taken.slot + 1 AS slot
  FROM (SELECT -1 AS slot UNION ALL SELECT slot FROM limit_slots WHERE workspace = ?1 AND key = ?2) AS taken
  WHERE taken.slot + 1 < ?3 AND NOT EXISTS
    (SELECT 1 FROM limit_slots WHERE workspace = ?1 AND key = ?2 AND slot = taken.slot + 1)
  ORDER BY taken.slot LIMIT 1`;

/** Counted no further than to the limit: a line may be long. */
const countPlaces = `
  SELECT (SELECT count(*) FROM (
      SELECT 1 FROM limit_slots WHERE workspace = ?1 AND key = ?2 AND (until IS NULL OR until > ?4) LIMIT ?3))
    + (SELECT count(*) FROM (SELECT 1 FROM limit_waiters WHERE workspace = ?1 AND key = ?2 LIMIT ?3)) AS count`;

const freeOne = `
  DELETE FROM limit_slots
  WHERE workspace = ?1 AND key = ?2 AND slot = ?3 AND execution_id = ?4 AND holder = ?5 AND until IS NULL`;

const beginPeriod = `
  INSERT INTO limit_rates VALUES (?1, ?2, 1, ?3)
  ON CONFLICT DO UPDATE SET used = 1, until = excluded.until WHERE until <= ?4`;
const drawOne = 'UPDATE limit_rates SET used = used + 1 WHERE workspace = ?1 AND key = ?2 AND used < ?3';

/** Each draw clears away up to two periods that are over, so that keys do not pile up. */
const dropOver = `
  DELETE FROM limit_rates WHERE (workspace, key) IN
    (SELECT workspace, key FROM limit_rates WHERE until <= ?1 ORDER BY until LIMIT 2)`;

const addWaiter = `
  INSERT INTO limit_waiters (execution_id, holder, workspace, key, rank, takes, on_limit, inside)
  VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8) ON CONFLICT DO NOTHING`;

export function prepareLimitWriter(database: DatabaseSync): LimitWriter {
  const lingering = database.prepare(letLinger);
  const freed = database.prepare(freeSlots);
  const waiterAdded = database.prepare(addWaiter);
  const waiterRemoved = database.prepare('DELETE FROM limit_waiters WHERE execution_id = ?1 AND holder = ?2');
  const freedOne = database.prepare(freeOne);
  const take = prepareTakes(database);

  function free({ executionId, at }: RowsOfMove, { holder, heldBy }: SlotFree): void {
    if (heldBy !== undefined && lingering.run(executionId, holder, heldBy, at).changes > 0) return;
    freed.run(executionId, holder);
  }

  function queue({ executionId, workspace }: RowsOfMove, waiter: NewWaiter): void {
    const { holder, key, rank, takes, onLimit = null, isInside = false } = waiter;
    waiterAdded.run(executionId, holder, workspace, key, rank, JSON.stringify(takes), onLimit, isInside ? 1 : 0);
  }

  function takeAll(move: RowsOfMove, { freed: frees = [], taken = [] }: LimitRows): Outcome | undefined {
    for (const each of frees) free(move, each);
    const missed = taken.find((each) => !take(move, each));
    return missed && { ok: false, reason: 'LIMITED', key: missed.key };
  }

  return {
    apply(move, limits) {
      if (limits.taken === undefined) takeAll(move, limits);
      else {
        database.exec('SAVEPOINT takes');
        const refusal = takeAll(move, limits);
        database.exec(refusal ? 'ROLLBACK TO takes; RELEASE takes' : 'RELEASE takes');
        if (refusal) return refusal;
      }
      for (const holder of limits.unqueued ?? []) waiterRemoved.run(move.executionId, holder);
      for (const waiter of limits.queued ?? []) queue(move, waiter);
      return undefined;
    },
    free({ workspace, key, slot, executionId, holder }) {
      const { changes } = freedOne.run(workspace, key, slot, executionId, holder);
      return changes === 1 ? done : { ok: false, reason: 'CONFLICT' };
    },
  };
}

function prepareTakes(database: DatabaseSync): (move: RowsOfMove, take: LimitTake | PlaceTake) => boolean {
  const lingeringDropped = database.prepare(dropLingering);
  const own = database.prepare(findOwn);
  const freeSlot = database.prepare(findFree);
  const slotPut = database.prepare('INSERT INTO limit_slots VALUES (?1, ?2, ?3, ?4, ?5, NULL)');
  const periodBegun = database.prepare(beginPeriod);
  const drawn = database.prepare(drawOne);
  const overDropped = database.prepare(dropOver);
  const placesCounted = database.prepare(countPlaces);

  return ({ workspace, executionId, at }, take) => {
    const { key, limit } = take;
    if (take.kind === 'rate') {
      overDropped.run(at);
      if (periodBegun.run(workspace, key, at + take.perMs, at).changes > 0) return true;
      return drawn.run(workspace, key, limit).changes > 0;
    }
    if (take.kind === 'place') return Number(placesCounted.get(workspace, key, limit, at)?.['count']) < limit;
    lingeringDropped.run(at);
    if (own.get(executionId, take.holder, workspace, key)) return true;
    const slot = freeSlot.get(workspace, key, limit)?.['slot'];
    if (slot === undefined) return false;
    slotPut.run(workspace, key, Number(slot), executionId, take.holder);
    return true;
  };
}
