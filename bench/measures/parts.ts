/** Parts of the engine by themselves. */
import type { Figure, Measure } from '../measure.ts';
import type { StorageJob } from '../programs/storage.ts';
import { runProgram } from '../support/program.ts';

export const expression: Measure = {
  name: 'expression',
  run: () => runProgram<readonly Figure[]>('programs/expression.ts', null),
};

export const script: Measure = {
  name: 'script',
  run: () => runProgram<readonly Figure[]>('programs/script.ts', null),
};

export const storage: Measure = {
  name: 'storage',
  run: ({ folder, count }) =>
    runProgram<readonly Figure[]>('programs/storage.ts', {
      folder: `${folder}/storage`,
      share: count(1_000) / 1_000,
    } satisfies StorageJob),
};
