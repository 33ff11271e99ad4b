import type { SqlSyntax } from './sql-text.ts';

/** How one kind of server wants its SQL written. All differences of the text are here; those of the wire are the sessions'. */
export interface Dialect {
  readonly name: 'postgres' | 'mysql' | 'sqlite';
  /** For messages. */
  readonly title: string;
  readonly syntax: SqlSyntax;
  /** Begins and ends the name of a table or a column. */
  readonly quote: '"' | '`';
  /** Parameters have numbers (`$1`); otherwise each is a `?`. */
  readonly numbersParameters: boolean;
  /** Other marks that it takes for parameters. */
  readonly otherParameters?: RegExp;
  /** What makes an INSERT change the row instead, where these key columns have one already. Names are quoted. */
  upsert(keys: readonly string[], columns: readonly string[]): string;
  /**
   * How a statement must begin over a connection for reading. Absent where the server keeps every other one from writing:
   * MySQL lets blocks of statements, and some that ignore transactions, through.
   */
  readonly readingWords?: ReadonlySet<string>;
  /** Knows RETURNING after every write. */
  readonly hasReturning: boolean;
  readonly effects: EffectStatements;
}

/** The table that remembers which writes were done. Names are quoted. */
export interface EffectStatements {
  create(table: string): string;
  /** Of a hash, an execution and a step; changes one row, or none where the hash is there already. */
  claim(table: string): string;
}
