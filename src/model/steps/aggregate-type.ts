import { template } from '../fields/expression.ts';
import { type Fields, object, optional, required } from '../fields/field.ts';
import { choice, oneOrMore, record, text } from '../fields/kind.ts';
import { plainName } from '../fields/name.ts';
import { purposes } from '../sink.ts';
import { commonFields } from './step-fields.ts';
import { laterType } from './step-type.ts';

/** `aggregate`: groups items and computes statistics. */
const statistic = object('a statistic', {
  function: required(
    'function',
    choice('count', 'sum', 'avg', 'min', 'max', 'median', 'p95', 'p99', 'distinct'),
    'What is computed.',
  ),
  field: optional('field', text, 'Of which member.'),
} satisfies Fields);

export const aggregateType = laterType({
  name: 'aggregate',
  doc: 'Groups items and computes statistics.',
  common: commonFields,
  own: {
    items: required(['items', 'data'], template(purposes.value), 'The list.'),
    groupBy: optional('group_by', oneOrMore(text), 'Members that make a group.'),
    statistics: optional(['statistics', 'aggregations'], record(plainName, statistic), 'Statistics by name.'),
  } satisfies Fields,
});
