import type { Environment } from '../app/config.ts';

/**
 * A command of the command line: words to arguments (pure), arguments to effects (through `io`), an exit code in the end.
 *
 * Nothing here ends the process or touches its streams; `main.ts` alone does.
 */

/** 0 done · 1 failed · 2 used wrongly · 3 found invalid · 4 server not reached. */
export type ExitCode = 0 | 1 | 2 | 3 | 4;

export interface Flag {
  readonly type: 'string' | 'boolean';
  readonly short?: string;
  /** How help calls the value: FILE, N … */
  readonly value?: string;
  readonly doc: string;
}

export type Flags = Readonly<Record<string, Flag>>;

export interface Command<Args = unknown> {
  readonly name: string;
  readonly summary: string;
  /** Without the program's name: `get NAME|EXECUTION`. */
  readonly usage: string;
  readonly examples: readonly string[];
  readonly flags: Flags;
  /** Throws UsageError with the offending word; never touches the disk or the network. */
  parse(argv: readonly string[]): Args;
  /** Everything it may touch comes in through `io`. Rejects with Fault, ApiError or UsageError. */
  run(args: Args, io: CliIo): Promise<ExitCode>;
}

export interface CliIo {
  /** A line on stdout. */
  out(line: string): void;
  /** A line on stderr. */
  err(line: string): void;
  /** Text on stdout as it is: for live progress on a terminal. */
  write(text: string): void;
  readText(path: string): Promise<string>;
  /** Where paths are looked for. */
  readonly directory: string;
  readonly env: Environment;
  /** True where stdout is a terminal that may be rewritten and coloured. */
  readonly isTerminal: boolean;
  /** Aborts on Ctrl-C and on SIGTERM. */
  readonly stop: AbortSignal;
}

/** The words do not fit the command. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}
