/**
 * `npm run bench [-- --only NAME] [--quick] [--rounds N] [--seed N] [--data FOLDER]`: how fast it is on this machine.
 *
 * Prints a table beside the bars of the project and writes `bench/results/<time>-bench.json`. It is no test: it never
 * fails for slowness. Figures are good for comparing with others of the same machine in the same hour.
 */
import type { Measure } from './measure.ts';
import { library } from './measures/library.ts';
import { loop } from './measures/loop.ts';
import { expression, script, storage } from './measures/parts.ts';
import { retention } from './measures/retention.ts';
import { round } from './measures/round.ts';
import { server } from './measures/server.ts';
import { startUp, waiting } from './measures/start-up.ts';
import { describeMachine } from './support/machine.ts';
import { readOptions } from './support/options.ts';
import { printResults, writeResults } from './support/results.ts';
import { runRounds } from './support/rounds.ts';

const measures: readonly Measure[] = [
  ...[library, server, retention, round, loop],
  ...[startUp, waiting],
  ...[expression, script, storage],
];

const options = readOptions(measures.map(({ name }) => name));
const chosen = measures.filter(({ name }) => options.only.length === 0 || options.only.includes(name));
const figures = await runRounds({ ...options, measures: chosen, log: (line) => console.error(line) });
const { isQuick, rounds, seed } = options;
const results = {
  at: new Date().toISOString(),
  kind: 'bench',
  isQuick,
  rounds,
  seed,
  machine: describeMachine(options.folder),
  figures,
};
printResults(results);
console.log(`\nwritten to ${writeResults(results)}`);
