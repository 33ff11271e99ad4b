/** Runs measures in turns and keeps the median of each figure. */
import { mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { Figure, Measure, Scale, Summary } from '../measure.ts';
import { median } from './statistics.ts';

export interface Rounds {
  readonly measures: readonly Measure[];
  readonly rounds: number;
  readonly seed: number;
  readonly isQuick: boolean;
  /** Where the folders of the rounds are made: decides which disk is measured. */
  readonly folder: string;
  readonly log: (line: string) => void;
}

export async function runRounds(run: Rounds): Promise<readonly Summary[]> {
  const taken = new Map<string, { measure: string; figures: Figure[] }>();
  for (let round = 0; round < run.rounds; round += 1) {
    for (const measure of run.measures) {
      run.log(`round ${round + 1} of ${run.rounds}: ${measure.name}`);
      for (const figure of await runOnce(measure, run)) {
        const entry = taken.get(figure.title) ?? { measure: measure.name, figures: [] };
        entry.figures.push(figure);
        taken.set(figure.title, entry);
      }
    }
  }
  return [...taken.values()].map(({ measure, figures }) => summarize(measure, figures));
}

async function runOnce(measure: Measure, { folder, seed, isQuick }: Rounds): Promise<readonly Figure[]> {
  const scale: Scale = {
    folder: mkdtempSync(join(folder, 'magicflow-bench-')),
    seed,
    count: (full) => (isQuick ? Math.ceil(full / 10) : full),
  };
  try {
    return await measure.run(scale);
  } finally {
    rmSync(scale.folder, { recursive: true, force: true });
  }
}

function summarize(measure: string, figures: readonly Figure[]): Summary {
  const [first] = figures;
  if (first === undefined) throw new Error(`the measure ${measure} gave no figure`);
  const rounds = figures.map(({ value }) => value);
  return { ...first, measure, value: median(rounds), rounds };
}
