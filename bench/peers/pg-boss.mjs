/**
 * Three jobs on pg-boss, kept in PostgreSQL, each made durable before the one before it is completed. Fetched in batches
 * by a loop of this process: its own workers look at most twice a second, which would be all that is measured.
 */
import { setTimeout as delay } from 'node:timers/promises';
import { PgBoss } from 'pg-boss';
import { runLoad } from '../support/load.ts';
import { readJob, report } from '../support/program.ts';
import { inputOf, stepOutput } from '../support/workflows.ts';

const { address, concurrency, count, warmUp } = readJob();
const boss = new PgBoss({ connectionString: address, max: 10 });
await boss.start();
const names = ['one', 'two', 'three'];
for (const name of names) await boss.createQueue(name);

const waiting = new Map();

async function work(name, next) {
  for (;;) {
    const jobs = await boss.fetch(name, { batchSize: 200 });
    if (jobs.length === 0) {
      await delay(2);
      continue;
    }
    const last = jobs.map(({ data: { id, order } }) => ({ data: { id, order, last: stepOutput.place } }));
    if (next) await boss.insert(next, last);
    await boss.complete(
      name,
      jobs.map(({ id }) => id),
    );
    if (next) continue;
    for (const { data } of jobs) {
      waiting.get(data.id)?.();
      waiting.delete(data.id);
    }
  }
}
for (const [place, name] of names.entries()) void work(name, names[place + 1]);

let started = 0;
async function call(place) {
  const id = `${started++}`;
  const ended = new Promise((resolve) => waiting.set(id, resolve));
  await boss.send('one', { id, ...inputOf(place) });
  await ended;
}

await runLoad({ concurrency: 50, count: warmUp, call });
report(await runLoad({ concurrency, count, call }));
process.exit(0);
