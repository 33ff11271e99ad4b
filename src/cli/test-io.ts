import { readFile } from 'node:fs/promises';
import type { Environment } from '../app/config.ts';
import { runCli } from './cli.ts';
import type { CliIo, ExitCode } from './command.ts';

/** Runs a command line in a test and keeps what it printed. */
export interface Ran {
  readonly code: ExitCode;
  readonly out: string;
  readonly err: string;
}

export interface TestIo {
  readonly directory?: string;
  readonly env?: Environment;
  readonly stdin?: string;
  readonly isTerminal?: boolean;
  readonly stop?: AbortSignal;
  /** Sees each line as it comes. */
  readonly onLine?: (line: string) => void;
}

export async function runWords(argv: readonly string[], options: TestIo = {}): Promise<Ran> {
  const printed = { out: '', err: '' };
  const line = (stream: 'out' | 'err') => (text: string) => {
    printed[stream] += `${text}\n`;
    options.onLine?.(text);
  };
  const io: CliIo = {
    out: line('out'),
    err: line('err'),
    write: (text) => {
      printed.out += text;
    },
    readText: async (path) => (path === '-' ? (options.stdin ?? '') : await readFile(path, 'utf8')),
    directory: options.directory ?? process.cwd(),
    env: options.env ?? {},
    isTerminal: options.isTerminal ?? false,
    stop: options.stop ?? new AbortController().signal,
  };
  const code = await runCli(argv, io);
  return { code, ...printed };
}
