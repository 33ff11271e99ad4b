import { randomUUID } from 'node:crypto';
import type { BulkOperation, BulkPreview } from './bulk.ts';
import type { Call } from './transport.ts';

/** Executions that ended where nobody could go on, as they stand on the wire. */
export interface DeadLetter {
  readonly execution_id: string;
  readonly workflow_name: string;
  readonly version: string;
  readonly status: string;
  readonly run: number;
  /** Null once it is no dead letter any more. */
  readonly reason: 'rule' | 'poison' | 'policy' | null;
  readonly step: string | null;
  readonly executor: string | null;
  readonly function: string | null;
  readonly attempt: number | null;
  readonly deliveries: number | null;
  readonly error: { readonly code: string; readonly message: string } | null;
  readonly created_at: string;
  readonly dead_at: string;
}

export interface DeadLetterFilter {
  readonly workflow?: string;
  readonly executor?: string;
  readonly code?: string;
  readonly reason?: string;
  /** Ended at or after it, and before it. */
  readonly from?: string;
  readonly to?: string;
}

export interface DeadLetterPage {
  readonly dead_letters: readonly DeadLetter[];
  readonly pagination: { readonly has_more: boolean; readonly next_cursor: string | null };
}

interface Sender {
  read<T>(path: string): Promise<T>;
  repeat<T>(call: Call): Promise<T>;
  once<T>(call: Call): Promise<T>;
}

type Many = DeadLetterFilter & { readonly execution_ids?: readonly string[] };

const place = '/api/v1/dead-letters';
const at = (id: string, rest = ''): string => `${place}/${encodeURIComponent(id)}${rest}`;

/** `query` is the text behind the path. What is done to many bears a key, so that a repeat is one operation. */
export function deadLetterCalls(
  sender: Sender,
  queryText: (query: Readonly<Record<string, string | number | undefined>>) => string,
) {
  const many = (verb: string, filter: Many, key: string): Promise<BulkOperation> =>
    sender.repeat({
      method: 'POST',
      path: `${place}/bulk/${verb}`,
      headers: { 'idempotency-key': key },
      body: { filter },
    });
  return {
    listDeadLetters: (query: DeadLetterFilter & { cursor?: string; limit?: number } = {}): Promise<DeadLetterPage> =>
      sender.read(`${place}${queryText({ ...query })}`),
    getDeadLetter: (id: string): Promise<DeadLetter> => sender.read(at(id)),
    /** Goes on from the step that failed, as `retry` does. */
    replayDeadLetter: (id: string): Promise<DeadLetter> =>
      sender.once({ method: 'POST', path: at(id, '/replay'), body: {} }),
    discardDeadLetter: (id: string): Promise<DeadLetter> =>
      sender.once({ method: 'POST', path: at(id, '/discard'), body: {} }),
    /** As a bulk operation; without a filter all of them. */
    replayDeadLetters: (filter: Many = {}, key: string = randomUUID()): Promise<BulkOperation> =>
      many('replay', filter, key),
    discardDeadLetters: (filter: Many = {}, key: string = randomUUID()): Promise<BulkOperation> =>
      many('discard', filter, key),
    /** How many match; nothing is done. */
    previewDeadLetters: (verb: 'replay' | 'discard', filter: Many = {}): Promise<BulkPreview> =>
      sender.repeat({ method: 'POST', path: `${place}/bulk/${verb}`, body: { filter, dry_run: true } }),
  };
}
