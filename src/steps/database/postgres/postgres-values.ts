/**
 * PostgreSQL's values as JSON, and JSON as its parameters.
 *
 * A type of column always gives the same type of value: what JSON's numbers cannot hold exactly (bigint, numeric) is text,
 * whatever its size. Times are ISO 8601, in UTC where they have a zone; bytes are base64; JSON stays JSON.
 */
import { isObject, type Json } from '../../../kit/json.ts';
import { readArray } from './array-literal.ts';

type Read = (text: string) => Json;

const number: Read = (text) => {
  const value = Number(text);
  return Number.isFinite(value) ? value : text;
};
const boolean: Read = (text) => text === 't';
const bytes: Read = (text) => Buffer.from(text.slice(2), 'hex').toString('base64');
const json: Read = (text) => JSON.parse(text) as Json;
/** `infinity` and years before our era have no ISO form and stay as they are. */
const isPlainTime = (text: string): boolean => /^\d{4}-\d{2}-\d{2} /.test(text) && !text.endsWith('BC');
const timestamp: Read = (text) => (isPlainTime(text) ? text.replace(' ', 'T') : text);
const timestampWithZone: Read = (text) => (isPlainTime(text) ? text.replace(' ', 'T').replace(/\+00$/, 'Z') : text);

/** By the number that PostgreSQL gives the type; what is not here is text. */
const scalars: ReadonlyMap<number, Read> = new Map([
  [16, boolean],
  [17, bytes],
  [21, number],
  [23, number],
  [26, number],
  [700, number],
  [701, number],
  [114, json],
  [3802, json],
  [1114, timestamp],
  [1184, timestampWithZone],
]);

/** Lists by the type of their items; text where that is not above. */
const arrays: ReadonlyMap<number, number> = new Map([
  [1000, 16],
  [1001, 17],
  [1005, 21],
  [1007, 23],
  [1028, 26],
  [1021, 700],
  [1022, 701],
  [199, 114],
  [3807, 3802],
  [1115, 1114],
  [1185, 1184],
  ...[1002, 1003, 1009, 1014, 1015, 1016, 1041, 1182, 1183, 1187, 1231, 1270, 2951, 651].map(
    (list) => [list, 25] as const,
  ),
]);

const text: Read = (value) => value;

/** False for types that are left as the text that the server writes. */
export const hasReader = (typeId: number): boolean => scalars.has(typeId) || arrays.has(typeId);

export function readerOf(typeId: number): Read {
  const item = arrays.get(typeId);
  if (item === undefined) return scalars.get(typeId) ?? text;
  const readItem = scalars.get(item) ?? text;
  return (value) => readArray(value, readItem);
}

/** A list of plain values is an array of PostgreSQL; an object, and a list that holds one, is the text of its JSON. */
export function parameterOf(value: Json): unknown {
  if (Array.isArray(value)) return holdsObject(value) ? JSON.stringify(value) : value;
  return isObject(value) ? JSON.stringify(value) : value;
}

const holdsObject = (list: readonly Json[]): boolean =>
  list.some((item) => (Array.isArray(item) ? holdsObject(item) : isObject(item)));
