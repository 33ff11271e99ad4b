/**
 * Paths inside expressions. A path of names alone is walked straight through own members, without a list of nodes;
 * every other path runs as RFC 9535 has it and gives a list, or one value where it is singular.
 */
import { Impossible } from '../kit/assert.ts';
import { compileAbsolute, compileSegments, leadingName, ownChild, startNode } from './jsonpath-select.ts';
import type { Code, Run } from './run.ts';
import { isSingular, type Node, type PathBase, type PathExpression, type Segment } from './syntax.ts';

type Compile = (node: Node) => Code;
/** Like `Code`, but undefined where nothing is there. */
type Walk = (run: Run) => unknown;
type Key = string | number | Code;

export function generatePath(path: PathExpression, compile: Compile): Code {
  if (!isSingular(path.segments)) return generateSelection(path, compile);
  const walk = generateWalk(path, compile);
  return (run) => walk(run) ?? null;
}

/** Tells missing from null. */
export function generateHas(path: PathExpression, compile: Compile): Code {
  if (isSingular(path.segments)) {
    const walk = generateWalk(path, compile);
    return (run) => walk(run) !== undefined;
  }
  const select = generateSelection(path, compile);
  return (run) => select(run).length > 0;
}

function generateSelection({ base, segments }: PathExpression, compile: Compile): (run: Run) => readonly unknown[] {
  if (base.kind === 'root') {
    const nodes = compileAbsolute(segments, compile);
    return (run) => nodes(run).map((node) => node.value);
  }
  const start = generateBase(base, compile);
  const select = compileSegments(segments, compile);
  return (run) => select(run, startNode(start(run))).map((node) => node.value);
}

function generateBase(base: Exclude<PathBase, { kind: 'root' }>, compile: Compile): Code {
  if (base.kind === 'value') return compile(base.node);
  const { slot } = base;
  return (run) => run.locals[slot];
}

function generateWalk({ base, segments }: PathExpression, compile: Compile): Walk {
  if (base.kind !== 'root') return walkFrom(generateBase(base, compile), keysOf(segments, compile));
  const name = leadingName(segments);
  const keys = keysOf(name === '' ? segments : segments.slice(1), compile);
  const [first, second, third] = keys;
  if (keys.length === 0) return (run) => run.scope.root(name);
  if (keys.length === 1 && typeof first === 'string') return (run) => ownMember(run.scope.root(name, first), first);
  if (keys.length === 2 && typeof first === 'string' && typeof second === 'string') {
    return (run) => ownMember(ownMember(run.scope.root(name, first), first), second);
  }
  if (keys.length === 3 && typeof first === 'string' && typeof second === 'string' && typeof third === 'string') {
    return (run) => ownMember(ownMember(ownMember(run.scope.root(name, first), first), second), third);
  }
  const next = typeof first === 'function' ? undefined : first;
  return walkFrom((run) => run.scope.root(name, next), keys);
}

function walkFrom(base: Walk, keys: readonly Key[]): Walk {
  return (run) => {
    let value = base(run);
    for (const key of keys) {
      if (value === undefined || value === null) return undefined;
      value = ownChild(value, typeof key === 'function' ? key(run) : key);
    }
    return value;
  };
}

function ownMember(value: unknown, name: string): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined;
  return Object.hasOwn(value, name) ? (value as Record<string, unknown>)[name] : undefined;
}

function keysOf(segments: readonly Segment[], compile: Compile): readonly Key[] {
  return segments.flatMap(({ selectors }) => selectors.map((selector) => keyOf(selector, compile)));
}

function keyOf(selector: Segment['selectors'][number], compile: Compile): Key {
  switch (selector.kind) {
    case 'name':
      return selector.name;
    case 'index':
      return selector.index;
    case 'computed':
      return compile(selector.node);
    default:
      throw new Impossible('a singular path has names and indices only');
  }
}
