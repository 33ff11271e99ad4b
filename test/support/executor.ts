/**
 * Real executor processes whose functions do what a test says: answer, fail, hang, take their time, or die.
 *
 * The script is a file that the process reads at every call, so a test may change it while it runs. Every call is an
 * effect: a line in a file that is appended and synced before the function answers, so that effects are counted even
 * of processes that were killed.
 */
import { mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Child, startChild } from './child-process.ts';

/** What one call of a function does. */
export type Behaviour =
  | { readonly answer: unknown; readonly delayMs?: number; readonly progress?: unknown }
  | {
      readonly fail: { readonly code: string; readonly message: string; readonly retryable?: boolean };
      readonly delayMs?: number;
    }
  /** Never answers. */
  | { readonly hang: true }
  /** The process kills itself. */
  | { readonly crash: true };

/** By executor and function; of a list the n-th call takes the n-th, later ones the last. */
export type Script = Readonly<Record<string, Readonly<Record<string, Behaviour | readonly Behaviour[]>>>>;

/** One call, as it stands in the file of effects. */
export interface Effect {
  readonly executor: string;
  readonly function: string;
  readonly execution: string;
  readonly step: string;
  readonly attempt: number;
  readonly key: string;
  readonly input: unknown;
}

export interface ExecutorOptions {
  readonly server: string;
  readonly token: string;
  readonly script: Script;
  readonly concurrency?: number;
  readonly lanes?: number;
}

export interface ExecutorProcess {
  readonly pid: number;
  isAlive(): boolean;
  stderr(): string;
  /** From the next call on. */
  follow(script: Script): void;
  /** Every call so far, also of earlier processes. */
  effects(): Effect[];
  signal(signal: NodeJS.Signals): void;
  kill(): Promise<void>;
  /** SIGTERM. */
  stop(): Promise<void>;
  start(): Promise<void>;
  close(): Promise<void>;
}

const file = new URL('./run-executor.ts', import.meta.url).pathname;

export async function openExecutor({ server, token, script, ...limits }: ExecutorOptions): Promise<ExecutorProcess> {
  const folder = mkdtempSync(join(tmpdir(), 'magicflow-executor-'));
  const effectsPath = join(folder, 'effects');
  let child: Child | undefined;
  const executor: ExecutorProcess = {
    get pid() {
      return child?.pid ?? 0;
    },
    isAlive: () => child?.isAlive() ?? false,
    stderr: () => child?.stderr() ?? '',
    follow: (next) => writeWhole(join(folder, 'script.json'), JSON.stringify(next)),
    effects: () =>
      readFileSync(effectsPath, 'utf8')
        .split('\n')
        .slice(0, -1)
        .map((line) => JSON.parse(line) as Effect),
    signal: (signal) => child?.signal(signal),
    async kill() {
      await child?.end('SIGKILL');
    },
    async stop() {
      await child?.end('SIGTERM');
    },
    async start() {
      child = await startChild({
        file,
        args: [folder, JSON.stringify(limits)],
        env: { MAGICFLOW_SERVER: server, MAGICFLOW_TOKEN: token },
        willBeKilled: true,
        readyLine: /^ready/,
      });
    },
    async close() {
      await child?.end('SIGKILL');
      rmSync(folder, { recursive: true, force: true });
    },
  };
  writeFileSync(effectsPath, '');
  executor.follow(script);
  await executor.start();
  return executor;
}

/** A reader sees the old text or the new one. */
function writeWhole(path: string, text: string): void {
  writeFileSync(`${path}.new`, text);
  renameSync(`${path}.new`, path);
}
