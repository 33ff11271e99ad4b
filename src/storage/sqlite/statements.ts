/** SQL as data, so that it can be written where it belongs and run on the thread that owns the connection. */
import type { DatabaseSync, SQLOutputValue, StatementSync } from 'node:sqlite';
import { present } from '../../kit/assert.ts';

export interface Statement {
  readonly sql: string;
  readonly parameters: readonly Value[];
}

export type Value = string | number | null;
export type Row = Readonly<Record<string, SQLOutputValue>>;

/** Runs statements and answers the rows of each. */
export type RunStatements = (statements: readonly Statement[]) => Promise<readonly (readonly Row[])[]>;

/**
 * A statement, or a part of one: what stands in `${…}` is bound as a parameter, or spliced in where it is itself a
 * statement. So a value can never become SQL.
 */
export function sql(texts: TemplateStringsArray, ...holes: readonly (Value | Statement)[]): Statement {
  let text = texts[0] ?? '';
  const parameters: Value[] = [];
  for (const [index, hole] of holes.entries()) {
    const isPart = typeof hole === 'object' && hole !== null;
    text += (isPart ? hole.sql : '?') + (texts[index + 1] ?? '');
    parameters.push(...(isPart ? hole.parameters : [hole]));
  }
  return { sql: text, parameters };
}

/** Parts in a row, with fixed SQL between them. */
export function join(parts: readonly Statement[], separator: string): Statement {
  return { sql: parts.map((part) => part.sql).join(separator), parameters: parts.flatMap((part) => part.parameters) };
}

/** `(?, ?, …)`, for IN. */
export function listOf(values: readonly Value[]): Statement {
  return { sql: `(${values.map(() => '?').join(', ')})`, parameters: values };
}

/** Statements kept prepared; filters make a few hundred different texts, not more. */
const preparedMax = 200;

export interface PreparedStatements {
  all(statement: Statement): readonly Row[];
  get(statement: Statement): Row | undefined;
}

export function prepareOnDemand(database: DatabaseSync): PreparedStatements {
  const prepared = new Map<string, StatementSync>();
  const prepare = (sql: string): StatementSync => {
    const found = prepared.get(sql);
    if (found) return found;
    if (prepared.size >= preparedMax) prepared.delete(present(prepared.keys().next().value, 'the oldest statement'));
    const fresh = database.prepare(sql);
    prepared.set(sql, fresh);
    return fresh;
  };
  return {
    all: ({ sql, parameters }) => prepare(sql).all(...parameters),
    get: ({ sql, parameters }) => prepare(sql).get(...parameters),
  };
}

/** Runs all of them in one transaction, or none. */
export function runTogether(
  database: DatabaseSync,
  prepared: PreparedStatements,
  statements: readonly Statement[],
): Row[][] {
  database.exec('BEGIN');
  try {
    const answers = statements.map((statement) => [...prepared.all(statement)]);
    database.exec('COMMIT');
    return answers;
  } catch (error) {
    rollBack(database);
    throw error;
  }
}

/** After some errors SQLite has rolled back by itself; then there is nothing to do. */
export function rollBack(database: DatabaseSync): void {
  if (database.isTransaction) database.exec('ROLLBACK');
}
