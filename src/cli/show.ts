import { isObject, member } from '../kit/json.ts';
import type { CliIo, Flags } from './command.ts';
import { choiceOf, numberOf, type Words } from './read-words.ts';

/** How answers are printed: a table for people, JSON and YAML for programs. */
export const formatFlags = {
  format: { type: 'string', short: 'o', value: 'table|json|yaml', doc: 'how to print (default: table)' },
} as const satisfies Flags;

/** For commands that list among other things. */
export const pageFlags = {
  limit: { type: 'string', value: 'N', doc: 'list: rows (default: 50)' },
  cursor: { type: 'string', value: 'CURSOR', doc: 'list: the next page, as the last one told' },
} as const satisfies Flags;

/** Rows of a page; the server's own number where nothing is said. */
export const pageLimitOf = (words: Words): number | undefined => numberOf(words, 'limit', { min: 1, max: 200 });

export type Format = 'table' | 'json' | 'yaml';

export function formatOf(words: Words): Format {
  return choiceOf(words, 'format', ['table', 'json', 'yaml']) ?? 'table';
}

/** Prints a value by the format; `table` gives the lines for people. */
export async function show(
  value: unknown,
  { io, format, table }: { io: CliIo; format: Format; table: () => readonly string[] },
): Promise<void> {
  if (format === 'table') for (const line of table()) io.out(line);
  else if (format === 'json') io.out(JSON.stringify(value, null, 2));
  else io.out((await import('yaml')).stringify(value).trimEnd());
}

/** Rows under headings, columns as wide as their widest cell. */
export function tableOf(headings: readonly string[], rows: readonly (readonly unknown[])[]): string[] {
  const cells = [headings, ...rows.map((row) => row.map(cellText))];
  const widths = headings.map((_, column) => Math.max(...cells.map((row) => row[column]?.length ?? 0)));
  return cells.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd(),
  );
}

/** Name and value a line, for one thing. */
export function fieldsOf(value: unknown, names: readonly string[]): string[] {
  const shown = names.filter((name) => member(value, name) !== undefined && member(value, name) !== null);
  const width = Math.max(0, ...shown.map((name) => name.length));
  return shown.map((name) => `${name.padEnd(width)}  ${cellText(member(value, name))}`);
}

function cellText(value: unknown): string {
  if (value === undefined || value === null) return '-';
  return printable(typeof value === 'string' ? value : JSON.stringify(value));
}

/** What a server sends cannot steer the terminal. */
export function printable(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is taken out
  return text.replace(/[\u0000-\u001f\u007f-\u009f]/g, (character) =>
    character === '\n' || character === '\t' ? ' ' : '?',
  );
}

/** The list that an answer holds under a name. */
export function listOf(answer: unknown, name: string): readonly Record<string, unknown>[] {
  const list = member(answer, name);
  return Array.isArray(list) ? list.filter(isObject) : [];
}
