/** The results of a run as a file and as a table. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { isMet, type Summary } from '../measure.ts';
import type { Machine } from './machine.ts';
import { formatNumber } from './statistics.ts';

export interface Results {
  readonly at: string;
  /** What was run: `bench` or `peers`. */
  readonly kind: string;
  readonly isQuick: boolean;
  readonly rounds: number;
  readonly seed: number;
  readonly machine: Machine;
  readonly figures: readonly Summary[];
  /** What could not be run, and why. */
  readonly absent?: readonly string[];
}

export const resultsFolder = new URL('../results/', import.meta.url).pathname;

/** `results/2026-01-31T12-00-00-bench.json`. Returns the path. */
export function writeResults(results: Results): string {
  const path = `${resultsFolder}${results.at.slice(0, 19).replaceAll(':', '-')}-${results.kind}.json`;
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, `${JSON.stringify(results, undefined, 2)}\n`);
  return path;
}

export const readResults = (path: string): Results => JSON.parse(readFileSync(path, 'utf8')) as Results;

export const formatFigure = ({ value, unit }: Pick<Summary, 'value' | 'unit'>): string =>
  unit === '/s' || unit === '×' ? `${formatNumber(value)}${unit}` : `${formatNumber(value)} ${unit}`;

export function machineLine({ machine, rounds, seed, isQuick }: Results): string {
  const { processor, cores, memoryGb, system, node, sqlite, magicflow, syncMicros } = machine;
  const run = `${rounds} round${rounds === 1 ? '' : 's'}${isQuick ? ', quick' : ''}, seed ${seed}`;
  return `${processor}, ${cores} cores, ${memoryGb} GB, ${system}; sync ${syncMicros} µs; Node ${node}, SQLite ${sqlite}, Magic Flow ${magicflow}; ${run}`;
}

/** For a terminal. */
export function printResults(results: Results): void {
  console.log(`\n${machineLine(results)}\n`);
  const width = Math.max(...results.figures.map(({ title }) => title.length));
  for (const figure of results.figures) {
    const bar = figure.bar === undefined ? '' : `bar ${formatFigure({ value: figure.bar, unit: figure.unit })}`;
    const verdict = isMet(figure) ? '' : '  missed';
    const rounds = figure.rounds.length > 1 ? `  [${figure.rounds.map(formatNumber).join('  ')}]` : '';
    console.log(
      `${figure.title.padEnd(width)}  ${formatFigure(figure).padStart(14)}  ${bar.padEnd(16)}${verdict}${rounds}`,
    );
  }
  for (const reason of results.absent ?? []) console.log(`not run: ${reason}`);
}
