/** Fills a store with executions that wait for thirty days, reports and ends. */
import { openEngine } from '../../src/library.ts';
import { runLoad } from '../support/load.ts';
import { readJob, report } from '../support/program.ts';
import { inputOf, oneLongWait } from '../support/workflows.ts';

export interface SleepersJob {
  readonly folder: string;
  readonly count: number;
}

const { folder, count } = readJob<SleepersJob>();
const engine = await openEngine({ storage: `sqlite:${folder}` });
await engine.deploy(oneLongWait);
const loaded = await runLoad({
  concurrency: 1_000,
  count,
  call: (place) => engine.start('sleeper', inputOf(place)),
});
await engine.close();
report(loaded);
