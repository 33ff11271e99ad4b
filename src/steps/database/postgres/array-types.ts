/**
 * Arrays that only the catalog of a database knows to be such: of its enums, its composite types, its extensions' types.
 * They come as text like `{a,b}`, and a text that looks like one may be anything; so the catalog is asked, once a type.
 */
import type pg from 'pg';
import { emptyObject, type Json, type JsonObject } from '../../../kit/json.ts';
import { readArray } from './array-literal.ts';
import { hasReader, readerOf } from './postgres-values.ts';

export interface ArrayTypes {
  /** The rows, with lists where arrays were left as text. Asks by the connection that the rows came from. */
  read(rows: readonly JsonObject[], columns: readonly pg.FieldDef[]): Promise<readonly JsonObject[]>;
}

/** For as long as the connection is open: no other type gets the number of one that was dropped. */
export function openArrayTypes(client: pg.Client): ArrayTypes {
  /** The type of the items; null where the type is no array. */
  const itemTypes = new Map<number, number | null>();

  async function learn(types: readonly number[]): Promise<void> {
    const { rows } = await client.query<{ oid: number; typelem: number }>(arraysAmong, [types]);
    for (const type of types) itemTypes.set(type, rows.find(({ oid }) => oid === type)?.typelem ?? null);
  }

  return {
    async read(rows, columns) {
      // Of columns with the same name the last one counts.
      const typeOf = new Map(columns.map(({ name, dataTypeID }) => [name, dataTypeID]));
      const open = [...typeOf].filter(([name, type]) => !hasReader(type) && rows.some((row) => isLikeArray(row[name])));
      const unknown = new Set(open.map(([, type]) => type).filter((type) => !itemTypes.has(type)));
      if (unknown.size > 0) await learn([...unknown]);
      const arrays = open.flatMap(([name, type]) => {
        const itemType = itemTypes.get(type) ?? null;
        return itemType === null ? [] : [[name, readerOf(itemType)] as const];
      });
      return arrays.length === 0 ? rows : rows.map((row) => withLists(row, arrays));
    },
  };
}

/** Those that are written with braces and commas: not `int2vector`, and not the array of `box`. */
const arraysAmong = `SELECT oid, typelem FROM pg_catalog.pg_type
  WHERE oid = ANY($1::oid[]) AND typinput = 'pg_catalog.array_in'::regproc AND typdelim = ','`;

const isLikeArray = (value: Json | undefined): boolean => typeof value === 'string' && /^[{[]/.test(value);

function withLists(row: JsonObject, arrays: readonly (readonly [string, (text: string) => Json])[]): JsonObject {
  const read = Object.assign(emptyObject(), row);
  for (const [name, readItem] of arrays) {
    const literal = row[name];
    if (typeof literal === 'string') read[name] = readArray(literal, readItem);
  }
  return read;
}
