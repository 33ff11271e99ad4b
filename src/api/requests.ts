/** Reads the small values that requests are made of, and refuses them with their place. */
import { parseDuration } from '../kit/duration.ts';
import { Fault } from '../kit/fault.ts';
import { refusal } from './problem.ts';

/** Waiting that one request may ask for. */
export const waitMaxMs = 60_000;

export interface Place {
  readonly in: 'body' | 'query' | 'path' | 'headers';
  readonly pointer: string;
}

export function durationMs(text: string, place: Place, maxMs = Number.POSITIVE_INFINITY): number {
  const parsed = parseDuration(text);
  if (parsed === undefined) {
    throw refusal({
      code: 'DURATION_INVALID',
      message: 'write a duration such as 500ms, 15s, 1h30m or PT15S',
      ...place,
    });
  }
  if (parsed > maxMs) {
    throw refusal({ code: 'VALUE_INVALID', message: `at most ${maxMs / 1_000}s are possible here`, ...place });
  }
  return parsed;
}

const isoTime = /^\d{4}-\d\d-\d\d(?:T\d\d:\d\d(?::\d\d(?:\.\d+)?)?(?:Z|[+-]\d\d:\d\d)?)?$/;

/** Milliseconds since the epoch. A date alone is its first moment in UTC; a time without a zone is UTC. */
export function timeMs(text: string, place: Place): number {
  const isLocal = isoTime.test(text) && text.length > 10 && !/(?:Z|[+-]\d\d:\d\d)$/.test(text);
  const parsed = isoTime.test(text) ? Date.parse(isLocal ? `${text}Z` : text) : Number.NaN;
  if (Number.isFinite(parsed)) return parsed;
  throw refusal({ code: 'TIME_INVALID', message: 'write a time as 2026-01-31T12:00:00Z', ...place });
}

const workflowName = /^[a-z0-9_-]{1,63}$/;
const anyId = /^[\w.:-]{1,128}$/;

/** A name that no workflow can have is not found like any other. */
export function workflowNameOf(params: { name: string }): string {
  if (workflowName.test(params.name)) return params.name;
  throw new Fault('WORKFLOW_NOT_FOUND', 'there is no such workflow; names are 1 to 63 of a-z, 0-9, _ and -');
}

export function idOf(id: string, missing: () => Fault): string {
  if (anyId.test(id)) return id;
  throw missing();
}

export function signalNameOf(name: string, place: Place): string {
  if (/^[\w.:-]{1,128}$/.test(name)) return name;
  const message = 'a signal is named by 1 to 128 of A-Z, a-z, 0-9, _, ., : and -';
  throw refusal({ code: 'NAME_INVALID', message, ...place });
}

/** An id that no execution can have is not found like any other. */
export function executionIdOf(params: { id: string }): string {
  if (anyId.test(params.id)) return params.id;
  throw new Fault('EXECUTION_NOT_FOUND', 'there is no such execution; list them with GET /api/v1/executions');
}

/** The key that makes a repeat harmless: in the header or, at `pointer`, in the body. */
export function oneKey(header: string | undefined, inBody: string | undefined, pointer: string): string | undefined {
  if (header === undefined || inBody === undefined || header === inBody) return header ?? inBody;
  const message = 'it differs from the header Idempotency-Key; send one of them';
  throw refusal({ code: 'FIELD_CONFLICT', message, pointer, in: 'body' });
}

/** An id that no human task can have is not found like any other. */
export function humanTaskIdOf(params: { id: string }): string {
  if (anyId.test(params.id)) return params.id;
  throw new Fault('HUMAN_TASK_NOT_FOUND', 'there is no such human task; list them with GET /api/v1/human-tasks');
}

const versionForm = /^v?(\d+\.\d+\.\d+(?:[-+][\w.+-]{1,40})?)$/;

/** `v1.0.0` is `1.0.0`. */
export function versionOf(text: string, place: Place): string {
  const version = versionForm.exec(text)?.[1];
  if (version !== undefined) return version;
  throw refusal({ code: 'VERSION_INVALID', message: 'write a version such as 1.2.3 or v1.2.3', ...place });
}
