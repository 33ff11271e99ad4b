import { type Fields, optional, required } from '../fields/field.ts';
import { choice, text } from '../fields/kind.ts';
import { amount } from '../fields/time.ts';
import { reportExactlyOne } from './basic-types.ts';
import { handedOver } from './handed-over.ts';
import { commonFields } from './step-fields.ts';
import { laterType, unavailable } from './step-type.ts';

/** `database`: a query with parameters, or one operation on a table. */
export const databaseType = laterType({
  name: 'database',
  doc: 'Runs a query with parameters, or one operation on a table.',
  common: commonFields,
  own: {
    connection: required('connection', text, 'A configured connection.'),
    query: optional('query', text, 'The text of the query. Values go into `params`, never into the text.'),
    params: optional('params', handedOver, 'Values of the parameters, by place or by name.'),
    operation: optional(
      'operation',
      choice('insert', 'update', 'upsert', 'delete', 'select', 'find', 'find_one'),
      'Instead of a query.',
    ),
    table: optional(['table', 'collection'], text, 'With `operation`.'),
    values: optional(['values', 'data'], handedOver, 'With `operation`: the columns.'),
    where: optional('where', handedOver, 'With `operation`: which rows.'),
    limit: optional('limit', amount({ min: 1, max: 100_000 }), 'At most so many rows.'),
  } satisfies Fields,
  draft(_own, { spot, sink }) {
    reportExactlyOne(spot, sink, ['query', 'operation']);
    return { build: unavailable('database') };
  },
});
