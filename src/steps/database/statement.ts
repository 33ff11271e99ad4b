import type { Json } from '../../kit/json.ts';
import { StepFailure } from '../connector.ts';
import type { Dialect } from './dialect.ts';

/** One statement with its values apart from it, as a server takes it. */
export interface Statement {
  readonly text: string;
  readonly values: readonly Json[];
}

/** Gives values their places while a text is written. */
export interface Places {
  /** The mark that stands in the text for this value. */
  put(value: Json): string;
  readonly values: readonly Json[];
}

export function openPlaces({ numbersParameters }: Dialect): Places {
  const values: Json[] = [];
  return {
    values,
    put(value) {
      values.push(value);
      return numbersParameters ? `$${values.length}` : '?';
    },
  };
}

/** The definition, or what it was given, asks for what cannot be: no attempt will ever do it. */
export function invalidQuery(message: string): StepFailure {
  return new StepFailure('QUERY_INVALID', message, { retryable: false });
}
