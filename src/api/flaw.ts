/**
 * What JSON can say and no store or expression should ever see: NUL and lone surrogates in texts, keys that reach
 * prototypes, numbers that are no longer finite, and shapes that are there to exhaust.
 *
 * Pure. Where a member stands twice in an object the last one counts, as JSON.parse has it.
 */
import { pointerToken } from './pointer.ts';

export interface Flaw {
  readonly code: 'TEXT_INVALID' | 'KEY_FORBIDDEN' | 'NUMBER_INVALID' | 'TOO_DEEP' | 'TOO_MANY_MEMBERS';
  readonly message: string;
  readonly pointer: string;
}

/** Lists and objects inside each other. */
export const depthMax = 64;
export const membersMax = 10_000;

/** The first flaw in document order, or undefined. Looks no deeper than `depthMax`, however deep the value is. */
export function findFlaw(value: unknown, depth = depthMax): Flaw | undefined {
  if (typeof value === 'string') return isSound(value) ? undefined : flaw('TEXT_INVALID', unsoundText);
  if (typeof value === 'number') return Number.isFinite(value) ? undefined : flaw('NUMBER_INVALID', hugeNumber);
  if (typeof value !== 'object' || value === null) return undefined;
  if (depth === 0) return flaw('TOO_DEEP', `lists and objects may be nested ${depthMax} deep`);
  return Array.isArray(value) ? flawOfList(value, depth) : flawOfObject(value, depth);
}

export function isSound(text: string): boolean {
  return text.isWellFormed() && !text.includes('\0');
}

const unsoundText = 'a text must not hold NUL (\\u0000) or half a surrogate pair; send it as base64 where it is binary';
const hugeNumber = 'a number must be between -1.8e308 and 1.8e308; send a larger one as a text';

const flaw = (code: Flaw['code'], message: string): Flaw => ({ code, message, pointer: '' });

function flawOfList(list: readonly unknown[], depth: number): Flaw | undefined {
  for (let index = 0; index < list.length; index += 1) {
    const found = findFlaw(list[index], depth - 1);
    if (found) return { ...found, pointer: `/${index}${found.pointer}` };
  }
  return undefined;
}

function flawOfObject(object: object, depth: number): Flaw | undefined {
  const names = Object.keys(object);
  if (names.length > membersMax) {
    return flaw('TOO_MANY_MEMBERS', `an object may have ${membersMax} members; send a list where there are more`);
  }
  for (const name of names) {
    const value = (object as Record<string, unknown>)[name];
    const found = flawOfName(name, value) ?? findFlaw(value, depth - 1);
    if (found) return { ...found, pointer: `/${pointerToken(name.toWellFormed())}${found.pointer}` };
  }
  return undefined;
}

function flawOfName(name: string, value: unknown): Flaw | undefined {
  if (!isSound(name)) return flaw('TEXT_INVALID', unsoundText);
  const reachesPrototype =
    name === '__proto__' ||
    (name === 'constructor' && typeof value === 'object' && value !== null && Object.hasOwn(value, 'prototype'));
  return reachesPrototype
    ? flaw('KEY_FORBIDDEN', `a member must not be called ${JSON.stringify(name)}; rename it`)
    : undefined;
}
