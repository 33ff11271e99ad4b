/**
 * The simulation is not blind: it finds defects that were planted on purpose. Ten of them here, others each day; all of
 * them by `node dev/mutants.ts`.
 */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { mutants } from './mutants.ts';
import { countMatches, huntMutant, mutantSeedsMax } from './run-mutant.ts';

const sampleSize = process.env['MAGICFLOW_QUICK'] === '1' ? 2 : 10;
const day = Math.floor(Date.now() / 86_400_000);
/** The sample moves on by its own size each day, so that it comes to all of them in turn. */
const sample = Array.from({ length: sampleSize }, (_, place) => mutants[(day * sampleSize + place) % mutants.length]);

describe('a planted defect', () => {
  test('is one of forty at least, and each stands for a text that is in the engine exactly once', () => {
    assert.ok(mutants.length >= 40, `${mutants.length} defects`);
    assert.deepEqual(
      mutants.filter((mutant) => countMatches(mutant) !== 1).map(({ file, find }) => `${file}: ${find}`),
      [],
    );
  });

  test(`is found within ${mutantSeedsMax} seeds, all but one of a sample`, async (t) => {
    const missed: string[] = [];
    for (const mutant of sample) {
      if (!mutant) continue;
      const { seed, message } = await huntMutant(mutant);
      t.diagnostic(`${seed === undefined ? 'missed' : `seed ${seed}`}: ${mutant.file}, ${mutant.why}: ${message}`);
      if (seed === undefined) missed.push(`${mutant.file}: ${mutant.why}`);
    }
    assert.ok(missed.length <= 1, `missed: ${missed.join('; ')}`);
  });
});
