/**
 * Reads a call, after its `(`: arguments, lambdas, and the few functions whose arguments are more than values
 * (`has`, `env`, `secret`). Names and numbers of arguments are checked here, so an evaluation never has to.
 */
import type { Builtin } from './functions/call.ts';
import { findBuiltin, suggestBuiltin } from './functions/table.ts';
import type { Parser } from './parse.ts';
import type { Argument, LambdaNode, Node } from './syntax.ts';

export function parseCall(parser: Parser, name: string, start: number): Node {
  if (name === 'has') return parseHas(parser, start);
  if (name === 'secret') return parseSecret(parser, start);
  if (name === 'env') return parseEnv(parser, start);
  const builtin = findBuiltin(name);
  if (!builtin) return failUnknown(parser, name, start);
  const args = parseArguments(parser, name, builtin);
  if (args.length < builtin.least || args.length > builtin.most) {
    parser.reader.failAt(start, `${name}() takes ${countOf(builtin)}, not ${args.length}`);
  }
  return { kind: 'call', name, args };
}

function failUnknown(parser: Parser, name: string, start: number): never {
  const suggestion = suggestBuiltin(name);
  const hint = suggestion === undefined ? '' : `; did you mean ${suggestion}()?`;
  return parser.reader.failAt(start, `there is no function ${name}()${hint}`, name.length);
}

function countOf({ least, most }: Builtin): string {
  if (most === Number.POSITIVE_INFINITY) return `at least ${least} argument${least === 1 ? '' : 's'}`;
  if (least === most) return least === 0 ? 'no arguments' : `${least} argument${least === 1 ? '' : 's'}`;
  return `${least} to ${most} arguments`;
}

function parseArguments(parser: Parser, name: string, builtin: Builtin): readonly Argument[] {
  const { reader } = parser;
  const args: Argument[] = [];
  if (reader.takeSpaced(')')) return args;
  do args.push(parseArgument(parser, name, args.length === 1 ? builtin.lambda : 'none'));
  while (reader.takeSpaced(','));
  reader.expect(')', `the arguments of ${name}()`);
  return args;
}

function parseArgument(parser: Parser, name: string, lambda: Builtin['lambda']): Argument {
  const { reader } = parser;
  const start = reader.at;
  const parameters = readParameters(parser);
  if (!parameters) {
    reader.at = start;
    if (lambda === 'only') reader.fail(`${name}() needs a lambda here: item => …`);
    return parser.parseExpression();
  }
  if (lambda === 'none') reader.failAt(start, `${name}() takes no lambda here`);
  return parseLambda(parser, parameters);
}

/** The parameters of a lambda, or undefined where none starts here. */
function readParameters({ reader }: Parser): readonly string[] | undefined {
  reader.skipSpace();
  const isParenthesised = reader.take('(');
  const names: string[] = [];
  do {
    reader.skipSpace();
    const name = reader.readName();
    if (name === undefined) return undefined;
    names.push(name);
  } while (isParenthesised && reader.takeSpaced(','));
  if (isParenthesised && !reader.takeSpaced(')')) return undefined;
  return reader.takeSpaced('=>') ? names : undefined;
}

function parseLambda(parser: Parser, names: readonly string[]): LambdaNode {
  const { reader, locals } = parser;
  if (names.length > 2) reader.fail('a lambda takes an item and, where wanted, its place: (item, index) => …');
  const hyphened = names.find((name) => name.includes('-'));
  if (hyphened !== undefined) reader.fail(`the parameter ${hyphened} must not hold a hyphen`);
  const outer = new Map(locals);
  const slot = locals.size === 0 ? 0 : Math.max(...locals.values()) + 1;
  names.forEach((name, place) => {
    locals.set(name, slot + place);
  });
  const start = reader.at;
  const body = parser.parseExpression();
  locals.clear();
  for (const [name, outerSlot] of outer) locals.set(name, outerSlot);
  return { kind: 'lambda', slot, hasIndex: names.length === 2, body, length: reader.at - start };
}

function parseOnly(parser: Parser, name: string): Node {
  const argument = parser.parseExpression();
  parser.reader.expect(')', `the argument of ${name}()`);
  return argument;
}

function parseHas(parser: Parser, start: number): Node {
  const path = parseOnly(parser, 'has');
  return path.kind === 'path'
    ? { kind: 'has', path }
    : parser.reader.failAt(start, 'has() needs a path: has($.input.name)');
}

function parseEnv(parser: Parser, start: number): Node {
  const name = parseOnly(parser, 'env');
  if (name.kind === 'literal' && typeof name.value === 'string') parser.referTo(['env', name.value], start);
  return { kind: 'env', name };
}

function parseSecret(parser: Parser, start: number): Node {
  const argument = parseOnly(parser, 'secret');
  if (argument.kind !== 'literal' || typeof argument.value !== 'string' || argument.value === '') {
    return parser.reader.failAt(start, 'secret() needs the name of a secret in quotes: secret("api-key")');
  }
  parser.referTo(['secrets', argument.value], start);
  return { kind: 'secret', name: argument.value };
}
