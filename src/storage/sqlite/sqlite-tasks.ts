/** Tasks, read on the calling thread; only the depths of the queues, which count every task, on the reader thread. */
import type { Lease, StoredTask, Tasks } from '../tasks.ts';
import type { LocalReader } from './local-reader.ts';
import { type Row, type RunStatements, sql } from './statements.ts';

export function openSqliteTasks(local: LocalReader, run: RunStatements): Tasks {
  return {
    async ready({ workspace, executor, at, after, limit }) {
      const next = after ? sql`AND (rank, sequence) > (${after.rank}, ${after.sequence})` : sql``;
      const rows = local.all(sql`
        SELECT * FROM tasks
        WHERE workspace = ${workspace} AND executor = ${executor} ${next}
          AND (lease_expires_at IS NULL OR lease_expires_at <= ${at})
        ORDER BY rank, sequence LIMIT ${limit}`);
      return rows.map(taskOf);
    },
    async expired(at, limit) {
      const rows = local.all(sql`
        SELECT * FROM tasks WHERE lease_expires_at <= ${at} ORDER BY lease_expires_at, sequence LIMIT ${limit}`);
      return rows.map(taskOf);
    },
    async of(executionId) {
      return local.all(sql`SELECT * FROM tasks WHERE execution_id = ${executionId} ORDER BY sequence`).map(taskOf);
    },
    async find(taskId) {
      const row = local.get(sql`SELECT * FROM tasks WHERE task_id = ${taskId}`);
      return row && taskOf(row);
    },
    async depths(at) {
      const [rows = []] = await run([
        sql`
          SELECT workspace, executor, count(*) AS tasks, count(*) FILTER (WHERE lease_expires_at > ${at}) AS leased
          FROM tasks GROUP BY workspace, executor ORDER BY workspace, executor`,
      ]);
      return rows.map((row) => {
        const leased = Number(row['leased']);
        const ready = Number(row['tasks']) - leased;
        return { workspace: String(row['workspace']), executor: String(row['executor']), ready, leased };
      });
    },
  };
}

function taskOf(row: Row): StoredTask {
  return {
    taskId: String(row['task_id']),
    workspace: String(row['workspace']),
    executionId: String(row['execution_id']),
    executor: String(row['executor']),
    function: String(row['function']),
    rank: Number(row['rank']),
    sequence: Number(row['sequence']),
    deliveries: Number(row['deliveries']),
    lease: leaseOf(row),
  };
}

function leaseOf(row: Row): Lease | undefined {
  if (row['lease_token'] === null) return undefined;
  return {
    token: String(row['lease_token']),
    worker: String(row['lease_worker']),
    since: Number(row['lease_since']),
    expiresAt: Number(row['lease_expires_at']),
  };
}
