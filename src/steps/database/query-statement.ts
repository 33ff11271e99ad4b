import { isObject, type Json, type JsonObject } from '../../kit/json.ts';
import { refused } from './database-failure.ts';
import type { Dialect } from './dialect.ts';
import { firstWord, partsOf, type SqlPart } from './sql-text.ts';
import { invalidQuery, openPlaces, type Statement } from './statement.ts';

/**
 * A query that a definition wrote, with its parameters. Named ones (`:name`, from an object) get places; those by place
 * (`$1` or `?`, from a list) are sent as they are. A value never becomes a part of the text.
 */
export function queryStatement(
  { query, params, readOnly }: { query: string; params: Json | undefined; readOnly: boolean },
  dialect: Dialect,
): Statement {
  const parts = partsOf(query, dialect.syntax);
  requireOneTransaction(parts);
  requireNoStream(parts);
  if (readOnly) requireReading(parts, dialect);
  if (isObject(params)) return namedStatement(parts, params as JsonObject, dialect);
  const values = params ?? [];
  if (!Array.isArray(values)) throw invalidQuery('"params" must be an object (by name) or a list (by place)');
  requirePlaces(parts, values.length, dialect);
  return { text: query, values };
}

/** A name is a parameter where a value can begin: not in `a::text`, `x[lo:hi]` or `label:`. */
const namedParameter = /(?<![\w:)\]$.]):([A-Za-z_]\w*)/g;

function namedStatement(parts: readonly SqlPart[], params: JsonObject, dialect: Dialect): Statement {
  requirePlaces(parts, 0, dialect, { byName: true });
  const places = openPlaces(dialect);
  const numbered = new Map<string, string>();
  const place = (name: string): string => {
    if (!Object.hasOwn(params, name)) {
      const given = Object.keys(params).join(', ') || 'nothing';
      throw invalidQuery(`the query reads :${name}, and "params" has ${given}: add "${name}"`);
    }
    const mark = numbered.get(name) ?? places.put(params[name] ?? null);
    // A number stands for its value as often as it is read; every `?` is a value of its own.
    if (dialect.numbersParameters) numbered.set(name, mark);
    return mark;
  };
  const text = parts
    .map((part) => (part.isCode ? part.text.replace(namedParameter, (_, name: string) => place(name)) : part.text))
    .join('');
  return { text, values: places.values };
}

/** SQLite takes a parameter without a value for NULL, and other servers' own words name no field of the step. */
function requirePlaces(
  parts: readonly SqlPart[],
  given: number,
  { numbersParameters, otherParameters }: Dialect,
  { byName = false } = {},
): void {
  const code = parts.map(({ text, isCode }) => (isCode ? text : ' ')).join('');
  const other = otherParameters?.exec(code)?.[0];
  if (other !== undefined) throw invalidQuery(`the query reads ${other}: write ":name", and give "params" an object`);
  const name = code.match(namedParameter)?.[0];
  if (name !== undefined && !byName)
    throw invalidQuery(`the query reads ${name}: "params" must be an object that has it`);
  if (numbersParameters) return;
  const places = [...code.matchAll(/\?(\d*)/g)];
  const needed = places.reduce((most, [, number], index) => Math.max(most, number ? Number(number) : index + 1), 0);
  if (needed === given) return;
  throw invalidQuery(
    byName
      ? 'the query has places ("?"), and "params" is an object: write ":name" for each'
      : `the query has ${needed} places for values, and "params" has ${given}`,
  );
}

/** The server's wall has holes where a dialect lists words; they are closed here. */
function requireReading(parts: readonly SqlPart[], { readingWords }: Dialect): void {
  const word = firstWord(parts);
  if (readingWords === undefined || readingWords.has(word)) return;
  const words = [...readingWords].join(', ');
  throw refused({ sqlState: '25006', message: `${word} is not for a connection for reading: begin with ${words}` });
}

const transactionWords = new Set(['BEGIN', 'START', 'COMMIT', 'END', 'ROLLBACK', 'ABORT', 'SAVEPOINT', 'RELEASE']);

/** Each attempt is a transaction of its own, so that it is done as a whole or not at all. */
function requireOneTransaction(parts: readonly SqlPart[]): void {
  const word = firstWord(parts);
  if (word === '') throw invalidQuery('the query is empty');
  if (!transactionWords.has(word)) return;
  throw invalidQuery(`${word} is not for a step: each attempt is a transaction of its own, of one statement`);
}

/** PostgreSQL would wait for rows that a step never sends, or send some that nobody takes. */
function requireNoStream(parts: readonly SqlPart[]): void {
  const code = parts.map(({ text, isCode }) => (isCode ? text : ' ')).join('');
  if (!/^\s*COPY\b.*\b(STDIN|STDOUT)\b/is.test(code)) return;
  throw invalidQuery('a step has no stream of rows for COPY: write INSERT or SELECT');
}
