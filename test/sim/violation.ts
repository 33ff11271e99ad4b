/** A promise of the engine that a run saw broken. */
export class Violation extends Error {
  override readonly name = 'Violation';
  readonly invariant: string;

  constructor(invariant: string, message: string) {
    super(`${invariant}: ${message}`);
    this.invariant = invariant;
  }
}

export function claim(holds: unknown, invariant: string, message: () => string): asserts holds {
  if (!holds) throw new Violation(invariant, message());
}
