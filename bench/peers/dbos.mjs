/** Three durable steps on DBOS Transact, in this process, kept in PostgreSQL. */
import { DBOS } from '@dbos-inc/dbos-sdk';
import { runLoad } from '../support/load.ts';
import { readJob, report } from '../support/program.ts';
import { inputOf, stepOutput } from '../support/workflows.ts';

const { address, concurrency, count, warmUp } = readJob();
DBOS.setConfig({ name: 'bench', systemDatabaseUrl: address, logLevel: 'error' });
const step = (name, input) => DBOS.runStep(async () => ({ ...stepOutput, input }), { name });
const three = DBOS.registerWorkflow(
  async ({ order }) => {
    const one = await step('one', { order });
    const two = await step('two', { order, last: one.place });
    return await step('three', { last: two.place });
  },
  { name: 'three' },
);
await DBOS.launch();
const call = (place) => three(inputOf(place));
await runLoad({ concurrency: 50, count: warmUp, call });
report(await runLoad({ concurrency, count, call }));
await DBOS.shutdown();
process.exit(0);
