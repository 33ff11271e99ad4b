/** Bulk operations: each change is one conditional statement of the writer, one row by its id is read on the calling thread. */
import type { BulkOperations, BulkRow } from '../bulk-operations.ts';
import type { LocalReader } from './local-reader.ts';
import { type Row, type RunStatements, type Statement, sql } from './statements.ts';

export interface BulkAccess {
  readonly local: LocalReader;
  readonly read: RunStatements;
  readonly write: RunStatements;
}

export function openSqliteBulkOperations({ local, read, write }: BulkAccess): BulkOperations {
  const changedBy = async (statement: Statement): Promise<number> => (await write([statement]))[0]?.length ?? 0;
  return {
    put: async (row) => (await changedBy(row.revision === 1 ? added(row) : replaced(row))) === 1,
    async find(workspace, bulkId) {
      const row = local.get(
        sql`SELECT content FROM bulk_operations WHERE bulk_id = ${bulkId} AND workspace = ${workspace}`,
      );
      return row && bulkOf(row);
    },
    async list({ workspace, after, limit }) {
      const place = after ? sql`AND (created_at, bulk_id) < (${after.createdAt}, ${after.bulkId})` : sql``;
      const [rows = []] = await read([
        sql`
          SELECT content FROM bulk_operations WHERE workspace = ${workspace} ${place}
          ORDER BY created_at DESC, bulk_id DESC LIMIT ${limit + 1}`,
      ]);
      return { rows: rows.slice(0, limit).map(bulkOf), hasMore: rows.length > limit };
    },
    async open(limit) {
      const rows = local.all(sql`
        SELECT content FROM bulk_operations WHERE ended_at IS NULL ORDER BY created_at, bulk_id LIMIT ${limit}`);
      return rows.map(bulkOf);
    },
    forget: (endedBefore, limit) =>
      changedBy(sql`
        DELETE FROM bulk_operations WHERE bulk_id IN (
          SELECT bulk_id FROM bulk_operations WHERE ended_at < ${endedBefore} LIMIT ${limit}) RETURNING 1`),
  };
}

function added(row: BulkRow): Statement {
  const { bulkId, workspace, revision, createdAt, endedAt } = row;
  return sql`
    INSERT INTO bulk_operations VALUES (${bulkId}, ${workspace}, ${revision}, ${createdAt}, ${endedAt},
      ${JSON.stringify(row)})
    ON CONFLICT DO NOTHING RETURNING 1`;
}

function replaced(row: BulkRow): Statement {
  const { bulkId, workspace, revision, endedAt } = row;
  return sql`
    UPDATE bulk_operations SET revision = ${revision}, ended_at = ${endedAt}, content = ${JSON.stringify(row)}
    WHERE bulk_id = ${bulkId} AND workspace = ${workspace} AND revision = ${revision - 1} RETURNING 1`;
}

const bulkOf = (row: Row): BulkRow => JSON.parse(String(row['content'])) as BulkRow;
