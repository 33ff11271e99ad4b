/**
 * Applies a batch of writes inside the transaction that is open. Promises what `MoveWrite` promises.
 *
 * The fence of a move is one conditional insert of its record: it goes in only where the newest record of the
 * execution ends just before it. A move with claims asks for the same place and for its claims before, so that a
 * refused move has written nothing; everything else of a move is written after its record stands.
 */
import type { DatabaseSync } from 'node:sqlite';
import type { MoveWrite, Outcome, SnapshotWrite, ViewRow, WakeWrite, Write } from '../store.ts';
import { isOfHistory } from '../write-checks.ts';
import { type Claims, prepareClaims } from './claims.ts';
import { prepareCompaction } from './compaction.ts';
import { prepareTaskWriter, type TaskWriter } from './task-writer.ts';

const insertRecord = `
  INSERT INTO records (execution_id, first, last, workspace, move_id, at, events)
  SELECT ?1, ?2, ?3, ?4, ?5, ?6, ?7
  WHERE ifnull((SELECT last FROM records WHERE execution_id = ?1 ORDER BY first DESC LIMIT 1), 0) = ?2 - 1`;

const findEnd = 'SELECT last FROM records WHERE execution_id = ?1 ORDER BY first DESC LIMIT 1';
const findMoveId = 'SELECT move_id FROM records WHERE execution_id = ?1 AND first = ?2';

const putWake = `
  INSERT INTO wakes VALUES (?1, ?2, ?3) ON CONFLICT DO UPDATE SET due_at = excluded.due_at, workspace = excluded.workspace`;

const putView = `
  INSERT INTO views VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16)
  ON CONFLICT DO UPDATE SET workspace = excluded.workspace, position = excluded.position, workflow = excluded.workflow,
    version = excluded.version, status = excluded.status, run = excluded.run, created_at = excluded.created_at,
    started_at = excluded.started_at, ended_at = excluded.ended_at, tags = excluded.tags, labels = excluded.labels,
    error_code = excluded.error_code, error_message = excluded.error_message, search_text = excluded.search_text,
    steps = excluded.steps
  WHERE position < excluded.position`;

const findRecordEnd = `
  SELECT last FROM records WHERE execution_id = ?1 AND first <= ?2 ORDER BY first DESC LIMIT 1`;

const putSnapshot = `
  INSERT INTO snapshots VALUES (?1, ?2, ?3)
  ON CONFLICT DO UPDATE SET position = excluded.position, text = excluded.text WHERE position < excluded.position`;

const done: Outcome = { ok: true };
const conflict: Outcome = { ok: false, reason: 'CONFLICT' };

export interface BatchWriter {
  apply(writes: readonly Write[]): Outcome[];
}

export function prepareBatchWriter(database: DatabaseSync): BatchWriter {
  const tasks = prepareTaskWriter(database);
  const move = prepareMoves(database, tasks);
  const snapshot = prepareSnapshots(database);
  const wake = prepareWakes(database);
  const compact = prepareCompaction(database);
  return {
    apply(writes) {
      const lost = new Set<string>();
      return writes.map((write) => {
        if (write.kind === 'move') {
          const outcome = move(write, lost.has(write.executionId));
          if (!outcome.ok) lost.add(write.executionId);
          return outcome;
        }
        if (!isOfHistory(write)) return tasks.lease(write);
        if (lost.has(write.executionId)) return conflict;
        if (write.kind === 'compact') return compact(write);
        return write.kind === 'wake' ? wake(write) : snapshot(write);
      });
    },
  };
}

function prepareMoves(database: DatabaseSync, tasks: TaskWriter): (move: MoveWrite, isLost: boolean) => Outcome {
  const recordPut = database.prepare(insertRecord);
  const endOf = database.prepare(findEnd);
  const moveIdAt = database.prepare(findMoveId);
  const claims = prepareClaims(database);
  const writeRest = prepareRest(database, tasks, claims);

  const isRepeat = (move: MoveWrite): boolean =>
    moveIdAt.get(move.executionId, move.first)?.['move_id'] === move.moveId;
  /** Why the claims of a move that fits are refused; a move that does not fit is left to the fence. */
  const claimRefusal = (move: MoveWrite): Outcome | undefined => {
    const fits = Number(endOf.get(move.executionId)?.['last'] ?? 0) === move.first - 1;
    return fits ? claims.refusal(move) : undefined;
  };

  return (move, isLost) => {
    if (isLost) return isRepeat(move) ? done : conflict;
    const refusal = move.startKey || move.slotTaken ? claimRefusal(move) : undefined;
    if (refusal) return refusal;
    const { executionId, first, last, workspace, moveId, at, events } = move;
    const { changes } = recordPut.run(executionId, first, last, workspace, moveId, at, events);
    if (changes === 0) return isRepeat(move) ? done : conflict;
    writeRest(move);
    return done;
  };
}

/** Everything of a move but its record. */
function prepareRest(database: DatabaseSync, tasks: TaskWriter, claims: Claims): (move: MoveWrite) => void {
  const valuePut = database.prepare('INSERT INTO large_values VALUES (?1, ?2, ?3) ON CONFLICT DO NOTHING');
  const setWake = prepareWakeRow(database);
  const viewPut = database.prepare(putView);
  return (move) => {
    const { executionId, workspace, wakeAt, view } = move;
    if (wakeAt !== undefined) setWake({ executionId, workspace, wakeAt });
    if (view) viewPut.run(executionId, workspace, ...viewColumns(view));
    if (move.values) for (const { hash, text } of move.values) valuePut.run(executionId, hash, text);
    if (move.tasksAdded || move.tasksRemoved) tasks.write(move);
    if (move.startKey || move.slotTaken || move.slotsFreed) claims.write(move);
  };
}

function viewColumns(view: ViewRow): (string | number | null)[] {
  return [
    view.position,
    view.workflow,
    view.version,
    view.status,
    view.run,
    view.createdAt,
    view.startedAt,
    view.endedAt,
    JSON.stringify(view.tags),
    JSON.stringify(view.labels),
    view.errorCode,
    view.errorMessage,
    view.searchText,
    JSON.stringify(view.steps),
  ];
}

function prepareWakes(database: DatabaseSync): (write: WakeWrite) => Outcome {
  const endOf = database.prepare(findEnd);
  const setWake = prepareWakeRow(database);
  return (write) => {
    if (endOf.get(write.executionId)?.['last'] !== write.position) return conflict;
    setWake(write);
    return done;
  };
}

type WakeRow = Pick<WakeWrite, 'executionId' | 'workspace' | 'wakeAt'>;

function prepareWakeRow(database: DatabaseSync): (row: WakeRow) => void {
  const wakePut = database.prepare(putWake);
  const wakeRemoved = database.prepare('DELETE FROM wakes WHERE execution_id = ?1');
  return ({ executionId, workspace, wakeAt }) => {
    if (wakeAt === null) wakeRemoved.run(executionId);
    else wakePut.run(executionId, workspace, wakeAt);
  };
}

function prepareSnapshots(database: DatabaseSync): (write: SnapshotWrite) => Outcome {
  const endAt = database.prepare(findRecordEnd);
  const snapshotPut = database.prepare(putSnapshot);
  return ({ executionId, position, text }) => {
    if (endAt.get(executionId, position)?.['last'] !== position) return conflict;
    snapshotPut.run(executionId, position, text);
    return done;
  };
}
