import { RE2JS } from 're2js';
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
  try {
    return compile(source).programSize() > programSizeMax
      ? 'the pattern repeats too much: lower its counts'
      : undefined;
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    return `the pattern is not RE2: ${reason}; look-around and back references are not read`;
  }
}

export function compilePattern(source: string): Pattern {
  return compile(source);
}

function compile(source: string): RE2JS {
  return RE2JS.compile(RE2JS.translateRegExp(source));
}
