/**
 * Records a journal that must replay for ever: `node dev/record-history.ts --seed 12 --name fallback --about "…"` walks
 * the path of that seed and writes test/histories/<release>-<name>.json. A recorded history is never changed.
 */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { writeHistory } from '../test/sim/history.ts';
import { walkPath } from '../test/sim/random-path.ts';

const { values } = parseArgs({
  options: { seed: { type: 'string' }, name: { type: 'string' }, about: { type: 'string', default: '' } },
});

const root = new URL('../', import.meta.url);
const { version } = JSON.parse(readFileSync(new URL('package.json', root), 'utf8')) as { version: string };
const { seed, name, about } = values;

if (seed === undefined || name === undefined) {
  process.stderr.write('record-history needs --seed and --name\n');
  process.exitCode = 2;
} else {
  const path = walkPath(Number(seed));
  const file = new URL(`test/histories/${version}-${name}.json`, root);
  if (existsSync(file)) {
    process.stderr.write(`${file.pathname} is there already: choose another name\n`);
    process.exitCode = 1;
  } else {
    writeFileSync(file, writeHistory(path, { about, release: version }));
    process.stdout.write(`${file.pathname}: ${path.moves.length} records, ended ${path.state.status}\n`);
  }
}
