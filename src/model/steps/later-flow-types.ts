import { expression, template } from '../fields/expression.ts';
import { type Fields, object, optional, required } from '../fields/field.ts';
import {
  boolean,
  choice,
  either,
  integer,
  json,
  jsonObject,
  type Kind,
  label,
  list,
  oneOrMore,
  record,
  text,
} from '../fields/kind.ts';
import { indexName, plainName, stepName, stepReference, workflowName } from '../fields/name.ts';
import { schema } from '../fields/schema.ts';
import { amount, timing } from '../fields/time.ts';
import { purposes } from '../sink.ts';
import { shorten, textOf } from '../yaml/tree.ts';
import { reportExactlyOne } from './basic-types.ts';
import { commonFields, containerFields } from './step-fields.ts';
import { stepList } from './step-list.ts';
import { laterType, type StepType, unavailable } from './step-type.ts';

/** Types that this release checks and does not run: data, loops, workflows and people. */
const quality = object('a quality rule', {
  name: required('name', plainName, 'The name it is counted by.'),
  condition: required('condition', expression({ ...purposes.condition, roots: ['item'] }), 'The test, on `$.item`.'),
  severity: optional('severity', choice('error', 'warning'), 'Default error.'),
  message: optional('message', template(purposes.value), 'For people.'),
} satisfies Fields);

const validateType = laterType({
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

const statistic = object('a statistic', {
  function: required(
    'function',
    choice('count', 'sum', 'avg', 'min', 'max', 'median', 'p95', 'p99', 'distinct'),
    'What is computed.',
  ),
  field: optional('field', text, 'Of which member.'),
} satisfies Fields);

const aggregateType = laterType({
  name: 'aggregate',
  doc: 'Groups items and computes statistics.',
  common: commonFields,
  own: {
    items: required(['items', 'data'], template(purposes.value), 'The list.'),
    groupBy: optional('group_by', oneOrMore(text), 'Members that make a group.'),
    statistics: optional(['statistics', 'aggregations'], record(plainName, statistic), 'Statistics by name.'),
  } satisfies Fields,
});

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

const loopType = laterType({
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

const workflowType = laterType({
  name: 'workflow',
  doc: 'Runs another workflow as a step.',
  common: commonFields,
  own: {
    workflow: required('workflow', workflowName, 'Its name.'),
    version: optional('version', label, 'Default: the active one.'),
    mode: optional('mode', choice('wait', 'detached'), 'Default wait.'),
  } satisfies Fields,
});

const formField = object('a field of a form', {
  name: required('name', plainName, 'The member of the answer.'),
  type: required(
    'type',
    choice('text', 'number', 'boolean', 'date', 'select', 'multiline', 'file'),
    'How it is asked.',
  ),
  label: optional('label', text, 'For people.'),
  required: optional('required', boolean, 'Default false.'),
  options: optional('options', list(json, { min: 1 }), 'With select.'),
  default: optional('default', template(purposes.value), 'What stands there at first.'),
} satisfies Fields);

const escalation = object('an escalation', {
  after: required('after', timing(1), 'How long without an answer.'),
  assignee: required('assignee', oneOrMore(template(purposes.value)), 'Who then.'),
} satisfies Fields);

const humanTaskType = laterType({
  name: 'human_task',
  doc: 'Asks a person and waits for the answer.',
  common: commonFields,
  own: {
    title: optional('title', template(purposes.value), 'The question in a line.'),
    assignee: required(['assignee', 'assignees'], oneOrMore(template(purposes.value)), 'People or groups.'),
    form: optional(
      'form',
      either((spot) => spot.node.kind === 'list', list(formField, { min: 1 }), jsonObject),
      'The fields of the answer.',
    ),
    due: optional('due', timing(1), 'Shown to the assignee.'),
    escalation: optional('escalation', oneOrMore(escalation), 'What happens without an answer.'),
    onTimeout: optional('on_timeout', stepReference('on_failure'), 'The step after a timeout.'),
  } satisfies Fields,
});

export const laterFlowTypes: readonly StepType[] = [validateType, aggregateType, loopType, workflowType, humanTaskType];
