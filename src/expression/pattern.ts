/**
 * Regular expressions that users write. They run on RE2 (time linear in the text), never on the platform's own engine,
 * whose backtracking a single pattern could keep busy for years. Compiled patterns are kept, oldest dropped first.
 */
import { RE2JS } from 're2js';
import { patternCacheMax, patternLengthMax, patternSizeMax } from './limits.ts';
import { failed, type Run, tooCostly } from './run.ts';

/** Undefined is kept too: a text that is no pattern is not tried twice. */
const compiled = new Map<string, RE2JS | undefined>();

/** The compiled pattern, or undefined where the text is none. Faults where it is too large. */
export function compilePattern(source: string): RE2JS | undefined {
  if (source.length > patternLengthMax) tooCostly(`a pattern is longer than ${patternLengthMax} characters`);
  const known = compiled.get(source);
  if (known !== undefined || compiled.has(source)) return known;
  const pattern = tryCompile(source);
  if (pattern && pattern.programSize() > patternSizeMax) tooCostly('a pattern repeats too much');
  const [oldest] = compiled.keys();
  if (compiled.size >= patternCacheMax && oldest !== undefined) compiled.delete(oldest);
  compiled.set(source, pattern);
  return pattern;
}

function tryCompile(source: string): RE2JS | undefined {
  try {
    return RE2JS.compile(source);
  } catch {
    return undefined;
  }
}

function getPattern(source: string): RE2JS {
  return compilePattern(source) ?? failed(`${JSON.stringify(source)} is no regular expression (RE2 syntax)`);
}

/** A search takes text times pattern at worst; an honest price keeps many searches from adding up. */
export function chargeSearch(run: Run, pattern: RE2JS, characters: number): void {
  run.spend(1 + Math.ceil((characters * pattern.programSize()) / 128));
}

/** Whether a part of the text matches; anchor with `^` and `$` for the whole. */
export function findsMatch(run: Run, source: string, text: string): boolean {
  const pattern = getPattern(source);
  chargeSearch(run, pattern, text.length);
  return pattern.test(text);
}

interface Replacing {
  readonly source: string;
  readonly text: string;
  readonly replacement: string;
}

/** Every match replaced. In the replacement `$1` stands for a group, `$0` for the match and `$$` for a dollar sign. */
export function replaceMatches(run: Run, of: Replacing): string {
  if (of.source !== '' && !/[\\.+*?()[\]{}^$|]/.test(of.source)) return replaceLiterally(run, of);
  const pattern = getPattern(of.source);
  const parts = parseReplacement(of.replacement, pattern.groupCount());
  const matcher = pattern.matcher(of.text);
  let result = '';
  let end = 0;
  for (;;) {
    // A search may look at all of the rest before it settles for a short match, so each one is charged for it.
    chargeSearch(run, pattern, of.text.length - end);
    if (!matcher.find()) break;
    result += of.text.slice(end, matcher.start()) + fill(parts, (group) => matcher.group(group) ?? '');
    end = matcher.end();
    run.admitText(result.length);
  }
  result += of.text.slice(end);
  run.admitText(result.length);
  return result;
}

/** A pattern without special characters needs no engine, and long texts full of it stay affordable. */
function replaceLiterally(run: Run, of: Replacing): string {
  run.admitSearch(of.text.length, of.source.length);
  const filling = fill(parseReplacement(of.replacement, 0), () => of.source);
  const pieces = of.text.split(of.source);
  run.admitText(of.text.length + (pieces.length - 1) * (filling.length - of.source.length));
  return pieces.join(filling);
}

/** Literal texts and numbers of groups, in turn. */
function parseReplacement(text: string, groupCount: number): readonly (string | number)[] {
  const parts: (string | number)[] = [];
  for (let at = 0; at < text.length; at += 1) {
    const character = text.charAt(at);
    const next = text.charAt(at + 1);
    const isEscape = character === '$' && /[$\d]/.test(next);
    if (isEscape) at += 1;
    parts.push(isEscape && next !== '$' ? asGroup(Number(next), groupCount) : character);
  }
  return parts;
}

function asGroup(group: number, groupCount: number): number {
  return group <= groupCount ? group : failed(`the pattern has no group $${group}; a dollar sign is written $$`);
}

function fill(parts: readonly (string | number)[], group: (number: number) => string): string {
  return parts.map((part) => (typeof part === 'number' ? group(part) : part)).join('');
}
