/** Writes tasks and their leases. Each lease write is one conditional statement: it holds or it changes nothing. */
import type { DatabaseSync } from 'node:sqlite';
import { present } from '../../kit/assert.ts';
import type { ExtendWrite, LeaseWrite, Outcome, ReleaseWrite } from '../store.ts';
import { done, type RowsOfMove } from './flat-writes.ts';

export interface TaskWriter {
  /** Removes and adds the tasks of a move. */
  write(move: RowsOfMove): void;
  lease(write: LeaseWrite | ExtendWrite | ReleaseWrite): Outcome;
}

/** Sequences are drawn from the table in blocks: one row write for so many tasks. */
const sequenceBlock = 10_000;

const addTask = `
  INSERT INTO tasks (task_id, workspace, execution_id, executor, function, rank, sequence, deliveries)
  VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, 0) ON CONFLICT DO NOTHING`;

const addLeasedTask = `
  INSERT INTO tasks (task_id, workspace, execution_id, executor, function, rank, sequence, deliveries,
    lease_token, lease_worker, lease_since, lease_expires_at)
  VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, 1, ?8, ?9, ?10, ?11) ON CONFLICT DO NOTHING`;

const takeLease = `
  UPDATE tasks SET lease_token = ?2, lease_worker = ?3, lease_since = ?4, lease_expires_at = ?5,
    deliveries = deliveries + 1
  WHERE task_id = ?1 AND (lease_token IS NULL OR lease_token = ?2 OR lease_expires_at <= ?4)`;

const extendLease = `
  UPDATE tasks SET lease_expires_at = max(lease_expires_at, ?3) WHERE task_id = ?1 AND lease_token = ?2`;

const releaseLease = `
  UPDATE tasks SET lease_token = NULL, lease_worker = NULL, lease_since = NULL, lease_expires_at = NULL
  WHERE task_id = ?1 AND lease_token = ?2`;

const leaseLost: Outcome = { ok: false, reason: 'LEASE_LOST' };

export function prepareTaskWriter(database: DatabaseSync): TaskWriter {
  const added = database.prepare(addTask);
  const addedLeased = database.prepare(addLeasedTask);
  const removed = database.prepare('DELETE FROM tasks WHERE task_id = ?1');
  const leased = database.prepare(takeLease);
  const deliveriesOf = database.prepare('SELECT deliveries FROM tasks WHERE task_id = ?1');
  const extended = database.prepare(extendLease);
  const released = database.prepare(releaseLease);
  const nextSequence = prepareSequence(database);

  return {
    write({ workspace, executionId, tasksAdded, tasksRemoved }) {
      if (tasksRemoved) for (const taskId of tasksRemoved) removed.run(taskId);
      if (!tasksAdded) return;
      for (const { taskId, executor, function: name, rank, lease } of tasksAdded) {
        const columns = [taskId, workspace, executionId, executor, name, rank, nextSequence()];
        if (lease) addedLeased.run(...columns, lease.token, lease.worker, lease.since, lease.expiresAt);
        else added.run(...columns);
      }
    },
    lease(write) {
      if (write.kind === 'lease') {
        const { changes } = leased.run(write.taskId, write.token, write.worker, write.at, write.expiresAt);
        if (changes === 0) return leaseLost;
        return { ok: true, deliveries: Number(present(deliveriesOf.get(write.taskId), 'a leased task')['deliveries']) };
      }
      const { changes } =
        write.kind === 'extend'
          ? extended.run(write.taskId, write.token, write.expiresAt)
          : released.run(write.taskId, write.token);
      return changes === 1 ? done : leaseLost;
    },
  };
}

/** A counter in memory whose blocks are reserved in the file. A rolled-back block is safe: its writer is thrown away. */
function prepareSequence(database: DatabaseSync): () => number {
  const drawn = database.prepare("UPDATE sequences SET next = next + ?1 WHERE name = 'task' RETURNING next");
  let next = 0;
  let blockEnd = 0;
  return () => {
    if (next === blockEnd) {
      blockEnd = Number(present(drawn.get(sequenceBlock), 'the task sequence')['next']);
      next = blockEnd - sequenceBlock;
    }
    next += 1;
    return next - 1;
  };
}
