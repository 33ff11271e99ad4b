/** Functions on numbers, and the statistics of lists. Statistics take one list or their numbers one by one. */
import { asFinite, compareOrder } from '../operators.ts';
import { failed } from '../run.ts';
import { type Builtin, builtin, type Call } from './call.ts';

const many = Number.POSITIVE_INFINITY;

export const numberFunctions: Readonly<Record<string, Builtin>> = {
  abs: builtin(1, 1, (call) => Math.abs(call.number(0))),
  floor: builtin(1, 1, (call) => Math.floor(call.number(0))),
  ceil: builtin(1, 1, (call) => Math.ceil(call.number(0))),
  round: builtin(1, 2, (call) => round(call.number(0), call.integer(1, { least: 0, most: 15, otherwise: 0 }))),
  sum: builtin(1, many, (call) => total(numbersOf(call))),
  avg: builtin(1, many, average),
  min: builtin(1, many, (call) => extreme(call, -1)),
  max: builtin(1, many, (call) => extreme(call, 1)),
  p50: builtin(1, 1, (call) => percentile(call, 50)),
  p90: builtin(1, 1, (call) => percentile(call, 90)),
  p95: builtin(1, 1, (call) => percentile(call, 95)),
  p99: builtin(1, 1, (call) => percentile(call, 99)),
};

/** Halves go away from zero, as on paper. The decimal point is shifted in the text: 1.005 * 100 is less than 100.5. */
function round(value: number, digits: number): number {
  const shifted = shiftPoint(Math.abs(value), digits);
  // From 2^53 on every number is whole, and the shift would only lose digits.
  if (shifted >= Number.MAX_SAFE_INTEGER) return value;
  return Math.sign(value) * shiftPoint(Math.round(shifted), -digits) + 0;
}

function shiftPoint(value: number, digits: number): number {
  const [mantissa = '0', exponent = '0'] = String(value).split('e');
  return Number(`${mantissa}e${Number(exponent) + digits}`);
}

function valuesOf(call: Call): readonly unknown[] {
  const isOneByOne = call.args.length > 1 || typeof call.value(0) === 'number';
  const values = isOneByOne ? call.args : call.list(0);
  call.run.spend(values.length);
  return values;
}

function numbersOf(call: Call): readonly number[] {
  return valuesOf(call).map((value, place) => (typeof value === 'number' ? value : failItem(call, place, 'numbers')));
}

function failItem(call: Call, place: number, expected: string): never {
  return failed(`${call.name}() needs ${expected}; item ${place} is something else`);
}

function total(numbers: readonly number[]): number {
  return asFinite(numbers.reduce((sum, number) => sum + number, 0));
}

/** Null for no numbers: there is no average of nothing. */
function average(call: Call): number | null {
  const numbers = numbersOf(call);
  return numbers.length === 0 ? null : total(numbers) / numbers.length;
}

/** Of numbers or of strings. Null for nothing. */
function extreme(call: Call, direction: 1 | -1): unknown {
  let best: unknown = null;
  valuesOf(call).forEach((value, place) => {
    const order = compareOrder(call.run, value, best === null ? value : best);
    if (Number.isNaN(order)) failItem(call, place, 'only numbers or only strings');
    if (best === null || order * direction > 0) best = value;
  });
  return best;
}

/** The nearest rank: the smallest value that at least this share of the values does not exceed. Null for nothing. */
function percentile(call: Call, percent: number): number | null {
  const numbers = [...numbersOf(call)].sort((a, b) => a - b);
  call.run.spend(numbers.length * 16);
  return numbers[Math.max(0, Math.ceil((percent / 100) * numbers.length) - 1)] ?? null;
}
