/**
 * What may be seen of a statement without understanding it: which of its text is code, and which is quoted or a comment.
 *
 * It decides nothing about safety: the server takes one statement and its values apart from it. It finds the parameters by
 * name, which servers know by place only.
 */
export interface SqlSyntax {
  /** Characters that begin what ends with the same character, or with `]`. */
  readonly quotes: string;
  /** A backslash hides a quote: in every quoted text, in texts that begin with E, or never. */
  readonly backslash: 'always' | 'after E' | 'never';
  /** `$tag$ … $tag$` quotes. */
  readonly hasDollarQuotes: boolean;
  /** `#` begins a comment, and `--` only with white space behind it. */
  readonly hasHashComments: boolean;
  /** Comments may hold comments. */
  readonly nestsComments: boolean;
}

export interface SqlPart {
  readonly text: string;
  readonly isCode: boolean;
}

/** The text in its order; joined it is the same text. */
export function partsOf(text: string, syntax: SqlSyntax): SqlPart[] {
  const parts: SqlPart[] = [];
  const opening = /['"`[$#/-]/g;
  let codeStart = 0;
  for (let found = opening.exec(text); found; found = opening.exec(text)) {
    const end = endOfQuiet(text, found.index, syntax);
    if (end === undefined) continue;
    if (found.index > codeStart) parts.push({ text: text.slice(codeStart, found.index), isCode: true });
    parts.push({ text: text.slice(found.index, end), isCode: false });
    codeStart = end;
    opening.lastIndex = end;
  }
  if (codeStart < text.length) parts.push({ text: text.slice(codeStart), isCode: true });
  return parts;
}

/** Where the quotation or the comment that begins here ends; undefined where none begins. What never ends takes the rest. */
function endOfQuiet(text: string, start: number, syntax: SqlSyntax): number | undefined {
  const first = text.charAt(start);
  if (syntax.quotes.includes(first)) return endOfQuote(text, start, syntax);
  if (first === '$' && syntax.hasDollarQuotes) return endOfDollarQuote(text, start);
  const next = text.charAt(start + 1);
  if (first === '-' && next === '-') {
    const isComment = !syntax.hasHashComments || /^(\s|$)/.test(text.slice(start + 2, start + 3));
    return isComment ? endOfLine(text, start) : undefined;
  }
  if (first === '#' && syntax.hasHashComments) return endOfLine(text, start);
  // MySQL runs what stands in `/*! … */`.
  const isExecuted = syntax.hasHashComments && /^M?!/.test(text.slice(start + 2, start + 4));
  if (first === '/' && next === '*' && !isExecuted) return endOfComment(text, start, syntax.nestsComments);
  return undefined;
}

function endOfQuote(text: string, start: number, { backslash }: SqlSyntax): number {
  const open = text.charAt(start);
  const close = open === '[' ? ']' : open;
  const isEscaping =
    open !== '`' && (backslash === 'always' || (backslash === 'after E' && open === "'" && followsE(text, start)));
  for (let at = start + 1; at < text.length; at += 1) {
    const char = text.charAt(at);
    if (char === '\\' && isEscaping) at += 1;
    else if (char === close) {
      // Doubled, it stands for itself.
      if (text.charAt(at + 1) !== close || close === ']') return at + 1;
      at += 1;
    }
  }
  return text.length;
}

const followsE = (text: string, start: number): boolean =>
  /(^|[^\w$])e$/i.test(text.slice(Math.max(0, start - 2), start));

function endOfDollarQuote(text: string, start: number): number | undefined {
  if (start > 0 && /[\w$]/.test(text.charAt(start - 1))) return undefined;
  const [tag] = /^\$([A-Za-z_\u0080-\uffff][\w\u0080-\uffff]*)?\$/.exec(text.slice(start, start + 130)) ?? [];
  if (tag === undefined) return undefined;
  const end = text.indexOf(tag, start + tag.length);
  return end < 0 ? text.length : end + tag.length;
}

function endOfLine(text: string, start: number): number {
  const end = text.indexOf('\n', start);
  return end < 0 ? text.length : end;
}

function endOfComment(text: string, start: number, nests: boolean): number {
  const mark = /\/\*|\*\//g;
  mark.lastIndex = start + 2;
  let depth = 1;
  for (let found = mark.exec(text); found; found = mark.exec(text)) {
    if (found[0] === '*/') depth -= 1;
    else if (nests) depth += 1;
    if (depth === 0) return mark.lastIndex;
  }
  return text.length;
}

/** The first word of the statement, in upper case. */
export function firstWord(parts: readonly SqlPart[]): string {
  const code = parts.map(({ text, isCode }) => (isCode ? text : ' ')).join('');
  return (/[A-Za-z]+/.exec(code)?.[0] ?? '').toUpperCase();
}
