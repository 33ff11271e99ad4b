/**
 * Where a text stops being JSON. Runs only after JSON.parse has refused the text, so that a caller learns the line and
 * column and not only that something is wrong. One pass, no recursion.
 */
export interface JsonPlace {
  /** Count from 1. */
  readonly line: number;
  readonly column: number;
  /** What would have been right there. */
  readonly expected: string;
}

type Expectation =
  | 'a value'
  | 'a value or "]"'
  | 'a name or "}"'
  | 'a name in double quotes'
  | '":"'
  | '"," or the end'
  | 'the end';

interface Wanted {
  readonly expected: Expectation;
  /** The bracket that is open. */
  readonly inside: string | undefined;
}

const whiteSpace = /[ \t\n\r]*/y;
const scalar = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?(?![\w.+-])|(?:true|false|null)(?!\w)/y;
const escaped = /\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})/y;

export function findJsonBreak(text: string): JsonPlace {
  const open: string[] = [];
  let expected: Expectation = 'a value';
  let at = skip(whiteSpace, text, 0);
  while (at < text.length) {
    const end = readToken(text, at, { expected, inside: open.at(-1) });
    if (end === undefined) break;
    expected = follow(text.charAt(at), expected, open);
    at = skip(whiteSpace, text, end);
  }
  return { ...placeOf(text, at), expected };
}

/** The offset behind the token at `at`, or undefined where it is not one of those expected. */
function readToken(text: string, at: number, { expected, inside }: Wanted): number | undefined {
  const first = text.charAt(at);
  switch (expected) {
    case '":"':
      return first === ':' ? at + 1 : undefined;
    case '"," or the end':
      return first === ',' || first === (inside === '{' ? '}' : ']') ? at + 1 : undefined;
    case 'the end':
      return undefined;
    case 'a name or "}"':
      return first === '}' ? at + 1 : readString(text, at);
    case 'a name in double quotes':
      return readString(text, at);
    default:
      if (first === '{' || first === '[' || (first === ']' && expected === 'a value or "]"')) return at + 1;
      return first === '"' ? readString(text, at) : endOf(scalar, text, at);
  }
}

function follow(first: string, expected: Expectation, open: string[]): Expectation {
  if (first === '{' && expected.startsWith('a value')) {
    open.push('{');
    return 'a name or "}"';
  }
  if (first === '[' && expected.startsWith('a value')) {
    open.push('[');
    return 'a value or "]"';
  }
  if (expected === '":"') return 'a value';
  if (first === ',' && expected === '"," or the end')
    return open.at(-1) === '{' ? 'a name in double quotes' : 'a value';
  if (expected.startsWith('a name') && first === '"') return '":"';
  if (first === '}' || first === ']') open.pop();
  return open.length === 0 ? 'the end' : '"," or the end';
}

function readString(text: string, at: number): number | undefined {
  if (text.charAt(at) !== '"') return undefined;
  for (let place = at + 1; place < text.length; place += 1) {
    const letter = text.charAt(place);
    if (letter === '"') return place + 1;
    if (letter < ' ') return undefined;
    if (letter !== '\\') continue;
    const end = endOf(escaped, text, place);
    if (end === undefined) return undefined;
    place = end - 1;
  }
  return undefined;
}

function endOf(form: RegExp, text: string, at: number): number | undefined {
  form.lastIndex = at;
  return form.test(text) ? form.lastIndex : undefined;
}

const skip = (form: RegExp, text: string, at: number): number => endOf(form, text, at) ?? at;

function placeOf(text: string, at: number): { line: number; column: number } {
  const before = text.slice(0, at);
  const lineStart = before.lastIndexOf('\n') + 1;
  return { line: before.split('\n').length, column: at - lineStart + 1 };
}
