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
 * the text. It judges size alone; whether the text is good YAML is the parser's question.
 */
export interface Refusal {
  readonly code: 'DOCUMENT_TOO_LARGE' | 'DOCUMENT_TOO_DEEP' | 'YAML_INVALID';
  readonly message: string;
  /** Place in the text, in UTF-16 code units. */
  readonly offset: number;
}

export function findRefusal(text: string): Refusal | undefined {
  if (text.length > textBytesMax || new TextEncoder().encode(text).length > textBytesMax) {
    return tooLarge(`the text is larger than ${textBytesMax} bytes: split it`, 0);
  }
  const meter = startMeter();
  for (const token of new Lexer().lex(text)) {
    const refusal = meter(token);
    if (refusal) return refusal;
  }
  return undefined;
}

const tooLarge = (message: string, offset: number): Refusal => ({ code: 'DOCUMENT_TOO_LARGE', message, offset });

/** What the lexer yields between texts: marks that have no length in the source. */
const scalarMark = '\x1f';
const documentMark = '\x02';
const flowErrorMark = '\x18';

function startMeter(): (token: string) => Refusal | undefined {
  const counts = { tokens: 0, nodes: 0, documents: 0, decorations: 0 };
  const depth = startDepth();
  let offset = 0;
  let scalarIsNext = false;
  let valueBefore = false;

  return (token) => {
    const start = offset;
    counts.tokens += 1;
    if (token === scalarMark) {
      scalarIsNext = true;
      counts.nodes += 1;
      if (valueBefore) return { code: 'YAML_INVALID', message: 'two values stand side by side: separate them', offset };
      return countRefusal(counts, start);
    }
    if (token === documentMark || token === flowErrorMark) return undefined;
    offset += token.length;
    if (scalarIsNext) {
      scalarIsNext = false;
      // A block scalar takes its last line break with it, so what follows stands on a line of its own.
      valueBefore = !token.endsWith('\n');
      depth.scalar(token, start);
      return token.length > scalarLengthMax
        ? tooLarge(`a value is longer than ${scalarLengthMax} characters: shorten it`, start)
        : undefined;
    }
    if (token[0] !== ' ' && token[0] !== '\t' && token[0] !== '#') valueBefore = false;
    countToken(counts, token);
    if (depth.token(token, start) > depthMax) {
      return {
        code: 'DOCUMENT_TOO_DEEP',
        message: `more than ${depthMax} levels inside each other: flatten them`,
        offset: start,
      };
    }
    return countRefusal(counts, start);
  };
}

function countToken(counts: { nodes: number; documents: number; decorations: number }, token: string): void {
  const first = token[0] ?? '';
  if (first === '[' || first === '{') counts.nodes += 1;
  else if (token.startsWith('---') || token.startsWith('...')) counts.documents += 1;
  else if ('&!*%'.includes(first)) counts.decorations += 1;
}

function countRefusal(
  counts: { tokens: number; nodes: number; documents: number; decorations: number },
  offset: number,
): Refusal | undefined {
  if (counts.nodes > nodesMax) return tooLarge(`the text has more than ${nodesMax} keys and values: split it`, offset);
  if (counts.tokens > tokensMax) return tooLarge(`the text has more than ${tokensMax} pieces: split it`, offset);
  if (counts.documents > documentsMax)
    return tooLarge(`the text has more than ${documentsMax} documents: split it`, offset);
  if (counts.decorations > decorationsMax) {
    return tooLarge(
      `the text has more than ${decorationsMax} anchors, aliases, tags or directives: write the values out`,
      offset,
    );
  }
  return undefined;
}

/**
 * Levels by brackets and by columns: an indicator or a key further right than the last one opens a level. A list at its
 * key's own column counts once, so the truth is at most twice the answer; `source.ts` measures it exactly.
 */
function startDepth(): { scalar(token: string, start: number): void; token(token: string, start: number): number } {
  const columns: number[] = [];
  let flow = 0;
  let lineStart = 0;
  let scalarStart = 0;
  const open = (start: number): void => {
    const column = start - lineStart;
    while ((columns.at(-1) ?? -1) >= column) columns.pop();
    columns.push(column);
  };
  const noteLines = (token: string, start: number): void => {
    const last = token.lastIndexOf('\n');
    if (last !== -1) lineStart = start + last + 1;
  };
  return {
    scalar(token, start) {
      scalarStart = start;
      noteLines(token, start);
    },
    token(token, start) {
      if (token === '[' || token === '{') flow += 1;
      else if (token === ']' || token === '}') flow = Math.max(0, flow - 1);
      else if (flow === 0 && (token === '-' || token === '?')) open(start);
      else if (flow === 0 && token === ':') open(Math.max(scalarStart, lineStart));
      else noteLines(token, start);
      return flow + columns.length;
    },
  };
}
