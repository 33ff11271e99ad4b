/** Orders numbers and picks from them. Both take a copy; an empty list is a mistake of the caller. */
import { present } from '../../src/kit/assert.ts';

export const median = (values: readonly number[]): number => quantile(values, 0.5);

/** The value that the given share of all values does not exceed. */
export function quantile(values: readonly number[], share: number): number {
  const sorted = Float64Array.from(values).sort();
  const place = Math.min(sorted.length - 1, Math.max(0, Math.ceil(sorted.length * share) - 1));
  return present(sorted[place], 'a value to take a quantile of');
}

/** Three significant digits, thousands told apart. */
export function formatNumber(value: number): string {
  const digits = value >= 100 ? 0 : value >= 10 ? 1 : 2;
  return value.toLocaleString('en', { minimumFractionDigits: digits, maximumFractionDigits: digits });
}
