/**
 * Filters and their functions, ready to run. An operand that selects nothing is `nothing`, which equals only itself
 * (RFC 9535 sections 2.3.5 and 2.4).
 */
import { assert, present } from '../kit/assert.ts';
import { isObject } from '../kit/json.ts';
import { codePointCount } from './functions/values.ts';
import { searchIRegexp } from './i-regexp.ts';
import { compileAbsolute, compileSegments, type PathNode, startNode } from './jsonpath-select.ts';
import { areEqual, compareOrder } from './operators.ts';
import type { Code, Run } from './run.ts';
import type { Filter, FilterCall, FilterOperator, Node, Operand, Query } from './syntax.ts';

export type FilterCode = (run: Run, current: PathNode) => boolean;
type OperandCode = (run: Run, current: PathNode) => unknown;
type NodesCode = (run: Run, current: PathNode) => readonly PathNode[];
type Compile = (node: Node) => Code;

const nothing = Symbol('nothing');

export function compileFilter(filter: Filter, compile: Compile): FilterCode {
  switch (filter.kind) {
    case 'or': {
      const terms = filter.terms.map((term) => compileFilter(term, compile));
      return (run, current) => terms.some((term) => term(run, current));
    }
    case 'and': {
      const terms = filter.terms.map((term) => compileFilter(term, compile));
      return (run, current) => terms.every((term) => term(run, current));
    }
    case 'not': {
      const term = compileFilter(filter.term, compile);
      return (run, current) => !term(run, current);
    }
    case 'exists': {
      const nodes = compileQuery(filter.query, compile);
      return (run, current) => nodes(run, current).length > 0;
    }
    case 'test': {
      const call = compileCall(filter.call, compile);
      return (run, current) => call(run, current) === true;
    }
    case 'compare':
      return compileComparison(filter, compile);
  }
}

function compileComparison(filter: Extract<Filter, { kind: 'compare' }>, compile: Compile): FilterCode {
  const left = compileOperand(filter.left, compile);
  const right = compileOperand(filter.right, compile);
  return (run, current) => compare(run, filter.operator, [left(run, current), right(run, current)]);
}

function compare(run: Run, operator: FilterOperator, operands: readonly [unknown, unknown]): boolean {
  const [left, right] = operands;
  switch (operator) {
    case '==':
      return areEqual(run, left, right);
    case '!=':
      return !areEqual(run, left, right);
    case '<':
      return compareOrder(run, left, right) < 0;
    case '>':
      return compareOrder(run, left, right) > 0;
    case '<=':
      return areEqual(run, left, right) || compareOrder(run, left, right) < 0;
    case '>=':
      return areEqual(run, left, right) || compareOrder(run, left, right) > 0;
  }
}

function compileOperand(operand: Operand, compile: Compile): OperandCode {
  if (operand.kind === 'literal') return () => operand.value;
  if (operand.kind === 'call') return compileCall(operand, compile);
  const nodes = compileQuery(operand, compile);
  return (run, current) => {
    const [node] = nodes(run, current);
    return node ? node.value : nothing;
  };
}

/** The nodes of a path inside a filter, from `@` or from `$`. */
function compileQuery(query: Query, compile: Compile): NodesCode {
  if (query.isAbsolute) {
    const absolute = compileAbsolute(query.segments, compile);
    return (run) => absolute(run);
  }
  const segments = compileSegments(query.segments, compile);
  // A path starts afresh at `@`: what lies above it is of no interest to the filter.
  return (run, current) => segments(run, startNode(current.value));
}

function compileCall(call: FilterCall, compile: Compile): OperandCode {
  const [first, second] = call.args;
  switch (call.name) {
    case 'length': {
      const value = compileArgument(first, compile);
      return (run, current) => lengthOf(run, value(run, current));
    }
    case 'count': {
      const nodes = compileNodes(first, compile);
      return (run, current) => nodes(run, current).length;
    }
    case 'value': {
      const nodes = compileNodes(first, compile);
      return (run, current) => onlyValue(nodes(run, current));
    }
    case 'match':
    case 'search': {
      const text = compileArgument(first, compile);
      const pattern = compileArgument(second, compile);
      const isWhole = call.name === 'match';
      return (run, current) =>
        searchIRegexp(run, { text: text(run, current), pattern: pattern(run, current), isWhole });
    }
  }
}

function compileArgument(argument: Operand | undefined, compile: Compile): OperandCode {
  return compileOperand(present(argument, 'an argument that the parser counted'), compile);
}

function compileNodes(argument: Operand | undefined, compile: Compile): NodesCode {
  assert(argument?.kind === 'query', 'the parser admits nothing but a path here');
  return compileQuery(argument, compile);
}

function lengthOf(run: Run, value: unknown): unknown {
  if (typeof value === 'string') return codePointCount(run, value);
  if (Array.isArray(value)) return value.length;
  return isObject(value) ? Object.keys(value).length : nothing;
}

function onlyValue(nodes: readonly PathNode[]): unknown {
  const [node] = nodes;
  return node && nodes.length === 1 ? node.value : nothing;
}
