/**
 * Applies a batch of writes inside the transaction that is open. Promises what `MoveWrite` promises.
 *
 * The fence of a move: its record goes in only where the newest record of the execution ends just before it. Place and
 * claims are asked for before anything is written, so a refused move has written nothing; one writer and one transaction
 * stand around question and answer. Statements that change one row by its values are the cheap ones: an INSERT from a
 * SELECT over the same table, and RETURNING, make SQLite build a temporary table each time (a fifth of this thread's work).
 */
import type { DatabaseSync } from 'node:sqlite';
import type { Outcome, SnapshotWrite, WakeWrite } from '../store.ts';
import { isOfHistory } from '../write-checks.ts';
import { type Claims, prepareClaims } from './claims.ts';
import { prepareCompaction } from './compaction.ts';
import { done, type RowsOfMove, type RowWrite } from './flat-writes.ts';
import { prepareHumanTaskWriter } from './human-task-writer.ts';
import { type LimitWriter, prepareLimitWriter } from './limit-writer.ts';
import { prepareTaskWriter, type TaskWriter } from './task-writer.ts';

const insertRecord = `
  INSERT INTO records (execution_id, first, last, workspace, move_id, at, events) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)`;

const findEnd = 'SELECT last FROM records WHERE execution_id = ?1 ORDER BY first DESC LIMIT 1';
const findMoveId = 'SELECT move_id FROM records WHERE execution_id = ?1 AND first = ?2';

const putWake = `
  INSERT INTO wakes VALUES (?1, ?2, ?3) ON CONFLICT DO UPDATE SET due_at = excluded.due_at, workspace = excluded.workspace`;

const putView = `
  INSERT INTO views VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18)
  ON CONFLICT DO UPDATE SET workspace = excluded.workspace, position = excluded.position, workflow = excluded.workflow,
    version = excluded.version, status = excluded.status, run = excluded.run, created_at = excluded.created_at,
    started_at = excluded.started_at, ended_at = excluded.ended_at, tags = excluded.tags, labels = excluded.labels,
    error_code = excluded.error_code, error_message = excluded.error_message, search_text = excluded.search_text,
    steps = excluded.steps, parent = excluded.parent, dead_letter = excluded.dead_letter
  WHERE position < excluded.position`;

const findRecordEnd = `
  SELECT last FROM records WHERE execution_id = ?1 AND first <= ?2 ORDER BY first DESC LIMIT 1`;

const putSnapshot = `
  INSERT INTO snapshots VALUES (?1, ?2, ?3)
  ON CONFLICT DO UPDATE SET position = excluded.position, text = excluded.text WHERE position < excluded.position`;

const conflict: Outcome = { ok: false, reason: 'CONFLICT' };

export interface BatchWriter {
  apply(writes: readonly RowWrite[]): Outcome[];
}

export function prepareBatchWriter(database: DatabaseSync): BatchWriter {
  const tasks = prepareTaskWriter(database);
  const limits = prepareLimitWriter(database);
  const move = prepareMoves(database, tasks, limits);
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
        if (write.kind === 'free') return limits.free(write);
        if (!isOfHistory(write)) return tasks.lease(write);
        if (lost.has(write.executionId)) return conflict;
        if (write.kind === 'compact') return compact(write);
        return write.kind === 'wake' ? wake(write) : snapshot(write);
      });
    },
  };
}

type MoveWriter = (move: RowsOfMove, isLost: boolean) => Outcome;

function prepareMoves(database: DatabaseSync, tasks: TaskWriter, limits: LimitWriter): MoveWriter {
  const recordPut = database.prepare(insertRecord);
  const endOf = database.prepare(findEnd);
  const moveIdAt = database.prepare(findMoveId);
  const claims = prepareClaims(database);
  const writeRest = prepareRest(database, tasks, claims);

  const isRepeat = (move: RowsOfMove): boolean =>
    moveIdAt.get(move.executionId, move.first)?.['move_id'] === move.moveId;
  const fits = ({ executionId, first }: RowsOfMove): boolean => (endOf.get(executionId)?.['last'] ?? 0) === first - 1;

  return (move, isLost) => {
    if (isLost || !fits(move)) return isRepeat(move) ? done : conflict;
    const refusal = move.startKey || move.slotTaken ? claims.refusal(move) : undefined;
    if (refusal) return refusal;
    // Before its tasks go: the lease of one that is settled may keep a slot for a while.
    const limited = move.limits && limits.apply(move, move.limits);
    if (limited) return limited;
    const { executionId, first, last, workspace, moveId, at, events } = move;
    recordPut.run(executionId, first, last, workspace, moveId, at, events);
    writeRest(move);
    return done;
  };
}

/** Everything of a move but its record. */
function prepareRest(database: DatabaseSync, tasks: TaskWriter, claims: Claims): (move: RowsOfMove) => void {
  const valuePut = database.prepare('INSERT INTO large_values VALUES (?1, ?2, ?3) ON CONFLICT DO NOTHING');
  const setWake = prepareWakeRow(database);
  const viewPut = database.prepare(putView);
  const humanTasksPut = prepareHumanTaskWriter(database);
  return (move) => {
    const { executionId, workspace, wakeAt, view } = move;
    if (wakeAt !== undefined) setWake({ executionId, workspace, wakeAt });
    if (view) viewPut.run(executionId, workspace, ...view);
    if (move.humanTasks) humanTasksPut(move);
    if (move.values) for (const { hash, text } of move.values) valuePut.run(executionId, hash, text);
    if (move.tasksAdded || move.tasksRemoved) tasks.write(move);
    if (move.startKey || move.slotTaken || move.slotsFreed) claims.write(move);
  };
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
