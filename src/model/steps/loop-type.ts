import { present } from '../../kit/assert.ts';
import { expression, template } from '../fields/expression.ts';
import { type Fields, optional, type Read, required } from '../fields/field.ts';
import { boolean, choice, integer, type Kind, record } from '../fields/kind.ts';
import { indexName, plainName, stepName } from '../fields/name.ts';
import { amount } from '../fields/time.ts';
import { roundsAtOnceMax, roundsMax } from '../limits.ts';
import { purposes, type Sink } from '../sink.ts';
import { findEntry, type Spot, shorten, textOf } from '../yaml/tree.ts';
import { reportExactlyOne } from './basic-types.ts';
import type { OwnDraft } from './draft.ts';
import { containerFields } from './step-fields.ts';
import { stepList } from './step-list.ts';
import { stepType } from './step-type.ts';

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

const loopFields = {
  steps: required('steps', stepList, 'What every round runs.'),
  iterateOver: optional('iterate_over', expression(purposes.value), 'The list of items.'),
  stream: optional(
    'stream',
    boolean,
    'In a graph: takes the results of the loop that `iterate_over` leads to as they come. Default false.',
  ),
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
  batchSize: optional('batch_size', amount({ min: 1, max: roundsAtOnceMax }), 'Rounds at once. Default 20.'),
  maxIterations: optional(
    'max_iterations',
    amount({ min: 1, max: roundsMax }),
    'A round more fails. Default 10,000 with while and until.',
  ),
  onItemError: optional(
    'on_item_error',
    choice('fail', 'continue'),
    'What a failed round does to the loop. Default fail.',
  ),
  toleratedFailures: optional('tolerated_failures', tolerance, 'With continue: how many items may fail.'),
} satisfies Fields;

export const loopType = stepType({
  name: 'loop',
  doc: 'Runs its steps for every item, or while a condition holds.',
  common: containerFields,
  own: loopFields,
  draft(own, { spot, sink }): OwnDraft {
    reportExactlyOne(spot, sink, ['iterate_over', 'while', 'until']);
    reportMisfits(own, { spot, sink });
    const { steps, itemVariable = 'item', indexVariable = 'index', parallel, onItemError, stream, ...kept } = own;
    const isTolerant = onItemError === 'continue' || own.toleratedFailures !== undefined;
    const streamed = stream === true ? streamOf(own, { spot, sink }) : undefined;
    return {
      lists: steps === undefined ? [] : [steps],
      isLoop: true,
      stream: streamed,
      unstreamable: isTolerant ? 'lets rounds fail' : undefined,
      loopNames: own.iterateOver === undefined ? [indexVariable] : [itemVariable, indexVariable],
      variables: Object.keys(own.variables ?? {}),
      build: (common, finish) => ({
        ...common,
        ...kept,
        ...(streamed === undefined ? {} : { streamFrom: streamed.source }),
        type: 'loop',
        list: finish.list(present(steps, 'steps of a loop')),
        itemVariable,
        indexVariable,
        parallel: parallel ?? false,
        onItemError: isTolerant ? 'continue' : 'fail',
      }),
    };
  },
});

/** `$.produce.results`: the results of the loop `produce`. */
const resultsForm = /^\$\.(?:([A-Za-z_][\w-]*)|steps\.([A-Za-z_][\w-]*)\.output)\.results$/;

function streamOf({ iterateOver }: Read<typeof loopFields>, { spot, sink }: { spot: Spot; sink: Sink }) {
  const [, name, longName] = resultsForm.exec(iterateOver ?? '') ?? [];
  const source = name ?? longName;
  if (source !== undefined) return { source, spot: present(findEntry(spot, 'stream'), 'the field "stream"') };
  const entry = findEntry(spot, 'iterate_over');
  if (entry)
    sink.report(
      'VALUE_INVALID',
      entry,
      'with "stream", "iterate_over" must be the results of a loop: $.<loop>.results',
    );
  return undefined;
}

/** Fields that say nothing, or the opposite of another, without their companion. */
function reportMisfits(own: Read<typeof loopFields>, { spot, sink }: { spot: Spot; sink: Sink }): void {
  const refuse = (name: string, isWrong: boolean, why: string): void => {
    const entry = isWrong ? findEntry(spot, name) : undefined;
    if (entry) sink.report('FIELD_CONFLICT', entry, `"${name}" ${why}`);
  };
  const isOpenEnded = own.while !== undefined || own.until !== undefined;
  refuse('parallel', isOpenEnded && own.parallel === true, 'needs "iterate_over": the next round depends on the last');
  refuse('item_variable', isOpenEnded, 'needs "iterate_over": there are no items here');
  refuse('batch_size', own.parallel !== true, 'needs "parallel: true": else there is one round at a time');
  const isShare = typeof own.toleratedFailures === 'string';
  refuse('stream', isOpenEnded, 'needs "iterate_over": the results of a loop');
  refuse('tolerated_failures', isShare && own.stream === true, 'as a share needs all items: give a number of rounds');
  refuse('tolerated_failures', isOpenEnded && isShare, 'as a share needs "iterate_over": give a number of rounds');
  refuse('tolerated_failures', own.onItemError === 'fail', 'needs "on_item_error: continue"');
}
