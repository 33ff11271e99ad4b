import type { ScalarNode } from './tree.ts';

/** Where things stand in a text: offsets to lines and columns, and places inside a scalar's value back to the text. */
export interface Place {
  /** Both count from 1; columns in UTF-16 code units. */
  readonly line: number;
  readonly column: number;
}

/** Finds places by bisection; one index serves all problems of a text. */
export function indexLines(text: string): (offset: number) => Place {
  const starts = [0];
  for (let at = text.indexOf('\n'); at !== -1; at = text.indexOf('\n', at + 1)) starts.push(at + 1);
  return (offset) => {
    let low = 0;
    let high = starts.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if ((starts[middle] ?? 0) <= offset) low = middle;
      else high = middle - 1;
    }
    return { line: low + 1, column: offset - (starts[low] ?? 0) + 1 };
  };
}

/**
 * The place in the text of the character at `offset` of a scalar's value. Folded values and flow values over several
 * lines answer their start: there the way back is not one to one.
 */
export function placeInside(text: string, node: ScalarNode, offset: number): number {
  const raw = text.slice(node.start, node.end);
  if (node.style === 'literal') return node.start + literalOffset(raw, String(node.value), offset);
  if (node.style === 'folded' || raw.includes('\n')) return node.start;
  if (node.style === 'plain') return node.start + offset;
  return node.start + quotedOffset(raw, node.style, offset);
}

function quotedOffset(raw: string, style: 'single' | 'double', offset: number): number {
  let at = 1;
  for (let done = 0; done < offset && at < raw.length - 1; done += 1) at += pieceLength(raw, at, style);
  return at;
}

/** How many characters of the source stand for the character at `at`. */
function pieceLength(raw: string, at: number, style: 'single' | 'double'): number {
  if (style === 'single') return raw[at] === "'" ? 2 : 1;
  if (raw[at] !== '\\') return 1;
  return { x: 4, u: 6, U: 10 }[raw[at + 1] ?? ''] ?? 2;
}

/** The header may give the indent (`|2`) where the first line begins with spaces of its own. */
function literalOffset(raw: string, value: string, offset: number): number {
  const linesBefore = value.slice(0, offset).split('\n');
  const rawLines = raw.split('\n');
  const spaces = (line: string): number => line.length - line.trimStart().length;
  const written = spaces(rawLines.slice(1).find((line) => line.trim() !== '') ?? '');
  const kept = spaces(value.split('\n').find((line) => line.trim() !== '') ?? '');
  const before = rawLines.slice(0, linesBefore.length).reduce((sum, line) => sum + line.length + 1, 0);
  return Math.min(before + written - kept + (linesBefore.at(-1)?.length ?? 0), raw.length);
}
