/**
 * Three jobs, each made durable in Redis before the one before it ends, done by a worker of this process. A chain, because
 * a flow of parents and children is slower here. Ids are given, so that a job done twice adds its next one once.
 */
import { Queue, Worker } from 'bullmq';
import { runLoad } from '../support/load.ts';
import { readJob, report } from '../support/program.ts';
import { inputOf, stepOutput } from '../support/workflows.ts';

const { address, concurrency, count, warmUp } = readJob();
const connection = { url: address, maxRetriesPerRequest: null };
const queue = new Queue('bench', { connection });
const nextOf = { one: 'two', two: 'three' };
const waiting = new Map();

async function step({ name, data: { id, order } }) {
  const next = nextOf[name];
  if (next) await queue.add(next, { id, order, last: stepOutput.place }, { jobId: `${id}-${next}` });
  return stepOutput;
}

const worker = new Worker('bench', step, { connection, concurrency: Math.max(50, concurrency) });
worker.on('completed', ({ name, data: { id } }) => {
  if (name !== 'three') return;
  waiting.get(id)?.();
  waiting.delete(id);
});
await worker.waitUntilReady();

let started = 0;
async function call(place) {
  const id = `${process.pid}-${started++}`;
  const ended = new Promise((resolve) => waiting.set(id, resolve));
  await queue.add('one', { id, ...inputOf(place) }, { jobId: id });
  await ended;
}

await runLoad({ concurrency: 50, count: warmUp, call });
report(await runLoad({ concurrency, count, call }));
process.exit(0);
