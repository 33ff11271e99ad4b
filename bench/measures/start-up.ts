/** From the start of the process to the first 200 of `/ready`, on nothing, on a database that is there, on a full one. */
import type { Measure } from '../measure.ts';
import type { SleepersJob } from '../programs/sleepers.ts';
import { residentMb } from '../support/memory.ts';
import { runProgram } from '../support/program.ts';
import { startServer } from '../support/server.ts';

export const startUp: Measure = {
  name: 'start-up',
  async run({ folder }) {
    const first = await startOnce(`${folder}/start-up`);
    const again = await startOnce(`${folder}/start-up`);
    return [
      { title: 'start to ready, no database yet', value: first.readyMs, unit: 'ms' },
      { title: 'start to ready', value: again.readyMs, unit: 'ms', bar: 300 },
      { title: 'memory when idle', value: again.memoryMb, unit: 'MB', bar: 120 },
    ];
  },
};

export const waiting: Measure = {
  name: 'waiting',
  async run({ folder, count }) {
    const sleepers: SleepersJob = { folder: `${folder}/waiting`, count: count(100_000) };
    await runProgram('programs/sleepers.ts', sleepers);
    const { readyMs, memoryMb } = await startOnce(sleepers.folder);
    const many = sleepers.count.toLocaleString('en');
    return [
      { title: `start to ready, ${many} executions wait`, value: readyMs, unit: 'ms', bar: 5_000 },
      { title: `memory, ${many} executions wait`, value: memoryMb, unit: 'MB', bar: 600 },
    ];
  },
};

async function startOnce(folder: string): Promise<{ readyMs: number; memoryMb: number }> {
  const server = await startServer({ folder });
  // What a first sweep holds belongs to the figure.
  await new Promise((resolve) => setTimeout(resolve, 1_500));
  const memoryMb = residentMb(server.pid);
  await server.stop();
  return { readyMs: server.readyMs, memoryMb };
}
