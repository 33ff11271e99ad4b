/** The objects of the published schema of the workflow language, so that none of its fields is without a wrong value. */
import { workflowSchema } from '../../../../src/model/published-schema.ts';
import { objectPlaces } from './bad-definitions.ts';

/** Objects of which some field is in no table, with these fields. */
export function untriedObjects(): string[] {
  return publishedObjects(workflowSchema()).flatMap((names) => {
    const places = [...triedByTitle().values()];
    const nearest = places.map((tried) => names.filter((name) => !tried.has(name)));
    const [fewest = names] = nearest.sort((a, b) => a.length - b.length);
    return fewest.length === 0 ? [] : [`an object of ${names.join(', ')} is tried without ${fewest.join(', ')}`];
  });
}

function triedByTitle(): ReadonlyMap<string, ReadonlySet<string>> {
  const tried = new Map<string, Set<string>>();
  for (const { title, fields, shared = {} } of objectPlaces) {
    const names = tried.get(title) ?? new Set<string>();
    for (const name of [...Object.keys(fields), ...Object.keys(shared)]) names.add(name);
    tried.set(title, names);
  }
  return tried;
}

/** The names of every object that takes no others. */
function publishedObjects(schema: unknown): string[][] {
  if (typeof schema !== 'object' || schema === null) return [];
  const inside = Object.values(schema).flatMap(publishedObjects);
  const { properties, additionalProperties } = schema as Record<string, unknown>;
  const isClosed = typeof properties === 'object' && properties !== null && additionalProperties === false;
  return isClosed ? [Object.keys(properties), ...inside] : inside;
}
