/** Histories and wake rows, read on the calling thread. A read costs by what it answers, not by the history's length. */
import { present } from '../../kit/assert.ts';
import type { Journal, StoredRecord, Wake } from '../journal.ts';
import type { LocalReader } from './local-reader.ts';
import { type Row, type Statement, sql } from './statements.ts';

export function openSqliteJournal(local: LocalReader): Journal {
  const records = (executionId: string, after: number, limit: number): StoredRecord[] =>
    local.all(recordsAfter(executionId, after, limit)).map(recordOf);
  return {
    async read(executionId, after, limit) {
      return records(executionId, after, limit);
    },
    async load(executionId, recordsMax) {
      return local.atOnce(() => {
        const row = local.get(sql`SELECT position, text FROM snapshots WHERE execution_id = ${executionId}`);
        const snapshot = row && { position: Number(row['position']), text: String(row['text']) };
        return { snapshot, records: records(executionId, snapshot?.position ?? 0, recordsMax) };
      });
    },
    async values(executionId, hashes) {
      const textOf = (hash: string): string => {
        const row = local.get(
          sql`SELECT text FROM large_values WHERE execution_id = ${executionId} AND hash = ${hash}`,
        );
        return String(present(row, `value ${hash} of ${executionId}`)['text']);
      };
      return new Map(hashes.map((hash) => [hash, textOf(hash)]));
    },
    async dueWakes(dueAt, limit, after) {
      const next = after ? sql`AND (due_at, execution_id) > (${after.dueAt}, ${after.executionId})` : sql``;
      return local
        .all(sql`SELECT * FROM wakes WHERE due_at <= ${dueAt} ${next} ORDER BY due_at, execution_id LIMIT ${limit}`)
        .map(wakeOf);
    },
    async sizeBytes() {
      return Number(local.get(usedBytes)?.['bytes'] ?? 0);
    },
    async nextWake() {
      const row = local.get(sql`SELECT * FROM wakes ORDER BY due_at, execution_id LIMIT 1`);
      return row && wakeOf(row);
    },
    async findStartKey(workspace, workflow, key, at) {
      const row = local.get(sql`
        SELECT execution_id, fingerprint FROM start_keys
        WHERE workspace = ${workspace} AND workflow = ${workflow} AND key = ${key} AND expires_at > ${at}`);
      return row && { executionId: String(row['execution_id']), fingerprint: String(row['fingerprint']) };
    },
  };
}

/** Pages of the file that hold something. */
const usedBytes = sql`
  SELECT (page_count - freelist_count) * page_size AS bytes
  FROM pragma_page_count, pragma_freelist_count, pragma_page_size`;

/** Begins at the record that `after` falls into or ends with, so that no older one is looked at. */
function recordsAfter(executionId: string, after: number, limit: number): Statement {
  return sql`
    SELECT * FROM records
    WHERE execution_id = ${executionId} AND last > ${after} AND first >= ifnull(
      (SELECT first FROM records WHERE execution_id = ${executionId} AND first <= ${after} ORDER BY first DESC LIMIT 1), 0)
    ORDER BY first LIMIT ${limit}`;
}

function recordOf(row: Row): StoredRecord {
  return {
    executionId: String(row['execution_id']),
    workspace: String(row['workspace']),
    first: Number(row['first']),
    last: Number(row['last']),
    moveId: String(row['move_id']),
    at: Number(row['at']),
    events: String(row['events']),
  };
}

function wakeOf(row: Row): Wake {
  return {
    executionId: String(row['execution_id']),
    workspace: String(row['workspace']),
    dueAt: Number(row['due_at']),
  };
}
