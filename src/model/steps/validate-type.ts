import { expression, template } from '../fields/expression.ts';
import { type Fields, object, optional, required } from '../fields/field.ts';
import { choice, list } from '../fields/kind.ts';
import { plainName } from '../fields/name.ts';
import { schema } from '../fields/schema.ts';
import { purposes } from '../sink.ts';
import { commonFields } from './step-fields.ts';
import { laterType } from './step-type.ts';

/** `validate`: checks data against a schema and rules of quality. */
const quality = object('a quality rule', {
  name: required('name', plainName, 'The name it is counted by.'),
  condition: required('condition', expression({ ...purposes.condition, roots: ['item'] }), 'The test, on `$.item`.'),
  severity: optional('severity', choice('error', 'warning'), 'Default error.'),
  message: optional('message', template(purposes.value), 'For people.'),
} satisfies Fields);

export const validateType = laterType({
  name: 'validate',
  doc: 'Checks data against a schema and rules of quality.',
  common: commonFields,
  own: {
    data: optional('data', template(purposes.value), 'What is checked. Default: the input.'),
    schema: optional('schema', schema, 'What it must be.'),
    rules: optional('rules', list(quality, { min: 1 }), 'Rules, counted and shown.'),
    onInvalid: optional('on_invalid', choice('fail', 'continue'), 'Default fail.'),
  } satisfies Fields,
});
