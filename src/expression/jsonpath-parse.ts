/**
 * Reads the segments of a path: RFC 9535 to the letter, with two additions. A member name may hold hyphens without
 * quotes, and where the host gives `computed`, a bracket may hold an expression (`$.items[$.index]`).
 */
import { parseFilter } from './jsonpath-filter-parse.ts';
import { type Reader, Unreadable } from './reader.ts';
import type { Node, Segment, Selector } from './syntax.ts';

/** What surrounds the path. */
export interface PathHost {
  /** Reads an expression inside brackets. */
  readonly computed: ((reader: Reader) => Node) | undefined;
  /** Told of every `$` path inside a filter: where it starts and what it holds. The reader stands at its end. */
  found(segments: readonly Segment[], offset: number): void;
}

/** The segments from here on; white space after the last one is left alone. */
export function parseSegments(reader: Reader, host: PathHost): readonly Segment[] {
  const segments: Segment[] = [];
  for (;;) {
    const segment = parseSegment(reader, host);
    if (!segment) return segments;
    segments.push(segment);
  }
}

function parseSegment(reader: Reader, host: PathHost): Segment | undefined {
  if (reader.takeSpaced('..')) {
    const selectors = reader.take('[') ? parseBracket(reader, host) : [parseShorthand(reader, '..')];
    return { isDescendant: true, selectors };
  }
  if (reader.takeSpaced('.')) return { isDescendant: false, selectors: [parseShorthand(reader, '.')] };
  if (reader.takeSpaced('[')) return { isDescendant: false, selectors: parseBracket(reader, host) };
  return undefined;
}

function parseShorthand(reader: Reader, dots: string): Selector {
  if (reader.take('*')) return { kind: 'wildcard' };
  const name = reader.readName();
  if (name !== undefined) return { kind: 'name', name };
  return reader.fail(`expected a name after ${dots}, found ${reader.found()}; any other name is written ['…']`);
}

/** After `[`. What is no selector of the RFC is read again as an expression, where expressions are allowed. */
function parseBracket(reader: Reader, host: PathHost): readonly Selector[] {
  const start = reader.at;
  try {
    return parseSelectors(reader, host);
  } catch (problem) {
    const isFilter = reader.text.slice(start).trimStart().startsWith('?');
    if (!(problem instanceof Unreadable) || !host.computed || isFilter) throw problem;
    reader.at = start;
    return [{ kind: 'computed', node: parseComputed(reader, host.computed, problem) }];
  }
}

/** Where neither reading works, the one that came further has the better message. */
function parseComputed(reader: Reader, parse: (reader: Reader) => Node, earlier: Unreadable): Node {
  try {
    const node = parse(reader);
    reader.expect(']', 'the index');
    return node;
  } catch (problem) {
    if (problem instanceof Unreadable && problem.offset < earlier.offset) throw earlier;
    throw problem;
  }
}

function parseSelectors(reader: Reader, host: PathHost): readonly Selector[] {
  const selectors: Selector[] = [];
  do {
    reader.skipSpace();
    selectors.push(parseSelector(reader, host));
  } while (reader.takeSpaced(','));
  reader.expect(']', 'the selector');
  return selectors;
}

function parseSelector(reader: Reader, host: PathHost): Selector {
  if (reader.take('*')) return { kind: 'wildcard' };
  if (reader.take('?')) return parseFilterSelector(reader, host);
  const name = reader.readString();
  if (name !== undefined) return { kind: 'name', name };
  const start = reader.readInteger();
  if (reader.takeSpaced(':')) return parseSlice(reader, start);
  if (start !== undefined) return { kind: 'index', index: start };
  return reader.fail(`expected a name in quotes, an index, a slice, * or ?, found ${reader.found()}`);
}

/** Filters are RFC 9535 alone: no expressions in their brackets. */
function parseFilterSelector(reader: Reader, host: PathHost): Selector {
  const start = reader.at;
  const filter = reader.nested(() => parseFilter(reader, { ...host, computed: undefined }));
  return { kind: 'filter', filter, length: reader.at - start };
}

function parseSlice(reader: Reader, start: number | undefined): Selector {
  reader.skipSpace();
  const end = reader.readInteger();
  if (!reader.takeSpaced(':')) return { kind: 'slice', start, end, step: 1 };
  reader.skipSpace();
  return { kind: 'slice', start, end, step: reader.readInteger() ?? 1 };
}
