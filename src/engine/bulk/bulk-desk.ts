/**
 * Operations on many executions at once: asked for, looked at, cancelled. What is done meanwhile is the runner's.
 *
 * A request is durable once it is answered: the row that the runner goes on from. Executions that are created later are
 * never touched by it.
 */
import { createHash } from 'node:crypto';
import type { Clock } from '../../kit/clock.ts';
import { Fault } from '../../kit/fault.ts';
import { idFrom, makeId } from '../../kit/ids.ts';
import { canonicalJson, type Json, type JsonObject } from '../../kit/json.ts';
import type { Random } from '../../kit/random.ts';
import type { BulkFilter, BulkPage, BulkQuery, BulkRow } from '../../storage/bulk-operations.ts';
import type { Store } from '../../storage/store.ts';
import type { StoredView } from '../../storage/views.ts';
import { copyJson, findUnstorableText } from '../moves/storable.ts';
import { type BulkAction, fittingStatuses } from './bulk-actions.ts';
import { bulkSampleMax } from './bulk-limits.ts';

export interface BulkRequest {
  readonly workspace: string;
  readonly action: BulkAction;
  /** Without `status` and `ids`: the statuses that the action fits. */
  readonly filter: BulkFilter;
  readonly given: JsonObject;
  readonly requestedBy: string;
  /** The same key again is the same operation. */
  readonly idempotencyKey?: string;
}

export interface BulkPreview {
  readonly matched: number;
  /** The newest of them. */
  readonly sample: readonly StoredView[];
}

export interface BulkDesk {
  /** Durable once it resolves. Rejects with IDEMPOTENCY_KEY_REUSED, REQUEST_INVALID, SHUTTING_DOWN. */
  start(request: BulkRequest): Promise<BulkRow>;
  /** What `start` would look at; changes nothing. */
  preview(request: BulkRequest): Promise<BulkPreview>;
  /** This and `cancel` reject with BULK_OPERATION_NOT_FOUND. */
  get(workspace: string, bulkId: string): Promise<BulkRow>;
  list(query: BulkQuery): Promise<BulkPage>;
  /** Looks at no more executions; what is done stays done. Rejects with STATE_CONFLICT where it has ended. */
  cancel(workspace: string, bulkId: string): Promise<BulkRow>;
}

export interface BulkDeskDeps {
  readonly store: Pick<Store, 'bulk' | 'views'>;
  readonly clock: Clock;
  readonly random: Random;
  readonly isClosing: () => boolean;
  /** There is something to do. */
  readonly wake: () => void;
}

export function openBulkDesk(deps: BulkDeskDeps): BulkDesk {
  const { store, clock } = deps;

  async function get(workspace: string, bulkId: string): Promise<BulkRow> {
    const row = await store.bulk.find(workspace, bulkId);
    if (row) return row;
    throw new Fault('BULK_OPERATION_NOT_FOUND', `there is no bulk operation ${bulkId}; list them with "bulk list"`);
  }

  async function preview(request: BulkRequest): Promise<BulkPreview> {
    const { workspace } = request;
    const page = await store.views.list({ workspace, ...filterOf(request), limit: bulkSampleMax, count: true });
    return { matched: page.total ?? 0, sample: page.rows };
  }

  async function start(request: BulkRequest): Promise<BulkRow> {
    if (deps.isClosing()) throw new Fault('SHUTTING_DOWN', 'the server is shutting down: ask again in a moment');
    const unstorable = findUnstorableText(request.given);
    if (unstorable) throw new Fault('INPUT_INVALID', `the request cannot be kept: ${unstorable}`);
    const row = await rowOf(request);
    if (await store.bulk.put(row)) {
      deps.wake();
      return row;
    }
    const known = await get(request.workspace, row.bulkId);
    if (known.fingerprint === row.fingerprint) return known;
    const message = `the idempotency key ${request.idempotencyKey} was used for another body: use a new key`;
    throw new Fault('IDEMPOTENCY_KEY_REUSED', message, { detail: { bulk_id: known.bulkId } });
  }

  async function rowOf(request: BulkRequest): Promise<BulkRow> {
    const { workspace, action, given, requestedBy, filter } = request;
    const { matched } = await preview(request);
    const createdAt = clock.nowMs();
    // What is created in this very millisecond may have been meant.
    const to = Math.min(filter.to ?? Number.POSITIVE_INFINITY, createdAt + 1);
    return {
      bulkId: bulkIdOf(request),
      workspace,
      revision: 1,
      action,
      given: copyJson(given) as JsonObject,
      filter: { ...filterOf(request), to },
      fingerprint: hashOf([action, given, filter as unknown as Json]).toString('base64url'),
      requestedBy,
      createdAt,
      endedAt: null,
      status: 'running',
      isCancelRequested: false,
      matched: filter.ids ? new Set(filter.ids).size : matched,
      done: 0,
      skipped: {},
      failed: {},
      problems: [],
      cursor: null,
      batch: [],
    };
  }

  /** A key makes the id, so that a repeat meets the row of the first. */
  function bulkIdOf({ workspace, idempotencyKey }: BulkRequest): string {
    if (idempotencyKey === undefined) return makeId('bulk', clock, deps.random);
    return idFrom('bulk', 0, hashOf([workspace, idempotencyKey]));
  }

  async function cancel(workspace: string, bulkId: string): Promise<BulkRow> {
    for (;;) {
      const row = await get(workspace, bulkId);
      if (row.isCancelRequested) return row;
      if (row.endedAt !== null) throw new Fault('STATE_CONFLICT', `bulk operation ${bulkId} has ended (${row.status})`);
      const asked = { ...row, revision: row.revision + 1, isCancelRequested: true };
      if (!(await store.bulk.put(asked))) continue;
      deps.wake();
      return asked;
    }
  }

  return { start, preview, get, cancel, list: (query) => store.bulk.list(query) };
}

/** Executions that are named are looked at whatever their state: why one is passed over is told then. */
function filterOf({ action, filter }: BulkRequest): BulkFilter {
  return filter.status || filter.ids ? filter : { ...filter, status: fittingStatuses[action] };
}

const hashOf = (parts: Json): Buffer => createHash('sha256').update(canonicalJson(parts)).digest();
