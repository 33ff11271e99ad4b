import { randomUUID } from 'node:crypto';
import type { Call } from './transport.ts';

/** Operations on many executions, as they stand on the wire. */
export type BulkAction = 'cancel' | 'terminate' | 'pause' | 'resume' | 'retry' | 'rerun' | 'signal';

/** As in a list of executions; at least one of them. */
export interface BulkFilter {
  readonly execution_ids?: readonly string[];
  readonly workflow?: string;
  readonly version?: string;
  /** Separated by commas. Default: those that the action fits. */
  readonly status?: string;
  readonly parent?: string;
  readonly from?: string;
  readonly to?: string;
  readonly tag?: string;
  /** `team:web,tier:gold` */
  readonly labels?: string;
  readonly search?: string;
}

export interface BulkRequest {
  readonly action: BulkAction;
  readonly filter: BulkFilter;
  readonly reason?: string;
  readonly signal?: { readonly name: string; readonly payload?: unknown; readonly key?: string };
  readonly from_step?: string;
  readonly input?: unknown;
  readonly outputs?: Readonly<Record<string, unknown>>;
}

export interface BulkOperation {
  readonly bulk_id: string;
  readonly action: string;
  readonly status: 'running' | 'cancelling' | 'completed' | 'cancelled';
  readonly requested_by: string;
  readonly filter: Readonly<Record<string, unknown>>;
  readonly matched: number;
  readonly done: number;
  readonly skipped: number;
  readonly failed: number;
  readonly skipped_by_code: Readonly<Record<string, number>>;
  readonly failed_by_code: Readonly<Record<string, number>>;
  readonly problems: readonly { readonly execution_id: string; readonly code: string; readonly message: string }[];
  readonly created_at: string;
  readonly ended_at: string | null;
}

export interface BulkPreview {
  readonly matched: number;
  /** The newest of them, as in a list. */
  readonly sample: readonly Readonly<Record<string, unknown>>[];
}

export interface BulkPage {
  readonly bulk_operations: readonly BulkOperation[];
  readonly pagination: { readonly has_more: boolean; readonly next_cursor: string | null };
}

interface Sender {
  read<T>(path: string): Promise<T>;
  repeat<T>(call: Call): Promise<T>;
}

const place = '/api/v1/executions/bulk';
const at = (id: string, rest = ''): string => `${place}/${encodeURIComponent(id)}${rest}`;

/** `query` is the text behind the path. A start bears a key, so that a repeat is one operation. */
export function bulkCalls(
  sender: Sender,
  queryText: (query: Readonly<Record<string, string | number | undefined>>) => string,
) {
  return {
    /** Durable once it resolves; it goes on without the caller. */
    startBulk: (request: BulkRequest, key: string = randomUUID()): Promise<BulkOperation> =>
      sender.repeat({ method: 'POST', path: place, headers: { 'idempotency-key': key }, body: request }),
    /** How many it would look at, and some of them; nothing is done. */
    previewBulk: (request: BulkRequest): Promise<BulkPreview> =>
      sender.repeat({ method: 'POST', path: place, body: { ...request, dry_run: true } }),
    getBulk: (id: string): Promise<BulkOperation> => sender.read(at(id)),
    listBulk: (query: { cursor?: string; limit?: number } = {}): Promise<BulkPage> =>
      sender.read(`${place}${queryText(query)}`),
    /** What it has done stays done. */
    cancelBulk: (id: string): Promise<BulkOperation> =>
      sender.repeat({ method: 'POST', path: at(id, '/cancel'), body: {} }),
  };
}
