/** What may be kept: JSON without NUL or lone surrogates, not too large, not too deep. */
import type { StepError } from '../../core/errors.ts';
import { type Json, member } from '../../kit/json.ts';
import { valueTextMax } from '../limits.ts';

const depthMax = 64;

/** The error an attempt fails with where its result cannot be kept; undefined where it can. */
export function findUnstorable(value: unknown): StepError | undefined {
  const found = examine(value, '', { left: valueTextMax }, 0);
  return found === undefined ? undefined : { code: 'OUTPUT_INVALID', message: `the result cannot be kept: ${found}` };
}

/**
 * What a user's code gave, as a copy that can be kept, or the error its attempt fails with. Never throws: members may throw
 * when they are read.
 */
export function kept(value: unknown): { readonly output: Json } | { readonly error: StepError } {
  try {
    const error = findUnstorable(value);
    return error ? { error } : { output: copyJson(value as Json) };
  } catch {
    return { error: { code: 'OUTPUT_INVALID', message: 'the result cannot be kept: to read it throws' } };
  }
}

/** What is wrong with a value, and where (JSON pointer); undefined where it can be kept. */
export function findUnstorableText(value: unknown): string | undefined {
  return examine(value, '', { left: valueTextMax }, 0);
}

function examine(value: unknown, pointer: string, room: { left: number }, depth: number): string | undefined {
  const place = pointer === '' ? 'the value' : pointer;
  switch (typeof value) {
    case 'string':
      room.left -= value.length + 2;
      if (value.includes('\u0000') || !value.isWellFormed())
        return `${place} holds a NUL character or half a surrogate pair`;
      return room.left < 0 ? tooLarge : undefined;
    case 'number':
      room.left -= 8;
      return Number.isFinite(value) ? undefined : `${place} is ${value}, which is no JSON number`;
    case 'boolean':
      room.left -= 5;
      return undefined;
    case 'object':
      break;
    default:
      return `${place} is ${typeof value === 'undefined' ? 'undefined' : `a ${typeof value}`}, which is no JSON value`;
  }
  if (value === null) return undefined;
  if (!Array.isArray(value) && !isPlain(value)) {
    return `${place} is a ${value.constructor?.name ?? 'special object'}, which is no JSON value: make it text or a plain object`;
  }
  if (depth >= depthMax) return `${place} is nested deeper than ${depthMax}`;
  room.left -= 2;
  const isList = Array.isArray(value);
  for (const name of isList ? value.keys() : Object.keys(value)) {
    room.left -= typeof name === 'number' ? 1 : name.length + 3;
    if (room.left < 0) return tooLarge;
    const inner: unknown = typeof name === 'number' ? (value as unknown[])[name] : member(value, name);
    if (inner === undefined && !isList) continue;
    const found = examine(inner, `${pointer}/${name}`, room, depth + 1);
    if (found) return found;
  }
  return undefined;
}

function isPlain(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null || Object.getPrototypeOf(prototype) === null;
}

const tooLarge = `its text is longer than ${valueTextMax} characters`;

/** A copy that shares nothing: what a user's function gets, so that it cannot change what the journal says. */
export function copyJson(value: Json): Json {
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map(copyJson);
  const copy: Record<string, Json> = {};
  for (const [name, inner] of Object.entries(value)) {
    // As JSON does: a member that is undefined is not there.
    if (inner === undefined) continue;
    if (name === '__proto__') Object.defineProperty(copy, name, { value: copyJson(inner), enumerable: true });
    else copy[name] = copyJson(inner);
  }
  return copy;
}
