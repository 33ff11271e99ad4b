/** An example, run as its README says: every line of its first `sh` block, against a server of the test's own. */
import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { promisify } from 'node:util';
import { startChild } from './child-process.ts';
import type { PlatformProcess } from './platform.ts';

export interface ExampleProcess {
  /** What the executors have printed. */
  stdout(): string;
  close(): Promise<void>;
}

const root = new URL('../../', import.meta.url).pathname;

/** Its executors: `npm run example NAME`, without npm around it. */
export async function openExample(
  name: string,
  { url, token }: Pick<PlatformProcess, 'url' | 'token'>,
): Promise<ExampleProcess> {
  const child = await startChild({
    file: `${root}dev/example.ts`,
    args: [name],
    env: { MAGICFLOW_SERVER: url, MAGICFLOW_TOKEN: token },
    readyLine: /Ctrl-C ends them/,
  });
  return {
    stdout: child.stdout,
    async close() {
      await child.end('SIGTERM');
    },
  };
}

/** The commands of its README that are the program's own, as they stand, in the order they stand. */
export function readmeCommands(name: string): string[] {
  const block = /```sh\n([\s\S]*?)```/.exec(readFileSync(`${root}examples/${name}/README.md`, 'utf8'))?.[1] ?? '';
  return block.split('\n').filter((line) => line.startsWith('bin/magicflow'));
}

/** Runs one of them by a shell in the folder of the repository; rejects where it fails. */
export async function runCommand(
  command: string,
  { url, token }: Pick<PlatformProcess, 'url' | 'token'>,
): Promise<string> {
  const { stdout } = await promisify(execFile)('bash', ['-c', command], {
    cwd: root,
    env: { ...process.env, MAGICFLOW_SERVER: url, MAGICFLOW_TOKEN: token },
  });
  return stdout;
}
