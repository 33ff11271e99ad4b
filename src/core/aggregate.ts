/**
 * What an aggregate step does: groups of items, and statistics of each, in the move that came to it.
 *
 * Null and missing values are passed over, as in SQL; only a count without a field takes every item. Sums keep what
 * their parts lose to rounding (Neumaier), so neither the order nor the size of the parts shows in them.
 */
import { ExpressionFault, type Scope, type Template } from '../expression/expression.ts';
import { typeName } from '../expression/operators.ts';
import { canonicalJson, emptyObject, type Json } from '../kit/json.ts';
import type { Statistic } from '../model/definition.ts';
import { type MemberPath, valueAt } from './compile/member-path.ts';
import { Effort } from './effort.ts';
import { StepFault } from './errors.ts';
import { aggregatedItemsMax, groupsMax, listedDefault, listedTotalMax } from './limits.ts';

export interface AggregateWork {
  readonly kind: 'aggregate';
  readonly items: Template;
  readonly groupBy: readonly { readonly name: string; readonly path: MemberPath }[];
  readonly statistics: readonly NamedStatistic[];
}

interface NamedStatistic {
  readonly name: string;
  readonly path: MemberPath;
  readonly statistic: Statistic;
}

/** A list of groups in the order of their first items; without `group_by` the statistics of all items. */
export function aggregate(work: AggregateWork, scope: Scope): Json {
  const items = itemsOf(work.items.fill(scope));
  const effort = new Effort();
  effort.spend(items.length * (1 + work.statistics.length));
  const room = { left: listedTotalMax };
  if (work.groupBy.length === 0) return statisticsOf(work, { items, effort, room });
  return groupsOf(work, items, effort).map(({ values, members }) => {
    const group = emptyObject();
    for (const [place, { name }] of work.groupBy.entries()) group[name] = (values[place] ?? null) as Json;
    return Object.assign(group, statisticsOf(work, { items: members, effort, room }));
  });
}

function itemsOf(given: unknown): readonly Json[] {
  if (given === null || given === undefined) return [];
  if (!Array.isArray(given)) {
    throw new ExpressionFault('EXPRESSION_FAILED', `"items" gives no list but a ${typeName(given)}`);
  }
  if (given.length <= aggregatedItemsMax) return given as Json[];
  const message = `there are ${given.length} items, at most ${aggregatedItemsMax} are aggregated: do it in parts`;
  throw new StepFault('LIMIT_EXCEEDED', message);
}

interface Group {
  readonly values: readonly unknown[];
  readonly members: Json[];
}

function groupsOf(work: AggregateWork, items: readonly Json[], effort: Effort): readonly Group[] {
  const groups = new Map<string, Group>();
  for (const item of items) {
    const values = work.groupBy.map(({ path }) => valueAt(item, path));
    const key = canonicalJson(values);
    effort.spend(1 + (key.length >> 3));
    const group = groups.get(key);
    if (group) group.members.push(item);
    else groups.set(key, { values, members: [item] });
    if (groups.size > groupsMax) {
      throw new StepFault('LIMIT_EXCEEDED', `the items make more than ${groupsMax} groups: group by fewer fields`);
    }
  }
  return [...groups.values()];
}

interface Given {
  readonly items: readonly Json[];
  readonly effort: Effort;
  /** Values that lists may still keep. */
  readonly room: { left: number };
}

function statisticsOf({ statistics }: AggregateWork, given: Given): Record<string, Json> {
  const result = emptyObject();
  for (const named of statistics) result[named.name] = statisticOf(named, given);
  return result;
}

function statisticOf(named: NamedStatistic, { items, effort, room }: Given): Json {
  const { statistic, path } = named;
  if (statistic.function === 'count' && statistic.field === undefined) return items.length;
  const values = items.map((item) => valueAt(item, path) as Json);
  const there = values.filter((value) => value !== null);
  switch (statistic.function) {
    case 'count':
      return there.length;
    case 'first':
      return there[0] ?? null;
    case 'last':
      return there.at(-1) ?? null;
    case 'distinct':
      return distinct(there, effort);
    case 'list':
      return listed(there, statistic.limit ?? listedDefault, room);
    case 'sum':
      return finite(named, sum(numbersOf(named, values)));
    case 'avg':
      return there.length === 0 ? null : finite(named, sum(numbersOf(named, values)) / there.length);
    case 'min':
      return extreme(named, values, -1);
    case 'max':
      return extreme(named, values, 1);
    case 'percentile':
      effort.spend(there.length * 4);
      return percentile(numbersOf(named, values), statistic.percentile / 100);
  }
}

function distinct(values: readonly Json[], effort: Effort): number {
  const keys = new Set<string>();
  for (const value of values) {
    const key = canonicalJson(value);
    effort.spend(1 + (key.length >> 3));
    keys.add(key);
  }
  return keys.size;
}

function listed(values: readonly Json[], limit: number, room: { left: number }): readonly Json[] {
  const kept = values.slice(0, limit);
  room.left -= kept.length;
  if (room.left >= 0) return kept;
  const message = `the lists of all groups keep more than ${listedTotalMax} values: give "list" a smaller limit`;
  throw new StepFault('LIMIT_EXCEEDED', message);
}

/** The numbers among the values; null is passed over, anything else is a mistake in the data. */
function numbersOf(named: NamedStatistic, values: readonly Json[]): number[] {
  const numbers: number[] = [];
  for (const [place, value] of values.entries()) {
    if (typeof value === 'number') numbers.push(value);
    else if (value !== null) fail(named, `needs numbers, item ${place} has a ${typeName(value)}`);
  }
  return numbers;
}

function fail({ name, statistic }: NamedStatistic, what: string): never {
  const of = statistic.field === undefined ? '' : ` of "${statistic.field}"`;
  throw new ExpressionFault('EXPRESSION_FAILED', `"${name}": ${statistic.function}${of} ${what}`);
}

function finite(named: NamedStatistic, value: number): number {
  return Number.isFinite(value) ? value : fail(named, 'is too large for a number');
}

/** Neumaier's sum: what each addition loses is added up beside, and put back at the end. */
function sum(numbers: readonly number[]): number {
  let total = 0;
  let lost = 0;
  for (const number of numbers) {
    const next = total + number;
    lost += Math.abs(total) >= Math.abs(number) ? total - next + number : number - next + total;
    total = next;
  }
  return Number.isFinite(lost) ? total + lost : total;
}

/** Of numbers or of texts. */
function extreme(named: NamedStatistic, values: readonly Json[], direction: 1 | -1): Json {
  let best: number | string | null = null;
  for (const [place, value] of values.entries()) {
    if (value === null) continue;
    const isOrdered = typeof value === 'number' || typeof value === 'string';
    if (!isOrdered || (best !== null && typeof value !== typeof best)) {
      return fail(named, `needs only numbers or only texts, item ${place} has a ${typeName(value)}`);
    }
    if (best === null || (direction > 0 ? value > best : value < best)) best = value;
  }
  return best;
}

/** Between two values it is interpolated, as SQL's percentile_cont does. Null for nothing. */
function percentile(numbers: number[], share: number): number | null {
  const sorted = Float64Array.from(numbers).sort();
  const place = share * (sorted.length - 1);
  const below = sorted[Math.floor(place)];
  if (below === undefined) return null;
  const above = sorted[Math.ceil(place)] ?? below;
  const way = place - Math.floor(place);
  const distance = above - below;
  // Between huge numbers of both signs even the distance is too large for a number.
  return Number.isFinite(distance) ? below + distance * way : below * (1 - way) + above * way;
}
