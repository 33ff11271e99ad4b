/**
 * Asks whether the simulation is blind: plants every defect of test/sim/mutants, one at a time, and prints which seed
 * found it. `node dev/mutants.ts [part of a file name or reason]`. Exits with 1 where more than two were missed.
 */
import { mutants } from '../test/sim/mutants/mutants.ts';
import { countMatches, huntMutant } from '../test/sim/mutants/run-mutant.ts';

/** Defects that may be missed in a run over all of them. */
const missedMax = 2;

const [wanted = ''] = process.argv.slice(2);
const chosen = mutants.filter(({ file, why }) => `${file} ${why}`.includes(wanted));
let missed = 0;
for (const mutant of chosen) {
  const matches = countMatches(mutant);
  if (matches !== 1) {
    missed += 1;
    process.stdout.write(`stale   ${mutant.file}: «${mutant.find}» stands there ${matches} times\n`);
    continue;
  }
  const { seed, message } = await huntMutant(mutant);
  if (seed === undefined) missed += 1;
  const found = seed === undefined ? 'MISSED ' : `seed ${String(seed).padEnd(3)}`;
  process.stdout.write(`${found} ${mutant.file}: ${mutant.why}${message === '' ? '' : ` — ${message}`}\n`);
}
process.stdout.write(`${chosen.length - missed} of ${chosen.length} found\n`);
process.exitCode = missed <= missedMax ? 0 : 1;
