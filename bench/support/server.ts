/** The whole platform in a process of its own, started as a user starts it. */
import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { type AddressInfo, connect, createServer } from 'node:net';
import { fileURLToPath } from 'node:url';
import type { Target } from './lean-client.ts';

export interface RunningServer extends Target {
  readonly pid: number;
  readonly url: string;
  /** Milliseconds from the start of the process to the first 200 of `/ready`. */
  readonly readyMs: number;
  stop(): Promise<void>;
}

export interface ServerOptions {
  readonly folder: string;
  /** Options of Node, such as `--cpu-prof`. */
  readonly execArgv?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
}

const program = fileURLToPath(new URL('../../bin/magicflow', import.meta.url));
const startLimitMs = 60_000;

export async function startServer({ folder, execArgv = [], env = {} }: ServerOptions): Promise<RunningServer> {
  const [port, dashboardPort] = [await freePort(), await freePort()];
  const token = randomBytes(32).toString('hex');
  const begun = performance.now();
  const child = spawn(
    process.execPath,
    [
      ...execArgv,
      program,
      'start',
      '--host',
      '127.0.0.1',
      '--port',
      `${port}`,
      '--dashboard-port',
      `${dashboardPort}`,
      '--data',
      folder,
    ],
    { env: { ...process.env, MAGICFLOW_ADMIN_TOKEN: token, ...env }, stdio: ['ignore', 'ignore', 'pipe'] },
  );
  const said: string[] = [];
  child.stderr.on('data', (text: Buffer) => said.push(text.toString()));
  while (!(await isReady(port))) {
    if (child.exitCode !== null) throw new Error(`the server ended with ${child.exitCode}: ${said.join('')}`);
    if (performance.now() - begun > startLimitMs) throw new Error('the server did not become ready');
  }
  const readyMs = performance.now() - begun;
  return {
    pid: child.pid ?? 0,
    port,
    token,
    url: `http://127.0.0.1:${port}`,
    readyMs,
    async stop() {
      if (child.exitCode !== null) return;
      const ended = once(child, 'exit');
      child.kill('SIGTERM');
      await ended;
    },
  };
}

/** Asks once; answers false after 2 ms where nobody listens. */
function isReady(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ port, host: '127.0.0.1' });
    const later = (): void => void setTimeout(() => resolve(false), 2);
    socket.on('connect', () => socket.write('GET /ready HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n'));
    socket.once('data', (head: Buffer) => {
      const isOk = head.toString().startsWith('HTTP/1.1 200');
      socket.destroy();
      if (isOk) resolve(true);
      else later();
    });
    socket.on('error', later);
  });
}

export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}
