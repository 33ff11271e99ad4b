/**
 * The texts of a definition as functions.
 *
 * A definition reaches this point only after the model found no error in it, so what does not compile here is a defect
 * of the checks, not of the user's text.
 */

import { compileExpression, compileTemplate } from '../../expression/compile.ts';
import { type Compiled, type Expression, ExpressionFault, type Template } from '../../expression/expression.ts';
import { assert } from '../../kit/assert.ts';
import { parseDuration } from '../../kit/duration.ts';
import type { Json } from '../../kit/json.ts';
import type { Amount, Timing } from '../../model/definition.ts';
import type { AmountOf, DurationOf } from '../program.ts';

export function durationOf(timing: Timing | undefined): DurationOf | undefined {
  if (timing === undefined) return undefined;
  if (typeof timing === 'number') return () => timing;
  const template = required(compileTemplate(timing));
  return (scope) => millisecondsOf(template.fill(scope));
}

/** Of a limit: null leaves it out, and what is no duration fails the step, which would go on without it. */
export function timeLimitOf(field: string, timing: Timing | undefined): DurationOf | undefined {
  if (timing === undefined || typeof timing === 'number') return durationOf(timing);
  const template = required(compileTemplate(timing));
  return (scope) => {
    const value = template.fill(scope);
    const limitMs = millisecondsOf(value);
    if (limitMs !== undefined || value === null) return limitMs;
    const found = JSON.stringify(value).slice(0, 80);
    throw new ExpressionFault('EXPRESSION_FAILED', `"${field}" gives ${found}, which is no duration like 15s or PT15S`);
  };
}

function millisecondsOf(value: unknown): number | undefined {
  if (typeof value === 'string') return parseDuration(value);
  return typeof value === 'number' && value >= 0 ? value : undefined;
}

export function amountOf(amount: Amount | undefined): AmountOf | undefined {
  if (amount === undefined) return undefined;
  if (typeof amount === 'number') return () => amount;
  const template = required(compileTemplate(amount));
  return (scope) => {
    const value = template.fill(scope);
    return Number.isInteger(value) && (value as number) >= 1 ? (value as number) : undefined;
  };
}

export function templateOf(value: Json): Template;
export function templateOf(value: Json | undefined): Template | undefined;
export function templateOf(value: Json | undefined): Template | undefined {
  return value === undefined ? undefined : required(compileTemplate(value));
}

export function expressionOf(text: string): Expression {
  return required(compileExpression(text));
}

function required<T>(compiled: Compiled<T>): T {
  assert(
    compiled.ok,
    `a deployed definition holds a bad expression: ${compiled.ok ? '' : compiled.problems[0]?.message}`,
  );
  return compiled.value;
}
