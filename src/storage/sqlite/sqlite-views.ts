/** Lists and counts over view rows, on the reader thread; one row by its id on the calling thread. */
import { emptyObject } from '../../kit/json.ts';
import type { DeadLetter, ViewRow } from '../store.ts';
import type { StoredView, Views } from '../views.ts';
import type { LocalReader } from './local-reader.ts';
import { sqliteStatistics } from './sqlite-statistics.ts';
import { type Row, type RunStatements, sql } from './statements.ts';
import { countStatement, endedStatement, pageStatement, statusesIn, streamsOf } from './view-list.ts';

export function openSqliteViews(local: LocalReader, run: RunStatements): Views {
  return {
    async find(workspace, executionId) {
      const row = local.get(sql`SELECT * FROM views WHERE execution_id = ${executionId} AND workspace = ${workspace}`);
      return row && viewOf(row);
    },
    async list(query) {
      // Read with the page, so that a row which takes a status that no other row had meanwhile is not passed over.
      const statuses = statusesIn(query.workspace);
      let known = query.status ?? statusesOf((await run([statuses]))[0]);
      for (;;) {
        const streams = streamsOf(query, known);
        if (streams.length === 0) return { rows: [], hasMore: false, total: query.count ? 0 : undefined };
        const count = query.count ? [countStatement(query, streams)] : [];
        const [rows = [], seen, counted] = await run([pageStatement(query, streams), statuses, ...count]);
        const all = query.status ?? statusesOf(seen);
        if (all.every((status) => known.includes(status))) {
          return {
            rows: rows.slice(0, query.limit).map(viewOf),
            hasMore: rows.length > query.limit,
            total: counted && Number(counted[0]?.['total']),
          };
        }
        known = all;
      }
    },
    async counts(workspace, workflow) {
      const ofWorkflow = workflow === undefined ? sql`` : sql`AND workflow = ${workflow}`;
      const [rows = []] = await run([
        sql`
          SELECT status, count(*) AS executions FROM views INDEXED BY views_by_status
          WHERE workspace = ${workspace} ${ofWorkflow} GROUP BY status`,
      ]);
      const counts = emptyObject<number>();
      for (const row of rows) counts[String(row['status'])] = Number(row['executions']);
      return counts;
    },
    statistics: (query) => sqliteStatistics(query, run),
    async queued(workspace, limit) {
      const rows = local.all(sql`
        SELECT execution_id FROM views WHERE workspace = ${workspace} AND status = 'queued' AND NOT EXISTS
          (SELECT 1 FROM limit_waiters WHERE limit_waiters.execution_id = views.execution_id AND holder = '')
        ORDER BY created_at, execution_id LIMIT ${limit}`);
      return rows.map((row) => String(row['execution_id']));
    },
    async queuedWorkspaces() {
      const [rows = []] = await run([queuedWorkspaces]);
      return rows.map((row) => String(row['workspace']));
    },
    hasSlots: async () => local.get(sql`SELECT 1 FROM slots LIMIT 1`) !== undefined,
    async ended(query) {
      if (query.status.length === 0) return [];
      const [rows = []] = await run([endedStatement(query)]);
      return rows.map((row) => ({
        executionId: String(row['execution_id']),
        position: Number(row['position']),
        parent: textOrNull(row['parent']),
        createdAt: Number(row['created_at']),
      }));
    },
    async workspaces() {
      const [rows = []] = await run([sql`${knownWorkspaces} SELECT workspace FROM known WHERE workspace IS NOT NULL`]);
      return rows.map((row) => String(row['workspace']));
    },
  };
}

/** From one workspace to the next by the index: as many looks as there are workspaces, not rows. */
const knownWorkspaces = sql`
  WITH RECURSIVE known (workspace) AS (
    SELECT min(workspace) FROM views
    UNION ALL SELECT (SELECT min(workspace) FROM views WHERE workspace > known.workspace) FROM known
      WHERE known.workspace IS NOT NULL
  )`;

const queuedWorkspaces = sql`
  ${knownWorkspaces}
  SELECT workspace FROM known
  WHERE EXISTS (SELECT 1 FROM views WHERE views.workspace = known.workspace AND status = 'queued')`;

function statusesOf(rows: readonly Row[] = []): readonly string[] {
  return rows.map((row) => String(row['status']));
}

function viewOf(row: Row): StoredView {
  return {
    executionId: String(row['execution_id']),
    workspace: String(row['workspace']),
    position: Number(row['position']),
    workflow: String(row['workflow']),
    version: String(row['version']),
    status: String(row['status']),
    run: Number(row['run']),
    parent: textOrNull(row['parent']),
    createdAt: Number(row['created_at']),
    startedAt: numberOrNull(row['started_at']),
    endedAt: numberOrNull(row['ended_at']),
    tags: JSON.parse(String(row['tags'])) as readonly string[],
    labels: JSON.parse(String(row['labels'])) as Readonly<Record<string, string>>,
    deadLetter: row['dead_letter'] === null ? null : (JSON.parse(String(row['dead_letter'])) as DeadLetter),
    errorCode: textOrNull(row['error_code']),
    errorMessage: textOrNull(row['error_message']),
    searchText: String(row['search_text']),
    steps: JSON.parse(String(row['steps'])) as ViewRow['steps'],
  };
}

function numberOrNull(value: unknown): number | null {
  return typeof value === 'number' ? value : null;
}

function textOrNull(value: unknown): string | null {
  return typeof value === 'string' ? value : null;
}
