import { type Purpose, purposes } from '../sink.ts';
import { isMap, nameOf, shorten, textOf } from '../yaml/tree.ts';
import { duration, durationExample } from './duration.ts';
import { expression, isExpressionText } from './expression.ts';
import { integer, type Kind, type Range, reportType } from './kind.ts';

/** Times and amounts that may be computed. */

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
