/**
 * The real program in a process of its own, on free ports and a data folder of its own.
 *
 * It can be killed, stopped for a while and started again on the same folder and ports. `close` ends it and removes the
 * folder, whatever state it is in.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Caller, openCaller } from './api-caller.ts';
import { type Child, startChild } from './child-process.ts';

export interface PlatformOptions {
  /** MAGICFLOW_* and others. */
  readonly env?: Readonly<Record<string, string>>;
  readonly adminToken?: string;
  /** Lets sample secrets pass. */
  readonly dev?: boolean;
  readonly willBeKilled?: boolean;
  /** Default: a new folder, removed by `close`. */
  readonly dataDir?: string;
}

export interface PlatformProcess extends Caller {
  readonly url: string;
  readonly dashboardUrl: string;
  readonly token: string;
  readonly dataDir: string;
  readonly pid: number;
  /** Everything that any start has written there. */
  stderr(): string;
  isAlive(): boolean;
  signal(signal: NodeJS.Signals): void;
  /** SIGKILL; resolves once it is gone. */
  kill(): Promise<void>;
  /** SIGTERM; resolves with the exit code. */
  stop(): Promise<number | NodeJS.Signals>;
  /** On the same folder and ports; resolves once it is ready. */
  start(): Promise<void>;
  /** Yaml texts of workflows and contexts. */
  deploy(...texts: readonly string[]): Promise<void>;
  /** Polls until the execution has ended; rejects after `deadlineMs`. */
  // biome-ignore lint/suspicious/noExplicitAny: tests look into answers freely
  ended(executionId: string, deadlineMs?: number): Promise<any>;
  close(): Promise<void>;
}

const program = new URL('../../bin/magicflow', import.meta.url).pathname;
const endedStatuses = ['completed', 'failed', 'cancelled', 'timed_out', 'compensated'];

export async function openPlatform(options: PlatformOptions = {}): Promise<PlatformProcess> {
  const dataDir = options.dataDir ?? mkdtempSync(join(tmpdir(), 'magicflow-platform-'));
  const token = options.adminToken ?? 'journey-0123456789abcdef-0123456789abcdef';
  const [port, dashboardPort] = await freePorts();
  const url = `http://127.0.0.1:${port}`;
  const caller = openCaller(url, token);
  let child: Child | undefined;
  let stderr = '';

  const platform: PlatformProcess = {
    ...caller,
    url,
    dashboardUrl: `http://127.0.0.1:${dashboardPort}`,
    token,
    dataDir,
    get pid() {
      return child?.pid ?? 0;
    },
    stderr: () => stderr + (child?.stderr() ?? ''),
    isAlive: () => child?.isAlive() ?? false,
    signal: (signal) => child?.signal(signal),
    async kill() {
      await child?.end('SIGKILL');
    },
    stop: async () => (await child?.end('SIGTERM')) ?? 0,
    async start() {
      stderr += child?.stderr() ?? '';
      child = await startChild({
        file: program,
        args: [
          'start',
          ...['--host', '127.0.0.1', '--port', String(port), '--dashboard-port', String(dashboardPort)],
          ...['--data', dataDir, ...(options.dev ? ['--dev'] : [])],
        ],
        env: { MAGICFLOW_ADMIN_TOKEN: token, ...options.env },
        willBeKilled: options.willBeKilled ?? false,
        readyLine: /^Magic Flow listens on /,
      });
    },
    async deploy(...texts) {
      await caller.call('POST /api/v1/workflows', { body: texts.join('\n---\n') }).then(({ status, body }) => {
        if (status !== 201 && status !== 200) throw new Error(`deploy answered ${status}: ${JSON.stringify(body)}`);
      });
    },
    ended: (executionId, deadlineMs = 15_000) =>
      until(
        async () => {
          const execution = await caller.get(`executions/${executionId}`);
          return endedStatuses.includes(execution.status) ? execution : undefined;
        },
        { what: `the end of ${executionId}`, deadlineMs },
      ),
    async close() {
      await child?.end('SIGKILL');
      if (options.dataDir === undefined) rmSync(dataDir, { recursive: true, force: true });
    },
  };
  await platform.start();
  return platform;
}

/** Asks again and again until there is something; failures count as nothing. Rejects with the last of them in time. */
export async function until<T>(
  look: () => T | undefined | Promise<T | undefined>,
  { what, deadlineMs = 10_000, everyMs = 20 }: { what: string; deadlineMs?: number; everyMs?: number },
): Promise<T> {
  const end = performance.now() + deadlineMs;
  for (;;) {
    let last: unknown;
    try {
      const found = await look();
      if (found !== undefined) return found;
    } catch (error) {
      last = error;
    }
    if (performance.now() > end) throw new Error(`waited ${deadlineMs} ms in vain for ${what}`, { cause: last });
    await new Promise((resolve) => setTimeout(resolve, everyMs));
  }
}

/** Ports that were free a moment ago. */
export async function freePorts(): Promise<readonly [number, number]> {
  const servers = [createServer(), createServer()];
  const ports = await Promise.all(
    servers.map(
      (server) =>
        new Promise<number>((resolve) => {
          server.listen(0, '127.0.0.1', () => resolve((server.address() as { port: number }).port));
        }),
    ),
  );
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
  return [ports[0] ?? 0, ports[1] ?? 0];
}
