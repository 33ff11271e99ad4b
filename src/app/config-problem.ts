import { Impossible } from '../kit/assert.ts';
import type { Read } from '../model/fields/field.ts';
import type { Problem, Sink } from '../model/sink.ts';
import type { platformFields } from './config-fields.ts';

/** What is wrong with a configuration, wherever it came from: a file (which takes a YAML reader), a variable or a flag. */
export interface ConfigProblem {
  readonly code: string;
  readonly message: string;
  readonly file?: string;
  /** Both count from 1; absent for variables and flags. */
  readonly line?: number;
  readonly column?: number;
}

/** `file:line:column: message (CODE)`. */
export function formatProblem({ file, line, column, message, code }: ConfigProblem): string {
  const place = file === undefined ? '' : line === undefined ? `${file}: ` : `${file}:${line}:${column}: `;
  return `${place}${message} (${code})`;
}

export type PlatformFile = Read<typeof platformFields>;

/** A sink for tables without steps or expressions. */
export function openPlainSink(text: string): { sink: Sink; problems: Problem[] } {
  const problems: Problem[] = [];
  const sink: Sink = {
    text,
    links: [],
    uses: [],
    calls: [],
    report: (code, spot, message, offset) =>
      problems.push({ code, spot, message, ...(offset === undefined ? {} : { offset }) }),
    fork: () => sink,
    readStep: () => {
      throw new Impossible('a configuration has no steps');
    },
  };
  return { sink, problems };
}
