/**
 * Lists over view rows as SQL. A list is the merge of streams that each come out of an index in the list's order: one
 * stream for a workflow, or one for each status. So a page reads about as many rows as it shows, whatever the number
 * of executions, unless a filter without index (a tag, a label, a text) makes it pass over rows.
 */
import type { DeadLetterFilter, EndedQuery, ViewQuery } from '../views.ts';
import { offsetMax } from '../write-checks.ts';
import { join, listOf, type Statement, sql } from './statements.ts';

/** The statuses of a workspace, by jumping from each to the next in the index. */
export function statusesIn(workspace: string): Statement {
  return sql`
    WITH RECURSIVE seen (status) AS (
      SELECT min(status) FROM views WHERE workspace = ${workspace}
      UNION ALL
      SELECT (SELECT min(status) FROM views WHERE workspace = ${workspace} AND status > seen.status)
      FROM seen WHERE seen.status IS NOT NULL)
    SELECT status FROM seen WHERE status IS NOT NULL`;
}

/** One index range that holds rows of the list, newest last. */
export type Stream = Statement;

/**
 * A list of one workflow in any status is one stream, and so are those of the children of an execution, of executions by
 * their ids, and of dead letters, which are few; every other list has one for each of `statuses`.
 */
export function streamsOf(query: ViewQuery, statuses: readonly string[]): Stream[] {
  const { workspace, ids, workflow, parent, status } = query;
  const ofWorkflow = workflow === undefined ? sql`` : sql`AND workflow = ${workflow}`;
  const inStatus = status ? sql`AND status IN ${listOf(status)}` : sql``;
  if (ids) {
    const ofParent = parent === undefined ? sql`` : sql`AND parent = ${parent}`;
    const named = sql`(SELECT value FROM json_each(${JSON.stringify(ids)}))`;
    return [
      sql`views WHERE execution_id IN ${named} AND workspace = ${workspace} ${ofParent} ${ofWorkflow} ${inStatus}`,
    ];
  }
  if (query.deadLetters) {
    const ofParent = parent === undefined ? sql`` : sql`AND parent = ${parent}`;
    const dead = sql`views INDEXED BY views_by_dead_letter WHERE workspace = ${workspace} AND dead_letter IS NOT NULL`;
    return [sql`${dead} ${ofParent} ${ofWorkflow} ${inStatus}`];
  }
  if (parent !== undefined) {
    return [
      sql`views INDEXED BY views_by_parent WHERE workspace = ${workspace} AND parent = ${parent} ${ofWorkflow} ${inStatus}`,
    ];
  }
  if (workflow !== undefined && !status) {
    return [sql`views INDEXED BY views_by_workflow WHERE workspace = ${workspace} AND workflow = ${workflow}`];
  }
  return [...new Set(statuses)].map(
    (each) => sql`views INDEXED BY views_by_status WHERE workspace = ${workspace} AND status = ${each} ${ofWorkflow}`,
  );
}

/** One row more than the limit, where there is one. */
export function pageStatement(query: ViewQuery, streams: readonly Stream[]): Statement {
  const { after, limit } = query;
  const offset = Math.min(query.offset ?? 0, offsetMax);
  const place = after ? sql`AND (created_at, execution_id) < (${after.createdAt}, ${after.executionId})` : sql``;
  const heads = streams.map(
    (stream) => sql`
      SELECT * FROM (
        SELECT created_at, execution_id FROM ${stream} ${place} ${filters(query)}
        ORDER BY created_at DESC, execution_id DESC LIMIT ${offset + limit + 1})`,
  );
  return sql`
    WITH page AS (
      ${join(heads, ' UNION ALL ')}
      ORDER BY created_at DESC, execution_id DESC LIMIT ${limit + 1} OFFSET ${offset})
    SELECT views.* FROM page JOIN views USING (execution_id)
    ORDER BY views.created_at DESC, views.execution_id DESC`;
}

export function countStatement(query: ViewQuery, streams: readonly Stream[]): Statement {
  const counts = streams.map((stream) => sql`SELECT count(*) AS matching FROM ${stream} ${filters(query)}`);
  return sql`SELECT sum(matching) AS total FROM (${join(counts, ' UNION ALL ')})`;
}

/**
 * Ended executions, oldest first: one range of the index for each status. What ended before a time was created before it,
 * so the range ends there; only what was created before and ended after is passed over.
 */
export function endedStatement(query: EndedQuery): Statement {
  const { workspace, status, workflow, exceptWorkflows = [], endedBefore, after, limit } = query;
  const place = after ? sql`AND (created_at, execution_id) > (${after.createdAt}, ${after.executionId})` : sql``;
  const ofWorkflow = workflow === undefined ? sql`` : sql`AND workflow = ${workflow}`;
  const ofOthers = exceptWorkflows.length === 0 ? sql`` : sql`AND workflow NOT IN ${listOf(exceptWorkflows)}`;
  const heads = [...new Set(status)].map(
    (each) => sql`
      SELECT * FROM (
        SELECT execution_id, position, parent, created_at FROM views INDEXED BY views_by_status
        WHERE workspace = ${workspace} AND status = ${each} AND created_at < ${endedBefore} ${place} ${ofWorkflow}
          ${ofOthers} AND ended_at < ${endedBefore}
          AND NOT EXISTS (SELECT 1 FROM wakes WHERE wakes.execution_id = views.execution_id)
        ORDER BY created_at, execution_id LIMIT ${limit})`,
  );
  return sql`${join(heads, ' UNION ALL ')} ORDER BY created_at, execution_id LIMIT ${limit}`;
}

function filters({ version, from, to, tag, labels, text, deadLetters }: ViewQuery): Statement {
  const parts: Statement[] = deadLetters ? deadLetterFilters(deadLetters) : [];
  if (version !== undefined) parts.push(sql`AND version = ${version}`);
  if (from !== undefined) parts.push(sql`AND created_at >= ${from}`);
  if (to !== undefined) parts.push(sql`AND created_at < ${to}`);
  if (tag !== undefined) parts.push(sql`AND EXISTS (SELECT 1 FROM json_each(tags) WHERE value = ${tag})`);
  for (const [name, value] of Object.entries(labels ?? {})) {
    parts.push(sql`AND EXISTS (SELECT 1 FROM json_each(labels) WHERE key = ${name} AND value = ${value})`);
  }
  if (text !== undefined) parts.push(sql`AND holds_text(search_text, ${text.toLowerCase()})`);
  return join(parts, ' ');
}

function deadLetterFilters({ reason, executor, code, since, until }: DeadLetterFilter): Statement[] {
  const parts = [sql`AND dead_letter IS NOT NULL`];
  if (reason !== undefined) parts.push(sql`AND dead_letter ->> 'reason' = ${reason}`);
  if (executor !== undefined) parts.push(sql`AND dead_letter ->> 'executor' = ${executor}`);
  if (code !== undefined) parts.push(sql`AND error_code = ${code}`);
  if (since !== undefined) parts.push(sql`AND ended_at >= ${since}`);
  if (until !== undefined) parts.push(sql`AND ended_at < ${until}`);
  return parts;
}
