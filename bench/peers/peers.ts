/**
 * One workflow of three steps that do nothing, each durable before the next starts, on every system: 1 at a time for the
 * latency, and 200 at once for the rate. Each run has processes and data of its own.
 */
import { createClient } from '../../sdk/typescript/client.ts';
import type { Figure, Measure, Scale } from '../measure.ts';
import type { Loaded } from '../support/load.ts';
import { runProgram, startProgram } from '../support/program.ts';
import { freePort, startServer } from '../support/server.ts';
import { threeSteps } from '../support/workflows.ts';
import { type Service, startPostgres, startRedis, startService } from './service.ts';

export interface Load {
  readonly concurrency: number;
  readonly count: number;
  readonly warmUp: number;
}

/** A system that is measured: brought up on a folder, it gives how to run a load. */
interface Peer {
  readonly name: string;
  /** Workflows of the rate's run. */
  readonly count: number;
  open(folder: string): Promise<{ load(load: Load): Promise<Loaded>; stop(): Promise<void> }>;
}

export const concurrency = 200;

const ourLibrary: Peer = {
  name: 'Magic Flow, library, SQLite',
  count: 30_000,
  open: async (folder) => ({
    load: (load) => runProgram('programs/library.ts', { folder: `${folder}/${load.concurrency}`, ...load }),
    stop: async () => {},
  }),
};

const ourServer: Peer = {
  name: 'Magic Flow, server + executor, SQLite',
  count: 15_000,
  async open(folder) {
    const server = await startServer({ folder });
    const { url, token, port } = server;
    const client = createClient({ server: url, token });
    await client.deploy(threeSteps);
    client.close();
    const executor = startProgram('programs/executor.ts', { url, token, concurrency: 500 });
    await executor.next();
    const run = (load: Omit<Load, 'warmUp'>): Promise<Loaded> =>
      runProgram('programs/http-load.ts', { target: { port, token }, kind: 'execute', ...load });
    return {
      async load({ warmUp, ...load }) {
        await run({ concurrency: 50, count: warmUp });
        return run(load);
      },
      async stop() {
        await executor.stop();
        await server.stop();
      },
    };
  },
};

const onPostgres = (name: string, { program, count }: { program: string; count: number }): Peer => ({
  name,
  count,
  open: async (folder) => {
    const postgres = await startPostgres(folder);
    const address = `postgresql://postgres@127.0.0.1:${postgres.port}/postgres`;
    return { load: (load) => runProgram(program, { address, ...load }), stop: postgres.stop };
  },
});

const bullmq = (appendfsync: 'always' | 'everysec'): Peer => ({
  name: `BullMQ, Redis AOF ${appendfsync}`,
  count: 8_000,
  open: async (folder) => {
    const redis = await startRedis(folder, appendfsync);
    const address = `redis://127.0.0.1:${redis.port}`;
    return { load: (load) => runProgram('peers/bullmq.mjs', { address, ...load }), stop: redis.stop };
  },
});

const restate = (name: string, args: readonly string[]): Peer => ({
  name,
  count: 6_000,
  async open(folder) {
    const [servicePort, ingressPort] = [await freePort(), await freePort()];
    const service = startProgram('peers/restate-service.mjs', { port: servicePort });
    await service.next();
    const server = await startRestate({ folder, servicePort, ingressPort, args });
    return {
      load: (load) => runProgram('peers/restate-load.mjs', { port: ingressPort, ...load }),
      async stop() {
        await server.stop();
        await service.stop();
      },
    };
  },
});

export const peers: readonly Measure[] = [
  ['library', ourLibrary] as const,
  ['server', ourServer] as const,
  ['dbos', onPostgres('DBOS Transact, PostgreSQL', { program: 'peers/dbos.mjs', count: 3_000 })] as const,
  ['pg-boss', onPostgres('pg-boss, PostgreSQL', { program: 'peers/pg-boss.mjs', count: 6_000 })] as const,
  ['restate', restate('Restate', [])] as const,
  ['restate-1', restate('Restate, one partition', ['--default-num-partitions', '1'])] as const,
  ['bullmq-always', bullmq('always')] as const,
  ['bullmq-everysec', bullmq('everysec')] as const,
].map(([name, peer]) => ({ name, run: (scale) => measure(peer, scale) }));

async function measure(peer: Peer, { folder, count }: Scale): Promise<readonly Figure[]> {
  const system = await peer.open(`${folder}/peer`);
  try {
    const warmUp = count(1_000);
    const one = await system.load({ concurrency: 1, count: count(1_000), warmUp });
    const many = await system.load({ concurrency, count: count(peer.count), warmUp });
    return [
      { title: `${peer.name}: ${concurrency} at once`, value: many.perSecond, unit: '/s' },
      { title: `${peer.name}: 1 at a time, p50`, value: one.p50Ms, unit: 'ms' },
      { title: `${peer.name}: 1 at a time, p99`, value: one.p99Ms, unit: 'ms' },
    ];
  } finally {
    await system.stop();
  }
}

interface RestateStart {
  readonly folder: string;
  readonly servicePort: number;
  readonly ingressPort: number;
  readonly args: readonly string[];
}

async function startRestate({ folder, servicePort, ingressPort, args }: RestateStart): Promise<Service> {
  const [adminPort, nodePort] = [await freePort(), await freePort()];
  const binary = new URL('node_modules/.bin/restate-server', import.meta.url).pathname;
  const server = await startService(binary, {
    port: ingressPort,
    args: ['--no-logo', '--base-dir', folder, '--listen-mode', 'tcp', ...args],
    options: {
      env: {
        ...process.env,
        RESTATE_BIND_ADDRESS: `127.0.0.1:${nodePort}`,
        RESTATE_ADMIN__BIND_ADDRESS: `127.0.0.1:${adminPort}`,
        RESTATE_INGRESS__BIND_ADDRESS: `127.0.0.1:${ingressPort}`,
        RESTATE_DISABLE_TELEMETRY: 'true',
      },
    },
  });
  await register(adminPort, `http://127.0.0.1:${servicePort}`);
  return server;
}

async function register(adminPort: number, uri: string): Promise<void> {
  const answer = await fetch(`http://127.0.0.1:${adminPort}/deployments`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ uri }),
  });
  if (!answer.ok) throw new Error(`Restate refused the service: ${await answer.text()}`);
}
