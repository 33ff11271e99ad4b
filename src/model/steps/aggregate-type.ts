import type { Statistic } from '../definition.ts';
import { template } from '../fields/expression.ts';
import { type Fields, object, optional, required } from '../fields/field.ts';
import { choice, integer, type Kind, number, oneOrMore, record } from '../fields/kind.ts';
import { lastName, memberPath } from '../fields/member-path.ts';
import { plainName } from '../fields/name.ts';
import { groupFieldsMax, listedMax, statisticsMax } from '../limits.ts';
import { purposes, type Sink } from '../sink.ts';
import { entrySpot, findEntry, isMap, type Spot } from '../yaml/tree.ts';
import { recordedFields } from './step-fields.ts';
import { stepType } from './step-type.ts';

/** `aggregate`: groups items and computes statistics of them. */
const percents = { median: 50, p50: 50, p75: 75, p90: 90, p95: 95, p99: 99 } as const;

const plain = object('a statistic', {
  function: required(
    'function',
    choice(
      ...(['count', 'sum', 'avg', 'min', 'max', 'distinct', 'first', 'last', 'list', 'percentile'] as const),
      ...(Object.keys(percents) as (keyof typeof percents)[]),
    ),
    'What is computed.',
  ),
  field: optional('field', memberPath, 'Of which member. Default: of the items themselves.'),
  percentile: optional('percentile', number({ min: 0, max: 100 }), 'With the function percentile: 0 to 100.'),
  limit: optional(
    'limit',
    integer({ min: 1, max: listedMax }),
    'With the function list: how many values. Default 100.',
  ),
} satisfies Fields);

const statistic: Kind<Statistic> = {
  expected: plain.expected,
  read(spot, sink) {
    const read = plain.read(spot, sink);
    if (read?.function === undefined) return undefined;
    reportMisplaced(spot, sink, { only: 'percentile', by: read.function, isNeeded: true });
    reportMisplaced(spot, sink, { only: 'list', field: 'limit', by: read.function });
    const { function: name, percentile, ...more } = read;
    if (name === 'percentile') return { ...more, function: 'percentile', percentile: percentile ?? 0 };
    return isPercent(name)
      ? { ...more, function: 'percentile', percentile: percents[name] }
      : { ...more, function: name };
  },
  schema: () => plain.schema(),
};

const isPercent = (name: string): name is keyof typeof percents => Object.hasOwn(percents, name);

/** A field that belongs to one function. */
function reportMisplaced(
  spot: Spot,
  sink: Sink,
  { only, field = only, by, isNeeded = false }: { only: string; field?: string; by: string; isNeeded?: boolean },
): void {
  const entry = findEntry(spot, field);
  if (entry && by !== only)
    sink.report('FIELD_CONFLICT', entry, `"${field}" belongs to the function ${only}, not to ${by}`);
  if (!entry && by === only && isNeeded) sink.report('FIELD_MISSING', spot, `the function ${only} needs "${field}"`);
}

export const aggregateType = stepType({
  name: 'aggregate',
  doc: 'Groups items and computes statistics.',
  common: recordedFields,
  own: {
    items: required(['items', 'data'], template(purposes.value), 'The list.'),
    groupBy: optional('group_by', oneOrMore(memberPath, { max: groupFieldsMax }), 'Members whose values make a group.'),
    statistics: required(['statistics', 'aggregations'], record(plainName, statistic), 'Statistics by name.'),
  } satisfies Fields,
  draft({ items = null, groupBy = [], statistics = {} }, { spot, sink }) {
    reportStatistics(spot, sink, groupBy);
    return { build: (common) => ({ ...common, type: 'aggregate', items, groupBy, statistics }) };
  },
});

/** Each name of the result means one thing. */
function reportStatistics(spot: Spot, sink: Sink, groupBy: readonly string[]): void {
  const names = new Set<string>();
  for (const path of groupBy) {
    const name = lastName(path);
    if (names.has(name)) {
      sink.report('NAME_DUPLICATE', findEntry(spot, 'group_by') ?? spot, `two fields of "group_by" end in "${name}"`);
    }
    names.add(name);
  }
  const written = findEntry(spot, 'statistics') ?? findEntry(spot, 'aggregations');
  if (!written || !isMap(written)) return;
  const { entries } = written.node;
  if (entries.length > statisticsMax || entries.length === 0) {
    const message = `"${written.key}" has ${entries.length} members, it may have 1 to ${statisticsMax}`;
    sink.report(entries.length === 0 ? 'VALUE_INVALID' : 'LIMIT_EXCEEDED', written, message);
  }
  for (const entry of entries) {
    if (!names.has(entry.key)) continue;
    const message = `"${entry.key}" names a statistic and a field of "group_by": rename the statistic`;
    sink.report('NAME_DUPLICATE', entrySpot(written, entry), message);
  }
}
