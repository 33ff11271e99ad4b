import { TaskStopped, type WireError, type WireResult, type WireTask } from './task.ts';

/** What a function returned or threw, as a result that the platform can record. Never throws. */

/** Characters of an error's message that are sent. */
const messageLengthMax = 4_000;
const codeLengthMax = 128;

export function completed(task: WireTask, output: unknown): WireResult {
  const kept = keep(output);
  if ('problem' in kept) return failed(task, { code: 'OUTPUT_INVALID', message: kept.problem, retryable: false });
  return { task_id: task.task_id, lease_token: task.lease_token, status: 'completed', output: kept.json };
}

export function failed(task: WireTask, error: WireError): WireResult {
  return { task_id: task.task_id, lease_token: task.lease_token, status: 'failed', error };
}

/** The error of a result: `code`, `retryable` and `details` are taken from the thrown value where it has them. */
export function errorOf(thrown: unknown): WireError {
  try {
    return readError(thrown);
  } catch {
    return { code: 'EXECUTOR_ERROR', message: 'the function threw what cannot be read', retryable: true };
  }
}

function readError(thrown: unknown): WireError {
  const own = typeof thrown === 'object' && thrown !== null ? (thrown as Record<string, unknown>) : {};
  const code =
    typeof own['code'] === 'string' && own['code'] !== '' ? own['code'].slice(0, codeLengthMax) : 'EXECUTOR_ERROR';
  const kept = keep(own['details']);
  return {
    code,
    message: messageOf(thrown).slice(0, messageLengthMax),
    retryable: own['retryable'] !== false && !(thrown instanceof TaskStopped && thrown.code === 'CANCELLED'),
    ...(own['details'] === undefined || 'problem' in kept ? {} : { details: kept.json }),
  };
}

function messageOf(thrown: unknown): string {
  if (thrown instanceof Error) return String(thrown.message || thrown.name);
  try {
    return typeof thrown === 'string' ? thrown : (JSON.stringify(thrown) ?? String(thrown));
  } catch {
    return String(thrown);
  }
}

/**
 * A copy, as JSON has it, or why there is none: what is sent, perhaps again and again, is what was given, and can be
 * written whatever its members do when they are read.
 */
function keep(value: unknown): { readonly json: unknown } | { readonly problem: string } {
  try {
    const problem = problemOf(value);
    return problem === undefined ? { json: JSON.parse(JSON.stringify(value ?? null)) } : { problem };
  } catch (thrown) {
    return { problem: `it cannot be written as JSON: ${errorOf(thrown).message}` };
  }
}

/** Why a value is no JSON. What `JSON.stringify` would drop or change silently is told instead. */
export function problemOf(value: unknown, path = '$', above: readonly object[] = []): string | undefined {
  switch (typeof value) {
    case 'string':
    case 'boolean':
    case 'undefined':
      return undefined;
    case 'number':
      return Number.isFinite(value) ? undefined : `${path} is ${value}, which JSON cannot say`;
    case 'object':
      return value === null ? undefined : problemInside(value, path, above);
    default:
      return `${path} is a ${typeof value}, which JSON cannot say`;
  }
}

function problemInside(value: object, path: string, above: readonly object[]): string | undefined {
  if (above.includes(value)) return `${path} holds itself`;
  if (above.length >= depthMax) return `${path} is nested deeper than ${depthMax} levels`;
  if ('toJSON' in value && typeof value.toJSON === 'function') return undefined;
  if (value instanceof Map || value instanceof Set)
    return `${path} is a ${value.constructor.name}: give an object or a list`;
  const inside = [...above, value];
  for (const [key, item] of Object.entries(value)) {
    const problem = problemOf(item, Array.isArray(value) ? `${path}[${key}]` : `${path}.${key}`, inside);
    if (problem !== undefined) return problem;
  }
  return undefined;
}

const depthMax = 100;
