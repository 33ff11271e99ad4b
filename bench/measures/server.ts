/** The platform over HTTP: server, executor and callers in three processes that share the machine. */
import { createClient } from '../../sdk/typescript/client.ts';
import type { Figure, Measure, Scale } from '../measure.ts';
import type { ExecutorJob } from '../programs/executor.ts';
import type { HttpJob } from '../programs/http-load.ts';
import type { Loaded } from '../support/load.ts';
import { peakResidentMb } from '../support/memory.ts';
import { type Program, runProgram, startProgram } from '../support/program.ts';
import { type RunningServer, startServer } from '../support/server.ts';
import { batchSize, threeSteps } from '../support/workflows.ts';

export const server: Measure = {
  name: 'server',
  async run(scale) {
    const running = await startServer({ folder: `${scale.folder}/server` });
    try {
      await withClient(running, (client) => client.deploy(threeSteps));
      return [...(await withExecutor(running, () => workflows(running, scale))), ...(await starts(running, scale))];
    } finally {
      await running.stop();
    }
  },
};

async function workflows(target: RunningServer, scale: Scale): Promise<readonly Figure[]> {
  await load(target, { kind: 'execute', concurrency: 100, count: scale.count(4_000) });
  const one = await load(target, { kind: 'execute', concurrency: 1, count: scale.count(1_000) });
  let many: Loaded | undefined;
  const peakMb = await peakResidentMb([target.pid], async () => {
    many = await load(target, { kind: 'execute', concurrency: 400, count: scale.count(24_000) });
  });
  const ended = await read(target, scale, 'completed');
  return [
    { title: 'server, 1 at a time: start to answer, p50', value: one.p50Ms, unit: 'ms', bar: 5 },
    { title: 'server, 1 at a time: start to answer, p99', value: one.p99Ms, unit: 'ms' },
    { title: 'server, 400 at once', value: many?.perSecond ?? Number.NaN, unit: '/s', bar: 4_000 },
    { title: 'server, 400 at once: start to answer, p99', value: many?.p99Ms ?? Number.NaN, unit: 'ms' },
    { title: 'server: memory at load', value: peakMb, unit: 'MB', bar: 400 },
    { title: 'server: reads of ended executions', value: ended.perSecond, unit: '/s', bar: 15_000 },
    { title: 'server: reads of ended executions, p99', value: ended.p99Ms, unit: 'ms', bar: 5 },
  ];
}

/** Without an executor: what is started stays running. */
async function starts(target: RunningServer, scale: Scale): Promise<readonly Figure[]> {
  const single = await load(target, { kind: 'start', concurrency: 64, count: scale.count(30_000) });
  const batches = await load(target, { kind: 'batch', concurrency: 8, count: scale.count(800) });
  const running = await read(target, scale, 'running');
  return [
    { title: 'server: durable starts, one a call', value: single.perSecond, unit: '/s', bar: 12_000 },
    {
      title: `server: durable starts, ${batchSize} a call`,
      value: batches.perSecond * batchSize,
      unit: '/s',
      bar: 40_000,
    },
    { title: 'server: reads of running executions', value: running.perSecond, unit: '/s', bar: 15_000 },
    { title: 'server: reads of running executions, p99', value: running.p99Ms, unit: 'ms', bar: 5 },
  ];
}

async function read(target: RunningServer, scale: Scale, status: string): Promise<Loaded> {
  const page = await withClient(target, (client) => client.list({ status, limit: 100 }));
  const ids = (page['executions'] as readonly { execution_id: string }[]).map((row) => row.execution_id);
  return await load(target, { kind: 'get', concurrency: 32, count: scale.count(30_000), ids });
}

function load({ port, token }: RunningServer, job: Omit<HttpJob, 'target'>): Promise<Loaded> {
  return runProgram('programs/http-load.ts', { target: { port, token }, ...job } satisfies HttpJob);
}

async function withExecutor<T>({ url, token }: RunningServer, work: () => Promise<T>): Promise<T> {
  const executor: Program = startProgram('programs/executor.ts', {
    url,
    token,
    concurrency: 500,
  } satisfies ExecutorJob);
  try {
    await executor.next();
    return await work();
  } finally {
    await executor.stop();
  }
}

type Client = ReturnType<typeof createClient>;

async function withClient<T>(target: RunningServer, call: (client: Client) => Promise<T>): Promise<T> {
  const client = createClient({ server: target.url, token: target.token });
  try {
    return await call(client);
  } finally {
    client.close();
  }
}
