/**
 * What the operators mean, on JSON values. Nothing is coerced: values of different types are unequal and unordered,
 * arithmetic takes numbers, and `+` also joins texts (a number beside a text is written out).
 */
import { deepEqual, isObject } from '../kit/json.ts';
import { failed, type Run } from './run.ts';
import type { ArithmeticOperator } from './syntax.ts';

/** Conditions, `&&`, `||`, `!` and `?:` take null, false, 0 and the empty text as false, everything else as true. */
export function isTruthy(value: unknown): boolean {
  return value !== null && value !== undefined && value !== false && value !== 0 && value !== '';
}

/** The name that `type()` and messages give a value. */
export function typeName(value: unknown): 'null' | 'boolean' | 'number' | 'string' | 'list' | 'object' {
  if (value === null || value === undefined) return 'null';
  if (Array.isArray(value)) return 'list';
  const type = typeof value;
  return type === 'boolean' || type === 'number' || type === 'string' ? type : 'object';
}

/** Deep, without coercion; lists and objects are paid for by their size. */
export function areEqual(run: Run, left: unknown, right: unknown): boolean {
  if (left === right) return true;
  if (typeof left === 'string' && typeof right === 'string') run.spend(left.length >> 10);
  if (typeof left !== 'object' || typeof right !== 'object' || left === null || right === null) return false;
  run.admitValue(left);
  run.admitValue(right);
  return deepEqual(left, right);
}

/** Below, equal or above zero as `left` sorts before, with or after `right`; NaN where the two have no order. */
export function compareOrder(run: Run, left: unknown, right: unknown): number {
  if (typeof left === 'number' && typeof right === 'number') return left - right;
  if (typeof left !== 'string' || typeof right !== 'string') return Number.NaN;
  run.spend(Math.min(left.length, right.length) >> 6);
  return compareText(left, right);
}

/** By Unicode code point (RFC 9535), which is the order of code units except around surrogates. */
function compareText(left: string, right: string): number {
  const end = Math.min(left.length, right.length);
  for (let place = 0; place < end; place += 1) {
    const a = left.charCodeAt(place);
    const b = right.charCodeAt(place);
    if (a !== b) return rank(a) - rank(b);
  }
  return left.length - right.length;
}

/** Moves surrogates, which stand for code points above U+FFFF, behind the rest. */
function rank(unit: number): number {
  return unit >= 0xd800 && unit <= 0xdfff ? unit + 0x10000 : unit;
}

/** `in`: an item of a list, a member's name of an object, a part of a text. Nothing is in null. */
export function isIn(run: Run, item: unknown, container: unknown): boolean {
  if (Array.isArray(container)) {
    run.spend(container.length);
    return container.some((candidate) => areEqual(run, item, candidate));
  }
  if (isObject(container)) return typeof item === 'string' && Object.hasOwn(container, item);
  if (typeof container === 'string') {
    if (typeof item !== 'string') return false;
    run.admitSearch(container.length, item.length);
    return container.includes(item);
  }
  if (container === null) return false;
  return failed(`in needs a list, an object or a string on its right, found ${typeName(container)}`);
}

export function applyArithmetic(
  run: Run,
  operator: ArithmeticOperator,
  operands: readonly [unknown, unknown],
): unknown {
  const [left, right] = operands;
  if (typeof left === 'number' && typeof right === 'number') return calculate(operator, left, right);
  if (operator === '+' && isTextual(left) && isTextual(right)) {
    const text = `${left}${right}`;
    run.admitText(text.length);
    return text;
  }
  const needs = operator === '+' ? 'two numbers, or strings to join' : 'two numbers';
  return failed(`${operator} needs ${needs}, found ${typeName(left)} ${operator} ${typeName(right)}`);
}

function isTextual(value: unknown): value is string | number {
  return typeof value === 'string' || typeof value === 'number';
}

function calculate(operator: ArithmeticOperator, left: number, right: number): number {
  if (right === 0 && (operator === '/' || operator === '%')) failed(`${left} ${operator} 0 has no value`);
  return asFinite(rawResult(operator, left, right));
}

function rawResult(operator: ArithmeticOperator, left: number, right: number): number {
  switch (operator) {
    case '+':
      return left + right;
    case '-':
      return left - right;
    case '*':
      return left * right;
    case '/':
      return left / right;
    case '%':
      return left % right;
  }
}

export function asFinite(value: number): number {
  return Number.isFinite(value) ? value : failed('the result is too large for a number');
}

export function negate(value: unknown): number {
  return typeof value === 'number' ? -value : failed(`- needs a number, found ${typeName(value)}`);
}

/** A value inside a text: strings as they are, null as nothing, lists and objects as JSON. */
export function toText(run: Run, value: unknown): string {
  if (typeof value === 'string') return value;
  if (value === null || value === undefined) return '';
  return typeof value === 'object' ? toJson(run, value) : String(value);
}

export function toJson(run: Run, value: unknown): string {
  run.admitValue(value);
  const text = JSON.stringify(value) ?? 'null';
  run.admitText(text.length);
  return text;
}
