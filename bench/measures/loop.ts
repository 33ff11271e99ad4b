/** A loop of 100,000 items inside a program: how fast, in how much memory, and what it leaves on disk. */
import type { Measure } from '../measure.ts';
import type { LoopJob, LoopReport } from '../programs/loop.ts';
import { peakResidentMb } from '../support/memory.ts';
import { startProgram } from '../support/program.ts';

export const loop: Measure = {
  name: 'loop',
  async run({ folder, count }) {
    const items = count(100_000);
    const job: LoopJob = { folder: `${folder}/loop`, items };
    const program = startProgram('programs/loop.ts', job);
    try {
      let report: LoopReport = { perSecond: 0, journalBytes: 0 };
      const peak = await peakResidentMb([program.pid], async () => {
        report = await program.next<LoopReport>();
      });
      return [
        { title: `a loop of ${items.toLocaleString('en')} items`, value: report.perSecond, unit: '/s', bar: 5_000 },
        { title: 'a loop: memory at load', value: peak, unit: 'MB', bar: 512 },
        { title: 'a loop: journal an item', value: report.journalBytes / items, unit: 'B', bar: 100 },
      ];
    } finally {
      await program.stop();
    }
  },
};
