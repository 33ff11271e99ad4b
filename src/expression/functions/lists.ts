/** Functions on lists: those with a lambda, and those that make lists of lists. None changes its argument. */
import { canonicalJson, emptyObject } from '../../kit/json.ts';
import { itemsMax } from '../limits.ts';
import { compareOrder, isTruthy, toText, typeName } from '../operators.ts';
import { failed, type Lambda, type Run, tooCostly } from '../run.ts';
import { type Builtin, builtin, type Call, lambdaBuiltin } from './call.ts';

export const listFunctions: Readonly<Record<string, Builtin>> = {
  map: lambdaBuiltin(2, (call) => mapped(call, itemLambda(call))),
  filter: lambdaBuiltin(2, (call) => call.list(0).filter(testOf(call))),
  any: lambdaBuiltin(1, (call) => call.list(0).some(testOf(call))),
  all: lambdaBuiltin(1, (call) => call.list(0).every(testOf(call))),
  count: lambdaBuiltin(1, (call) => (call.has(1) ? call.list(0).filter(testOf(call)).length : call.list(0).length)),
  sort: lambdaBuiltin(1, sort),
  group_by: { least: 2, most: 2, lambda: 'or-name', apply: groupBy },
  unique: builtin(1, 1, unique),
  flatten: builtin(1, 2, (call) => flatten(call, call.list(0), call.integer(1, { least: 0, most: 100, otherwise: 1 }))),
  chunk: builtin(2, 2, chunk),
  range: builtin(1, 3, range),
};

const identity: Lambda = (_run, item) => item;

function itemLambda(call: Call): Lambda {
  return call.lambda(1) ?? identity;
}

function mapped(call: Call, lambda: Lambda): unknown[] {
  const list = call.list(0);
  call.run.admitItems(list.length);
  return list.map((item, place) => lambda(call.run, item, place));
}

/** The lambda's truth for an item; without a lambda the item's own. */
function testOf(call: Call): (item: unknown, place: number) => boolean {
  const lambda = itemLambda(call);
  call.run.spend(call.list(0).length);
  return (item, place) => isTruthy(lambda(call.run, item, place));
}

/** By the lambda's key or the items themselves; the keys are all numbers or all strings, null goes last. Stable. */
function sort(call: Call): unknown {
  const list = call.list(0);
  const keys = mapped(call, itemLambda(call));
  call.run.spend(list.length * 16);
  const places = keys.map((_, place) => place);
  places.sort((a, b) => compareKeys(call.run, keys[a], keys[b]));
  return places.map((place) => list[place]);
}

function compareKeys(run: Run, a: unknown, b: unknown): number {
  if (a === null || b === null) return Number(a === null) - Number(b === null);
  const order = compareOrder(run, a, b);
  return Number.isNaN(order) ? failed(`sort() cannot order ${typeName(a)} and ${typeName(b)}`) : order;
}

/** An object of lists, by the lambda's key or by the member of this name. */
function groupBy(call: Call): unknown {
  const name = call.value(1);
  const lambda = typeof name === 'string' ? memberOf(name) : itemLambda(call);
  const keys = mapped(call, lambda);
  const groups = emptyObject<unknown[]>();
  call.list(0).forEach((item, place) => {
    const key = toText(call.run, keys[place]);
    const group = groups[key];
    if (group) group.push(item);
    else groups[key] = [item];
  });
  return groups;
}

function memberOf(name: string): Lambda {
  return (_run, item) =>
    typeof item === 'object' && item !== null && Object.hasOwn(item, name)
      ? (item as Record<string, unknown>)[name]
      : null;
}

/** The first of each set of equal items. */
function unique(call: Call): unknown {
  const list = call.list(0);
  const seenValues = new Set<unknown>();
  const seenTexts = new Set<string>();
  call.run.admitItems(list.length);
  return list.filter((item) => {
    const isStructure = typeof item === 'object' && item !== null;
    call.run.admitValue(item);
    const sizeBefore = seenValues.size + seenTexts.size;
    // Equal lists and objects have one canonical text.
    if (isStructure) seenTexts.add(canonicalJson(item));
    else seenValues.add(item);
    return seenValues.size + seenTexts.size > sizeBefore;
  });
}

function flatten(call: Call, list: readonly unknown[], levels: number): readonly unknown[] {
  const flat: unknown[] = [];
  for (const item of list) {
    const items = Array.isArray(item) && levels > 0 ? flatten(call, item, levels - 1) : [item];
    call.run.admitItems(items.length);
    for (const inner of items) flat.push(inner);
    if (flat.length > itemsMax) tooCostly(`it makes a list of more than ${itemsMax} items`);
  }
  return flat;
}

function chunk(call: Call): unknown {
  const list = call.list(0);
  const size = call.integer(1, { least: 1, most: itemsMax });
  call.run.admitItems(list.length);
  return Array.from({ length: Math.ceil(list.length / size) }, (_, place) =>
    list.slice(place * size, (place + 1) * size),
  );
}

/** `range(end)`, `range(start, end)`, `range(start, end, step)`: from start on, without the end. */
function range(call: Call): unknown {
  const [start, end] = call.has(1) ? [call.number(0), call.number(1)] : [0, call.number(0)];
  const step = call.number(2, 1);
  if (step === 0) failed('range() needs a step other than 0');
  const length = Math.max(0, Math.ceil((end - start) / step));
  call.run.admitItems(length);
  return Array.from({ length }, (_, place) => start + place * step);
}
