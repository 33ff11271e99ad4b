/**
 * The door of the room: texts and templates in, compiled functions or every problem found out. Never throws.
 */
import type { Json } from '../kit/json.ts';
import { type CompiledText, compileText } from './compile-text.ts';
import type { Compiled, Expression, ExpressionProblem, Reference, Scope, Template } from './expression.ts';
import { expressionLengthMax } from './limits.ts';
import { Reader, Unreadable } from './reader.ts';
import { Run } from './run.ts';
import { TemplateCompiler } from './template.ts';

/** A text that is always an expression: a condition, a source, a rule. One that is wholly `${…}` is accepted too. */
export function compileExpression(text: string): Compiled<Expression> {
  if (text.length > expressionLengthMax) {
    const message = `the expression is longer than ${expressionLengthMax} characters`;
    return { ok: false, problems: [{ message, offset: 0, length: text.length, pointer: '' }] };
  }
  try {
    const { code, references } = compileWhole(text);
    return { ok: true, value: { text, references, evaluate: (scope: Scope) => code(new Run(scope)) } };
  } catch (problem) {
    return { ok: false, problems: [asProblem(problem)] };
  }
}

function compileWhole(text: string): CompiledText {
  const reader = new Reader(text);
  reader.skipSpace();
  if (reader.isAtEnd) reader.fail('the expression is empty');
  if (!reader.take('${')) return compileText(reader, '');
  const compiled = compileText(reader, '}');
  reader.skipSpace();
  if (!reader.isAtEnd)
    reader.failAt(0, 'this is an expression already: write its paths without the braces', text.length);
  return compiled;
}

function asProblem(problem: unknown): ExpressionProblem {
  if (!(problem instanceof Unreadable)) throw problem;
  return { message: problem.message, offset: problem.offset, length: problem.length, pointer: '' };
}

/** Any JSON value: its strings are expressions, interpolations or texts, as `template.ts` tells them apart. */
export function compileTemplate(value: Json): Compiled<Template> {
  const compiler = new TemplateCompiler();
  const code = compiler.compile(value, '');
  if (compiler.problems.length > 0) return { ok: false, problems: compiler.problems };
  const { references } = compiler;
  if (!code) return { ok: true, value: { references, isConstant: true, fill: () => value } };
  return { ok: true, value: { references, isConstant: false, fill: (scope: Scope) => code(new Run(scope)) } };
}

/** Names of the secrets that an expression or a template mentions, where it mentions any. */
export function secretsOf(compiled: { readonly references: readonly Reference[] }): readonly string[] {
  const names = compiled.references.filter(({ path }) => path[0] === 'secrets').map(({ path }) => String(path[1]));
  return [...new Set(names)];
}
