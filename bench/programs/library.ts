/** The engine inside a program: three functions of this process, one execution after another or many at once. */
import { openEngine } from '../../src/library.ts';
import { type Loaded, runLoad } from '../support/load.ts';
import { readJob, report } from '../support/program.ts';
import { inputOf, stepOutput, threeSteps } from '../support/workflows.ts';

export interface LibraryJob {
  readonly folder: string;
  readonly concurrency: number;
  readonly count: number;
  readonly warmUp: number;
}

const { folder, concurrency, count, warmUp } = readJob<LibraryJob>();
const engine = await openEngine({ storage: `sqlite:${folder}` });
engine.executor('bench').register('step', () => stepOutput);
await engine.deploy(threeSteps);

const run = (callers: number, calls: number): Promise<Loaded> =>
  runLoad({
    concurrency: callers,
    count: calls,
    async call(place) {
      const { status } = await engine.execute('three', inputOf(place));
      if (status !== 'completed') throw new Error(`an execution ended ${status}`);
    },
  });

await run(50, warmUp);
report(await run(concurrency, count));
await engine.close();
