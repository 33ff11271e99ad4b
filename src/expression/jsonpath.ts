/**
 * JSONPath by itself (RFC 9535): a query over any JSON value, strict in syntax. The only addition is that a name may
 * hold hyphens without quotes.
 */

import { Impossible } from '../kit/assert.ts';
import { member } from '../kit/json.ts';
import type { Compiled } from './expression.ts';
import { parseSegments } from './jsonpath-parse.ts';
import { compileSegments, type PathNode, startNode } from './jsonpath-select.ts';
import { expressionLengthMax } from './limits.ts';
import { Reader, Unreadable } from './reader.ts';
import { Run } from './run.ts';

export interface JsonPath {
  readonly text: string;
  /** The values that the query selects, in order; throws `ExpressionFault` where a bound is passed. */
  select(value: unknown): readonly unknown[];
  /** The same with the normalised path of each (`$['a'][0]`). */
  selectNodes(value: unknown): readonly { readonly path: string; readonly value: unknown }[];
}

export function compileJsonPath(text: string): Compiled<JsonPath> {
  try {
    const select = compileQuery(text);
    return {
      ok: true,
      value: {
        text,
        select: (value) => select(value).map((node) => node.value),
        selectNodes: (value) => select(value).map((node) => ({ path: normalisedPath(node), value: node.value })),
      },
    };
  } catch (problem) {
    if (!(problem instanceof Unreadable)) throw problem;
    return {
      ok: false,
      problems: [{ message: problem.message, offset: problem.offset, length: problem.length, pointer: '' }],
    };
  }
}

function compileQuery(text: string): (value: unknown) => readonly PathNode[] {
  const reader = new Reader(text);
  if (text.length > expressionLengthMax) reader.fail(`the path is longer than ${expressionLengthMax} characters`);
  if (!reader.take('$')) reader.fail(`a path starts with $, found ${reader.found()}`);
  const segments = parseSegments(reader, { computed: undefined, found: () => undefined });
  if (!reader.isAtEnd) reader.fail(`expected ., [ or the end, found ${reader.found()}`);
  const select = compileSegments(segments, () => {
    throw new Impossible('a path by itself holds no expressions');
  });
  return (value) => select(new Run(scopeOf(value)), startNode(value));
}

/** What `$` means inside filters. */
function scopeOf(value: unknown) {
  return {
    root: (name: string) => (name === '' ? value : member(value, name)),
    nowMs: 0,
    random: () => 0,
    env: () => undefined,
  };
}

function normalisedPath(node: PathNode): string {
  const keys: string[] = [];
  for (let at: PathNode = node; at.parent; at = at.parent) {
    keys.push(typeof at.key === 'number' ? `[${at.key}]` : `['${escapeName(at.key)}']`);
  }
  return `$${keys.reverse().join('')}`;
}

const shortEscapes: Readonly<Record<string, string>> = {
  '\b': '\\b',
  '\t': '\\t',
  '\n': '\\n',
  '\f': '\\f',
  '\r': '\\r',
  "'": "\\'",
  '\\': '\\\\',
};

/** RFC 9535 section 2.7. */
function escapeName(name: string): string {
  return [...name].map((character) => shortEscapes[character] ?? escapeControl(character)).join('');
}

function escapeControl(character: string): string {
  return character < ' ' ? `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}` : character;
}
