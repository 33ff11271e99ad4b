/** The bulk operations of the engine for tests: there are none, and every call is written down. */
import type { BulkDesk, BulkRequest } from '../engine/bulk/bulk-desk.ts';
import { Fault } from '../kit/fault.ts';
import type { BulkRow } from '../storage/bulk-operations.ts';

type Called = (name: string, ...given: readonly unknown[]) => void;

export function noBulk(called: Called, nowMs: number): BulkDesk {
  const missing = (name: string) => async (workspace: string, bulkId: string) => {
    called(name, workspace, bulkId);
    throw new Fault('BULK_OPERATION_NOT_FOUND', `there is no bulk operation ${bulkId}`);
  };
  return {
    async start(request) {
      called('startBulk', request);
      return begun(request, nowMs);
    },
    async preview(request) {
      called('previewBulk', request);
      return { matched: 0, sample: [] };
    },
    async list(query) {
      called('listBulk', query);
      return { rows: [], hasMore: false };
    },
    get: missing('getBulk'),
    cancel: missing('cancelBulk'),
  };
}

function begun({ workspace, action, given, filter, requestedBy }: BulkRequest, createdAt: number): BulkRow {
  const counts = { matched: 0, done: 0, skipped: {}, failed: {}, problems: [], cursor: null, batch: [] };
  const state = { revision: 1, endedAt: null, status: 'running', isCancelRequested: false, fingerprint: '' };
  return { bulkId: 'bulk_1', workspace, action, given, filter, requestedBy, createdAt, ...state, ...counts };
}
