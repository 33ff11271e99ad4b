/** What both benchmark commands take from the command line. */
import { tmpdir } from 'node:os';
import { parseArgs } from 'node:util';

export interface BenchOptions {
  readonly only: readonly string[];
  readonly isQuick: boolean;
  readonly rounds: number;
  readonly seed: number;
  readonly folder: string;
}

/** Ends the process with 2 for a word that is not understood. */
export function readOptions(names: readonly string[]): BenchOptions {
  try {
    const { values } = parseArgs({
      options: {
        only: { type: 'string', multiple: true, default: [] },
        quick: { type: 'boolean', default: false },
        rounds: { type: 'string' },
        seed: { type: 'string', default: '1' },
        data: { type: 'string', default: tmpdir() },
      },
    });
    const unknown = values.only.find((name) => !names.includes(name));
    if (unknown !== undefined) throw new TypeError(`there is no ${unknown}; there are ${names.join(', ')}`);
    const rounds = Number(values.rounds ?? (values.quick ? 1 : 3));
    return { only: values.only, isQuick: values.quick, rounds, seed: Number(values.seed), folder: values.data };
  } catch (error) {
    console.error(
      `${(error as Error).message}\nusage: [--only NAME]… [--quick] [--rounds N] [--seed N] [--data FOLDER]`,
    );
    process.exit(2);
  }
}
