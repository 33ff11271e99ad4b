/** Functions on values of any kind, and on objects. */
import { emptyObject } from '../../kit/json.ts';
import { itemsMax } from '../limits.ts';
import { typeName } from '../operators.ts';
import type { Run } from '../run.ts';
import { type Builtin, builtin, type Call } from './call.ts';

export const valueFunctions: Readonly<Record<string, Builtin>> = {
  type: builtin(1, 1, (call) => typeName(call.value(0))),
  len: builtin(1, 1, length),
  at: builtin(2, 2, at),
  keys: builtin(1, 1, (call) => membersOf(call).map(([name]) => name)),
  values: builtin(1, 1, (call) => membersOf(call).map(([, value]) => value)),
  merge: builtin(1, Number.POSITIVE_INFINITY, merge),
};

/** Characters of a string, items of a list, members of an object; 0 for null. */
function length(call: Call): number {
  const value = call.value(0);
  if (typeof value === 'string') return codePointCount(call.run, value);
  return Array.isArray(value) ? value.length : membersOf(call).length;
}

export function codePointCount(run: Run, text: string): number {
  run.spend(text.length >> 4);
  let count = 0;
  for (const _ of text) count += 1;
  return count;
}

/** The item or character at a place; from the end where it is negative. Null outside. */
function at(call: Call): unknown {
  const value = call.value(0);
  const place = call.integer(1, { least: -Number.MAX_SAFE_INTEGER, most: Number.MAX_SAFE_INTEGER });
  if (typeof value !== 'string') return call.list(0).at(place) ?? null;
  call.run.admitItems(value.length);
  return [...value].at(place) ?? null;
}

function membersOf(call: Call): readonly [string, unknown][] {
  const members = Object.entries(call.object(0));
  call.run.admitItems(members.length);
  return members;
}

/** One level deep; the later object wins. */
function merge(call: Call): unknown {
  const merged = emptyObject<unknown>();
  let count = 0;
  call.args.forEach((_, place) => {
    const members = Object.entries(call.object(place));
    count += members.length;
    call.run.admitItems(Math.min(count, itemsMax + 1));
    for (const [name, value] of members) merged[name] = value;
  });
  return merged;
}
