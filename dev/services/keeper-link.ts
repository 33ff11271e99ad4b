/** The way to the keeper of this checkout; starts one where there is none. */
import { type ChildProcess, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface, type Interface } from 'node:readline';
import type { KeeperAnswer, KeeperRequest } from './keeper-protocol.ts';
import type { ServiceName } from './services.ts';

const root = new URL('../..', import.meta.url).pathname;
const lingerDefaultMs = 10_000;
const keeperDeadlineMs = 10_000;

export interface KeeperOptions {
  /** Keepers of different names know nothing of each other. */
  readonly name?: string;
  /** How long services stay after the last who needed them is gone. */
  readonly lingerMs?: number;
}

export interface KeeperLink {
  /** The service's URL; rejects with the reason why it cannot be had. */
  start(name: ServiceName, options?: { stay?: boolean; log?: (line: string) => void }): Promise<string>;
  /** Resolves once every server has ended. */
  stop(): Promise<void>;
  close(): void;
}

/** Undefined where no keeper runs. The link keeps no process alive by itself. */
export async function findKeeper({ name = 'shared' }: KeeperOptions = {}): Promise<KeeperLink | undefined> {
  const socket = connect(addressOf(name));
  socket.on('error', () => socket.destroy());
  // The lines repeat the socket's errors; its end is what counts.
  const lines = createInterface({ input: socket }).on('error', () => undefined);
  // A keeper that is about to end may still take a connection up: it counts once it has said so.
  const isWelcome = await new Promise<boolean>((resolve) => {
    lines.once('line', () => resolve(true));
    socket.once('close', () => resolve(false));
  });
  return isWelcome ? linkOver(socket, lines) : undefined;
}

export async function openKeeper(options: KeeperOptions = {}): Promise<KeeperLink> {
  const end = performance.now() + keeperDeadlineMs;
  for (let started: ChildProcess | undefined; ; ) {
    const found = await findKeeper(options);
    if (found) return found;
    if (performance.now() > end) throw new Error('the process that keeps services does not answer');
    // One that found another at its address has ended: that one may be about to end too.
    if (started === undefined || started.exitCode !== null) started = startKeeper(options);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

/** Abstract: a name of the kernel's, without a file. The folder's name, because that is unique. */
function addressOf(name: string): string {
  return `\0${keeperFolder(name)}`;
}

/** Where the keeper of this name has its files; it begins by removing what a killed one left. */
export function keeperFolder(name: string): string {
  const user = process.getuid?.() ?? 0;
  const hash = createHash('sha256').update(`${user} ${root} ${name}`).digest('hex').slice(0, 16);
  return join(tmpdir(), `magicflow-services-${hash}`);
}

function startKeeper({ name = 'shared', lingerMs = lingerDefaultMs }: KeeperOptions): ChildProcess {
  const file = new URL('keeper.ts', import.meta.url).pathname;
  const env = { ...process.env };
  env['NODE_V8_COVERAGE'] = undefined;
  delete env['NODE_TEST_CONTEXT'];
  const args = [file, keeperFolder(name), String(lingerMs)];
  const keeper = spawn(process.execPath, args, { detached: true, stdio: 'ignore', cwd: '/', env });
  keeper.unref();
  return keeper;
}

function linkOver(socket: Socket, lines: Interface): KeeperLink {
  socket.unref();

  function ask(request: KeeperRequest, log: (line: string) => void): Promise<KeeperAnswer> {
    socket.ref();
    const { promise, resolve, reject } = Promise.withResolvers<KeeperAnswer>();
    lines.on('line', function read(line) {
      const answer = JSON.parse(line) as KeeperAnswer;
      if (answer.type === 'log') return log(answer.line);
      lines.off('line', read);
      resolve(answer);
    });
    socket.once('close', () => reject(new Error('the process that keeps services is gone')));
    socket.write(`${JSON.stringify(request)}\n`);
    return promise.finally(() => socket.unref());
  }

  return {
    async start(name, { stay = false, log = () => undefined } = {}) {
      const answer = await ask({ type: 'start', name, stay }, log);
      if (answer.type === 'started') return answer.url;
      throw new Error(answer.type === 'failed' ? answer.reason : `unexpected answer ${answer.type}`);
    },
    async stop() {
      const gone = new Promise((resolve) => socket.once('close', resolve));
      await ask({ type: 'stop' }, () => undefined);
      socket.ref();
      await gone;
    },
    close: () => socket.destroy(),
  };
}
