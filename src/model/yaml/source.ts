import {
  type Document,
  isAlias,
  isMap,
  isScalar,
  isSeq,
  type Pair,
  parseAllDocuments,
  type YAMLMap,
  type YAMLSeq,
} from 'yaml';
import type { DiagnosticCode } from '../diagnostic.ts';
import { depthMax, problemsMax } from '../limits.ts';
import { findRefusal } from './guard.ts';
import type { Entry, Node, ScalarNode } from './tree.ts';

/**
 * Text to trees: YAML 1.2, core schema, any number of documents.
 *
 * What JSON cannot say is refused with its place: aliases, merge keys, custom tags, repeated keys, keys that are no
 * scalars, infinities, integers beyond 2^53, NUL, lone surrogates, and the key `__proto__`.
 */
export interface SourceDocument {
  /** Undefined where the document is empty or no YAML. */
  readonly root: Node | undefined;
  /** Its part of the text, comments included. */
  readonly text: string;
}

export interface SourceProblem {
  readonly code: DiagnosticCode;
  readonly message: string;
  readonly offset: number;
  /** The document's number, from 0. */
  readonly document: number;
}

export interface Source {
  readonly documents: readonly SourceDocument[];
  readonly problems: readonly SourceProblem[];
}

export function readSource(text: string): Source {
  const refusal = findRefusal(text);
  if (refusal) return { documents: [], problems: [{ ...refusal, document: 0 }] };
  const parsed = parseAllDocuments(text, {
    schema: 'core',
    merge: false,
    uniqueKeys: false,
    prettyErrors: false,
    logLevel: 'silent',
  });
  const documents: Document.Parsed[] = 'empty' in parsed ? [] : parsed;
  const problems: SourceProblem[] = [];
  const add = (problem: SourceProblem): void => {
    if (problems.length < problemsMax) problems.push(problem);
  };
  const ends = documents.map((document) => document.range[2]);
  return {
    documents: documents.map((document, index) => ({
      root: readDocument(document, (code, offset, message) => add({ code, message, offset, document: index })),
      text: text.slice(ends[index - 1] ?? 0, index === documents.length - 1 ? text.length : ends[index]),
    })),
    problems,
  };
}

type Report = (code: DiagnosticCode, offset: number, message: string) => void;

function readDocument(document: Document.Parsed, report: Report): Node | undefined {
  const faults = [...document.errors, ...document.warnings].sort((a, b) => a.pos[0] - b.pos[0]);
  // The library may tell one mistake twice; its first word is the one to read.
  const told = faults.filter(({ pos }, index) => pos[0] !== faults[index - 1]?.pos[0]);
  for (const fault of told) report('YAML_INVALID', fault.pos[0], `${firstLine(fault.message)}${hintOf(fault.code)}`);
  const version = document.directives.yaml;
  if (version.explicit && version.version !== '1.2') {
    report(
      'YAML_INVALID',
      document.range[0],
      `YAML ${version.version} is not read: write YAML 1.2 and leave the %YAML line out`,
    );
  }
  if (document.errors.length > 0 || document.contents === null) return undefined;
  return readNode(document.contents, { report, depth: 1, fallback: document.range[0] });
}

/** Messages of the YAML library may quote the text at length. */
const firstLine = (message: string): string => (message.split('\n', 1)[0] ?? '').slice(0, 200);

const hints: Readonly<Record<string, string>> = {
  TAB_AS_INDENT: ': indent with spaces',
  BAD_INDENT: ': align it with its neighbours',
  MISSING_CHAR: ': close what was opened',
  MULTILINE_IMPLICIT_KEY: ': a key must end with ":" on its own line',
  BLOCK_AS_IMPLICIT_KEY: ': put the inner map on its own lines',
  TAG_RESOLVE_FAILED: ': custom tags are not read, leave it out',
  UNEXPECTED_TOKEN: ': quote the text if it holds special characters',
};
const hintOf = (code: string): string => hints[code] ?? '';

interface ReadContext {
  readonly report: Report;
  readonly depth: number;
  /** The place for a value that has no text of its own. */
  readonly fallback: number;
}

function readNode(node: unknown, context: ReadContext): Node {
  const start = startOf(node) ?? context.fallback;
  if (context.depth > depthMax && (isMap(node) || isSeq(node))) {
    context.report('DOCUMENT_TOO_DEEP', start, `more than ${depthMax} levels inside each other: flatten them`);
    return emptyScalar(start);
  }
  if (isMap(node)) return { kind: 'map', start, entries: readEntries(node, start, context) };
  if (isSeq(node)) return { kind: 'list', start, items: readItems(node, context) };
  if (isScalar(node)) return readScalar(node, start, context);
  if (isAlias(node)) context.report('YAML_INVALID', start, 'aliases are not read: write the value out');
  return emptyScalar(start);
}

const emptyScalar = (start: number): ScalarNode => ({ kind: 'scalar', start, end: start, value: null, style: 'plain' });

function startOf(node: unknown): number | undefined {
  const range = typeof node === 'object' && node !== null && 'range' in node ? node.range : undefined;
  return Array.isArray(range) && typeof range[0] === 'number' ? range[0] : undefined;
}

function readItems(list: YAMLSeq, context: ReadContext): Node[] {
  return list.items.map((item) => readNode(item, { ...context, depth: context.depth + 1 }));
}

function readEntries(map: YAMLMap, start: number, context: ReadContext): Entry[] {
  const entries: Entry[] = [];
  const seen = new Set<string>();
  for (const pair of map.items) {
    const entry = readEntry(pair, start, context);
    if (entry === undefined) continue;
    if (seen.has(entry.key)) {
      context.report('NAME_DUPLICATE', entry.keyStart, `"${entry.key}" stands here twice: keep one`);
      continue;
    }
    seen.add(entry.key);
    entries.push(entry);
  }
  return entries;
}

function readEntry(pair: Pair, start: number, context: ReadContext): Entry | undefined {
  const keyStart = startOf(pair.key) ?? start;
  if (!isScalar(pair.key)) {
    context.report('YAML_INVALID', keyStart, 'a key must be a text: lists, maps and aliases are no keys');
    return undefined;
  }
  const { value: keyValue } = readScalar(pair.key, keyStart, context);
  const key = typeof keyValue === 'string' ? keyValue : (pair.key.source ?? String(keyValue));
  if (key === '<<' && pair.key.type === 'PLAIN') {
    context.report('YAML_INVALID', keyStart, 'merge keys ("<<") are not read: write the fields out');
    return undefined;
  }
  if (key === '__proto__') {
    context.report('NAME_RESERVED', keyStart, 'the name "__proto__" is reserved: choose another');
    return undefined;
  }
  const value = readNode(pair.value, { ...context, depth: context.depth + 1, fallback: keyStart });
  return { key, keyValue, keyStart, value };
}

const styles = {
  PLAIN: 'plain',
  QUOTE_SINGLE: 'single',
  QUOTE_DOUBLE: 'double',
  BLOCK_LITERAL: 'literal',
  BLOCK_FOLDED: 'folded',
} as const;

function readScalar(
  node: { value: unknown; type?: string | undefined; range?: unknown },
  start: number,
  context: ReadContext,
): ScalarNode {
  const style = styles[(node.type ?? 'PLAIN') as keyof typeof styles] ?? 'plain';
  const end = Array.isArray(node.range) && typeof node.range[1] === 'number' ? node.range[1] : start;
  const { value } = node;
  const fault = scalarFault(value);
  if (fault !== undefined) {
    context.report('VALUE_INVALID', start, fault);
    return emptyScalar(start);
  }
  return { kind: 'scalar', start, end, style, value: value as ScalarNode['value'] };
}

function scalarFault(value: unknown): string | undefined {
  if (typeof value === 'string') {
    if (value.includes('\0')) return 'the text holds a NUL character: leave it out';
    return value.isWellFormed() ? undefined : 'the text holds half of a surrogate pair: write the whole character';
  }
  if (typeof value === 'number') {
    if (!Number.isFinite(value)) return 'the number is not finite: write an ordinary number or quote it';
    const isExact = !Number.isInteger(value) || Number.isSafeInteger(value) || Math.abs(value) >= 1e21;
    return isExact ? undefined : 'the whole number is beyond 2^53 and would lose digits: quote it';
  }
  return value === null || typeof value === 'boolean' ? undefined : 'the value is no JSON: quote it';
}
