/**
 * Programs that services are made of. They run under an account that owns nothing (PostgreSQL refuses to be root), and the
 * system ends them when this process dies, however it dies: no server is ever left behind.
 */
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chownSync, closeSync, openSync, readFileSync } from 'node:fs';
import { promisify } from 'node:util';

/** Debian's account for what owns nothing. */
const account = { user: 'nobody', userId: 65_534, groupId: 65_534 };
const isRoot = process.getuid?.() === 0;
const startDeadlineMs = 60_000;
const stopDeadlineMs = 20_000;

/** Hands a file or a folder to the account that servers run under. */
export function giveToServer(path: string): void {
  if (isRoot) chownSync(path, account.userId, account.groupId);
}

function underAccount(program: string, args: readonly string[], dying: NodeJS.Signals): [string, string[]] {
  const lower = isRoot ? ['--reuid', String(account.userId), '--regid', String(account.groupId), '--clear-groups'] : [];
  return ['setpriv', [...lower, '--pdeathsig', dying.replace('SIG', ''), '--', program, ...args]];
}

/** Runs a program to its end; rejects with what it wrote. */
export async function runToEnd(program: string, args: readonly string[], folder: string): Promise<void> {
  const [file, words] = underAccount(program, args, 'SIGKILL');
  try {
    await promisify(execFile)(file, words, { cwd: folder, env: environmentIn(folder) });
  } catch (error) {
    const { message, stdout = '', stderr = '' } = error as Error & { stdout?: string; stderr?: string };
    throw new Error(`${message}\n${stdout}${stderr}`);
  }
}

export interface ServerOptions {
  readonly folder: string;
  /** What it writes to its log once it can be used. */
  readonly ready: RegExp;
  /** The signal on which it ends soon and in order. */
  readonly stopSignal: NodeJS.Signals;
}

/** Starts a program that stays; resolves once it can be used. */
export async function startServer(
  program: string,
  args: readonly string[],
  { folder, ready, stopSignal }: ServerOptions,
): Promise<{ stop(): Promise<void> }> {
  const log = `${folder}/log`;
  const output = openSync(log, 'a');
  const [file, words] = underAccount(program, args, stopSignal);
  const server = spawn(file, words, { cwd: folder, env: environmentIn(folder), stdio: ['ignore', output, output] });
  closeSync(output);
  const ended = once(server, 'exit');
  const isOver = (): boolean => server.exitCode !== null || server.signalCode !== null;
  const end = performance.now() + startDeadlineMs;
  while (!ready.test(readFileSync(log, 'utf8'))) {
    if (isOver() || performance.now() > end) {
      server.kill('SIGKILL');
      throw new Error(`${program} did not start:\n${readFileSync(log, 'utf8').slice(-2_000)}`);
    }
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  return {
    async stop() {
      if (isOver()) return;
      server.kill(stopSignal);
      const hung = setTimeout(() => server.kill('SIGKILL'), stopDeadlineMs);
      await ended;
      clearTimeout(hung);
    },
  };
}

function environmentIn(folder: string): NodeJS.ProcessEnv {
  return { PATH: process.env['PATH'], HOME: folder, LC_ALL: 'C.UTF-8', TZ: 'UTC' };
}
