/**
 * What the parsers produce: the tree of an expression and of the paths in it. Plain data, no behaviour.
 *
 * Left-associative operators are held as chains and not as a leaning tree, so the depth of a tree is the depth of its
 * brackets, which the parser bounds.
 */
import type { Json } from '../kit/json.ts';

export type Node =
  | { readonly kind: 'literal'; readonly value: Json }
  | { readonly kind: 'list'; readonly items: readonly Node[] }
  | { readonly kind: 'object'; readonly members: readonly Member[] }
  | { readonly kind: 'path'; readonly base: PathBase; readonly segments: readonly Segment[] }
  | { readonly kind: 'env'; readonly name: Node }
  | { readonly kind: 'secret'; readonly name: string }
  | { readonly kind: 'unary'; readonly operator: '!' | '-'; readonly operand: Node }
  | { readonly kind: 'logic'; readonly operator: LogicOperator; readonly operands: readonly Node[] }
  | { readonly kind: 'arithmetic'; readonly first: Node; readonly rest: readonly Operation[] }
  | { readonly kind: 'compare'; readonly operator: CompareOperator; readonly left: Node; readonly right: Node }
  | { readonly kind: 'choice'; readonly test: Node; readonly yes: Node; readonly no: Node }
  | { readonly kind: 'has'; readonly path: PathExpression }
  | { readonly kind: 'call'; readonly name: string; readonly args: readonly Argument[] };

export type PathExpression = Extract<Node, { kind: 'path' }>;
export type LogicOperator = '&&' | '||' | '??';
export type ArithmeticOperator = '+' | '-' | '*' | '/' | '%';
export type CompareOperator = '==' | '!=' | '<' | '<=' | '>' | '>=' | 'in';

export interface Member {
  readonly name: string;
  readonly value: Node;
}

export interface Operation {
  readonly operator: ArithmeticOperator;
  readonly operand: Node;
}

export type Argument = Node | LambdaNode;

export interface LambdaNode {
  readonly kind: 'lambda';
  /** Slot of the item; the place of the item, where it is asked for, has the next one. */
  readonly slot: number;
  readonly hasIndex: boolean;
  readonly body: Node;
  /** Of the body's text, in UTF-16 code units: what a round costs. */
  readonly length: number;
}

/** Where a path starts: at `$`, at a lambda parameter, or at any value (`f(x).name`). */
export type PathBase =
  | { readonly kind: 'root' }
  | { readonly kind: 'local'; readonly slot: number }
  | { readonly kind: 'value'; readonly node: Node };

export interface Segment {
  readonly isDescendant: boolean;
  readonly selectors: readonly Selector[];
}

export type Selector =
  | { readonly kind: 'name'; readonly name: string }
  | { readonly kind: 'index'; readonly index: number }
  | { readonly kind: 'wildcard' }
  | {
      readonly kind: 'slice';
      readonly start: number | undefined;
      readonly end: number | undefined;
      readonly step: number;
    }
  | { readonly kind: 'filter'; readonly filter: Filter; readonly length: number }
  /** Ours, beside RFC 9535: `[$.index]`, a name or an index that is known at evaluation only. */
  | { readonly kind: 'computed'; readonly node: Node };

export type Filter =
  | { readonly kind: 'or' | 'and'; readonly terms: readonly Filter[] }
  | { readonly kind: 'not'; readonly term: Filter }
  | { readonly kind: 'exists'; readonly query: Query }
  | { readonly kind: 'test'; readonly call: FilterCall }
  | { readonly kind: 'compare'; readonly operator: FilterOperator; readonly left: Operand; readonly right: Operand };

export type FilterOperator = Exclude<CompareOperator, 'in'>;

export interface Query {
  readonly kind: 'query';
  /** Starts at `$`, not at `@`. */
  readonly isAbsolute: boolean;
  readonly segments: readonly Segment[];
}

export interface FilterCall {
  readonly kind: 'call';
  readonly name: FilterFunction;
  readonly args: readonly Operand[];
}

export type FilterFunction = 'length' | 'count' | 'match' | 'search' | 'value';
export type Operand = { readonly kind: 'literal'; readonly value: Json } | Query | FilterCall;

/** A path that can select one value at most. */
export function isSingular(segments: readonly Segment[]): boolean {
  return segments.every(
    ({ isDescendant, selectors }) => !isDescendant && selectors.length === 1 && isSingle(selectors[0]),
  );
}

function isSingle(selector: Selector | undefined): boolean {
  return selector?.kind === 'name' || selector?.kind === 'index' || selector?.kind === 'computed';
}

/** The names and indices that a path starts with, up to the first part that is known at evaluation only. */
export function staticPrefix(segments: readonly Segment[]): readonly (string | number)[] {
  const prefix: (string | number)[] = [];
  for (const { isDescendant, selectors } of segments) {
    const [selector, second] = selectors;
    if (isDescendant || second !== undefined) break;
    if (selector?.kind === 'name') prefix.push(selector.name);
    else if (selector?.kind === 'index') prefix.push(selector.index);
    else break;
  }
  return prefix;
}

/** The nodes right below a node. */
export function partsOf(node: Argument): readonly Argument[] {
  switch (node.kind) {
    case 'list':
      return node.items;
    case 'object':
      return node.members.map(({ value }) => value);
    case 'unary':
      return [node.operand];
    case 'logic':
      return node.operands;
    case 'arithmetic':
      return [node.first, ...node.rest.map(({ operand }) => operand)];
    case 'compare':
      return [node.left, node.right];
    case 'choice':
      return [node.test, node.yes, node.no];
    case 'call':
      return node.args;
    case 'lambda':
      return [node.body];
    case 'path':
      return [...(node.base.kind === 'value' ? [node.base.node] : []), ...computedIn(node.segments)];
    case 'has':
      return [node.path];
    case 'env':
      return [node.name];
    default:
      return [];
  }
}

/** Filters hold no computed parts: they are RFC 9535 alone. */
function computedIn(segments: readonly Segment[]): readonly Node[] {
  return segments.flatMap(({ selectors }) =>
    selectors.flatMap((part) => (part.kind === 'computed' ? [part.node] : [])),
  );
}
