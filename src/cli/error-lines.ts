import { ApiError } from '../../sdk/typescript/api-error.ts';
import { Fault } from '../kit/fault.ts';
import { type ExitCode, UsageError } from './command.ts';
import { printable } from './show.ts';

/** What went wrong, as lines for people, and as the exit code for programs. */

/** Each problem of a definition or an input stands on a line of its own, with its place where it has one. */
export function errorLines(error: unknown, file?: string): string[] {
  if (!ApiError.is(error)) return [messageOf(error)];
  const problems = error.errors.map(({ line, column, pointer, code, message }) => {
    const place =
      line !== undefined && file !== undefined ? `${file}:${line}:${column ?? 1}: ` : pointer ? `${pointer}: ` : '';
    return printable(`${place}${code} ${message}`);
  });
  const request = error.requestId === undefined ? '' : `, request ${error.requestId}`;
  return [...problems, printable(`${error.message} (${error.code}${request})`)];
}

function messageOf(error: unknown): string {
  if (Fault.is(error)) return `${error.message}${error.message.includes('\n') ? '' : ` (${error.code})`}`;
  return error instanceof Error ? error.message : String(error);
}

export function exitCodeOf(error: unknown): ExitCode {
  if (error instanceof UsageError) return 2;
  if (Fault.is(error, 'CONFIG_INVALID')) return 3;
  if (!ApiError.is(error)) return 1;
  if (error.code === 'UNREACHABLE') return 4;
  return error.status === 422 || error.status === 400 ? 3 : 1;
}
