/** An operation on many executions as callers see it. */
import type { BulkOperationAnswer } from '../../contract/bulk.ts';
import type { JsonObject } from '../../kit/json.ts';
import type { BulkFilter, BulkRow } from '../../storage/bulk-operations.ts';
import { isoTime, isoTimeOrNull } from './time.ts';

export function bulkAnswer(row: BulkRow): BulkOperationAnswer {
  return {
    bulk_id: row.bulkId,
    action: row.action,
    status:
      row.isCancelRequested && row.endedAt === null ? 'cancelling' : (row.status as BulkOperationAnswer['status']),
    requested_by: row.requestedBy,
    filter: filterAnswer(row.filter),
    matched: row.matched,
    done: row.done,
    skipped: sum(row.skipped),
    failed: sum(row.failed),
    skipped_by_code: row.skipped,
    failed_by_code: row.failed,
    problems: row.problems.map(({ executionId, code, message }) => ({ execution_id: executionId, code, message })),
    created_at: isoTime(row.createdAt),
    ended_at: isoTimeOrNull(row.endedAt),
  };
}

const sum = (counts: Readonly<Record<string, number>>): number =>
  Object.values(counts).reduce((total, each) => total + each, 0);

function filterAnswer({ ids, text, from, to, deadLetters, ...filter }: BulkFilter): JsonObject {
  const { status, labels, ...words } = filter;
  return JSON.parse(
    JSON.stringify({
      execution_ids: ids,
      ...words,
      status: status?.join(','),
      from: from === undefined ? undefined : isoTime(from),
      to: to === undefined ? undefined : isoTime(to),
      labels,
      search: text,
      dead_letters: deadLetters && {
        ...deadLetters,
        since: deadLetters.since === undefined ? undefined : isoTime(deadLetters.since),
        until: deadLetters.until === undefined ? undefined : isoTime(deadLetters.until),
      },
    }),
  ) as JsonObject;
}
