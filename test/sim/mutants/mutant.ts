/**
 * A defect that is planted into a copy of the engine: a simulation that does not find it is blind. Its text must stand
 * exactly once in its file, so that a change of the engine that touches one is noticed.
 */
export interface Mutant {
  readonly file: string;
  readonly find: string;
  readonly replace: string;
  /** What goes wrong. */
  readonly why: string;
}

export const inFile =
  (file: string) =>
  (find: string, replace: string, why: string): Mutant => ({ file: `src/${file}`, find, replace, why });
