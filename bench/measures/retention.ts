/** What starts feel of a sweep that removes 100,000 ended executions. */
import { createClient } from '../../sdk/typescript/client.ts';
import type { Figure, Measure } from '../measure.ts';
import type { HttpJob } from '../programs/http-load.ts';
import type { Loaded } from '../support/load.ts';
import { runProgram } from '../support/program.ts';
import { startServer } from '../support/server.ts';
import { batchSize, oneMapping, threeSteps } from '../support/workflows.ts';

/** Of callers that wait for each answer: some hundreds of starts a second, as ordinary work is. */
const callers = 2;

export const retention: Measure = {
  name: 'retention',
  async run(scale) {
    const env = { MAGICFLOW_RETENTION_COMPLETED: '1s', MAGICFLOW_RETENTION_INTERVAL: '24h' };
    const running = await startServer({ folder: `${scale.folder}/retention`, env });
    const client = createClient({ server: running.url, token: running.token });
    const load = (job: Omit<HttpJob, 'target'>): Promise<Loaded> =>
      runProgram('programs/http-load.ts', { target: running, ...job } satisfies HttpJob);
    const starts = (): Promise<Loaded> => load({ kind: 'start', concurrency: callers, count: scale.count(8_000) });
    try {
      await client.deploy(threeSteps);
      await client.deploy(oneMapping);
      const count = scale.count(100_000 / batchSize);
      await load({ kind: 'batch', workflow: 'mapping', concurrency: 4, count });
      await starts();
      const calm = await starts();
      const begun = performance.now();
      await client.runRetention();
      const swept = await starts();
      const duringMs = performance.now() - begun;
      const { removed_total: removed } = await client.getRetention();
      return figuresOf({ calm, swept, perSecond: (removed * 1_000) / duringMs });
    } finally {
      client.close();
      await running.stop();
    }
  },
};

function figuresOf({ calm, swept, perSecond }: { calm: Loaded; swept: Loaded; perSecond: number }): Figure[] {
  return [
    { title: 'retention: starts without a sweep, p50', value: calm.p50Ms, unit: 'ms' },
    { title: 'retention: starts without a sweep, p99', value: calm.p99Ms, unit: 'ms' },
    { title: 'retention: starts during a sweep of 100,000, p50', value: swept.p50Ms, unit: 'ms' },
    { title: 'retention: starts during a sweep of 100,000, p99', value: swept.p99Ms, unit: 'ms' },
    { title: 'retention: removed meanwhile', value: perSecond, unit: '/s' },
  ];
}
