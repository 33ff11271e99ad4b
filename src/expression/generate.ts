/**
 * Turns the tree of an expression into closures, once per version of a definition. No text is ever evaluated as code.
 *
 * The common cases have closures of their own (a path of names, a comparison with a literal), because conditions and
 * mappings run at every step of every execution.
 */

import { present } from '../kit/assert.ts';
import { emptyObject } from '../kit/json.ts';
import { secretMark } from './expression.ts';
import { Call } from './functions/call.ts';
import { findBuiltin } from './functions/table.ts';
import { generateHas, generatePath } from './generate-path.ts';
import { applyArithmetic, areEqual, compareOrder, isIn, isTruthy, negate, typeName } from './operators.ts';
import { type Code, failed, type Lambda, Run } from './run.ts';
import type { Argument, CompareOperator, LambdaNode, LogicOperator, Node } from './syntax.ts';

export function generate(node: Node): Code {
  const code = generateRaw(node);
  return node.kind !== 'literal' && isConstant(node) ? folded(code) : code;
}

function generateRaw(node: Node): Code {
  switch (node.kind) {
    case 'literal': {
      const { value } = node;
      return () => value;
    }
    case 'list':
      return generateList(node.items.map(generate));
    case 'object':
      return generateObject(node.members.map(({ name, value }) => [name, generate(value)]));
    case 'path':
      return generatePath(node, generate);
    case 'has':
      return generateHas(node.path, generate);
    case 'env':
      return generateEnv(generate(node.name));
    case 'secret': {
      const reference = `${secretMark}${node.name}\0`;
      return () => reference;
    }
    case 'unary':
      return generateUnary(node.operator, generate(node.operand));
    case 'logic':
      return generateLogic(node.operator, node.operands.map(generate));
    case 'arithmetic':
      return generateArithmetic(node);
    case 'compare':
      return generateComparison(node.operator, node.left, node.right);
    case 'choice':
      return generateChoice([generate(node.test), generate(node.yes), generate(node.no)]);
    case 'call':
      return generateCall(node.name, node.args);
  }
}

/** Whether a tree holds nothing that depends on a scope. Calls are left out: few are worth it and `now()` is one. */
export function isConstant(node: Node): boolean {
  switch (node.kind) {
    case 'literal':
      return true;
    case 'list':
      return node.items.every(isConstant);
    case 'object':
      return node.members.every(({ value }) => isConstant(value));
    case 'unary':
      return isConstant(node.operand);
    case 'logic':
      return node.operands.every(isConstant);
    case 'arithmetic':
      return isConstant(node.first) && node.rest.every(({ operand }) => isConstant(operand));
    case 'compare':
      return isConstant(node.left) && isConstant(node.right);
    case 'choice':
      return isConstant(node.test) && isConstant(node.yes) && isConstant(node.no);
    default:
      return false;
  }
}

const nowhere = { root: () => undefined, nowMs: 0, random: () => 0, env: () => undefined };

/** Evaluated now. What faults now (1 / 0) is left to fault when it is asked for. */
function folded(code: Code): Code {
  try {
    const value = code(new Run(nowhere));
    return () => value;
  } catch {
    return code;
  }
}

function generateList(items: readonly Code[]): Code {
  return (run) => items.map((item) => item(run));
}

/** Also the objects of templates. */
export function generateObject(members: readonly (readonly [string, Code])[]): Code {
  // `__proto__` alone needs an object without prototype; an ordinary one is several times faster to make and to read.
  const isPlain = members.every(([name]) => name !== '__proto__');
  return (run) => {
    const object: Record<string, unknown> = isPlain ? {} : emptyObject<unknown>();
    for (const [name, code] of members) object[name] = code(run);
    return object;
  };
}

function generateEnv(name: Code): Code {
  return (run) => {
    const value = name(run);
    if (typeof value !== 'string') failed(`env() needs a string, found ${typeName(value)}`);
    return run.scope.env(String(value)) ?? null;
  };
}

function generateUnary(operator: '!' | '-', operand: Code): Code {
  return operator === '!' ? (run) => !isTruthy(operand(run)) : (run) => negate(operand(run));
}

function generateLogic(operator: LogicOperator, operands: readonly Code[]): Code {
  switch (operator) {
    case '&&':
      return (run) => operands.every((operand) => isTruthy(operand(run)));
    case '||':
      return (run) => operands.some((operand) => isTruthy(operand(run)));
    case '??':
      return (run) => {
        for (const operand of operands) {
          const value = operand(run);
          if (value !== null) return value;
        }
        return null;
      };
  }
}

function generateArithmetic(node: Extract<Node, { kind: 'arithmetic' }>): Code {
  const first = generate(node.first);
  const rest = node.rest.map(({ operator, operand }) => ({ operator, operand: generate(operand) }));
  return (run) =>
    rest.reduce((value, { operator, operand }) => applyArithmetic(run, operator, [value, operand(run)]), first(run));
}

function generateComparison(operator: CompareOperator, leftNode: Node, rightNode: Node): Code {
  const [left, right] = [generate(leftNode), generate(rightNode)];
  const isSimple = rightNode.kind === 'literal';
  const value = isSimple ? rightNode.value : null;
  switch (operator) {
    case '==':
      return isSimple ? (run) => left(run) === value : (run) => areEqual(run, left(run), right(run));
    case '!=':
      return isSimple ? (run) => left(run) !== value : (run) => !areEqual(run, left(run), right(run));
    case '<':
      return (run) => compareOrder(run, left(run), right(run)) < 0;
    case '<=':
      return (run) => compareOrder(run, left(run), right(run)) <= 0;
    case '>':
      return (run) => compareOrder(run, left(run), right(run)) > 0;
    case '>=':
      return (run) => compareOrder(run, left(run), right(run)) >= 0;
    case 'in':
      return (run) => isIn(run, left(run), right(run));
  }
}

function generateChoice([test, yes, no]: readonly [Code, Code, Code]): Code {
  return (run) => (isTruthy(test(run)) ? yes(run) : no(run));
}

function generateCall(name: string, argumentNodes: readonly Argument[]): Code {
  const { apply } = present(findBuiltin(name), `the function ${name}, which the parser found`);
  const args = argumentNodes.map((argument) =>
    argument.kind === 'lambda' ? constantly(generateLambda(argument)) : generate(argument),
  );
  return (run) =>
    apply(
      new Call(
        run,
        name,
        args.map((argument) => argument(run)),
      ),
    );
}

function constantly(value: unknown): Code {
  return () => value;
}

/** Each round pays for the length of the body's text, so what is in it need not count. */
function generateLambda({ slot, hasIndex, body, length }: LambdaNode): Lambda {
  const code = generate(body);
  const price = 1 + (length >> 3);
  return (run, item, index) => {
    run.spend(price);
    run.locals[slot] = item ?? null;
    if (hasIndex) run.locals[slot + 1] = index;
    return code(run);
  };
}
