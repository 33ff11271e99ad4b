/** Three jobs, each made durable in Redis before the next may start, done by a worker of this process. */
import { FlowProducer, Worker } from 'bullmq';
import { runLoad } from '../support/load.ts';
import { readJob, report } from '../support/program.ts';
import { inputOf, stepOutput } from '../support/workflows.ts';

const { address, concurrency, count, warmUp } = readJob();
const connection = { url: address, maxRetriesPerRequest: null };
const keep = { removeOnComplete: false, removeOnFail: false };
const flows = new FlowProducer({ connection });
const waiting = new Map();
const worker = new Worker('bench', async () => stepOutput, { connection, concurrency: Math.max(50, concurrency) });
worker.on('completed', (job) => {
  waiting.get(job.id)?.();
  waiting.delete(job.id);
});
await worker.waitUntilReady();

const job = (name, data, children = []) => ({ name, queueName: 'bench', data, opts: keep, children });

/** A job runs once its children have: the last step is the root. */
async function call(place) {
  const { order } = inputOf(place);
  const id = `${process.pid}-${place}-${Math.random()}`;
  const ended = new Promise((resolve) => waiting.set(id, resolve));
  const last = job('three', {}, [job('two', { order }, [job('one', inputOf(place))])]);
  await flows.add({ ...last, opts: { ...keep, jobId: id } });
  await ended;
}

await runLoad({ concurrency: 50, count: warmUp, call });
report(await runLoad({ concurrency, count, call }));
process.exit(0);
