/**
 * Broken invariants. An `Impossible` is a defect of this program, never of its input: it is not caught and
 * written back, because state that should be impossible must not reach the journal.
 */
export class Impossible extends Error {
  override readonly name = 'Impossible';
}

export function assert(claim: unknown, message: string): asserts claim {
  if (!claim) throw new Impossible(message);
}

/** The branch of an exhaustive switch that the types rule out. */
export function unreachable(value: never): never {
  throw new Impossible(`unreachable: ${JSON.stringify(value)}`);
}

/** A value that the program's own bookkeeping guarantees to be there. */
export function present<T>(value: T | undefined | null, what: string): T {
  if (value === undefined || value === null) throw new Impossible(`${what} is missing`);
  return value;
}
