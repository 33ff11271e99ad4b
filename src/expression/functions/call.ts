/**
 * What a function of the language sees of its call: its arguments, each asked for by the type it must have.
 *
 * Null counts as empty where a list or an object is expected, because a missing path is null.
 */
import { isObject } from '../../kit/json.ts';
import { typeName } from '../operators.ts';
import { failed, type Lambda, type Run } from '../run.ts';

export interface Builtin {
  /** Fewest and most arguments. */
  readonly least: number;
  readonly most: number;
  /** Whether the second argument is a lambda: never, always, or a lambda or the name of a member. */
  readonly lambda: 'none' | 'only' | 'or-name';
  apply(call: Call): unknown;
}

/** A function of `least` to `most` arguments. */
export function builtin(least: number, most: number, apply: (call: Call) => unknown): Builtin {
  return { least, most, lambda: 'none', apply };
}

/** A function of a list and a lambda, which `least` 1 lets be left out. */
export function lambdaBuiltin(least: 1 | 2, apply: (call: Call) => unknown): Builtin {
  return { least, most: 2, lambda: 'only', apply };
}

export class Call {
  readonly run: Run;
  readonly name: string;
  readonly args: readonly unknown[];

  constructor(run: Run, name: string, args: readonly unknown[]) {
    this.run = run;
    this.name = name;
    this.args = args;
  }

  /** The argument at this place (from 0), null where it is left out. */
  value(place: number): unknown {
    return this.args[place] ?? null;
  }

  has(place: number): boolean {
    return place < this.args.length;
  }

  text(place: number): string {
    const value = this.value(place);
    return typeof value === 'string' ? value : this.refuse(place, 'a string');
  }

  number(place: number, otherwise?: number): number {
    if (otherwise !== undefined && !this.has(place)) return otherwise;
    const value = this.value(place);
    return typeof value === 'number' ? value : this.refuse(place, 'a number');
  }

  /** A whole number within a range. */
  integer(
    place: number,
    range: { readonly least: number; readonly most: number; readonly otherwise?: number },
  ): number {
    const value = this.number(place, range.otherwise);
    if (Number.isInteger(value) && value >= range.least && value <= range.most) return value;
    const expected = `a whole number from ${range.least} to ${range.most}`;
    return failed(`${this.name}() needs ${expected} as argument ${place + 1}, found ${value}`);
  }

  list(place: number): readonly unknown[] {
    const value = this.value(place);
    if (value === null) return [];
    return Array.isArray(value) ? value : this.refuse(place, 'a list');
  }

  object(place: number): Readonly<Record<string, unknown>> {
    const value = this.value(place);
    if (value === null) return {};
    return isObject(value) ? value : this.refuse(place, 'an object');
  }

  /** The lambda at this place, undefined where it is left out. */
  lambda(place: number): Lambda | undefined {
    const value = this.args[place];
    if (isLambda(value)) return value;
    return this.has(place) ? this.refuse(place, 'a lambda (x => …)') : undefined;
  }

  refuse(place: number, expected: string): never {
    const found = isLambda(this.args[place]) ? 'a lambda' : typeName(this.value(place));
    return failed(`${this.name}() needs ${expected} as argument ${place + 1}, found ${found}`);
  }
}

function isLambda(value: unknown): value is Lambda {
  return typeof value === 'function';
}
