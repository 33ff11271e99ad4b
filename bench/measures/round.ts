/** Whether a step late in a long execution costs more than an early one. */
import type { Measure } from '../measure.ts';
import type { RoundJob, RoundReport } from '../programs/round.ts';
import { runProgram } from '../support/program.ts';

export const round: Measure = {
  name: 'round',
  async run({ folder, count }) {
    const job: RoundJob = { folder: `${folder}/round`, executions: 20, steps: count(10_000) };
    const { earlyMicros, lateMicros } = await runProgram<RoundReport>('programs/round.ts', job);
    return [
      { title: 'a step after 100 others', value: earlyMicros, unit: 'µs' },
      { title: `a step after ${job.steps.toLocaleString('en')} others`, value: lateMicros, unit: 'µs' },
      { title: 'late step against early step', value: lateMicros / earlyMicros, unit: '×', bar: 1.3 },
    ];
  },
};
