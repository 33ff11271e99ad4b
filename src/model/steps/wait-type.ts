import { expression, isExpressionText, template } from '../fields/expression.ts';
import { type Fields, object, optional, type Read, required } from '../fields/field.ts';
import { type Kind, list } from '../fields/kind.ts';
import { plainName } from '../fields/name.ts';
import { amount, time, timing } from '../fields/time.ts';
import { alternativesMax, signalsTakenMax } from '../limits.ts';
import { purposes, type Sink } from '../sink.ts';
import { findEntry, isList, itemSpots, type Spot, shorten, textOf } from '../yaml/tree.ts';
import { reportExactlyOne } from './basic-types.ts';
import { guardedFields } from './step-fields.ts';
import { stepType } from './step-type.ts';

/** `wait`: for a time, for signals, or for whichever of several comes first. */
const count = amount({ min: 1, max: signalsTakenMax });

const take: Kind<'first' | 'all' | number | string> = {
  expected: `first, all or how many (${count.expected})`,
  read(spot, sink) {
    const found = textOf(spot);
    if (found === 'first' || found === 'all') return found;
    if (found === undefined || isExpressionText(found)) return count.read(spot, sink);
    sink.report('VALUE_INVALID', spot, `"${spot.key}" must be ${take.expected}, it is "${shorten(found)}"`);
    return undefined;
  },
  schema: () => ({ anyOf: [{ enum: ['first', 'all'] }, count.schema()] }),
};

/** What one alternative waits for; a step that waits for one thing has the same fields. */
const awaitable = {
  duration: optional('duration', timing(), 'How long.'),
  until: optional('until', time, 'Until when.'),
  signal: optional('signal', plainName, 'The name of the signal.'),
  key: optional('key', template(purposes.value), 'With `signal`: only those that were sent under this key.'),
  take: optional('take', take, 'With `signal`: the first (default), all that are there, or so many: then a list.'),
} satisfies Fields;

const signalCondition = expression(purposes.signal);

const alternative = object('an alternative', {
  name: required('name', plainName, 'What `which` tells when it came first.'),
  ...awaitable,
  condition: optional('condition', signalCondition, 'With `signal`: which payloads (`$.signal`) are taken.'),
} satisfies Fields);

export const waitType = stepType({
  name: 'wait',
  doc: 'Waits for a time, for signals, or for whichever of several comes first.',
  common: guardedFields,
  own: {
    ...awaitable,
    any: optional('any', list(alternative, { min: 1, max: alternativesMax }), 'Whichever of these comes first.'),
    condition: optional(
      'condition',
      signalCondition,
      'With `signal`: which payloads (`$.signal`) are taken. Otherwise the guard, like `when`.',
    ),
  } satisfies Fields,
  draft({ condition, any, ...own }, { spot, sink }) {
    reportExactlyOne(spot, sink, ['duration', 'until', 'signal', 'any']);
    reportForeign(spot, sink, ['key', 'take']);
    reportAlternatives(spot, sink);
    const isGuard = condition !== undefined && own.signal === undefined;
    const guard = isGuard ? findEntry(spot, 'when') : undefined;
    if (guard) sink.report('FIELD_CONFLICT', guard, '"when" and "condition" mean the same without "signal": keep one');
    return {
      ...(isGuard ? { when: condition } : {}),
      build: (common) => ({
        ...common,
        ...plain(own),
        type: 'wait',
        ...(condition === undefined || isGuard ? {} : { condition }),
        ...(any === undefined ? {} : { any: any.map(({ name = '', ...each }) => ({ name, ...plain(each) })) }),
      }),
    };
  },
});

/** The default is left out. */
function plain<F extends Read<typeof awaitable>>({ take, ...rest }: F) {
  return take === undefined || take === 'first' ? rest : { ...rest, take };
}

/** What says how signals are taken belongs to `signal`. */
function reportForeign(spot: Spot, sink: Sink, names: readonly string[]): void {
  if (findEntry(spot, 'signal') !== undefined) return;
  for (const name of names) {
    const entry = findEntry(spot, name);
    if (entry) sink.report('FIELD_CONFLICT', entry, `"${name}" says which signals are taken: it needs "signal"`);
  }
}

function reportAlternatives(spot: Spot, sink: Sink): void {
  const any = findEntry(spot, 'any');
  if (any === undefined || !isList(any)) return;
  const seen = new Set<string>();
  for (const item of itemSpots(any)) {
    reportExactlyOne(item, sink, ['duration', 'until', 'signal'], 'the alternative');
    reportForeign(item, sink, ['key', 'take', 'condition']);
    const entry = findEntry(item, 'name');
    const name = entry && textOf(entry);
    if (entry === undefined || name === undefined) continue;
    if (seen.has(name)) sink.report('NAME_DUPLICATE', entry, `two alternatives are called "${name}": rename one`);
    seen.add(name);
  }
}
