import { parseDuration } from '../../kit/duration.ts';
import { type Purpose, purposes, type Sink } from '../sink.ts';
import { isMap, nameOf, type Spot, shorten, textOf } from '../yaml/tree.ts';
import { expression, isExpressionText } from './expression.ts';
import { integer, type Kind, type Range, reportType } from './kind.ts';

/** Durations, times and amounts. Durations are milliseconds in the normal form. */
const durationExample = 'a duration with its unit: 500ms, 15s, 10m, 24h, 7d, 1h30m or PT15S';

/** A fixed duration of at least `minMs`. */
export function duration(minMs = 0): Kind<number> {
  return {
    expected: durationExample,
    read: (spot, sink) => readDuration(spot, sink, minMs),
    schema: () => ({ type: 'string', examples: ['500ms', '15s', '10m', '24h', '7d', '1h30m', 'PT15S'] }),
  };
}

function readDuration(spot: Spot, sink: Sink, minMs: number): number | undefined {
  const { node } = spot;
  if (node.kind !== 'scalar' || node.value === null || typeof node.value === 'boolean')
    return reportType(spot, sink, durationExample);
  const durationMs = typeof node.value === 'number' ? undefined : parseDuration(node.value);
  if (durationMs !== undefined && durationMs >= minMs) return durationMs;
  const reason = durationMs === undefined ? `is not ${durationExample}` : `is too short: at least ${minMs}ms`;
  const hint = typeof node.value === 'number' ? `; "${node.value}s" is ${node.value} seconds` : '';
  sink.report('DURATION_INVALID', spot, `"${nameOf(spot)}": ${shorten(String(node.value))} ${reason}${hint}`);
  return undefined;
}

/** A duration, or an expression that gives one when the step is scheduled. */
export function timing(minMs = 0, purpose: Purpose = purposes.value): Kind<number | string> {
  const fixed = duration(minMs);
  const computed = expression(purpose);
  return {
    expected: `${durationExample}, or an expression`,
    read: (spot, sink) => (isExpressionText(textOf(spot)) ? computed : fixed).read(spot, sink),
    schema: () => fixed.schema(),
  };
}

/** A whole number, or an expression that gives one. */
export function amount(range: Range): Kind<number | string> {
  const fixed = integer(range);
  const computed = expression(purposes.value);
  return {
    expected: `${fixed.expected}, or an expression`,
    read: (spot, sink) => (isExpressionText(textOf(spot)) ? computed : fixed).read(spot, sink),
    schema: () => ({ anyOf: [fixed.schema(), { type: 'string' }] }),
  };
}

const isoTime = /^\d{4}-\d{2}-\d{2}(?:T\d{2}:\d{2}(?::\d{2}(?:\.\d{1,9})?)?(?:Z|[+-]\d{2}:\d{2}))?$/;

/** A time with its zone (a date alone is midnight UTC), or an expression that gives one. */
export const time: Kind<string> = {
  expected: 'a time with its zone like 2030-01-31T09:00:00Z, or an expression',
  read(spot, sink) {
    const found = textOf(spot);
    if (found === undefined || isMap(spot)) return reportType(spot, sink, time.expected);
    if (isExpressionText(found)) return expression(purposes.value).read(spot, sink);
    if (isoTime.test(found) && !Number.isNaN(Date.parse(found))) return found;
    sink.report('VALUE_INVALID', spot, `"${nameOf(spot)}" must be ${time.expected}, it is "${shorten(found)}"`);
    return undefined;
  },
  schema: () => ({ type: 'string' }),
};
