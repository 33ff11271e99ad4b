/**
 * One action on one execution, and what came of it: done, passed over because it does not fit, or failed. Each bears an id
 * made of the operation's, so that a repeat after a crash moves nothing and counts as done.
 */
import { Fault } from '../../kit/fault.ts';
import type { Json, JsonObject } from '../../kit/json.ts';
import type { BulkRow } from '../../storage/bulk-operations.ts';
import type { Executions, Operation, RerunRequest } from '../engine.ts';
import { bulkKeyLifetimeMs } from './bulk-limits.ts';

/** `discard` is of dead letters alone. */
export const bulkActions = ['cancel', 'terminate', 'pause', 'resume', 'retry', 'rerun', 'signal', 'discard'] as const;
export type BulkAction = (typeof bulkActions)[number];

const open = ['queued', 'running', 'waiting', 'paused'] as const;
const unfinished = ['failed', 'timed_out', 'cancelled'] as const;

/** Where an action has something to do; all others would be passed over. */
export const fittingStatuses: Readonly<Record<BulkAction, readonly string[]>> = {
  cancel: open,
  terminate: [...open, 'compensating'],
  pause: ['running', 'waiting'],
  resume: ['paused'],
  retry: unfinished,
  rerun: [...unfinished, 'completed', 'compensated'],
  signal: open,
  discard: ['failed'],
};

export type BulkOutcome =
  | { readonly kind: 'done' }
  | { readonly kind: 'skipped' | 'failed'; readonly code: string; readonly message: string }
  /** Nothing can be done now: the same again later. */
  | { readonly kind: 'later' };

/** What passes: the store is away, or there is no room just now. */
const passing: ReadonlySet<string> = new Set(['STORE_UNREACHABLE', 'STORE_FULL', 'QUEUE_FULL', 'SHUTTING_DOWN']);
/** The execution is not, or no longer, one that the action fits. */
const unfit: ReadonlySet<string> = new Set(['STATE_CONFLICT', 'EXECUTION_NOT_FOUND']);

export async function actOn(
  executions: Pick<Executions, 'operate' | 'rerun'>,
  row: BulkRow,
  executionId: string,
): Promise<BulkOutcome> {
  try {
    if (row.action === 'rerun') await executions.rerun(rerunOf(row, executionId));
    else await executions.operate(row.workspace, executionId, operationOf(row));
    return { kind: 'done' };
  } catch (error) {
    if (!Fault.is(error)) return { kind: 'failed', code: 'INTERNAL', message: 'something went wrong inside' };
    if (passing.has(error.code)) return { kind: 'later' };
    const reason = error.detail['reason'];
    const code = typeof reason === 'string' ? reason : error.code;
    return { kind: unfit.has(error.code) ? 'skipped' : 'failed', code, message: error.message };
  }
}

function operationOf({ action, given, bulkId: id, requestedBy: by }: BulkRow): Operation {
  if (action === 'signal') return { type: 'signal', id, ...(given['signal'] as unknown as Signal) };
  const reason = given['reason'];
  const asked = { asked: { id, by } };
  if (action === 'cancel' || action === 'terminate') {
    return { type: action, ...asked, ...(typeof reason === 'string' ? { reason } : {}) };
  }
  if (action === 'discard') return { type: action, by, ...asked };
  return { type: action as 'pause' | 'resume' | 'retry', ...asked };
}

interface Signal {
  readonly name: string;
  readonly payload: Json;
  readonly key?: string;
}

function rerunOf({ bulkId, workspace, given }: BulkRow, executionId: string): RerunRequest {
  return {
    workspace,
    executionId,
    ...(given as JsonObject & Pick<RerunRequest, 'fromStep' | 'input' | 'outputs'>),
    metadata: { bulk_operation: bulkId },
    idempotencyKey: `${bulkId}/${executionId}`,
    keyLifetimeMs: bulkKeyLifetimeMs,
  };
}
