/** The objects that a published schema describes, so that none of their fields is without a wrong value. */
import type { ObjectPlace } from './object-place.ts';

/** Objects of which some field is in no table: what they hold, and what is missing. */
export function untriedObjects(schema: unknown, places: readonly ObjectPlace[]): string[] {
  const tables = [...triedByTitle(places).values()];
  return closedObjects(schema).flatMap((names) => {
    const missing = tables.map((tried) => names.filter((name) => !tried.has(name)));
    const [fewest = names] = missing.sort((a, b) => a.length - b.length);
    return fewest.length === 0 ? [] : [`an object of ${names.join(', ')} is tried without ${fewest.join(', ')}`];
  });
}

function triedByTitle(places: readonly ObjectPlace[]): ReadonlyMap<string, ReadonlySet<string>> {
  const tried = new Map<string, Set<string>>();
  for (const { title, fields, shared = {} } of places) {
    const names = tried.get(title) ?? new Set<string>();
    for (const name of [...Object.keys(fields), ...Object.keys(shared)]) names.add(name);
    tried.set(title, names);
  }
  return tried;
}

/** The names of every object that takes no others. */
function closedObjects(schema: unknown): string[][] {
  if (typeof schema !== 'object' || schema === null) return [];
  const inside = Object.values(schema).flatMap(closedObjects);
  const { properties, additionalProperties } = schema as Record<string, unknown>;
  const isClosed = typeof properties === 'object' && properties !== null && additionalProperties === false;
  return isClosed ? [Object.keys(properties), ...inside] : inside;
}
