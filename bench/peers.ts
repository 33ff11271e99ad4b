/**
 * `npm run bench:peers [-- --only NAME] [--quick] [--rounds N] [--data FOLDER]`: the same workflow on this platform and on
 * others, in turns, on this machine.
 *
 * The others are installed into `bench/peers/node_modules`; PostgreSQL and Redis come from the system, or from Debian's
 * packages where this runs as root. One that cannot run is named with its reason; it does not stop the rest.
 */
import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import type { Measure, Summary } from './measure.ts';
import { peers } from './peers/peers.ts';
import { describeMachine } from './support/machine.ts';
import { readOptions } from './support/options.ts';
import { printResults, writeResults } from './support/results.ts';
import { runRounds } from './support/rounds.ts';

const options = readOptions(peers.map(({ name }) => name));
installPeers();
const absent = new Map<string, string>();
const chosen = peers.filter(({ name }) => options.only.length === 0 || options.only.includes(name)).map(orAbsent);
const figures = await runRounds({ ...options, measures: chosen, log: (line) => console.error(line) });
const { isQuick, rounds, seed } = options;
const machine = describeMachine(options.folder);
const at = new Date().toISOString();
const results = { at, kind: 'peers', isQuick, rounds, seed, machine, figures, absent: [...absent.values()] };
printResults(results);
printRatios(figures);
console.log(`\nwritten to ${writeResults(results)}`);

/** Install scripts stay off: none of the peers needs one here, and one of them only counts installations. */
function installPeers(): void {
  const folder = new URL('./peers/', import.meta.url).pathname;
  if (existsSync(`${folder}node_modules/pg-boss`)) return;
  console.error('installing the peers');
  execFileSync('npm', ['install', '--ignore-scripts', '--no-audit', '--no-fund'], { cwd: folder, stdio: 'inherit' });
}

function orAbsent(measure: Measure): Measure {
  return {
    name: measure.name,
    async run(scale) {
      if (absent.has(measure.name)) return [];
      try {
        return await measure.run(scale);
      } catch (error) {
        absent.set(measure.name, `${measure.name}: ${(error as Error).message}`);
        return [];
      }
    },
  };
}

/** Each of ours against each peer: above 1 is ahead, for rates and for latencies alike. */
function printRatios(all: readonly Summary[]): void {
  const ours = all.filter(({ measure }) => measure === 'library' || measure === 'server');
  const others = all.filter((figure) => !ours.includes(figure));
  for (const our of ours) {
    const what = our.title.split(': ').at(-1) ?? '';
    console.log(`\n${our.title}`);
    for (const other of others.filter(({ title }) => title.endsWith(`: ${what}`))) {
      const ratio = our.unit === '/s' ? our.value / other.value : other.value / our.value;
      console.log(`  ${ratio.toFixed(1).padStart(6)} × ${other.title.split(': ')[0]}`);
    }
  }
}
