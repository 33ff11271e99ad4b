/** Reads the filter of a path (`?@.price < 10`): RFC 9535 section 2.3.5 with its rules on types, and nothing else. */
import { type PathHost, parseSegments } from './jsonpath-parse.ts';
import type { Reader } from './reader.ts';
import {
  type Filter,
  type FilterCall,
  type FilterFunction,
  type FilterOperator,
  isSingular,
  type Operand,
} from './syntax.ts';

type ArgumentType = 'value' | 'nodes';

const functions: Readonly<Record<FilterFunction, { args: readonly ArgumentType[]; gives: 'value' | 'truth' }>> = {
  length: { args: ['value'], gives: 'value' },
  count: { args: ['nodes'], gives: 'value' },
  value: { args: ['nodes'], gives: 'value' },
  match: { args: ['value', 'value'], gives: 'truth' },
  search: { args: ['value', 'value'], gives: 'truth' },
};

const operators: readonly FilterOperator[] = ['==', '!=', '<=', '>=', '<', '>'];

/** A logical expression: `||` binds loosest, then `&&`, then `!`, comparisons and parentheses. */
export function parseFilter(reader: Reader, host: PathHost): Filter {
  return parseTerms(reader, 'or', () => parseTerms(reader, 'and', () => parseTerm(reader, host)));
}

function parseTerms(reader: Reader, kind: 'or' | 'and', parse: () => Filter): Filter {
  const first = parse();
  const terms = [first];
  while (reader.takeSpaced(kind === 'or' ? '||' : '&&')) terms.push(parse());
  return terms.length === 1 ? first : { kind, terms };
}

function parseTerm(reader: Reader, host: PathHost): Filter {
  reader.skipSpace();
  const isNegated = reader.take('!');
  reader.skipSpace();
  if (reader.take('(')) {
    const inner = reader.nested(() => parseFilter(reader, host));
    reader.expect(')', 'the condition');
    return isNegated ? { kind: 'not', term: inner } : inner;
  }
  const start = reader.at;
  const left = parseOperand(reader, host);
  const operator = isNegated ? undefined : readOperator(reader);
  if (operator === undefined) {
    const term = asTest(reader, left, start);
    return isNegated ? { kind: 'not', term } : term;
  }
  checkComparable(reader, left, start);
  reader.skipSpace();
  const rightStart = reader.at;
  const right = parseOperand(reader, host);
  checkComparable(reader, right, rightStart);
  return { kind: 'compare', operator, left, right };
}

function readOperator(reader: Reader): FilterOperator | undefined {
  return operators.find((operator) => reader.takeSpaced(operator));
}

function asTest(reader: Reader, operand: Operand, start: number): Filter {
  if (operand.kind === 'query') return { kind: 'exists', query: operand };
  if (operand.kind === 'literal') return reader.failAt(start, 'a literal is no condition; compare it with something');
  if (functions[operand.name].gives === 'truth') return { kind: 'test', call: operand };
  return reader.failAt(start, `${operand.name}() gives a value, which is no condition; compare it with something`);
}

function checkComparable(reader: Reader, operand: Operand, start: number): void {
  if (operand.kind === 'query' && !isSingular(operand.segments)) {
    reader.failAt(start, 'only a path to one value can be compared');
  }
  if (operand.kind === 'call' && functions[operand.name].gives === 'truth') {
    reader.failAt(start, `${operand.name}() is a condition by itself and cannot be compared`);
  }
}

function parseOperand(reader: Reader, host: PathHost): Operand {
  const start = reader.at;
  const text = reader.readString();
  if (text !== undefined) return { kind: 'literal', value: text };
  if (reader.take('@')) return { kind: 'query', isAbsolute: false, segments: parseSegments(reader, host) };
  if (reader.take('$')) {
    const segments = parseSegments(reader, host);
    host.found(segments, start);
    return { kind: 'query', isAbsolute: true, segments };
  }
  return parseNumber(reader) ?? parseWord(reader, host);
}

function parseNumber(reader: Reader): Operand | undefined {
  const isNegative = reader.take('-');
  const value = reader.readNumber();
  if (value !== undefined) return { kind: 'literal', value: isNegative ? -value : value };
  return isNegative ? reader.fail('expected a digit after -') : undefined;
}

function parseWord(reader: Reader, host: PathHost): Operand {
  const start = reader.at;
  const word = reader.readName();
  if (word === 'true' || word === 'false') return { kind: 'literal', value: word === 'true' };
  if (word === 'null') return { kind: 'literal', value: null };
  if (word === undefined) return reader.fail(`expected @, $, a literal or a function, found ${reader.found()}`);
  if (!isFilterFunction(word)) {
    return reader.failAt(start, `${word} is no function of a filter; there are ${Object.keys(functions).join(', ')}`);
  }
  if (!reader.take('(')) return reader.fail(`expected ( right after ${word}`);
  return { kind: 'call', name: word, args: reader.nested(() => parseArguments(reader, host, word)) };
}

function isFilterFunction(word: string): word is FilterFunction {
  return Object.hasOwn(functions, word);
}

function parseArguments(reader: Reader, host: PathHost, name: FilterFunction): FilterCall['args'] {
  const args = functions[name].args.map((type, place) => {
    if (place > 0) reader.expect(',', `argument ${place} of ${name}()`);
    reader.skipSpace();
    const start = reader.at;
    const operand = parseOperand(reader, host);
    if (type === 'value') checkComparable(reader, operand, start);
    else if (operand.kind !== 'query') reader.failAt(start, `${name}() needs a path`);
    return operand;
  });
  reader.expect(')', `the arguments of ${name}()`);
  return args;
}
