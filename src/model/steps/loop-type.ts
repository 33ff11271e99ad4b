import { expression, template } from '../fields/expression.ts';
import { type Fields, optional, required } from '../fields/field.ts';
import { boolean, choice, integer, type Kind, record } from '../fields/kind.ts';
import { indexName, plainName, stepName } from '../fields/name.ts';
import { amount } from '../fields/time.ts';
import { purposes } from '../sink.ts';
import { shorten, textOf } from '../yaml/tree.ts';
import { reportExactlyOne } from './basic-types.ts';
import { containerFields } from './step-fields.ts';
import { stepList } from './step-list.ts';
import { laterType, unavailable } from './step-type.ts';

/** `loop`: runs its steps for every item, or while a condition holds. */
const tolerance: Kind<number | string> = {
  expected: 'a number of items or a share like "10%"',
  read(spot, sink) {
    const found = textOf(spot);
    if (found === undefined) return integer({ min: 0, max: 1_000_000 }).read(spot, sink);
    if (/^(?:100|\d{1,2})%$/.test(found)) return found;
    sink.report('VALUE_INVALID', spot, `"${shorten(found)}" must be ${tolerance.expected}`);
    return undefined;
  },
  schema: () => ({
    anyOf: [
      { type: 'integer', minimum: 0 },
      { type: 'string', pattern: '^(100|[0-9]{1,2})%$' },
    ],
  }),
};

const itemsMax = 1_000_000;

export const loopType = laterType({
  name: 'loop',
  doc: 'Runs its steps for every item, or while a condition holds.',
  common: containerFields,
  own: {
    steps: required('steps', stepList, 'What every round runs.'),
    iterateOver: optional('iterate_over', expression(purposes.value), 'The list of items.'),
    itemVariable: optional('item_variable', stepName, 'How expressions call the item. Default item.'),
    indexVariable: optional('index_variable', indexName, "How they call the item's place. Default index."),
    while: optional('while', expression(purposes.condition), 'Before each round.'),
    until: optional('until', expression(purposes.condition), 'After each round.'),
    variables: optional(
      'variables',
      record(plainName, template(purposes.value)),
      'Values carried from round to round, as `$.vars.<name>`.',
    ),
    parallel: optional('parallel', boolean, 'Rounds side by side.'),
    batchSize: optional('batch_size', amount({ min: 1, max: 10_000 }), 'Items at once.'),
    maxIterations: optional('max_iterations', amount({ min: 1, max: itemsMax }), 'At most so many rounds.'),
    onItemError: optional('on_item_error', choice('fail', 'continue'), 'Default fail.'),
    toleratedFailures: optional('tolerated_failures', tolerance, 'With continue: how many items may fail.'),
  } satisfies Fields,
  draft(own, { spot, sink }) {
    reportExactlyOne(spot, sink, ['iterate_over', 'while', 'until']);
    return {
      lists: own.steps === undefined ? [] : [own.steps],
      isLoop: true,
      loopNames: [own.itemVariable ?? 'item', own.indexVariable ?? 'index'],
      variables: Object.keys(own.variables ?? {}),
      build: unavailable('loop'),
    };
  },
});
