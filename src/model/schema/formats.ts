import { fullFormats } from 'ajv-formats/dist/formats.js';
import { formatLengthMax } from '../limits.ts';
import { patternFault } from './pattern.ts';

/**
 * Formats of texts. Each test ends in time bounded by `formatLengthMax`: a longer text has none of these formats, which
 * keeps the few expressions that backtrack from mattering.
 */
type Test = (text: string) => boolean;

const tested = [
  'date',
  'time',
  'date-time',
  'iso-time',
  'iso-date-time',
  'duration',
  'uri',
  'uri-reference',
  'uri-template',
  'email',
  'hostname',
  'ipv4',
  'ipv6',
  'uuid',
  'json-pointer',
  'json-pointer-uri-fragment',
  'relative-json-pointer',
] as const;

export const formats: Readonly<Record<string, Test>> = {
  ...Object.fromEntries(tested.map((name) => [name, bounded(testOf(fullFormats[name]))])),
  url: bounded((text) => /^(?:https?|ftp):\/\//i.test(text) && URL.canParse(text)),
  regex: (text) => patternFault(text) === undefined,
};

/** Words that describe a text for people and code generators; every text has them. */
export const freeFormats: readonly string[] = ['password', 'binary', 'byte', 'int32', 'int64', 'float', 'double'];

function bounded(test: Test): Test {
  return (text) => text.length <= formatLengthMax && test(text);
}

function testOf(format: unknown): Test {
  if (format instanceof RegExp) return (text) => format.test(text);
  if (typeof format === 'function') return (text) => format(text) === true;
  const validate = typeof format === 'object' && format !== null && 'validate' in format ? format.validate : undefined;
  return testOf(validate ?? (() => true));
}
