/** Functions on texts. Lengths and places count code points, so that no character is cut in half. */

import { isIn, toJson, toText } from '../operators.ts';
import { findsMatch, replaceMatches } from '../pattern.ts';
import { type Builtin, builtin, type Call } from './call.ts';

const change = (apply: (text: string) => string): Builtin =>
  builtin(1, 1, (call) => {
    const text = call.text(0);
    call.run.admitText(text.length);
    return apply(text);
  });

/** A question about a text. A missing text (null) has no part, so the answer is no. */
const question = (apply: (text: string, part: string) => boolean): Builtin =>
  builtin(2, 2, (call) => call.value(0) !== null && apply(call.text(0), call.text(1)));

export const textFunctions: Readonly<Record<string, Builtin>> = {
  lower: change((text) => text.toLowerCase()),
  upper: change((text) => text.toUpperCase()),
  trim: change((text) => text.trim()),
  starts_with: question((text, part) => text.startsWith(part)),
  ends_with: question((text, part) => text.endsWith(part)),
  contains: builtin(2, 2, (call) => isIn(call.run, call.value(1), call.value(0))),
  matches: builtin(2, 2, (call) => call.value(0) !== null && findsMatch(call.run, call.text(1), call.text(0))),
  replace: builtin(3, 3, (call) =>
    replaceMatches(call.run, { text: call.text(0), source: call.text(1), replacement: call.text(2) }),
  ),
  split: builtin(2, 2, split),
  join: builtin(1, 2, join),
  to_json: builtin(1, 1, (call) => toJson(call.run, call.value(0))),
};

function split(call: Call): unknown {
  const [text, separator] = [call.text(0), call.text(1)];
  call.run.admitSearch(text.length, separator.length);
  if (separator === '') call.run.admitItems(text.length);
  const parts = separator === '' ? [...text] : text.split(separator);
  call.run.admitItems(parts.length);
  return parts;
}

function join(call: Call): unknown {
  const separator = call.has(1) ? call.text(1) : '';
  const parts = call.list(0).map((item) => toText(call.run, item));
  call.run.admitItems(parts.length);
  const length = parts.reduce((total, part) => total + part.length + separator.length, 0);
  call.run.admitText(length);
  return parts.join(separator);
}
