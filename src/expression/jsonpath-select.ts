/**
 * Runs the segments of a path over values. Own members and items only: a prototype is never reached, and a text or a
 * list has no `length`. Every node that is selected or passed is paid for.
 */
import { isObject } from '../kit/json.ts';
import { compileFilter, type FilterCode } from './jsonpath-filter.ts';
import { valueDepthMax } from './limits.ts';
import { type Code, type Run, tooDeep } from './run.ts';
import type { Node, Segment, Selector } from './syntax.ts';

/** A value and how it was reached: the key under its parent, which is undefined at the start of the path. */
export interface PathNode {
  readonly value: unknown;
  readonly key: string | number;
  readonly parent: PathNode | undefined;
}

/** Segments ready to run: the nodes they select from a value, in the order of RFC 9535. */
export type SegmentsCode = (run: Run, start: PathNode) => readonly PathNode[];

type SelectorCode = (run: Run, node: PathNode, into: PathNode[]) => void;

/** The own member or item with this key; undefined where there is none. A negative index counts from the end. */
export function ownChild(value: unknown, key: unknown): unknown {
  if (typeof value !== 'object' || value === null) return undefined;
  if (typeof key === 'string')
    return !Array.isArray(value) && Object.hasOwn(value, key) ? (value as Record<string, unknown>)[key] : undefined;
  if (typeof key !== 'number' || !Array.isArray(value)) return undefined;
  return value[key < 0 ? value.length + key : key];
}

export function startNode(value: unknown): PathNode {
  return { value, key: '$', parent: undefined };
}

export function compileSegments(segments: readonly Segment[], compile: (node: Node) => Code): SegmentsCode {
  const steps = segments.map((segment) => compileSegment(segment, compile));
  return (run, start) => steps.reduce<readonly PathNode[]>((nodes, step) => step(run, nodes), [start]);
}

function compileSegment(
  segment: Segment,
  compile: (node: Node) => Code,
): (run: Run, nodes: readonly PathNode[]) => readonly PathNode[] {
  const selectors = segment.selectors.map((selector) => compileSelector(selector, compile));
  const select: SelectorCode = (run, node, into) => {
    run.spend(selectors.length);
    for (const selector of selectors) selector(run, node, into);
  };
  const visit = segment.isDescendant ? descending(select) : select;
  return (run, nodes) => {
    const selected: PathNode[] = [];
    for (const node of nodes) visit(run, node, selected);
    return selected;
  };
}

/** The selectors on a node, then on everything below it, parents before children. */
function descending(select: SelectorCode): SelectorCode {
  const descend = (run: Run, node: PathNode, into: PathNode[], depthLeft: number): void => {
    if (depthLeft <= 0) tooDeep();
    select(run, node, into);
    eachChild(run, node, (child) => {
      if (typeof child.value === 'object' && child.value !== null) descend(run, child, into, depthLeft - 1);
    });
  };
  return (run, node, into) => descend(run, node, into, valueDepthMax);
}

function eachChild(run: Run, parent: PathNode, visit: (child: PathNode) => void): void {
  const { value } = parent;
  if (Array.isArray(value)) {
    run.visit(value.length);
    value.forEach((item, key) => {
      visit({ value: item, key, parent });
    });
  } else if (isObject(value)) {
    const names = Object.keys(value);
    run.visit(names.length);
    for (const key of names) visit({ value: value[key], key, parent });
  }
}

function compileSelector(selector: Selector, compile: (node: Node) => Code): SelectorCode {
  switch (selector.kind) {
    case 'name':
      return (run, node, into) => addChild(run, { node, key: selector.name, into });
    case 'index':
      return (run, node, into) => addChild(run, { node, key: selector.index, into });
    case 'computed': {
      const key = compile(selector.node);
      return (run, node, into) => addChild(run, { node, key: key(run), into });
    }
    case 'wildcard':
      return (run, node, into) => eachChild(run, node, (child) => into.push(child));
    case 'slice':
      return (run, node, into) => addSlice(run, { node, slice: selector, into });
    case 'filter':
      return filtering(compileFilter(selector.filter, compile), 1 + (selector.length >> 3));
  }
}

function addChild(run: Run, of: { node: PathNode; key: unknown; into: PathNode[] }): void {
  const value = ownChild(of.node.value, of.key);
  if (value === undefined || (typeof of.key !== 'string' && typeof of.key !== 'number')) return;
  run.visit(1);
  const isFromEnd = typeof of.key === 'number' && of.key < 0 && Array.isArray(of.node.value);
  const key = isFromEnd ? Number(of.key) + (of.node.value as unknown[]).length : of.key;
  of.into.push({ value, key, parent: of.node });
}

/** Each candidate pays for the length of the filter's text. */
function filtering(filter: FilterCode, price: number): SelectorCode {
  return (run, node, into) =>
    eachChild(run, node, (child) => {
      run.spend(price);
      if (filter(run, child)) into.push(child);
    });
}

/** RFC 9535 section 2.3.4: bounds are clamped, a step of 0 selects nothing. */
function addSlice(
  run: Run,
  of: { node: PathNode; slice: Extract<Selector, { kind: 'slice' }>; into: PathNode[] },
): void {
  const { value } = of.node;
  const { start, end, step } = of.slice;
  if (!Array.isArray(value) || step === 0) return;
  const clamp = (bound: number, least: number, most: number): number =>
    Math.min(Math.max(bound < 0 ? value.length + bound : bound, least), most);
  const [least, most] = step > 0 ? [0, value.length] : [-1, value.length - 1];
  const first = start === undefined ? (step > 0 ? least : most) : clamp(start, least, most);
  const last = end === undefined ? (step > 0 ? most : least) : clamp(end, least, most);
  for (let key = first; step > 0 ? key < last : key > last; key += step) {
    run.visit(1);
    of.into.push({ value: value[key], key, parent: of.node });
  }
}

/** A path from `$`. Its first name is asked of the scope alone, so a scope need not hold everything at once. */
export function compileAbsolute(
  segments: readonly Segment[],
  compile: (node: Node) => Code,
): (run: Run) => readonly PathNode[] {
  const name = leadingName(segments);
  const select = compileSegments(name === '' ? segments : segments.slice(1), compile);
  return (run) => {
    const value = run.scope.root(name);
    return value === undefined ? [] : select(run, startNode(value));
  };
}

/** The name that a `$` path starts with; empty where it needs the whole scope (`$`, `$..id`, `$[*]`). */
export function leadingName([segment]: readonly Segment[]): string {
  if (!segment || segment.isDescendant || segment.selectors.length !== 1) return '';
  const [selector] = segment.selectors;
  return selector?.kind === 'name' ? selector.name : '';
}
