/**
 * A cursor over a text, and the lexemes that expressions and JSONPath share: names, numbers and strings as RFC 9535
 * spells them. What cannot be read is thrown as `Unreadable` with its place; only the compile functions catch it.
 */
import { nestingMax } from './limits.ts';

export class Unreadable extends Error {
  override readonly name = 'Unreadable';
  readonly offset: number;
  readonly length: number;

  constructor(message: string, offset: number, length: number) {
    super(message);
    this.offset = offset;
    this.length = length;
  }
}

const escapes: Readonly<Record<string, string>> = { b: '\b', f: '\f', n: '\n', r: '\r', t: '\t', '/': '/', '\\': '\\' };

// Sticky patterns over fixed, linear shapes: they read at `lastIndex` and never look back.
const spacePattern = /[ \t\n\r]*/y;
const letter = '\\u0080-\\uD7FF\\uE000-\\uFFFF\\u{10000}-\\u{10FFFF}';
const namePattern = new RegExp(`[A-Za-z_${letter}][\\w${letter}]*(?:-+[\\w${letter}]+)*`, 'uy');
const numberPattern = /(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y;
const integerPattern = /0|-?[1-9]\d*/y;
const hexPattern = /[0-9a-fA-F]{4}/y;

export class Reader {
  readonly text: string;
  at: number;
  private nesting = 0;

  constructor(text: string, at = 0) {
    this.text = text;
    this.at = at;
  }

  get isAtEnd(): boolean {
    return this.at >= this.text.length;
  }

  /** The next code unit, empty at the end. */
  peek(): string {
    return this.text.charAt(this.at);
  }

  sees(lexeme: string): boolean {
    return this.text.startsWith(lexeme, this.at);
  }

  take(lexeme: string): boolean {
    if (!this.sees(lexeme)) return false;
    this.at += lexeme.length;
    return true;
  }

  /** Takes a lexeme that may have white space before it. Where it is absent nothing is taken. */
  takeSpaced(lexeme: string): boolean {
    const start = this.at;
    this.skipSpace();
    if (this.take(lexeme)) return true;
    this.at = start;
    return false;
  }

  expect(lexeme: string, after: string): void {
    this.skipSpace();
    if (!this.take(lexeme)) this.fail(`expected ${lexeme} after ${after}, found ${this.found()}`);
  }

  skipSpace(): void {
    this.match(spacePattern);
  }

  /** Names may hold hyphens that stand between name characters (`validate-user`). */
  readName(): string | undefined {
    return this.match(namePattern);
  }

  /** A number without sign. */
  readNumber(): number | undefined {
    const start = this.at;
    const lexeme = this.match(numberPattern);
    if (lexeme === undefined) return undefined;
    if (/[\w]/.test(this.peek())) this.failAt(start, `${this.wordAt(start)} is no number`);
    const value = Number(lexeme);
    if (!Number.isFinite(value)) this.failAt(start, 'the number is too large');
    return value;
  }

  /** A whole number with sign, as index selectors have it. */
  readInteger(): number | undefined {
    const start = this.at;
    const lexeme = this.match(integerPattern);
    if (lexeme === undefined) return undefined;
    const value = Number(lexeme);
    if (!Number.isSafeInteger(value)) this.failAt(start, 'an index lies between -(2^53)+1 and (2^53)-1');
    return value;
  }

  /** A string in single or double quotes, without them. */
  readString(): string | undefined {
    const quote = this.peek();
    if (quote !== '"' && quote !== "'") return undefined;
    const start = this.at;
    this.at += 1;
    let value = '';
    while (!this.take(quote)) {
      if (this.isAtEnd) this.failAt(start, `the text that starts here is not closed with ${quote}`);
      value += this.readCharacter(quote);
    }
    return value;
  }

  private readCharacter(quote: string): string {
    const code = this.text.codePointAt(this.at) ?? 0;
    if (code < 0x20) this.fail('a control character in a text must be escaped (a line break is \\n)');
    if (isSurrogate(code)) this.fail('a text must not hold half of a surrogate pair');
    const character = String.fromCodePoint(code);
    this.at += character.length;
    return character === '\\' ? this.readEscape(quote) : character;
  }

  private readEscape(quote: string): string {
    const start = this.at - 1;
    const letter = this.peek();
    this.at += 1;
    if (letter === quote) return quote;
    if (letter === 'u') return this.readUnicodeEscape(start);
    const character = Object.hasOwn(escapes, letter) ? escapes[letter] : undefined;
    return character ?? this.failAt(start, `\\${letter} is no escape; a backslash itself is written \\\\`);
  }

  private readUnicodeEscape(start: number): string {
    const unit = this.readHex(start);
    if (!isSurrogate(unit)) return String.fromCharCode(unit);
    const low = unit < 0xdc00 && this.take('\\u') ? this.readHex(start) : 0;
    if (low < 0xdc00 || low > 0xdfff) this.failAt(start, 'a text must not hold half of a surrogate pair');
    return String.fromCharCode(unit, low);
  }

  private readHex(start: number): number {
    const digits = this.match(hexPattern);
    return digits === undefined ? this.failAt(start, '\\u needs four hexadecimal digits') : Number.parseInt(digits, 16);
  }

  /** Runs a parser one level deeper. */
  nested<T>(parse: () => T): T {
    if (this.nesting >= nestingMax) this.fail(`the expression is nested more than ${nestingMax} levels deep`);
    this.nesting += 1;
    const result = parse();
    this.nesting -= 1;
    return result;
  }

  /** The next thing in the text, for messages. */
  found(): string {
    if (this.isAtEnd) return 'the end';
    return this.wordAt(this.at);
  }

  private wordAt(at: number): string {
    return /^(?:[\w-]{1,40}|.)/su.exec(this.text.slice(at, at + 64))?.[0] ?? 'the end';
  }

  fail(message: string): never {
    return this.failAt(this.at, message, this.isAtEnd ? 0 : this.found().length);
  }

  failAt(offset: number, message: string, length = this.at - offset): never {
    throw new Unreadable(message, offset, Math.max(0, Math.min(length, this.text.length - offset)));
  }

  private match(pattern: RegExp): string | undefined {
    pattern.lastIndex = this.at;
    const lexeme = pattern.exec(this.text)?.[0];
    if (lexeme !== undefined) this.at += lexeme.length;
    return lexeme;
  }
}

function isSurrogate(code: number): boolean {
  return code >= 0xd800 && code <= 0xdfff;
}
