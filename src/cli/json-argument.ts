import { resolve } from 'node:path';
import { findJsonBreak } from '../kit/json-place.ts';
import { type CliIo, UsageError } from './command.ts';

/** A JSON value given as text, as `@file`, or as `-` for stdin. Rejects with UsageError where it is no JSON. */
export async function readJsonArgument(flag: string, text: string, io: CliIo): Promise<unknown> {
  const source = text === '-' ? '-' : text.startsWith('@') ? resolve(io.directory, text.slice(1)) : undefined;
  const json = source === undefined ? text : await io.readText(source);
  try {
    return JSON.parse(json) as unknown;
  } catch {
    const where = source === undefined ? flag : `${flag} ${text}`;
    const { line, column, expected } = findJsonBreak(json);
    throw new UsageError(`${where} is no JSON: line ${line}, column ${column} should be ${expected}`);
  }
}
