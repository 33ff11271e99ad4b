/**
 * Templates: values of a definition whose strings may be expressions.
 *
 * A string is an expression where it starts with `$.`, is `$`, or is one whole `${…}`; its value keeps its type. In
 * every other string each `${…}` is replaced by its value as text: null as nothing, lists and objects as JSON. `$$.` at
 * the start is a literal `$.`, `$$` alone a `$`, `$${` anywhere a literal `${`. Names of members are never templates.
 *
 * What holds no expression is constant: it is shared between fills, not copied.
 */
import type { Json } from '../kit/json.ts';
import { type CompiledText, compileText } from './compile-text.ts';
import type { ExpressionProblem, Reference } from './expression.ts';
import { generateObject } from './generate.ts';
import { expressionLengthMax, interpolationLengthMax, valueDepthMax } from './limits.ts';
import { toText } from './operators.ts';
import { Reader, Unreadable } from './reader.ts';
import type { Code } from './run.ts';

/** A part of an interpolated text. */
type Part = string | Code;

export class TemplateCompiler {
  readonly problems: ExpressionProblem[] = [];
  readonly references: Reference[] = [];

  /** The code that fills the value, undefined where the value stands for itself. Problems are collected. */
  compile(value: Json, pointer: string, depth = 0): Code | undefined {
    if (typeof value === 'string') return this.compileString(value, pointer);
    if (typeof value !== 'object' || value === null) return undefined;
    if (depth >= valueDepthMax) {
      this.note({
        message: `the value is nested more than ${valueDepthMax} levels deep`,
        offset: 0,
        length: 0,
        pointer,
      });
      return undefined;
    }
    return isList(value) ? this.compileList(value, pointer, depth) : this.compileObject(value, pointer, depth);
  }

  private compileList(items: readonly Json[], pointer: string, depth: number): Code | undefined {
    const codes = items.map((item, place) => this.compile(item, `${pointer}/${place}`, depth + 1));
    if (codes.every((code) => code === undefined)) return undefined;
    const parts = codes.map((code, place) => code ?? constantly(items[place]));
    return (run) => parts.map((part) => part(run));
  }

  private compileObject(value: { readonly [name: string]: Json }, pointer: string, depth: number): Code | undefined {
    const members = Object.entries(value).map(([name, item]) => {
      if (name.includes('\0')) this.note({ message: 'a name must not hold NUL', offset: 0, length: 0, pointer });
      return { name, item, code: this.compile(item, `${pointer}/${escapePointer(name)}`, depth + 1) };
    });
    if (members.every(({ code }) => code === undefined)) return undefined;
    return generateObject(members.map(({ name, item, code }) => [name, code ?? constantly(item)]));
  }

  private compileString(text: string, pointer: string): Code | undefined {
    try {
      if (text.includes('\0')) new Reader(text, text.indexOf('\0')).fail('a text must not hold NUL');
      if (text === '$' || text.startsWith('$.')) return this.compileExpressionText(text, pointer);
      return text.includes('${') || text.startsWith('$$') ? this.compileInterpolation(text, pointer) : undefined;
    } catch (problem) {
      if (!(problem instanceof Unreadable)) throw problem;
      const { message, offset, length } = problem;
      this.note({ message, offset, length, pointer });
      return undefined;
    }
  }

  private compileExpressionText(text: string, pointer: string): Code {
    const reader = new Reader(text);
    limitLength(reader, expressionLengthMax);
    try {
      return this.take(compileText(reader, ''), pointer);
    } catch (problem) {
      if (!(problem instanceof Unreadable)) throw problem;
      return reader.failAt(
        problem.offset,
        `${problem.message} (a text that starts with $. is written $$.)`,
        problem.length,
      );
    }
  }

  private compileInterpolation(text: string, pointer: string): Code {
    const reader = new Reader(text);
    limitLength(reader, interpolationLengthMax);
    const parts = this.readParts(reader, pointer);
    const [only] = parts;
    if (parts.length === 1 && only !== undefined) return typeof only === 'string' ? constantly(only) : only;
    return (run) => {
      let filled = '';
      for (const part of parts) {
        filled += typeof part === 'string' ? part : toText(run, part(run));
        run.admitText(filled.length);
      }
      return filled;
    };
  }

  private readParts(reader: Reader, pointer: string): readonly Part[] {
    const parts: Part[] = [];
    let literal = readLeadingEscape(reader);
    while (!reader.isAtEnd) {
      if (reader.take('$${')) {
        literal += '${';
      } else if (reader.take('${')) {
        if (literal !== '') parts.push(literal);
        literal = '';
        parts.push(this.take(compileText(reader, '}'), pointer));
      } else {
        literal += readPlain(reader);
      }
    }
    if (literal !== '') parts.push(literal);
    return parts;
  }

  private take({ code, references }: CompiledText, pointer: string): Code {
    for (const reference of references) this.references.push({ ...reference, pointer });
    return code;
  }

  private note(problem: ExpressionProblem): void {
    this.problems.push(problem);
  }
}

function readLeadingEscape(reader: Reader): string {
  if (reader.text === '$$') reader.at = reader.text.length;
  else if (!reader.take('$$.')) return '';
  return reader.text === '$$' ? '$' : '$.';
}

/** Everything up to the next dollar sign; one dollar sign where it stands for itself. */
function readPlain(reader: Reader): string {
  const next = reader.text.indexOf('$', reader.at + 1);
  const end = next < 0 ? reader.text.length : next;
  const plain = reader.text.slice(reader.at, end);
  reader.at = end;
  return plain;
}

function limitLength(reader: Reader, lengthMax: number): void {
  const { length } = reader.text;
  if (length > lengthMax)
    reader.failAt(0, `a text with an expression in it must not be longer than ${lengthMax} characters`, length);
}

function constantly(value: unknown): Code {
  return () => value;
}

function isList(value: Json): value is readonly Json[] {
  return Array.isArray(value);
}

/** RFC 6901. */
function escapePointer(name: string): string {
  return name.replaceAll('~', '~0').replaceAll('/', '~1');
}
