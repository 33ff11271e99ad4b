import { Lexer } from 'yaml';
import {
  decorationsMax,
  depthMax,
  documentsMax,
  nodesMax,
  scalarLengthMax,
  textBytesMax,
  tokensMax,
} from '../limits.ts';

/**
 * Refuses a text that is too large, too deep or too busy before any tree of it is built.
 *
 * One pass over the lexer's tokens, stopped at the first bound that is passed: the work is bounded by the bounds, not by
 * the text. It judges size alone; whether the text is good YAML is the parser's question. With `tokensRead` it looks at
 * the beginning only, which is where a text that nests or refers to itself shows what it is.
 */
export interface Refusal {
  readonly code: 'DOCUMENT_TOO_LARGE' | 'DOCUMENT_TOO_DEEP' | 'YAML_INVALID';
  readonly message: string;
  /** Place in the text, in UTF-16 code units. */
  readonly offset: number;
}

export function findRefusal(text: string, tokensRead = Number.POSITIVE_INFINITY): Refusal | undefined {
  if (text.length > textBytesMax || new TextEncoder().encode(text).length > textBytesMax) {
    return tooLarge(`the text is larger than ${textBytesMax} bytes: split it`, 0);
  }
  const meter = startMeter();
  let left = tokensRead;
  for (const token of new Lexer().lex(text)) {
    const refusal = meter(token);
    if (refusal) return refusal;
    left -= 1;
    if (left <= 0) return undefined;
  }
  return undefined;
}

const tooLarge = (message: string, offset: number): Refusal => ({ code: 'DOCUMENT_TOO_LARGE', message, offset });

/** What the lexer yields between texts: marks that have no length in the source. */
const scalarMark = '\x1f';
const documentMark = '\x02';
const flowErrorMark = '\x18';

interface Counts {
  tokens: number;
  nodes: number;
  indicators: number;
  documents: number;
  decorations: number;
}

function startMeter(): (token: string) => Refusal | undefined {
  const counts: Counts = { tokens: 0, nodes: 0, indicators: 0, documents: 0, decorations: 0 };
  const depth = startDepth();
  let offset = 0;
  let isScalarNext = false;
  let isValueBefore = false;

  return (token) => {
    counts.tokens += 1;
    if (token === scalarMark) isScalarNext = true;
    if (token === scalarMark || token === documentMark || token === flowErrorMark) return undefined;
    const start = offset;
    const first = token[0] ?? '';
    const isScalar = isScalarNext || first === '"' || first === "'";
    isScalarNext = false;
    offset += token.length;
    countToken(counts, token, isScalar);
    if (depth(token, start, isScalar) > depthMax) return tooDeep(start);
    if (isScalar && isValueBefore) return besides(start);
    if (isScalar && token.length > scalarLengthMax) {
      return tooLarge(`a value is longer than ${scalarLengthMax} characters: shorten it`, start);
    }
    // A block scalar takes its last line break with it, so what follows stands on a line of its own.
    if (isScalar) isValueBefore = !token.endsWith('\n');
    else if (first !== ' ' && first !== '\t' && first !== '#') isValueBefore = false;
    return countRefusal(counts, start);
  };
}

const tooDeep = (offset: number): Refusal => ({
  code: 'DOCUMENT_TOO_DEEP',
  message: `more than ${depthMax} levels inside each other: flatten them`,
  offset,
});

const besides = (offset: number): Refusal => ({
  code: 'YAML_INVALID',
  message: 'two values stand side by side: separate them',
  offset,
});

function countToken(counts: Counts, token: string, isScalar: boolean): void {
  const first = token[0] ?? '';
  if (isScalar || first === '[' || first === '{') counts.nodes += 1;
  else if (token.startsWith('---') || token.startsWith('...')) counts.documents += 1;
  else if ('&!*%'.includes(first)) counts.decorations += 1;
  else if ('-?:,]}'.includes(first)) counts.indicators += 1;
}

function countRefusal(counts: Counts, offset: number): Refusal | undefined {
  const { nodes, indicators, tokens, documents, decorations } = counts;
  if (nodes > nodesMax) return tooLarge(`the text has more than ${nodesMax} keys and values: split it`, offset);
  if (indicators > nodesMax)
    return tooLarge(`the text has more than ${nodesMax} dashes, colons and commas: split it`, offset);
  if (tokens > tokensMax) return tooLarge(`the text has more than ${tokensMax} pieces: split it`, offset);
  if (documents > documentsMax) return tooLarge(`the text has more than ${documentsMax} documents: split it`, offset);
  if (decorations <= decorationsMax) return undefined;
  return tooLarge(
    `the text has more than ${decorationsMax} anchors, aliases, tags or directives: write the values out`,
    offset,
  );
}

/**
 * Levels by brackets and by columns: an indicator or a key further right than the last one opens a level. A list at its
 * key's own column counts once, so the truth is at most twice the answer; `source.ts` measures it exactly.
 */
function startDepth(): (token: string, start: number, isScalar: boolean) => number {
  const columns: number[] = [];
  let flow = 0;
  let lineStart = 0;
  let scalarStart = 0;
  const open = (start: number): void => {
    const column = start - lineStart;
    while ((columns.at(-1) ?? -1) >= column) columns.pop();
    columns.push(column);
  };
  return (token, start, isScalar) => {
    if (isScalar) scalarStart = start;
    else if (token === '[' || token === '{') flow += 1;
    else if (token === ']' || token === '}') flow = Math.max(0, flow - 1);
    else if (flow === 0 && (token === '-' || token === '?')) open(start);
    else if (flow === 0 && token === ':') open(Math.max(scalarStart, lineStart));
    const lineBreak = token.lastIndexOf('\n');
    if (lineBreak !== -1) lineStart = start + lineBreak + 1;
    return flow + columns.length;
  };
}
