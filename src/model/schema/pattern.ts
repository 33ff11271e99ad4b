import { RE2JS } from 're2js';
import { assert } from '../../kit/assert.ts';
import { patternLengthMax } from '../limits.ts';

/**
 * Patterns of schemas, matched in time linear in the text. What needs backtracking (look-around, back references) is no
 * pattern here and is refused when the schema is read.
 */
export interface Pattern {
  /** Finds the pattern anywhere in the text, as JSON Schema has it. */
  test(text: string): boolean;
}

/** Instructions of a compiled pattern: beyond this a short text already costs much. */
const programSizeMax = 20_000;

/** What keeps a text from being a pattern, or undefined. */
export function patternFault(source: string): string | undefined {
  if (source.length > patternLengthMax) return `the pattern is longer than ${patternLengthMax} characters`;
  const compiled = compile(source);
  if (typeof compiled === 'string')
    return `the pattern is not RE2: ${compiled}; look-around and back references are not read`;
  return compiled.programSize() > programSizeMax ? 'the pattern repeats too much: lower its counts' : undefined;
}

/** Only for a text that has no fault. */
export function compilePattern(source: string): Pattern {
  const compiled = compile(source);
  assert(typeof compiled !== 'string', `a pattern was not examined: ${source}`);
  return compiled;
}

/** A schema is examined and compiled in turn; keeping the last patterns halves the work. */
const recent = new Map<string, RE2JS | string>();
const recentMax = 1_000;

/** The pattern, or why the text is none. */
function compile(source: string): RE2JS | string {
  const known = recent.get(source);
  if (known !== undefined) return known;
  const compiled = tryCompile(source);
  const [oldest] = recent.keys();
  if (recent.size >= recentMax && oldest !== undefined) recent.delete(oldest);
  recent.set(source, compiled);
  return compiled;
}

function tryCompile(source: string): RE2JS | string {
  try {
    return RE2JS.compile(RE2JS.translateRegExp(source));
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}
