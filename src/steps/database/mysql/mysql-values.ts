/**
 * MySQL's values as JSON, and JSON as its parameters.
 *
 * A type of column always gives the same type of value: BIGINT and DECIMAL are text, whatever their size. TIMESTAMP is
 * ISO 8601 in UTC, DATETIME the same without a zone; bytes are base64; JSON stays JSON.
 */
import mysql from 'mysql2';
import type { Json } from '../../../kit/json.ts';

export interface Column {
  readonly name: string;
  readonly columnType?: number;
  /** Bits of a BIT. */
  readonly columnLength?: number;
}

/** What the client made of it, with large numbers and times as texts. */
export function jsonOf(value: unknown, { columnType, columnLength = 0 }: Column): Json {
  if (value === undefined || value === null) return null;
  const { BIT, DATETIME, TIMESTAMP } = mysql.Types;
  if (Buffer.isBuffer(value)) {
    // Beyond that a number of JSON would not hold it exactly.
    return columnType === BIT && columnLength <= 48 ? value.readUIntBE(0, value.length) : value.toString('base64');
  }
  if (typeof value === 'string') {
    if (columnType === DATETIME) return value.replace(' ', 'T');
    return columnType === TIMESTAMP && !value.startsWith('0000') ? `${value.replace(' ', 'T')}Z` : value;
  }
  if (typeof value === 'number' || typeof value === 'boolean') return value;
  return JSON.parse(JSON.stringify(value)) as Json;
}

/** A whole number is one to the server too: some places take no other. Lists and objects are the text of their JSON. */
export function parameterOf(value: Json): string | number | boolean | null | mysql.TypedParameterValue {
  if (typeof value === 'number' && Number.isSafeInteger(value)) return mysql.TypedParameter.BIGINT(value);
  return typeof value === 'object' && value !== null ? JSON.stringify(value) : value;
}
