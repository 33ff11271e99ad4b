/**
 * One evaluation: its scope, the values of its lambda parameters and what it may still spend.
 *
 * Only loops spend, so straight-line expressions pay nothing. Every bound ends in the same fault, with the limit and
 * what to do in its message.
 */
import { isObject } from '../kit/json.ts';
import { ExpressionFault, type Scope } from './expression.ts';
import {
  itemsMax,
  operationsMax,
  pathNodesMax,
  textLengthMax,
  valueCharactersMax,
  valueDepthMax,
  valuePartsMax,
} from './limits.ts';

/** A compiled piece of an expression. Gives a JSON value, never undefined. */
export type Code = (run: Run) => unknown;

/** A compiled lambda: called with an item and its place. */
export type Lambda = (run: Run, item: unknown, index: number) => unknown;

export class Run {
  readonly scope: Scope;
  /** Values of lambda parameters by slot; the parser gave each parameter in reach its own slot. */
  readonly locals: unknown[] = [];
  private operationsLeft = operationsMax;
  private pathNodesLeft = pathNodesMax;

  constructor(scope: Scope) {
    this.scope = scope;
  }

  spend(operations: number): void {
    this.operationsLeft -= operations;
    this.scope.effort?.spend(operations);
    if (this.operationsLeft < 0) tooCostly(`it takes more than ${operationsMax} steps; work on fewer items`);
  }

  visit(nodes: number): void {
    this.pathNodesLeft -= nodes;
    if (this.pathNodesLeft < 0) tooCostly(`its paths pass more than ${pathNodesMax} values; make them narrower`);
  }

  /** Asked before a text of this length is made. */
  admitText(length: number): void {
    if (length > textLengthMax) tooCostly(`it makes a text longer than ${textLengthMax} characters`);
    this.spend(1 + (length >> 4));
  }

  /** Asked before a list of this length is made. */
  admitItems(count: number): void {
    if (count > itemsMax) tooCostly(`it makes a list of more than ${itemsMax} items`);
    this.spend(1 + count);
  }

  /** Asked before a value is walked whole (compared, printed, returned): it can share parts and be huge in print. */
  admitValue(value: unknown): void {
    if (typeof value !== 'object' || value === null) return;
    const size = { parts: 0, characters: 0 };
    measure(value, size, valueDepthMax);
    this.spend((size.parts >> 1) + (size.characters >> 6));
  }

  /** Asked before a part is looked for in a text: the platform's search takes text times part at worst. */
  admitSearch(textLength: number, partLength: number): void {
    this.spend((textLength >> 6) + (textLength >> 8) * (partLength >> 8));
  }
}

function measure(value: unknown, size: { parts: number; characters: number }, depthLeft: number): void {
  if (typeof value === 'string') size.characters += value.length;
  if (Array.isArray(value)) {
    enter(value.length, size, depthLeft);
    for (const item of value) measure(item, size, depthLeft - 1);
  } else if (isObject(value)) {
    const names = Object.keys(value);
    enter(names.length, size, depthLeft);
    for (const name of names) {
      size.characters += name.length;
      measure(value[name], size, depthLeft - 1);
    }
  }
  if (size.characters > valueCharactersMax)
    tooCostly(`it works on a value of more than ${valueCharactersMax} characters`);
}

function enter(partCount: number, size: { parts: number }, depthLeft: number): void {
  size.parts += partCount;
  if (size.parts > valuePartsMax) tooCostly(`it works on a value of more than ${valuePartsMax} parts`);
  if (depthLeft <= 0) tooDeep();
}

export function tooDeep(): never {
  return tooCostly(`it works on a value nested more than ${valueDepthMax} levels deep`);
}

export function tooCostly(reason: string): never {
  throw new ExpressionFault('EXPRESSION_TOO_COSTLY', `The expression was stopped: ${reason}.`);
}

/** An operand that has no answer. The message says what was expected and what was found. */
export function failed(message: string): never {
  throw new ExpressionFault('EXPRESSION_FAILED', message);
}
