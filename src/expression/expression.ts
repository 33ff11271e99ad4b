/**
 * What the rest of the house sees of the expression language: a compiled, pure, bounded function of a scope.
 *
 * An evaluation reads nothing but its scope: time and randomness come from the journal's record, so a replay gives
 * the same. It never reaches host objects and ends within the bounds of `limits.ts`.
 */
export interface Scope {
  /**
   * The value of `$.<name>`; undefined where there is none. `next` is the member or index that the path goes on with,
   * where that is fixed: a scope may then answer with no more than what holds that member.
   */
  root(name: string, next?: string | number): unknown;
  /** `now()`: milliseconds since the epoch, from the record. */
  readonly nowMs: number;
  /** `uuid()`, `random()`: the next number in [0, 1) of the record's stream. */
  random(): number;
  /** `env()`: only names that the configuration allows. */
  env(name: string): string | undefined;
  /** Asked to pay too, where many evaluations share one bound. */
  readonly effort?: { spend(operations: number): void };
}

export interface Expression {
  readonly text: string;
  /** Every `$…` path in it, for checks of names and for visibility. */
  readonly references: readonly Reference[];
  /** A JSON value; a missing path gives null. Throws `ExpressionFault` alone. */
  evaluate(scope: Scope): unknown;
}

/** A value of a definition in which strings may be expressions or hold `${…}`: compiled once, filled per use. */
export interface Template {
  readonly references: readonly Reference[];
  /** True where there is nothing to evaluate: `fill` then returns the same value each time. */
  readonly isConstant: boolean;
  fill(scope: Scope): unknown;
}

/** The leading names and indices of a path: `$.steps.pay.output.id` is `['steps', 'pay', 'output', 'id']`. */
export interface Reference {
  readonly path: readonly (string | number)[];
  /** Place in the text, in UTF-16 code units. */
  readonly offset: number;
  readonly length: number;
  /** Leads to the string inside a template, empty for a text. */
  readonly pointer: string;
}

/** What is wrong with a text, and where in it. `pointer` leads to the string inside a template (empty for a text). */
export interface ExpressionProblem {
  readonly message: string;
  readonly offset: number;
  readonly length: number;
  readonly pointer: string;
}

export type Compiled<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly problems: readonly ExpressionProblem[] };

/** An evaluation that has no value: a bound was passed or an operand has the wrong type. */
export class ExpressionFault extends Error {
  override readonly name = 'ExpressionFault';
  readonly code: 'EXPRESSION_FAILED' | 'EXPRESSION_TOO_COSTLY';

  constructor(code: ExpressionFault['code'], message: string) {
    super(message);
    this.code = code;
  }
}

/**
 * A secret stays a reference until hand-over: `${secrets.x}` evaluates to this text, which no user value can hold
 * because NUL is refused at every edge.
 */
export const secretMark = '\u0000secret:';
