/** Programs of other people that a benchmark needs: found, installed where they are missing, started, stopped by their id. */
import { type ChildProcess, execFileSync, type SpawnOptions, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, chownSync, existsSync, globSync, mkdirSync } from 'node:fs';
import { connect } from 'node:net';
import { dirname } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { freePort } from '../support/server.ts';

export interface Service {
  readonly port: number;
  stop(): Promise<void>;
}

const startLimitMs = 60_000;

/** Settings as Debian ships them: every commit is on the disk before it is answered. */
export async function startPostgres(folder: string): Promise<Service> {
  const binaries = requireProgram('/usr/lib/postgresql/*/bin', 'postgresql');
  const port = await freePort();
  mkdirSync(folder, { recursive: true });
  const who = userOf('postgres');
  if (who) {
    chownSync(folder, who.uid, who.gid);
    // Its parent is this user's alone; the other user must get through.
    chmodSync(dirname(folder), 0o711);
  }
  execFileSync(`${binaries}/initdb`, ['-D', `${folder}/db`, '-U', 'postgres', '-A', 'trust'], {
    ...who,
    stdio: 'ignore',
  });
  const settings = [`port=${port}`, `unix_socket_directories=${folder}`, 'max_connections=200'];
  return startService(`${binaries}/postgres`, {
    port,
    args: ['-D', `${folder}/db`, ...settings.flatMap((setting) => ['-c', setting])],
    options: { ...who },
    // Ends at once: what is kept there is thrown away.
    signal: 'SIGINT',
  });
}

export async function startRedis(folder: string, appendfsync: 'always' | 'everysec'): Promise<Service> {
  const binary = requireProgram('/usr/bin/redis-server', 'redis-server');
  const port = await freePort();
  mkdirSync(folder, { recursive: true });
  const settings = { port, dir: folder, save: '', appendonly: 'yes', appendfsync, loglevel: 'warning' };
  return startService(binary, {
    port,
    args: Object.entries(settings).flatMap(([name, value]) => [`--${name}`, String(value)]),
  });
}

interface Start {
  /** Where it listens once it is ready. */
  readonly port: number;
  readonly args: readonly string[];
  readonly options?: SpawnOptions;
  readonly signal?: NodeJS.Signals;
}

export async function startService(binary: string, { port, args, options, signal }: Start): Promise<Service> {
  const child: ChildProcess = spawn(binary, args, { ...options, stdio: ['ignore', 'ignore', 'pipe'] });
  const said: string[] = [];
  child.stderr?.on('data', (text: Buffer) => said.push(text.toString()));
  const until = performance.now() + startLimitMs;
  while (!(await isListening(port))) {
    if (child.exitCode !== null || performance.now() > until) {
      child.kill();
      throw new Error(`${binary} did not start: ${said.join('').slice(-2_000)}`);
    }
    await delay(20);
  }
  return {
    port,
    async stop() {
      if (child.exitCode !== null) return;
      const ended = once(child, 'exit');
      child.kill(signal ?? 'SIGTERM');
      await ended;
    },
  };
}

function isListening(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ port, host: '127.0.0.1' });
    socket.on('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.on('error', () => resolve(false));
  });
}

/** The newest that is there; one of Debian's packages is installed where none is. */
function requireProgram(pattern: string, debianPackage: string): string {
  const find = (): string | undefined => globSync(pattern).sort().at(-1);
  if (find() === undefined && process.getuid?.() === 0 && existsSync('/usr/bin/apt-get')) {
    execFileSync('apt-get', ['install', '-y', '--no-install-recommends', debianPackage], { stdio: 'ignore' });
  }
  const found = find();
  if (found === undefined) throw new Error(`install ${debianPackage}: there is no ${pattern}`);
  return found;
}

/** PostgreSQL refuses to run as root. */
function userOf(name: string): { uid: number; gid: number } | undefined {
  if (process.getuid?.() !== 0) return undefined;
  const id = (flag: string): number => Number(execFileSync('id', [flag, name], { encoding: 'utf8' }));
  return { uid: id('-u'), gid: id('-g') };
}
