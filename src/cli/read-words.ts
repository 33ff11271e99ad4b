import { parseArgs } from 'node:util';
import { parseDuration } from '../kit/duration.ts';
import { didYouMean } from '../model/suggest.ts';
import { type Flags, UsageError } from './command.ts';

/** Reads a command's words by its flags. Pure; throws UsageError with the offending word and what was probably meant. */
export interface Words {
  readonly values: Readonly<Record<string, string | boolean | undefined>>;
  readonly positionals: readonly string[];
}

export interface Arity {
  /** Names of the positional words, for messages. */
  readonly names: readonly string[];
  /** How many are needed. Default: all. */
  readonly min?: number;
  /** Default: as many as there are names. */
  readonly max?: number;
}

export function readWords(argv: readonly string[], flags: Flags, arity: Arity): Words {
  for (const word of argv) {
    if (word === '--') break;
    const name = /^--(?:no-)?([^=]+)/.exec(word)?.[1];
    if (name !== undefined && !Object.hasOwn(flags, name)) throw new UsageError(unknownFlag(name, flags));
  }
  const options = Object.fromEntries(
    Object.entries(flags).map(([name, { type, short }]) => [name, { type, ...(short ? { short } : {}) }]),
  );
  const { values, positionals } = parse(argv, options);
  const { names, min = names.length, max = names.length } = arity;
  if (positionals.length < min) throw new UsageError(`${names[positionals.length] ?? names.at(-1)} is missing`);
  if (positionals.length > max) throw new UsageError(`"${positionals[max]}" is one word too many`);
  for (const [name, value] of Object.entries(values)) {
    if (value === '') throw new UsageError(`--${name} needs a value`);
  }
  return { values: values as Words['values'], positionals };
}

function parse(argv: readonly string[], options: Record<string, { type: 'string' | 'boolean'; short?: string }>) {
  try {
    return parseArgs({ args: [...argv], options, allowPositionals: true, strict: true });
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    throw new UsageError((message.split('. ', 1)[0] ?? message).replace(/\.$/, ''));
  }
}

function unknownFlag(name: string, flags: Flags): string {
  return `there is no flag --${name}${didYouMean(name, Object.keys(flags))}`;
}

export function textOf(words: Words, name: string): string | undefined {
  const value = words.values[name];
  return typeof value === 'string' ? value : undefined;
}

export const isSet = (words: Words, name: string): boolean => words.values[name] === true;

/** A whole number from `min` to `max`. */
export function numberOf(words: Words, name: string, { min, max }: { min: number; max: number }): number | undefined {
  const text = textOf(words, name);
  if (text === undefined) return undefined;
  const value = /^-?\d+$/.test(text) ? Number(text) : Number.NaN;
  if (value >= min && value <= max) return value;
  throw new UsageError(`--${name} must be a whole number from ${min} to ${max}, it is "${text}"`);
}

export function durationTextOf(words: Words, name: string): string | undefined {
  const text = textOf(words, name);
  if (text === undefined || parseDuration(text) !== undefined) return text;
  throw new UsageError(`--${name} must be a duration like 10s, it is "${text}"`);
}

export function choiceOf<const T extends string>(words: Words, name: string, choices: readonly T[]): T | undefined {
  const text = textOf(words, name);
  if (text === undefined) return undefined;
  const choice = choices.find((each) => each === text);
  if (choice !== undefined) return choice;
  throw new UsageError(`--${name} must be one of ${choices.join(', ')}, it is "${text}"${didYouMean(text, choices)}`);
}

/** The word of a command that says what it does: one of its verbs. */
export function verbOf<V extends string>(command: string, word: string, verbs: readonly V[]): V {
  const verb = verbs.find((each) => each === word);
  if (verb !== undefined) return verb;
  throw new UsageError(`"${command} ${word}" is not known: ${verbs.join(', ')}${didYouMean(word, verbs)}`);
}
