import type { Json, JsonObject } from '../../kit/json.ts';
import { emptyObject } from '../../kit/json.ts';
import type { Sink } from '../sink.ts';
import { didYouMean } from '../suggest.ts';
import { describe, entrySpot, isList, isMap, itemSpots, jsonOf, nameOf, type Spot, textOf } from '../yaml/tree.ts';

/**
 * Kinds of values: the words of the tables that describe the language.
 *
 * A kind reads one node into its normal form, reports every problem it finds on the way (then its answer is undefined),
 * and tells editors the same rule as a JSON Schema. Nothing here knows which field it stands in.
 */
export interface Kind<T> {
  /** For messages: "a whole number from 1 to 5". */
  readonly expected: string;
  read(spot: Spot, sink: Sink): T | undefined;
  schema(): JsonObject;
}

export function reportType(spot: Spot, sink: Sink, expected: string): undefined {
  const { node } = spot;
  const found = node.kind === 'scalar' && node.value === null ? 'it is empty' : `it is ${describe(node)}`;
  sink.report('TYPE_WRONG', spot, `"${nameOf(spot)}" must be ${expected}, ${found}`);
  return undefined;
}

/** Any text with at least one character. */
export const text: Kind<string> = {
  expected: 'a text',
  read: (spot, sink) => textOf(spot) || reportType(spot, sink, text.expected),
  schema: () => ({ type: 'string', minLength: 1 }),
};

/** A text, or a number or boolean taken as one. */
export const label: Kind<string> = {
  expected: 'a text',
  read(spot, sink) {
    const { node } = spot;
    return node.kind === 'scalar' && node.value !== null ? String(node.value) : reportType(spot, sink, label.expected);
  },
  schema: () => ({ type: ['string', 'number', 'boolean'] }),
};

export const boolean: Kind<boolean> = {
  expected: 'true or false',
  read(spot, sink) {
    const { node } = spot;
    return node.kind === 'scalar' && typeof node.value === 'boolean'
      ? node.value
      : reportType(spot, sink, boolean.expected);
  },
  schema: () => ({ type: 'boolean' }),
};

export interface Range {
  readonly min: number;
  readonly max: number;
}

export function number(range: Range): Kind<number> {
  return numeric(range, 'number');
}

export function integer(range: Range): Kind<number> {
  return numeric(range, 'integer');
}

function numeric({ min, max }: Range, type: 'number' | 'integer'): Kind<number> {
  const expected = `a ${type === 'integer' ? 'whole number' : 'number'} from ${min} to ${max}`;
  return {
    expected,
    read(spot, sink) {
      const { node } = spot;
      if (node.kind !== 'scalar' || typeof node.value !== 'number') return reportType(spot, sink, expected);
      if (node.value >= min && node.value <= max && (type === 'number' || Number.isInteger(node.value)))
        return node.value;
      sink.report('VALUE_INVALID', spot, `"${nameOf(spot)}" must be ${expected}, it is ${node.value}`);
      return undefined;
    },
    schema: () => ({ type, minimum: min, maximum: max }),
  };
}

export function choice<const T extends string>(...values: readonly T[]): Kind<T> {
  const expected = `one of ${values.join(', ')}`;
  return {
    expected,
    read(spot, sink) {
      const found = textOf(spot);
      if (found === undefined) return reportType(spot, sink, expected);
      const value = values.find((each) => each === found);
      if (value === undefined) {
        sink.report(
          'VALUE_INVALID',
          spot,
          `"${nameOf(spot)}" must be ${expected}, it is "${found}"${didYouMean(found, values)}`,
        );
      }
      return value;
    },
    schema: () => ({ enum: values }),
  };
}

/** Any JSON, kept as it is. */
export const json: Kind<Json> = { expected: 'any value', read: (spot) => jsonOf(spot.node), schema: () => ({}) };

/** Any object, kept as it is. */
export const jsonObject: Kind<JsonObject> = {
  expected: 'an object',
  read: (spot, sink) => (isMap(spot) ? (jsonOf(spot.node) as JsonObject) : reportType(spot, sink, jsonObject.expected)),
  schema: () => ({ type: 'object' }),
};

export interface ListBounds {
  readonly min?: number;
  readonly max?: number;
}

/** A list; items that cannot be read are reported and left out. */
export function list<T>(item: Kind<T>, bounds: ListBounds = {}): Kind<readonly T[]> {
  const { min = 0, max = Number.POSITIVE_INFINITY } = bounds;
  const expected = `a list, each item ${item.expected}`;
  return {
    expected,
    read(spot, sink) {
      if (!isList(spot)) return reportType(spot, sink, expected);
      if (!reportLength(spot, sink, { min, max })) return undefined;
      return itemSpots(spot).flatMap((each) => item.read(each, sink) ?? []);
    },
    schema: () => ({
      type: 'array',
      items: item.schema(),
      ...(min > 0 ? { minItems: min } : {}),
      ...(Number.isFinite(max) ? { maxItems: max } : {}),
    }),
  };
}

/** False, and reported, where a list or an object has too few or too many members. */
export function reportLength(spot: Spot, sink: Sink, { min, max }: Range): boolean {
  const { node } = spot;
  const length = node.kind === 'list' ? node.items.length : node.kind === 'map' ? node.entries.length : 0;
  if (length > max)
    sink.report(
      'LIMIT_EXCEEDED',
      spot,
      `"${nameOf(spot)}" has ${length} members, at most ${max} are allowed: split it`,
    );
  if (length < min)
    sink.report('VALUE_INVALID', spot, `"${nameOf(spot)}" is empty: give it at least ${min}, or leave it out`);
  return length <= max && length >= min;
}

/** One item where a list would have only one. */
export function oneOrMore<T>(item: Kind<T>, bounds: ListBounds = {}): Kind<readonly T[]> {
  const many = list(item, { min: 1, ...bounds });
  return {
    expected: `${item.expected} or a list of them`,
    read(spot, sink) {
      if (isList(spot)) return many.read(spot, sink);
      const one = item.read(spot, sink);
      return one === undefined ? undefined : [one];
    },
    schema: () => ({ anyOf: [item.schema(), many.schema()] }),
  };
}

/** An object whose member names the user chooses. */
export function record<T>(name: Kind<string>, value: Kind<T>): Kind<Readonly<Record<string, T>>> {
  return {
    expected: 'an object',
    read(spot, sink) {
      if (!isMap(spot)) return reportType(spot, sink, 'an object');
      const members = emptyObject<T>();
      for (const entry of spot.node.entries) {
        const key = name.read(keySpot(spot, entry), sink);
        const read = value.read(entrySpot(spot, entry), sink);
        if (key !== undefined && read !== undefined) members[key] = read;
      }
      return members;
    },
    schema: () => ({ type: 'object', additionalProperties: value.schema() }),
  };
}

/** A key as a spot of its own, so that kinds of names can judge it. */
export function keySpot(parent: Spot, entry: { key: string; keyStart: number }): Spot {
  const { key, keyStart } = entry;
  const node = { kind: 'scalar', start: keyStart, end: keyStart + key.length, value: key, style: 'plain' } as const;
  return { node, parent, key };
}

/** Reads by the first alternative whose shape fits, so that problems are told in that alternative's words. */
export function either<A, B>(fits: (spot: Spot) => boolean, first: Kind<A>, other: Kind<B>): Kind<A | B> {
  return {
    expected: `${first.expected}, or ${other.expected}`,
    read: (spot, sink) => (fits(spot) ? first : other).read(spot, sink),
    schema: () => ({ anyOf: [first.schema(), other.schema()] }),
  };
}

/** The same rule with another result. */
export function map<A, B>(kind: Kind<A>, change: (value: A) => B): Kind<B> {
  return {
    expected: kind.expected,
    read(spot, sink) {
      const value = kind.read(spot, sink);
      return value === undefined ? undefined : change(value);
    },
    schema: () => kind.schema(),
  };
}

/** A kind that many tables use: the published schema holds it once, under `$defs`. */
export interface NamedKind<T> extends Kind<T> {
  readonly name: string;
  body(): JsonObject;
}

export function named<T>(name: string, kind: Kind<T>): NamedKind<T> {
  return { ...kind, name, body: () => kind.schema(), schema: () => ({ $ref: `#/$defs/${name}` }) };
}
