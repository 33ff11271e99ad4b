/**
 * Reads an expression: precedence climbing over a text, without a separate lexer, so that a path inside an expression
 * is read by the JSONPath parser in place and every offset is an offset in the user's own text.
 *
 * From loose to tight: `?:`, `??`, `||`, `&&`, `== !=`, `< <= > >= in`, `+ -`, `* / %`, `! -`, then `.name` and `[…]`.
 * Comparisons do not chain. A bare name that is no lambda parameter is a path: `input.id` is `$.input.id`.
 */
import type { Reference } from './expression.ts';
import { type PathHost, parseSegments } from './jsonpath-parse.ts';
import { parseCall } from './parse-call.ts';
import type { Reader } from './reader.ts';
import type {
  ArithmeticOperator,
  CompareOperator,
  LogicOperator,
  Member,
  Node,
  Operation,
  PathBase,
  Segment,
} from './syntax.ts';
import { staticPrefix } from './syntax.ts';

export class Parser {
  readonly reader: Reader;
  readonly references: Reference[] = [];
  /** Lambda parameters in reach by name; the value is the slot. */
  readonly locals = new Map<string, number>();
  private readonly host: PathHost;

  constructor(reader: Reader) {
    this.reader = reader;
    this.host = {
      computed: () => this.parseExpression(),
      found: (segments, offset) => this.referInFilter(segments, offset),
    };
  }

  parseExpression(): Node {
    return this.reader.nested(() => this.parseChoice());
  }

  private parseChoice(): Node {
    const test = this.parseLogic(0);
    if (!this.reader.takeSpaced('?')) return test;
    const yes = this.parseExpression();
    this.reader.expect(':', 'the first branch of ?:');
    return { kind: 'choice', test, yes, no: this.parseExpression() };
  }

  private parseLogic(level: number): Node {
    const operator = logicOperators[level];
    if (operator === undefined) return this.parseComparison(0);
    const first = this.parseLogic(level + 1);
    const operands = [first];
    while (this.reader.takeSpaced(operator)) operands.push(this.parseLogic(level + 1));
    return operands.length === 1 ? first : { kind: 'logic', operator, operands };
  }

  private parseComparison(level: number): Node {
    const operators = comparisonOperators[level];
    if (!operators) return this.parseArithmetic(0);
    const left = this.parseComparison(level + 1);
    const operator = this.readOperator(operators);
    if (!operator) return left;
    const node: Node = { kind: 'compare', operator, left, right: this.parseComparison(level + 1) };
    const again = this.readOperator(operators);
    if (again) this.failOnChain(operator, again);
    return node;
  }

  private failOnChain(first: string, second: string): never {
    const message = `${first} and ${second} cannot be chained; join two comparisons with &&`;
    return this.reader.failAt(this.reader.at - second.length, message);
  }

  private parseArithmetic(level: number): Node {
    const operators = arithmeticOperators[level];
    if (!operators) return this.parseUnary();
    const first = this.parseArithmetic(level + 1);
    const rest: Operation[] = [];
    for (let operator = this.readOperator(operators); operator; operator = this.readOperator(operators)) {
      rest.push({ operator, operand: this.parseArithmetic(level + 1) });
    }
    return rest.length === 0 ? first : { kind: 'arithmetic', first, rest };
  }

  /** Takes the first of the operators that stands here; `in` only as a whole word. */
  private readOperator<Operator extends CompareOperator | ArithmeticOperator>(
    operators: readonly Operator[],
  ): Operator | undefined {
    const { reader } = this;
    const start = reader.at;
    reader.skipSpace();
    const operator = operators.find((candidate) =>
      candidate === 'in' ? reader.readName() === 'in' : reader.take(candidate),
    );
    if (operator === undefined) reader.at = start;
    if (operator === '==' && reader.sees('=')) reader.failAt(reader.at - 2, 'equality is written ==', 3);
    return operator;
  }

  private parseUnary(): Node {
    const { reader } = this;
    reader.skipSpace();
    for (const operator of ['!', '-'] as const) {
      if (reader.take(operator)) return { kind: 'unary', operator, operand: reader.nested(() => this.parseUnary()) };
    }
    return this.parseOperand();
  }

  private parseOperand(): Node {
    const { reader } = this;
    const start = reader.at;
    const literal = reader.readNumber() ?? this.readText();
    if (literal !== undefined) return { kind: 'literal', value: literal };
    if (reader.take('${')) reader.failAt(start, 'an expression is open already: write the path without the braces');
    if (reader.take('$')) return this.finishPath({ kind: 'root' }, [], start);
    if (reader.take('(')) return this.finishPath({ kind: 'value', node: this.parseGroup() }, [], start);
    if (reader.take('[')) return this.finishPath({ kind: 'value', node: this.parseList() }, [], start);
    if (reader.take('{')) return this.finishPath({ kind: 'value', node: this.parseObject() }, [], start);
    return this.parseWord(start);
  }

  private parseGroup(): Node {
    const node = this.parseExpression();
    this.reader.expect(')', 'the expression in parentheses');
    return node;
  }

  private parseList(): Node {
    const items: Node[] = [];
    if (this.reader.takeSpaced(']')) return { kind: 'list', items };
    do items.push(this.parseExpression());
    while (this.reader.takeSpaced(','));
    this.reader.expect(']', 'the items of the list');
    return { kind: 'list', items };
  }

  private parseObject(): Node {
    const members: Member[] = [];
    if (this.reader.takeSpaced('}')) return { kind: 'object', members };
    do members.push(this.parseMember());
    while (this.reader.takeSpaced(','));
    this.reader.expect('}', 'the members of the object');
    return { kind: 'object', members };
  }

  private parseMember(): Member {
    const { reader } = this;
    reader.skipSpace();
    const name = this.readText() ?? reader.readName();
    if (name === undefined) return reader.fail(`expected the name of a member, found ${reader.found()}`);
    reader.expect(':', `the name ${name}`);
    return { name, value: this.parseExpression() };
  }

  /** Without NUL, with which the mark of a secret starts. */
  private readText(): string | undefined {
    const start = this.reader.at;
    const text = this.reader.readString();
    return text?.includes('\0') ? this.reader.failAt(start, 'a text must not hold NUL') : text;
  }

  private parseWord(start: number): Node {
    const { reader } = this;
    const word = reader.readName();
    if (word === undefined) return this.failOnOperand();
    if (Object.hasOwn(words, word)) return { kind: 'literal', value: words[word] ?? null };
    if (reader.takeSpaced('(')) {
      return this.finishPath({ kind: 'value', node: reader.nested(() => parseCall(this, word, start)) }, [], start);
    }
    const slot = this.locals.get(word);
    if (slot !== undefined) return this.finishPath({ kind: 'local', slot }, [], start);
    const [head = ''] = word.split('-');
    if (head !== word && this.locals.has(head)) {
      reader.failAt(start, `${word} reads as one name; a minus needs spaces around it`);
    }
    if (reader.takeSpaced('=>'))
      reader.failAt(start, 'a lambda can only be an argument of map, filter, any, all, sort, group_by or count');
    return this.finishPath(
      { kind: 'root' },
      [{ isDescendant: false, selectors: [{ kind: 'name', name: word }] }],
      start,
    );
  }

  private failOnOperand(): never {
    const { reader } = this;
    if (reader.sees('@')) reader.fail('@ stands for an item inside a filter [?…] only; a path starts with $');
    if (reader.sees('=')) reader.fail('equality is written ==');
    return reader.fail(`expected a value, found ${reader.found()}`);
  }

  /** The segments after a base, and what the whole means. */
  private finishPath(base: PathBase, head: readonly Segment[], start: number): Node {
    const segments = [...head, ...parseSegments(this.reader, this.host)];
    if (base.kind === 'value' && segments.length === 0) return base.node;
    if (base.kind !== 'root') return { kind: 'path', base, segments };
    this.refer(segments, start);
    return this.asReserved(segments, start) ?? { kind: 'path', base, segments };
  }

  /** `secrets.x` and `env.X` are no members of the scope: one is a reference, the other asks the configuration. */
  private asReserved(segments: readonly Segment[], start: number): Node | undefined {
    const [root, name, ...rest] = staticPrefix(segments);
    if (root !== 'secrets' && root !== 'env') return undefined;
    if (typeof name !== 'string' || rest.length > 0 || segments.length !== 2) {
      return this.reader.failAt(start, `${root} needs exactly one name: $.${root}.NAME`);
    }
    return root === 'secrets' ? { kind: 'secret', name } : { kind: 'env', name: { kind: 'literal', value: name } };
  }

  private referInFilter(segments: readonly Segment[], offset: number): void {
    const [root] = staticPrefix(segments);
    if (root === 'secrets' || root === 'env') this.reader.failAt(offset, `a filter cannot read ${root}`);
    this.refer(segments, offset);
  }

  /** Notes a `$` path that started at `offset` and ends where the reader stands. */
  refer(segments: readonly Segment[], offset: number): void {
    this.referTo(staticPrefix(segments), offset);
  }

  referTo(path: readonly (string | number)[], offset: number): void {
    this.references.push({ path, offset, length: this.reader.at - offset, pointer: '' });
  }
}

const words: Readonly<Record<string, boolean | null>> = { true: true, false: false, null: null };
const logicOperators: readonly LogicOperator[] = ['??', '||', '&&'];
const comparisonOperators: readonly (readonly CompareOperator[])[] = [
  ['==', '!='],
  ['<=', '>=', '<', '>', 'in'],
];
const arithmeticOperators: readonly (readonly ArithmeticOperator[])[] = [
  ['+', '-'],
  ['*', '/', '%'],
];
