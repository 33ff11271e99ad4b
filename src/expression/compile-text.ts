/**
 * One expression inside a text: read, checked and turned into code. It is where syntax ends and what a text may hold
 * (`compile.ts`, `template.ts`) begins.
 */
import type { Reference } from './expression.ts';
import { generate, isConstant } from './generate.ts';
import { Parser } from './parse.ts';
import type { Reader } from './reader.ts';
import type { Code } from './run.ts';
import { checkSecrets } from './secrets.ts';
import { isSingular, type Node } from './syntax.ts';

export interface CompiledText {
  readonly code: Code;
  readonly references: readonly Reference[];
  readonly isConstant: boolean;
}

/** Reads an expression up to the closing lexeme, which is taken; an empty one stands for the end of the text. */
export function compileText(reader: Reader, closing: '}' | ''): CompiledText {
  const start = reader.at;
  const parser = new Parser(reader);
  const node = parser.parseExpression();
  reader.skipSpace();
  if (closing === '' ? !reader.isAtEnd : !reader.take(closing)) failOnRest(reader, closing);
  checkSecrets(reader, node, start);
  const references = parser.references.sort((a, b) => a.offset - b.offset);
  return { code: checked(node, generate(node)), references, isConstant: isConstant(node) };
}

const hints: Readonly<Record<string, string>> = {
  '=': 'equality is written ==',
  '&': 'and is written &&',
  '|': 'or is written ||',
  and: 'and is written &&',
  or: 'or is written ||',
  $: 'an operator is missing before the path',
};

function failOnRest(reader: Reader, closing: string): never {
  const found = reader.found();
  const hint = Object.hasOwn(hints, found) ? `; ${hints[found]}` : '';
  return reader.fail(`expected an operator or ${closing === '' ? 'the end' : closing}, found ${found}${hint}`);
}

/** A result that the expression put together is measured: parts can be shared, so it can be huge when it is stored. */
function checked(node: Node, code: Code): Code {
  if (!mayShareParts(node)) return code;
  return (run) => {
    const value = code(run);
    run.admitValue(value);
    return value;
  };
}

function mayShareParts(node: Node): boolean {
  switch (node.kind) {
    case 'path':
      return !isSingular(node.segments) || node.base.kind === 'value';
    case 'list':
    case 'object':
    case 'choice':
    case 'call':
      return !isConstant(node);
    case 'logic':
      return node.operator === '??';
    default:
      return false;
  }
}
