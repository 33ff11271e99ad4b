/**
 * I-Regexp (RFC 9485), the expressions of JSONPath's `match()` and `search()`: written again for RE2, in which the dot
 * takes carriage returns and a caret, a dollar sign and some escapes mean more than they do there.
 */
import { chargeSearch, compilePattern } from './pattern.ts';
import type { Run } from './run.ts';

/** False where text or pattern is no string, or the pattern is none. */
export function searchIRegexp(
  run: Run,
  of: { readonly text: unknown; readonly pattern: unknown; readonly isWhole: boolean },
): boolean {
  if (typeof of.text !== 'string' || typeof of.pattern !== 'string') return false;
  const body = toRe2(of.pattern);
  const pattern = compilePattern(of.isWhole ? `\\A(?:${body})\\z` : body);
  if (!pattern) return false;
  chargeSearch(run, pattern, of.text.length);
  return pattern.test(of.text);
}

/** The dot takes neither line feed nor carriage return; everything else of I-Regexp means the same to RE2. */
function toRe2(pattern: string): string {
  let translated = '';
  let isInClass = false;
  for (let at = 0; at < pattern.length; at += 1) {
    const character = pattern.charAt(at);
    if (character === '\\') {
      translated += pattern.slice(at, at + 2);
      at += 1;
      continue;
    }
    if (character === '[') isInClass = true;
    if (character === ']') isInClass = false;
    translated += character === '.' && !isInClass ? '[^\\n\\r]' : character;
  }
  return translated;
}
