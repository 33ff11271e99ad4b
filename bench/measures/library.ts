/** The engine in the caller's process: three functions called there, every step durable before the next. */
import type { Measure, Scale } from '../measure.ts';
import type { LibraryJob } from '../programs/library.ts';
import type { Loaded } from '../support/load.ts';
import { runProgram } from '../support/program.ts';

export const library: Measure = {
  name: 'library',
  async run(scale) {
    const one = await load(scale, 1, 2_000);
    const many = await load(scale, 50, 20_000);
    const most = await load(scale, 500, 40_000);
    return [
      { title: 'library, 1 at a time: p50', value: one.p50Ms, unit: 'ms', bar: 1.5 },
      { title: 'library, 1 at a time: p99', value: one.p99Ms, unit: 'ms', bar: 5 },
      { title: 'library, 50 at once', value: many.perSecond, unit: '/s' },
      { title: 'library, 500 at once', value: most.perSecond, unit: '/s', bar: 15_000 },
    ];
  },
};

function load({ folder, count }: Scale, concurrency: number, full: number): Promise<Loaded> {
  const job: LibraryJob = {
    folder: `${folder}/library-${concurrency}`,
    concurrency,
    count: count(full),
    warmUp: count(5_000),
  };
  return runProgram('programs/library.ts', job);
}
