/**
 * Processes that a test starts, and that end with it: whatever a test forgets, or never reaches, is ended when the test
 * process exits, and does not keep it from that. Only processes started here are ever signalled, by their own handle.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { after } from 'node:test';

export interface ChildOptions {
  /** A program of this repository: an absolute path. */
  readonly file: string;
  readonly args?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  /** A child that will be killed measures no coverage, and starts in a third of the time without it. */
  readonly willBeKilled?: boolean;
  /** A line of its output that says it is ready. Default: it is ready once it is started. */
  readonly readyLine?: RegExp;
}

export interface Child {
  readonly pid: number;
  /** What stood in the line that said it is ready. */
  readonly ready: RegExpExecArray | undefined;
  /** Resolves with the exit code, or the signal that ended it. */
  readonly ended: Promise<number | NodeJS.Signals>;
  isAlive(): boolean;
  stdout(): string;
  stderr(): string;
  signal(signal: NodeJS.Signals): void;
  /** Sends the signal and waits for the end. */
  end(signal?: NodeJS.Signals): Promise<number | NodeJS.Signals>;
}

const running = new Set<ChildProcess>();
const endForgotten = (): void => {
  for (const child of running) child.kill('SIGKILL');
};
process.once('exit', endForgotten);
/** Once the tests of the file are over. It fires only where something is left that the process would wait for. */
after(() => void setInterval(endForgotten, 20_000).unref());

const readyDeadlineMs = 20_000;
const compileCache = join(tmpdir(), 'magicflow-test-compile-cache');

/** Resolves when the child is ready; rejects with what it wrote to stderr where it ends or hangs before. */
export async function startChild(options: ChildOptions): Promise<Child> {
  const watched = spawnWatched(options);
  const { process: started, texts } = watched;
  const ended = once(started, 'exit').then(([code, signal]) => (signal ?? code) as number | NodeJS.Signals);
  const child = (ready: RegExpExecArray | undefined): Child => ({
    pid: started.pid ?? 0,
    ready,
    ended,
    isAlive: () => started.exitCode === null && started.signalCode === null,
    stdout: () => texts.stdout,
    stderr: () => texts.stderr,
    signal: (signal) => void started.kill(signal),
    end(signal = 'SIGTERM') {
      started.kill(signal);
      // A stopped process acts on nothing but SIGKILL.
      if (signal !== 'SIGKILL') started.kill('SIGCONT');
      return ended;
    },
  });
  if (options.readyLine === undefined) return child(undefined);
  const ready = await Promise.race([watched.ready, ended, deadline(readyDeadlineMs)]);
  if (ready instanceof Object) return child(ready);
  started.kill('SIGKILL');
  throw new Error(`${options.file} was not ready (${ready ?? 'no answer in time'}):\n${texts.stdout}${texts.stderr}`);
}

function spawnWatched({ file, args = [], env = {}, willBeKilled = false, readyLine }: ChildOptions) {
  const started = spawn(process.execPath, ['--conditions=magicflow-source', file, ...args], {
    env: { ...inherited(willBeKilled), ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  running.add(started);
  started.once('exit', () => running.delete(started));
  const texts = { stdout: '', stderr: '' };
  started.stderr.setEncoding('utf8').on('data', (text: string) => {
    texts.stderr += text;
  });
  const { promise, resolve } = Promise.withResolvers<RegExpExecArray>();
  createInterface({ input: started.stdout }).on('line', (line) => {
    texts.stdout += `${line}\n`;
    const ready = readyLine?.exec(line);
    if (ready) resolve(ready);
  });
  return { process: started, texts, ready: promise };
}

/** The variables of this process without those that would configure a platform. */
function inherited(willBeKilled: boolean): NodeJS.ProcessEnv {
  const kept = Object.entries(process.env).filter(
    ([name]) => !name.startsWith('MAGICFLOW_') && name !== 'NODE_TEST_CONTEXT',
  );
  const env = Object.fromEntries(kept);
  if (!willBeKilled) return { ...env, NODE_DISABLE_COMPILE_CACHE: '1' };
  // Node hands the variable down where it is left out, so it is set to nothing.
  return { ...env, NODE_V8_COVERAGE: undefined, NODE_COMPILE_CACHE: compileCache };
}

function deadline(delayMs: number): Promise<undefined> {
  return new Promise((resolve) => setTimeout(resolve, delayMs, undefined).unref());
}
