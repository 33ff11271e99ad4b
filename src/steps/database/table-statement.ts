import { isObject, type Json, type JsonObject } from '../../kit/json.ts';
import type { Dialect } from './dialect.ts';
import { invalidQuery, openPlaces, type Places, type Statement } from './statement.ts';

/**
 * One operation on one table, written as SQL. Names of tables and columns are quoted, values have places: whatever text
 * they hold, they can be nothing else.
 */
export interface TableOperation {
  readonly operation: Operation;
  readonly table: string;
  readonly values: Json | undefined;
  readonly where: Json | undefined;
  readonly columns: readonly string[];
  /** `name`, `name asc` or `name desc`. */
  readonly orderBy: readonly string[];
  readonly limit: Json | undefined;
  /** Columns of the rows that were written. */
  readonly returning: readonly string[];
}

export type Operation = 'insert' | 'update' | 'upsert' | 'delete' | 'select' | 'find' | 'find_one';

/** Rows of one `insert`. */
const insertRowsMax = 1_000;
/** PostgreSQL cuts longer names off, so that another one would be meant. */
const nameBytesMax = 63;

interface Writing {
  readonly dialect: Dialect;
  readonly places: Places;
  readonly asked: TableOperation;
}

export function tableStatement(asked: TableOperation, dialect: Dialect): Statement {
  const writing: Writing = { dialect, places: openPlaces(dialect), asked };
  return { text: writers[asked.operation](writing), values: writing.places.values };
}

const writers: Readonly<Record<Operation, (writing: Writing) => string>> = {
  insert(writing) {
    const { values } = writing.asked;
    const rows = (Array.isArray(values) ? values : [values]).map((row) => rowOf(row, 'values'));
    const columns = Object.keys(rows[0] ?? {});
    if (rows.length === 0 || rows.length > insertRowsMax) {
      throw invalidQuery(`"values" has ${rows.length} rows, from 1 to ${insertRowsMax} can be inserted at once`);
    }
    if (rows.some((row) => Object.keys(row).length !== columns.length || columns.some((name) => !(name in row)))) {
      throw invalidQuery('every row of "values" must have the same columns');
    }
    const lists = rows.map((row) => `(${columns.map((name) => writing.places.put(row[name] ?? null)).join(', ')})`);
    return `INSERT INTO ${tableOf(writing)} (${namesOf(columns, writing)}) VALUES ${lists.join(', ')}${returned(writing)}`;
  },
  update(writing) {
    const row = rowOf(writing.asked.values, 'values');
    const changes = Object.entries(row).map(
      ([name, value]) => `${quoted(name, writing)} = ${writing.places.put(value)}`,
    );
    return `UPDATE ${tableOf(writing)} SET ${changes.join(', ')}${required(writing)}${returned(writing)}`;
  },
  upsert(writing) {
    const key = rowOf(writing.asked.where, 'where');
    const row = isObject(writing.asked.values) ? (writing.asked.values as JsonObject) : {};
    const twice = Object.keys(row).find((name) => Object.hasOwn(key, name));
    if (twice !== undefined) throw invalidQuery(`"${twice}" stands in "where" and in "values": keep it in "where"`);
    for (const [name, value] of Object.entries(key)) {
      if (value === null || typeof value === 'object')
        throw invalidQuery(`"where" of an upsert names one row by its key: "${name}" must be a plain value`);
    }
    const columns = [...Object.keys(key), ...Object.keys(row)];
    const places = columns.map((name) => writing.places.put(key[name] ?? row[name] ?? null));
    const quotedAll = (names: readonly string[]) => names.map((name) => quoted(name, writing));
    const clash = writing.dialect.upsert(quotedAll(Object.keys(key)), quotedAll(Object.keys(row)));
    const insert = `INSERT INTO ${tableOf(writing)} (${namesOf(columns, writing)}) VALUES (${places.join(', ')})`;
    return `${insert} ${clash}${returned(writing)}`;
  },
  delete: (writing) => `DELETE FROM ${tableOf(writing)}${required(writing)}${returned(writing)}`,
  select: (writing) => selection(writing),
  find: (writing) => selection(writing),
  find_one: (writing) => `${selection({ ...writing, asked: { ...writing.asked, limit: undefined } })} LIMIT 1`,
};

function selection(writing: Writing): string {
  const { columns, orderBy, limit } = writing.asked;
  const order = orderBy.map((text) => {
    const [, name = '', direction = ''] = /^(.*?)(?:\s+(asc|desc))?$/i.exec(text) ?? [];
    return `${quoted(name, writing)}${direction === '' ? '' : ` ${direction.toUpperCase()}`}`;
  });
  return [
    `SELECT ${columns.length === 0 ? '*' : namesOf(columns, writing)} FROM ${tableOf(writing)}`,
    conditionsOf(writing),
    order.length === 0 ? '' : ` ORDER BY ${order.join(', ')}`,
    limit === undefined ? '' : ` LIMIT ${wholeNumber(limit)}`,
  ].join('');
}

function wholeNumber(limit: Json): number {
  if (typeof limit === 'number' && Number.isSafeInteger(limit) && limit >= 1) return limit;
  throw invalidQuery(`"limit" must be a whole number from 1, it is ${JSON.stringify(limit)}`);
}

/** Without a condition every row would be meant: that is for a query, which says so. */
function required(writing: Writing): string {
  const conditions = conditionsOf(writing);
  if (conditions !== '') return conditions;
  throw invalidQuery(`"${writing.asked.operation}" needs "where": to mean every row, write a query`);
}

function conditionsOf(writing: Writing): string {
  const { where } = writing.asked;
  if (where === undefined || where === null) return '';
  if (!isObject(where)) throw invalidQuery('"where" must be an object: columns with the values they must have');
  const conditions = Object.entries(where as JsonObject).map(([name, value]) => conditionOf(name, value, writing));
  return conditions.length === 0 ? '' : ` WHERE ${conditions.join(' AND ')}`;
}

/** A list means any of its values; null is a value like others. */
function conditionOf(name: string, value: Json, writing: Writing): string {
  const column = quoted(name, writing);
  if (!Array.isArray(value)) {
    if (isObject(value))
      throw invalidQuery(`"where": "${name}" must be a value or a list of values: else write a query`);
    return value === null ? `${column} IS NULL` : `${column} = ${writing.places.put(value)}`;
  }
  const items = value as readonly Json[];
  if (items.some((item) => typeof item === 'object' && item !== null))
    throw invalidQuery(`"where": the list of "${name}" must hold plain values`);
  const known = items.filter((item) => item !== null).map((item) => writing.places.put(item));
  const choices = [
    ...(known.length > 0 ? [`${column} IN (${known.join(', ')})`] : []),
    ...(known.length < items.length ? [`${column} IS NULL`] : []),
  ];
  return choices.length === 0 ? '1 = 0' : `(${choices.join(' OR ')})`;
}

function rowOf(value: Json | undefined, field: string): JsonObject {
  if (isObject(value) && Object.keys(value).length > 0) return value as JsonObject;
  throw invalidQuery(`"${field}" must be an object with at least one column`);
}

function returned({ asked, dialect, ...writing }: Writing): string {
  if (asked.returning.length === 0) return '';
  if (dialect.hasReturning) return ` RETURNING ${namesOf(asked.returning, { asked, dialect, ...writing })}`;
  throw invalidQuery(
    `${dialect.title} gives no rows back from a write: leave "returning" out, "insert_id" has a new key`,
  );
}

/** `schema.table` names both. */
const tableOf = (writing: Writing): string => namedTable(writing.asked.table, writing.dialect);

export function namedTable(table: string, dialect: Dialect): string {
  return table
    .split('.')
    .map((part) => quotedName(part, dialect))
    .join('.');
}

const namesOf = (names: readonly string[], writing: Writing): string =>
  names.map((name) => quoted(name, writing)).join(', ');

const quoted = (name: string, { dialect }: Writing): string => quotedName(name, dialect);

function quotedName(name: string, { quote }: Dialect): string {
  const sizeBytes = new TextEncoder().encode(name).length;
  if (sizeBytes === 0 || sizeBytes > nameBytesMax || name.includes('\0')) {
    throw invalidQuery(`"${name.slice(0, 80)}" cannot be the name of a table or a column`);
  }
  return `${quote}${name.replaceAll(quote, quote + quote)}${quote}`;
}
