import type { Json, JsonObject } from '../../kit/json.ts';
import type { Sink } from '../sink.ts';
import { didYouMean } from '../suggest.ts';
import { entrySpot, isMap, jsonOf, nameOf, type Spot } from '../yaml/tree.ts';
import { type Kind, keySpot, reportType } from './kind.ts';

/**
 * Tables of fields: what an object of the language may hold, once. Checks, normal form and the published JSON Schema are
 * all read from here, so they cannot disagree.
 */
export interface Field<T> {
  /** The name first, then its aliases. */
  readonly names: readonly [string, ...string[]];
  readonly kind: Kind<T>;
  readonly doc: string;
  readonly required: boolean;
  /** Checked and kept, but without effect in this release. */
  readonly isReserved: boolean;
}

/** By member of the normal form. */
export type Fields = Readonly<Record<string, Field<unknown>>>;

/** What reading a table gives: members that were there and could be read. */
export type Read<F extends Fields> = { readonly [Member in keyof F]?: F[Member] extends Field<infer T> ? T : never };

export function optional<T>(names: string | readonly [string, ...string[]], kind: Kind<T>, doc: string): Field<T> {
  return { names: typeof names === 'string' ? [names] : names, kind, doc, required: false, isReserved: false };
}

export function required<T>(names: string | readonly [string, ...string[]], kind: Kind<T>, doc: string): Field<T> {
  return { ...optional(names, kind, doc), required: true };
}

export function reserved<T>(name: string, kind: Kind<T>, doc: string): Field<T> {
  return { ...optional(name, kind, doc), isReserved: true };
}

/** An object of these fields. `subject` is how messages call it: "a retry policy". */
export function object<F extends Fields>(subject: string, fields: F): Kind<Read<F>> {
  return {
    expected: `${subject} (an object)`,
    read: (spot, sink) =>
      isMap(spot) ? readFields(fields, spot, sink, subject) : reportType(spot, sink, `${subject} (an object)`),
    schema: () => fieldsSchema(fields),
  };
}

/** An object with exactly one of these fields. */
export function exactlyOne<F extends Fields>(subject: string, fields: F): Kind<Read<F>> {
  const whole = object(subject, fields);
  const names = Object.values(fields).map((field) => `"${field.names[0]}"`);
  const expected = `${subject}: an object with ${names.join(' or ')}`;
  return {
    expected,
    read(spot, sink) {
      const read = whole.read(spot, sink);
      if (!isMap(spot)) return read;
      const [first, second] = spot.node.entries;
      if (first === undefined) sink.report('FIELD_MISSING', spot, `"${nameOf(spot)}" must be ${expected}`);
      if (second !== undefined)
        sink.report(
          'FIELD_CONFLICT',
          keySpot(spot, second),
          `"${nameOf(spot)}" takes one of ${names.join(', ')}: keep one`,
        );
      return read;
    },
    schema: () => ({ ...whole.schema(), minProperties: 1, maxProperties: 1 }),
  };
}

/** Reads every field that is there and reports those that are unknown, doubled or missing. */
export function readFields<F extends Fields>(fields: F, spot: Spot, sink: Sink, subject: string): Read<F> {
  const read: Record<string, unknown> = {};
  const found = new Map<string, string>();
  if (spot.node.kind !== 'map') return read as Read<F>;
  const byName = indexOf(fields);
  for (const entry of spot.node.entries) {
    const member = byName.get(entry.key);
    const field = member === undefined ? undefined : fields[member];
    if (member === undefined || field === undefined) {
      sink.report(
        'FIELD_UNKNOWN',
        keySpot(spot, entry),
        `${subject} has no field "${entry.key}"${didYouMean(entry.key, byName.keys())}`,
      );
      continue;
    }
    const twin = found.get(member);
    if (twin !== undefined) {
      sink.report('FIELD_CONFLICT', keySpot(spot, entry), `"${entry.key}" and "${twin}" mean the same: keep one`);
      continue;
    }
    found.set(member, entry.key);
    if (field.isReserved) {
      sink.report(
        'FIELD_NOT_ACTIVE',
        keySpot(spot, entry),
        `"${entry.key}" is checked and kept, but this release does not act on it yet`,
      );
    }
    const value = field.kind.read(entrySpot(spot, entry), sink);
    if (value !== undefined) read[member] = value;
  }
  reportMissing(fields, new Set(found.keys()), { spot, sink, subject });
  return read as Read<F>;
}

function reportMissing(
  fields: Fields,
  found: ReadonlySet<string>,
  at: { spot: Spot; sink: Sink; subject: string },
): void {
  for (const [member, field] of Object.entries(fields)) {
    if (!field.required || found.has(member)) continue;
    at.sink.report('FIELD_MISSING', at.spot, `${at.subject} needs "${field.names[0]}": ${field.kind.expected}`);
  }
}

const indexes = new WeakMap<Fields, ReadonlyMap<string, string>>();

/** Member by every name of its field; made once a table. */
function indexOf(fields: Fields): ReadonlyMap<string, string> {
  const known = indexes.get(fields);
  if (known) return known;
  const index = new Map(
    Object.entries(fields).flatMap(([member, field]) => field.names.map((name) => [name, member] as const)),
  );
  indexes.set(fields, index);
  return index;
}

/** The reserved fields that are there, by their YAML names, as they were written. */
export function reservedOf(fields: Fields, spot: Spot): JsonObject | undefined {
  if (spot.node.kind !== 'map') return undefined;
  const byName = indexOf(fields);
  const kept: [string, Json][] = [];
  for (const entry of spot.node.entries) {
    const field = fields[byName.get(entry.key) ?? ''];
    if (field?.isReserved) kept.push([field.names[0], jsonOf(entry.value)]);
  }
  return kept.length === 0 ? undefined : Object.fromEntries(kept);
}

/** The same rules for editors. */
export function fieldsSchema(fields: Fields): JsonObject {
  const properties: [string, Json][] = [];
  const needed: string[] = [];
  const neededByAlias: Json[] = [];
  for (const { names, kind, doc, required: isRequired } of Object.values(fields)) {
    const [name, ...aliases] = names;
    properties.push([name, { description: doc, ...kind.schema() }]);
    for (const alias of aliases)
      properties.push([alias, { description: `Same as \`${name}\`. ${doc}`, ...kind.schema() }]);
    if (isRequired && aliases.length === 0) needed.push(name);
    if (isRequired && aliases.length > 0) neededByAlias.push({ anyOf: names.map((each) => ({ required: [each] })) });
  }
  return {
    type: 'object',
    properties: Object.fromEntries(properties),
    additionalProperties: false,
    ...(needed.length > 0 ? { required: needed } : {}),
    ...(neededByAlias.length > 0 ? { allOf: neededByAlias } : {}),
  };
}
