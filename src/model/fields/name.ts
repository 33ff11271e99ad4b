import { nameLengthMax } from '../limits.ts';
import type { LinkKind, Sink } from '../sink.ts';
import { type Spot, shorten, textOf } from '../yaml/tree.ts';
import { type Kind, reportType } from './kind.ts';

/** Names that users choose, and places that name a step. */

/** What `$.<name>` may mean beside a step: no step, variable or loop item may bear these. */
export const rootNames: ReadonlySet<string> = new Set([
  'input',
  'steps',
  'execution',
  'workflow',
  'workspace',
  'error',
  'vars',
  'previous',
  'output',
  'response',
  'result',
  'secrets',
  'env',
  'index',
  'signal',
  'branches',
  'iterations',
]);

/** Names by which JavaScript objects reach their prototypes. */
const prototypeNames: ReadonlySet<string> = new Set(['__proto__', 'constructor', 'prototype']);

const memberName = /^[A-Za-z_][A-Za-z0-9_-]*$/;
const documentName = /^[a-z0-9_-]+$/;

interface NameRule {
  readonly pattern: RegExp;
  readonly expected: string;
  readonly isReserved: (name: string) => boolean;
}

function nameKind({ pattern, expected, isReserved }: NameRule): Kind<string> {
  return {
    expected,
    read(spot, sink) {
      const found = textOf(spot);
      if (found === undefined) return reportType(spot, sink, expected);
      if (found.length > nameLengthMax || !pattern.test(found)) {
        sink.report('NAME_INVALID', spot, `the name "${shorten(found)}" must be ${expected}`);
      } else if (isReserved(found)) {
        sink.report('NAME_RESERVED', spot, `the name "${found}" is reserved: choose another`);
      }
      return found;
    },
    schema: () => ({ type: 'string', pattern: pattern.source, minLength: 1, maxLength: nameLengthMax }),
  };
}

const isPrototypeName = (name: string): boolean => prototypeNames.has(name);

/** Steps and loop items: what expressions read as `$.<name>`. */
export const stepName: Kind<string> = nameKind({
  pattern: memberName,
  expected: `1 to ${nameLengthMax} letters, digits, "-" or "_", starting with a letter`,
  isReserved: (name) => name === 'end' || rootNames.has(name) || isPrototypeName(name),
});

/** The place of a loop's item: `index` is its default and allowed. */
export const indexName: Kind<string> = nameKind({
  pattern: memberName,
  expected: stepName.expected,
  isReserved: (name) => name !== 'index' && (rootNames.has(name) || isPrototypeName(name)),
});

/** Variables, branches, fields of forms: names below a root. */
export const plainName: Kind<string> = nameKind({
  pattern: memberName,
  expected: stepName.expected,
  isReserved: isPrototypeName,
});

/** Workflows, contexts, executors. */
export const workflowName: Kind<string> = nameKind({
  pattern: documentName,
  expected: `1 to ${nameLengthMax} of a-z, 0-9, "_" and "-"`,
  isReserved: isPrototypeName,
});

/** A place that names a step; whether the step is there is the flow analysis's question. */
export function stepReference(kind: LinkKind): Kind<string> {
  return {
    expected: "a step's name",
    read(spot, sink) {
      const target = textOf(spot);
      if (!target) return reportType(spot, sink, "a step's name");
      noteLink(kind, target, { spot, sink });
      return target;
    },
    schema: () => ({ type: 'string', minLength: 1 }),
  };
}

export function noteLink(kind: LinkKind, target: string, { spot, sink }: { spot: Spot; sink: Sink }): void {
  sink.links.push({ kind, target, spot });
}

/** Executors: part of queue names, hence few characters. */
export const executorName: Kind<string> = nameKind({
  pattern: /^[A-Za-z0-9][A-Za-z0-9_.-]*$/,
  expected: `1 to ${nameLengthMax} letters, digits, ".", "_" or "-"`,
  isReserved: isPrototypeName,
});
