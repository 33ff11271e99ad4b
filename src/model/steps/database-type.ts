import { type Fields, optional, required } from '../fields/field.ts';
import { choice, type Kind, oneOrMore, text } from '../fields/kind.ts';
import { amount } from '../fields/time.ts';
import type { Sink } from '../sink.ts';
import { findEntry, type Spot } from '../yaml/tree.ts';
import { reportExactlyOne } from './basic-types.ts';
import { connectorStep } from './connector.ts';
import { handedOver } from './handed-over.ts';
import { commonFields } from './step-fields.ts';
import { stepType } from './step-type.ts';

/** What each operation needs, and what it may have besides. */
const operations = {
  insert: { needs: ['values'], may: ['returning'] },
  update: { needs: ['values', 'where'], may: ['returning'] },
  upsert: { needs: ['where'], may: ['values', 'returning'] },
  delete: { needs: ['where'], may: ['returning'] },
  select: { needs: [], may: ['where', 'columns', 'order_by', 'limit'] },
  find: { needs: [], may: ['where', 'columns', 'order_by', 'limit'] },
  find_one: { needs: [], may: ['where', 'columns', 'order_by'] },
} as const satisfies Record<string, { needs: readonly string[]; may: readonly string[] }>;

type Operation = keyof typeof operations;

/** By the name in the tables above; `values` may be given by the step's input. */
const operationFields = ['values', 'where', 'columns', 'order_by', 'limit', 'returning'] as const;
const aliases: Readonly<Record<string, readonly string[]>> = { values: ['values', 'data'] };

/** A text in which somebody expects values to be put. A dollar quote of PostgreSQL may hold `{` too. */
const sql: Kind<string> = {
  ...text,
  read(spot, sink) {
    const found = text.read(spot, sink);
    if (found === undefined || !/(?<!\$)\$\{/.test(found)) return found;
    sink.report(
      'VALUE_INVALID',
      spot,
      '"query" is sent as it is written: put :name for a value, and the value in "params"',
    );
    return undefined;
  },
};

/** `database`: a query with parameters, or one operation on a table. */
export const databaseType = stepType({
  name: 'database',
  doc: 'Runs a query with parameters, or one operation on a table.',
  common: commonFields,
  inheritsRetry: true,
  own: {
    connection: required('connection', text, 'A configured connection.'),
    query: optional('query', sql, 'The text of the query. Values go into `params`, never into the text.'),
    params: optional(
      'params',
      handedOver,
      'Values of the parameters, by name (`:name`) or by place. Default: the input.',
    ),
    operation: optional(
      'operation',
      choice('insert', 'update', 'upsert', 'delete', 'select', 'find', 'find_one'),
      'Instead of a query.',
    ),
    table: optional(['table', 'collection'], text, 'With `operation`.'),
    values: optional(
      ['values', 'data'],
      handedOver,
      'With `operation`: the columns, of `insert` a list of rows too. Default: the input.',
    ),
    where: optional('where', handedOver, 'With `operation`: the columns that tell which rows; a list means any of it.'),
    columns: optional('columns', oneOrMore(text), 'With `select`: the columns to read. Default: all.'),
    orderBy: optional('order_by', oneOrMore(text), 'With `select`: `column`, or `column desc`.'),
    limit: optional('limit', amount({ min: 1, max: 100_000 }), 'With `select`: at most so many rows.'),
    returning: optional('returning', oneOrMore(text), 'With a write: columns of its rows to give back.'),
  } satisfies Fields,
  draft(own, { spot, sink }) {
    reportExactlyOne(spot, sink, ['query', 'operation']);
    const { connection, query, operation, table, params, values, where, columns, orderBy, limit, returning } = own;
    if (findEntry(spot, 'query') === undefined) {
      if (operation !== undefined) reportForOperation(operation, spot, sink);
    } else if (findEntry(spot, 'operation') === undefined) {
      const reason = 'goes with "operation", not with "query"';
      reportNeedless(spot, sink, { fields: ['table', ...operationFields], reason });
    }
    return {
      build: ({ input, ...common }) =>
        connectorStep(common, 'database', {
          request:
            operation === undefined
              ? { params: params ?? input }
              : { values: values ?? (takesValues(operation) ? input : undefined), where, limit },
          settings: { connection, query, operation, table, columns, orderBy, returning },
          target: connection,
        }),
    };
  },
});

const takesValues = (operation: Operation): boolean => operation === 'insert' || operation === 'update';

function reportForOperation(operation: Operation, spot: Spot, sink: Sink): void {
  const { needs, may } = operations[operation];
  const known: readonly string[] = [...needs, ...may];
  const hasInput = ['input', 'data_mapping'].some((name) => findEntry(spot, name) !== undefined);
  for (const name of ['table', ...needs]) {
    if (entryOf(spot, name) === undefined && !(name === 'values' && hasInput)) {
      sink.report('FIELD_MISSING', spot, `"${operation}" needs "${name}"`);
    }
  }
  const needless = operationFields.filter((name) => !known.includes(name));
  reportNeedless(spot, sink, { fields: ['params', ...needless], reason: `has no meaning for "${operation}"` });
}

function reportNeedless(
  spot: Spot,
  sink: Sink,
  { fields, reason }: { fields: readonly string[]; reason: string },
): void {
  for (const name of fields) {
    const entry = entryOf(spot, name);
    if (entry) sink.report('FIELD_CONFLICT', entry, `"${entry.key}" ${reason}: leave it out`);
  }
}

function entryOf(spot: Spot, name: string): Spot | undefined {
  const names = name === 'table' ? ['table', 'collection'] : (aliases[name] ?? [name]);
  return names.map((each) => findEntry(spot, each)).find((entry) => entry !== undefined);
}
