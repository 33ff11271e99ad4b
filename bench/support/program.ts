/**
 * Runs a script in a process of its own, so that a load and what it loads do not share a heap or a
 * thread. A program reads its job with `readJob`, answers with `report` as often as it likes, and ends when told to.
 */
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

export interface Program {
  readonly pid: number;
  /** The next report. Rejects where the program ends without one. */
  next<T>(): Promise<T>;
  /** Asks the program to end and waits until it has. */
  stop(): Promise<void>;
}

/** `file` stands below `bench/`. */
export function startProgram(file: string, job: unknown): Program {
  const path = fileURLToPath(new URL(`../${file}`, import.meta.url));
  return programOf(fork(path, [JSON.stringify(job)]), file);
}

function programOf(child: ChildProcess, file: string): Program {
  const reports: unknown[] = [];
  let waiting: PromiseWithResolvers<unknown> | undefined;
  child.on('message', (report) => {
    if (waiting) waiting.resolve(report);
    else reports.push(report);
    waiting = undefined;
  });
  child.on('exit', (code) => waiting?.reject(new Error(`the program ${file} ended with ${code} before it reported`)));
  return {
    pid: child.pid ?? 0,
    async next<T>() {
      if (reports.length > 0) return reports.shift() as T;
      if (child.exitCode !== null) throw new Error(`the program ${file} has ended with ${child.exitCode}`);
      waiting = Promise.withResolvers();
      return (await waiting.promise) as T;
    },
    async stop() {
      if (child.exitCode !== null || child.signalCode !== null) return;
      const ended = once(child, 'exit');
      child.kill('SIGTERM');
      await ended;
    },
  };
}

/** Runs a program for its one report. */
export async function runProgram<T>(file: string, job: unknown): Promise<T> {
  const program = startProgram(file, job);
  try {
    return await program.next<T>();
  } finally {
    await program.stop();
  }
}

export const readJob = <T>(): T => JSON.parse(process.argv[2] ?? 'null') as T;

export function report(value: unknown): void {
  process.send?.(value);
}
