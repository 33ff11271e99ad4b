/** For tests: scopes over plain objects, evaluation in one call, and claims over many texts at once. */
import { assert, present } from '../kit/assert.ts';
import { deepEqual, type Json } from '../kit/json.ts';
import { seededRandom } from '../kit/random.ts';
import { compileExpression, compileTemplate } from './compile.ts';
import { type Compiled, ExpressionFault, type ExpressionProblem, type Scope } from './expression.ts';

export type Roots = Readonly<Record<string, unknown>>;

/** 2026-03-04T05:06:07.089Z, seed 1, and one variable of the environment: REGION. */
export function makeScope(roots: Roots = {}): Scope {
  const random = seededRandom(1);
  return {
    root: (name) => (name === '' ? roots : Object.hasOwn(roots, name) ? roots[name] : undefined),
    nowMs: Date.UTC(2026, 2, 4, 5, 6, 7, 89),
    random: () => random.next(),
    env: (name) => (name === 'REGION' ? 'eu-1' : undefined),
  };
}

/** The value, as JSON would carry it: objects have the ordinary prototype. */
export function evaluate(text: string, roots?: Roots): unknown {
  return asJson(getCompiled(compileExpression(text), text).evaluate(makeScope(roots)));
}

export function fill(value: Json, roots?: Roots): unknown {
  return asJson(getCompiled(compileTemplate(value), JSON.stringify(value)).fill(makeScope(roots)));
}

function getCompiled<T>(compiled: Compiled<T>, text: string): T {
  if (compiled.ok) return compiled.value;
  throw new Error(`${text}: ${compiled.problems[0]?.message}`);
}

function asJson(value: unknown): unknown {
  assert(value !== undefined, 'an evaluation gives null, not undefined');
  return JSON.parse(JSON.stringify(value));
}

/** Each text gives the value beside it. */
export function assertValues(cases: readonly (readonly [string, unknown])[], roots?: Roots): void {
  for (const [text, expected] of cases) {
    const actual = evaluate(text, roots);
    assert(deepEqual(actual, expected), `${text} gave ${JSON.stringify(actual)}, not ${JSON.stringify(expected)}`);
  }
}

/** Each text compiles and then fails with a message of this shape. */
export function assertFaults(cases: readonly (readonly [string, RegExp])[], roots?: Roots): void {
  for (const [text, message] of cases) {
    const fault = getFault(text, roots);
    assert(fault.code === 'EXPRESSION_FAILED' && message.test(fault.message), `${text} failed with ${fault.message}`);
  }
}

/** The fault that an evaluation ends in. */
export function getFault(text: string, roots?: Roots): ExpressionFault {
  try {
    evaluate(text, roots);
  } catch (error) {
    if (error instanceof ExpressionFault) return error;
    throw error;
  }
  throw new Error(`${text} should fail`);
}

/** The problem for which a text is refused. */
export function getProblem(text: string): ExpressionProblem {
  const compiled = compileExpression(text);
  return present(compiled.ok ? undefined : compiled.problems[0], `the problem of ${text}`);
}
