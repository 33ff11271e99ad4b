import { coreMutants } from './core-mutants.ts';
import { engineMutants } from './engine-mutants.ts';
import type { Mutant } from './mutant.ts';

export const mutants: readonly Mutant[] = [...coreMutants, ...engineMutants];
