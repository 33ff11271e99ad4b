/** Chance for a simulation: every draw comes from one seeded stream, so that a seed decides a run. */
import { present } from '../../src/kit/assert.ts';
import { type Random, seededRandom } from '../../src/kit/random.ts';

export interface Dice {
  readonly random: Random;
  /** True in `share` of the draws, 0 to 1. */
  chance(share: number): boolean;
  /** A whole number, both ends included. */
  int(min: number, max: number): number;
  pick<T>(choices: readonly T[]): T;
  /** A stream of its own, so that one part of the world drawing more does not change another. */
  fork(): Dice;
}

export function makeDice(seed: number): Dice {
  const random = seededRandom(seed);
  const int = (min: number, max: number): number => min + Math.floor(random.next() * (max - min + 1));
  return {
    random,
    chance: (share) => random.next() < share,
    int,
    pick: (choices) => present(choices[int(0, choices.length - 1)], 'a choice'),
    fork: () => makeDice(Math.floor(random.next() * 2 ** 32)),
  };
}
