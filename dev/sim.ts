/**
 * Runs the simulation: `node dev/sim.ts --seed 7` plays one seed and prints its end, `--seeds 500 --from 1` many.
 * Exits with 1 where a promise was broken; the seed and the command that repeats it are printed.
 */
import { parseArgs } from 'node:util';
import { runSeeds } from '../test/sim/run-seeds.ts';

const { values } = parseArgs({
  options: {
    seed: { type: 'string' },
    seeds: { type: 'string', default: '100' },
    from: { type: 'string', default: '1' },
    json: { type: 'boolean', default: false },
    trace: { type: 'string', default: '60' },
    /** Plays every seed twice and compares the traces. */
    twice: { type: 'boolean', default: false },
    /** Says nothing of a failure but in the summary. */
    quiet: { type: 'boolean', default: false },
    /** Goes on after a failure. */
    all: { type: 'boolean', default: false },
  },
});

const from = Number(values.seed ?? values.from);
const summary = await runSeeds({
  from,
  count: values.seed === undefined ? Number(values.seeds) : 1,
  isTwice: values.twice,
  goesOn: values.all,
  traceLines: Number(values.trace),
  print: (line) =>
    values.quiet || (values.json ? process.stderr.write(`${line}\n`) : process.stdout.write(`${line}\n`)),
});
process.stdout.write(values.json ? `${JSON.stringify(summary)}\n` : `${JSON.stringify(summary, null, 2)}\n`);
process.exitCode = summary.failures.length === 0 ? 0 : 1;
