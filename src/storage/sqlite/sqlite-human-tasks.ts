/**
 * What people are asked: lists on the reader thread, one task by its id on the calling thread.
 *
 * A list is the merge of one index range for each status, in the list's order, so a page reads about as many rows as it
 * shows. With people there is one for each of them, over their tasks alone; a task of two of them counts once.
 */
import type { HumanTaskQuery, HumanTasks, StoredHumanTask } from '../human-tasks.ts';
import type { HumanTaskRow } from '../store.ts';
import type { LocalReader } from './local-reader.ts';
import { join, type Row, type RunStatements, type Statement, sql } from './statements.ts';

export function openSqliteHumanTasks(local: LocalReader, run: RunStatements): HumanTasks {
  return {
    async find(workspace, humanTaskId) {
      const row = local.get(
        sql`SELECT * FROM human_tasks WHERE human_task_id = ${humanTaskId} AND workspace = ${workspace}`,
      );
      return row && taskOf(row);
    },
    async list(query) {
      if (query.status.length === 0 || query.people?.length === 0) return { rows: [], hasMore: false };
      const [rows = []] = await run([pageStatement(query)]);
      return { rows: rows.slice(0, query.limit).map(taskOf), hasMore: rows.length > query.limit };
    },
  };
}

/** One row more than the limit, where there is one. */
function pageStatement(query: HumanTaskQuery): Statement {
  const { status, after, workflow, limit } = query;
  const place = after ? sql`AND (created_at, human_task_id) < (${after.createdAt}, ${after.humanTaskId})` : sql``;
  const ofWorkflow = workflow === undefined ? sql`` : sql`AND workflow = ${workflow}`;
  const heads = rangesOf(query).flatMap((range) =>
    [...new Set(status)].map(
      (each) => sql`
        SELECT * FROM (
          SELECT created_at, human_task_id FROM ${range} AND status = ${each} ${place} ${ofWorkflow}
          ORDER BY created_at DESC, human_task_id DESC LIMIT ${limit + 1})`,
    ),
  );
  return sql`
    WITH page AS (
      ${join(heads, ' UNION ')}
      ORDER BY created_at DESC, human_task_id DESC LIMIT ${limit + 1})
    SELECT human_tasks.* FROM page JOIN human_tasks USING (human_task_id)
    ORDER BY human_tasks.created_at DESC, human_tasks.human_task_id DESC`;
}

function rangesOf({ workspace, people }: HumanTaskQuery): Statement[] {
  if (!people) return [sql`human_tasks INDEXED BY human_tasks_by_status WHERE workspace = ${workspace}`];
  return people.map((person) => sql`human_task_people WHERE workspace = ${workspace} AND person = ${person}`);
}

function taskOf(row: Row): StoredHumanTask {
  return {
    executionId: String(row['execution_id']),
    workspace: String(row['workspace']),
    ...(JSON.parse(String(row['content'])) as HumanTaskRow),
  };
}
