/**
 * The tests of a validate step. Each is made once per pass of the step, for some remember the items before, and then
 * asked item by item: nothing where the item passes, else what is wrong with it and where.
 *
 * A value that is missing or null breaks `required` alone, as in SQL and JSON Schema.
 */
import type { Expression, Scope, Template } from '../expression/expression.ts';
import { isTruthy, typeName } from '../expression/operators.ts';
import { compilePattern } from '../expression/pattern.ts';
import { present } from '../kit/assert.ts';
import { canonicalJson } from '../kit/json.ts';
import type { QualityTest } from '../model/definition.ts';
import { expressionOf, templateOf } from './compile/compile-text.ts';
import { type MemberPath, memberPathOf, pointerTo, valueAt } from './compile/member-path.ts';
import type { Effort } from './effort.ts';

export interface Flaw {
  readonly message: string;
  /** JSON pointer into the item. */
  readonly pointer: string;
}

/** Compiled once per version; begun once per pass. `scope` has the item as `$.item` when a test is asked. */
export type CompiledTest = (scope: Scope, effort: Effort) => AskedTest;
export type AskedTest = (item: unknown, index: number) => Flaw | undefined;

export function compileTest(test: QualityTest): CompiledTest {
  switch (test.kind) {
    case 'condition':
      return conditionTest(expressionOf(test.condition));
    case 'range':
      return rangeTest(memberPathOf(test.field), { min: templateOf(test.min), max: templateOf(test.max) });
    case 'unique':
      return uniqueTest(test.fields.map(memberPathOf));
    case 'reference':
      return referenceTest(memberPathOf(test.field), templateOf(test.in));
    case 'required':
      return requiredTest(test.fields.map(memberPathOf));
    case 'pattern':
      return patternTest(memberPathOf(test.field), test.pattern);
  }
}

/** Characters that are read for the price of one operation. */
const charactersPerOperation = 8;

function conditionTest(condition: Expression): CompiledTest {
  const price = 1 + Math.ceil(condition.text.length / charactersPerOperation);
  return (scope, effort) => () => {
    effort.spend(price);
    if (isTruthy(condition.evaluate(scope))) return undefined;
    return { message: `${condition.text} does not hold`, pointer: '' };
  };
}

function rangeTest(field: MemberPath, edges: { min: Template | undefined; max: Template | undefined }): CompiledTest {
  return (scope, effort) => {
    const min = edges.min?.fill(scope);
    const max = edges.max?.fill(scope);
    const wanted = wantedRange(min, max);
    return (item) => {
      effort.spend(1);
      const value = valueAt(item, field);
      const isInside = (min === undefined || isOrdered(min, value)) && (max === undefined || isOrdered(value, max));
      return value === null || isInside ? undefined : flawAt(field, `must be ${wanted}, it is ${shown(value)}`);
    };
  };
}

/** False where the two have no order: numbers are ordered among numbers, texts among texts. */
function isOrdered(low: unknown, high: unknown): boolean {
  if (typeof low === 'number' && typeof high === 'number') return low <= high;
  return typeof low === 'string' && typeof high === 'string' && low <= high;
}

function wantedRange(min: unknown, max: unknown): string {
  if (min === undefined) return `at most ${shown(max)}`;
  return max === undefined ? `at least ${shown(min)}` : `from ${shown(min)} to ${shown(max)}`;
}

function uniqueTest(fields: readonly MemberPath[]): CompiledTest {
  return (_scope, effort) => {
    const seen = new Map<string, number>();
    return (item, index) => {
      const values = fields.map((field) => valueAt(item, field));
      if (values.includes(null)) return undefined;
      const key = keyOf(values, effort);
      const first = seen.get(key);
      if (first === undefined) seen.set(key, index);
      if (first === undefined) return undefined;
      const names = fields.map((field) => `"${field.join('.')}"`).join(' and ');
      const pointer = fields.length === 1 ? pointerTo(present(fields[0], 'the field')) : '';
      return { message: `${names} is the same as in item ${first}`, pointer };
    };
  };
}

function referenceTest(field: MemberPath, known: Template): CompiledTest {
  return (scope, effort) => {
    const list = known.fill(scope);
    const keys = new Set((Array.isArray(list) ? list : []).map((value) => keyOf(value, effort)));
    return (item) => {
      const value = valueAt(item, field);
      if (value === null || keys.has(keyOf(value, effort))) return undefined;
      return flawAt(field, `is ${shown(value)}, which is none of the ${keys.size} known values`);
    };
  };
}

function requiredTest(fields: readonly MemberPath[]): CompiledTest {
  return (_scope, effort) => (item) => {
    effort.spend(fields.length);
    const missing = fields.find((field) => valueAt(item, field) === null);
    return missing && flawAt(missing, 'is missing');
  };
}

function patternTest(field: MemberPath, source: string): CompiledTest {
  const pattern = present(compilePattern(source), `the pattern ${source}`);
  const size = pattern.programSize();
  return (_scope, effort) => (item) => {
    const value = valueAt(item, field);
    if (value === null) return undefined;
    if (typeof value !== 'string') return flawAt(field, `must be a text, it is ${shown(value)}`);
    effort.spend(1 + Math.ceil((value.length * size) / 128));
    return pattern.test(value) ? undefined : flawAt(field, `does not match ${source}, it is ${shown(value)}`);
  };
}

/** One text for equal values, and different ones for values of different types. */
function keyOf(value: unknown, effort: Effort): string {
  const key = canonicalJson(value);
  effort.spend(1 + Math.ceil(key.length / charactersPerOperation));
  return key;
}

const flawAt = (field: MemberPath, what: string): Flaw => ({
  message: `"${field.join('.')}" ${what}`,
  pointer: pointerTo(field),
});

const shownMax = 60;

function shown(value: unknown): string {
  if (typeof value === 'object' && value !== null) return `a ${typeName(value)}`;
  const text = JSON.stringify(value) ?? 'null';
  return text.length > shownMax ? `${text.slice(0, shownMax)}…` : text;
}
