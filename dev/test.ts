/**
 * `npm test`: types, lint, then every test, with the coverage of `src/` measured over child processes too.
 *
 * `--only unit` runs what takes seconds: everything beside the code. `--only NAME` runs one group of `groups`. A failing
 * stage ends the run; the last lines are the test runner's own.
 */
import { spawnSync } from 'node:child_process';
import { globSync } from 'node:fs';

const root = new URL('..', import.meta.url).pathname;
const coverageMin = 90;
/** Several times what the longest tests, those of the simulation, take on a slow machine. */
const timeoutMs = 40 * 60_000;

/** The runner gathers what the test files and every process they start have covered. */
const coverageFlags = [
  '--experimental-test-coverage',
  `--test-coverage-lines=${coverageMin}`,
  '--test-coverage-include=src/**/*.ts',
  '--test-coverage-exclude=src/**/*.test.ts',
  '--test-coverage-exclude=src/**/*.conformance.ts',
];

/** In the order they run: what finds a mistake soonest comes first. */
const groups: Readonly<Record<string, readonly string[]>> = {
  unit: ['src/**/*.test.ts', 'sdk/**/*.test.ts', 'test/*.test.ts'],
  journeys: ['test/journeys/**/*.test.ts', 'examples/**/*.test.ts', 'docs/**/*.test.ts'],
  sim: ['test/sim/**/*.test.ts', 'test/histories/**/*.test.ts'],
  faults: ['test/faults/**/*.test.ts'],
  package: ['test/package/**/*.test.ts'],
};

const only = argument('--only');
if (only !== undefined && !Object.hasOwn(groups, only)) {
  console.error(`--only takes one of: ${Object.keys(groups).join(', ')}`);
  process.exit(2);
}

if (only === undefined) {
  run('types', ['node_modules/typescript/bin/tsc', '-p', 'tsconfig.json']);
  run('lint and format', ['node_modules/@biomejs/biome/bin/biome', 'check', '.']);
}

const files = Object.entries(groups)
  .filter(([name]) => only === undefined || name === only)
  .flatMap(([, patterns]) => patterns.flatMap((pattern) => globSync(pattern, { cwd: root }).sort()));
const flags = [
  '--conditions=magicflow-source',
  '--test',
  '--test-concurrency=2',
  // A test that hangs fails by its name.
  `--test-timeout=${timeoutMs}`,
  ...(only === undefined ? coverageFlags : []),
];
process.exit(run('tests', [...flags, ...files], { isFinal: false }));

function argument(name: string): string | undefined {
  const place = process.argv.indexOf(name);
  return place < 0 ? undefined : process.argv[place + 1];
}

function run(title: string, args: readonly string[], { isFinal = true } = {}): number {
  console.log(`— ${title}`);
  const { status } = spawnSync(process.execPath, [...args], { cwd: root, stdio: 'inherit' });
  if (status !== 0 && isFinal) process.exit(status ?? 1);
  return status ?? 1;
}
