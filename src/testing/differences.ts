import { isObject, type Json } from '../kit/json.ts';
import { differenceLinesMax, shownLengthMax } from './limits.ts';

/** One place where a value is not what was expected. */
export interface Difference {
  /** From the value that is compared, as an expression would go on: `.items[2].price`; empty for the value itself. */
  readonly path: string;
  /** Undefined where nothing was expected there, or nothing is there. */
  readonly expected: Json | undefined;
  readonly actual: Json | undefined;
}

/**
 * Where `actual` is not `expected`. With `isPartial` members that are not expected may be there; lists have the same
 * length all the same, their items may hold more. Bounded: the rest is left out once there are enough.
 */
export function differences(expected: Json, actual: Json | undefined, isPartial = false): readonly Difference[] {
  const found: Difference[] = [];
  compare({ found, isPartial }, { path: '', expected, actual });
  return found;
}

interface Comparison {
  readonly found: Difference[];
  readonly isPartial: boolean;
}

function compare(comparison: Comparison, { path, expected, actual }: Difference): void {
  if (comparison.found.length > differenceLinesMax) return;
  if (Array.isArray(expected) && Array.isArray(actual)) return compareLists(comparison, path, { expected, actual });
  if (isObject(expected) && isObject(actual)) return compareObjects(comparison, path, { expected, actual });
  if (expected !== actual) comparison.found.push({ path, expected, actual });
}

type Pair<T> = { readonly expected: T; readonly actual: T };

function compareLists(comparison: Comparison, path: string, { expected, actual }: Pair<readonly Json[]>): void {
  for (let index = 0; index < Math.max(expected.length, actual.length); index += 1) {
    compare(comparison, { path: `${path}[${index}]`, expected: expected[index], actual: actual[index] });
  }
}

function compareObjects(
  comparison: Comparison,
  path: string,
  { expected, actual }: Pair<Record<string, unknown>>,
): void {
  const names = comparison.isPartial
    ? Object.keys(expected)
    : [...new Set([...Object.keys(expected), ...Object.keys(actual)])];
  for (const name of names) {
    const pair = { expected: own(expected, name), actual: own(actual, name) };
    compare(comparison, { path: `${path}.${name}`, ...pair });
  }
}

const own = (value: Record<string, unknown>, name: string): Json | undefined =>
  Object.hasOwn(value, name) ? (value[name] as Json) : undefined;

/** For people: a line a difference. */
export function differenceLines(subject: string, found: readonly Difference[]): readonly string[] {
  const lines = found.slice(0, differenceLinesMax).map(({ path, expected, actual }) => {
    const at = `${subject}${path}`;
    if (actual === undefined) return `${at} is missing, expected ${shown(expected)}`;
    if (expected === undefined) return `${at} is ${shown(actual)}, nothing was expected there`;
    return `${at} is ${shown(actual)}, expected ${shown(expected)}`;
  });
  return found.length > differenceLinesMax ? [...lines, '… and more'] : lines;
}

export function shown(value: Json | undefined): string {
  const text = JSON.stringify(value) ?? 'nothing';
  return text.length > shownLengthMax ? `${text.slice(0, shownLengthMax)}…` : text;
}
