import { present } from '../../kit/assert.ts';
import { template } from '../fields/expression.ts';
import { type Fields, optional, required } from '../fields/field.ts';
import { type Kind, reportType, text } from '../fields/kind.ts';
import { executorName } from '../fields/name.ts';
import { purposes, type Sink } from '../sink.ts';
import { findEntry, type Spot, shorten, textOf } from '../yaml/tree.ts';
import { commonFields } from './step-fields.ts';
import { stepType } from './step-type.ts';

/** Small steps without steps inside: `function`, `fail`. */
export const functionType = stepType({
  name: 'function',
  doc: 'Calls a function of an executor.',
  common: commonFields,
  own: {
    executor: required(['executor', 'service'], executorName, 'The service that registered the function.'),
    function: required(['function', 'method'], text, 'The name it was registered by.'),
  } satisfies Fields,
  inheritsRetry: true,
  draft: (own) => ({
    build: (common) => ({
      ...common,
      type: 'function',
      executor: present(own.executor, 'executor'),
      function: present(own.function, 'function'),
    }),
  }),
});

export const errorCode: Kind<string> = {
  expected: 'a code of letters, digits and "_", like PAYMENT_REFUSED',
  read(spot, sink) {
    const found = textOf(spot);
    if (found === undefined) return reportType(spot, sink, errorCode.expected);
    if (/^[A-Za-z][A-Za-z0-9_.-]{0,63}$/.test(found)) return found;
    sink.report('VALUE_INVALID', spot, `"${shorten(found)}" must be ${errorCode.expected}`);
    return undefined;
  },
  schema: () => ({ type: 'string', pattern: '^[A-Za-z][A-Za-z0-9_.-]{0,63}$' }),
};

export const failureFields = {
  code: optional('code', errorCode, 'The code of the error.'),
  message: optional('message', template(purposes.value), 'For people.'),
  details: optional('details', template(purposes.value), 'For programs.'),
} satisfies Fields;

export const failType = stepType({
  name: 'fail',
  doc: 'Ends the innermost list with an error.',
  common: commonFields,
  own: failureFields,
  draft: ({ code = 'FAILED', ...own }) => ({ build: (common) => ({ ...common, ...own, type: 'fail', code }) }),
});

/** One of several fields that exclude each other. */
export function reportExactlyOne(spot: Spot, sink: Sink, names: readonly string[], what = 'the step'): void {
  const found = names.flatMap((name) => findEntry(spot, name) ?? []);
  const choices = names.map((name) => `"${name}"`).join(' or ');
  if (found.length === 0) sink.report('FIELD_MISSING', spot, `${what} needs ${choices}`);
  for (const extra of found.slice(1)) {
    sink.report(
      'FIELD_CONFLICT',
      extra,
      `"${extra.key}" and "${found[0]?.key}" exclude each other: keep one of ${choices}`,
    );
  }
}
