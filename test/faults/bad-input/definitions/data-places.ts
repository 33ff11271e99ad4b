/** Steps that work on data, and those that lead to others: loops, workflows, people. */
import type { ObjectPlace } from './object-place.ts';
import { awaited, idle } from './step-places.ts';
import { insideStep, otherForm, typedStep } from './typed-step.ts';
import {
  amount,
  anyObject,
  bool,
  choice,
  expression,
  indexName,
  memberPath,
  notAList,
  number,
  objectOf,
  oneOrMore,
  plainName,
  recorded,
  stepName,
  stepNamed,
  text,
  timing,
  version,
  type WrongValue,
  whole,
  workflowName,
} from './wrong-values.ts';

const inner = '[{name: inner, type: fail}]';

const schema: readonly WrongValue[] = [
  ['TYPE_WRONG', '«text'],
  ['TYPE_WRONG', '«null'],
  ['TYPE_WRONG', '«[a]'],
  ['SCHEMA_INVALID', '{required: «name}', '/required'],
];

/** A number or a text, which may be an expression. */
const edge: readonly WrongValue[] = [
  ...recorded.filter(([, , inside]) => inside === undefined),
  ['TYPE_WRONG', '«true'],
  ['TYPE_WRONG', '«null'],
  ['TYPE_WRONG', '«[1]'],
  ['TYPE_WRONG', '«{a: 1}'],
];

const rule = (test: string): string => `type: validate\nrules:\n  -\n    name: sound\n    ${test}:\n      @\n`;

const validate: readonly ObjectPlace[] = [
  typedStep('validate', {
    useless: idle,
    sound: ['data: $.input', 'schema: true'],
    fields: {
      data: recorded,
      schema,
      item_schema: schema,
      rules: [
        ...notAList,
        ['VALUE_INVALID', '«[]'],
        ['TYPE_WRONG', '[«a]', '/0'],
        ['FIELD_MISSING', '[«{name: a}]', '/0'],
        ['NAME_DUPLICATE', '[{name: a, required: x}, {name: «a, required: y}]', '/1/name'],
        ['NAME_RESERVED', '[{name: «schema, required: x}]', '/0/name'],
      ],
      on_invalid: choice('fail', 'continue'),
    },
  }),
  insideStep('a quality rule', {
    pointer: '/rules/0',
    around: 'type: validate\nrules:\n  -\n    @\n',
    sound: ['name: positive', 'condition: $.item.price > 0'],
    required: ['name', 'condition'],
    excludes: {
      range: ['condition'],
      unique: ['condition'],
      reference: ['condition'],
      required: ['condition'],
      pattern: ['condition'],
    },
    fields: {
      name: plainName,
      condition: expression,
      range: [...anyObject, ['FIELD_MISSING', '«{field: price}']],
      unique: oneOrMore(memberPath, 'id'),
      reference: anyObject,
      required: oneOrMore(memberPath, 'id'),
      pattern: anyObject,
      severity: choice('error', 'warning'),
      message: recorded,
    },
  }),
  insideStep('a range', {
    pointer: '/rules/0/range',
    around: rule('range'),
    sound: ['field: price', 'max: 100'],
    required: ['field', 'max'],
    fields: { field: memberPath, min: edge, max: edge },
  }),
  insideStep('a reference', {
    pointer: '/rules/0/reference',
    around: rule('reference'),
    sound: ['field: country', 'in: $.input.countries'],
    required: ['field', 'in'],
    fields: { field: memberPath, in: recorded },
  }),
  insideStep('a pattern', {
    pointer: '/rules/0/pattern',
    around: rule('pattern'),
    sound: ['field: zip', 'pattern: "^[0-9]+$"'],
    required: ['field', 'pattern'],
    fields: {
      field: memberPath,
      pattern: [...text, ...['"("', '"(?=a)"', '"["', '"*"'].map((each) => ['VALUE_INVALID', `«${each}`] as const)],
    },
  }),
];

const computed = choice(
  'count',
  'sum',
  'avg',
  'min',
  'max',
  'distinct',
  'first',
  'last',
  'list',
  'percentile',
  'median',
);
const statistics: readonly WrongValue[] = [
  ...anyObject,
  ['VALUE_INVALID', '«{}'],
  ['NAME_INVALID', '{«a b: {function: count}}', '/a b'],
  ['TYPE_WRONG', '{total: «sum}', '/total'],
];
const inStatistic = 'type: aggregate\nitems: $.input\nstatistics:\n  total:\n    @\n';

const aggregate: readonly ObjectPlace[] = [
  typedStep('aggregate', {
    useless: idle,
    sound: ['items: $.input.items', 'statistics: {total: {function: sum, field: price}}'],
    required: ['items', 'statistics'],
    excludes: { data: ['items'], aggregations: ['statistics'] },
    twins: [
      ['items', 'data', '1'],
      ['statistics', 'aggregations', '{}'],
    ],
    fields: {
      items: recorded,
      data: recorded,
      group_by: oneOrMore(memberPath, 'country'),
      statistics,
      aggregations: statistics,
    },
  }),
  insideStep('a statistic', {
    pointer: '/statistics/total',
    around: inStatistic,
    sound: ['function: sum', 'field: price'],
    required: ['function'],
    fields: { function: computed, field: memberPath },
  }),
  insideStep('a statistic', {
    pointer: '/statistics/total',
    around: inStatistic,
    sound: ['function: percentile', 'percentile: 95'],
    required: ['percentile'],
    fields: { percentile: number(0, 100) },
  }),
  insideStep('a statistic', {
    pointer: '/statistics/total',
    around: inStatistic,
    sound: ['function: list', 'limit: 3'],
    fields: { limit: whole(1, 1_000) },
  }),
];

export const dataPlaces: readonly ObjectPlace[] = [...validate, ...aggregate];

export const flowPlaces: readonly ObjectPlace[] = [
  typedStep('loop', {
    useless: idle,
    sound: ['iterate_over: $.input.items', `steps: ${inner}`],
    required: ['iterate_over', 'steps'],
    excludes: { while: ['iterate_over'], until: ['iterate_over'] },
    twins: [['iterate_over', 'while', '«"true"']],
    fields: {
      steps: [...notAList, ['VALUE_INVALID', '«[]'], ['TYPE_WRONG', '[«inner]', '/0']],
      iterate_over: expression,
      stream: bool,
      item_variable: stepName,
      index_variable: indexName,
      while: expression,
      until: expression,
      variables: [
        ...anyObject,
        ['NAME_INVALID', '{«a b: 1}', '/a b'],
        ['EXPRESSION_INVALID', '{a: "«$.nowhere.x"}', '/a'],
      ],
      parallel: bool,
      max_iterations: amount(1, 1_000_000),
      on_item_error: choice('fail', 'continue'),
      tolerated_failures: [
        ['VALUE_INVALID', '«lots'],
        ['VALUE_INVALID', '«101%'],
        ['VALUE_INVALID', '«"-1%"'],
        ['VALUE_INVALID', '«-1'],
        ['VALUE_INVALID', '«1.5'],
        ['VALUE_INVALID', '«1000001'],
        ['TYPE_WRONG', '«true'],
        ['TYPE_WRONG', '«null'],
        ['TYPE_WRONG', '«[1]'],
      ],
    },
  }),
  otherForm('loop', {
    sound: ['iterate_over: $.input.items', `steps: ${inner}`, 'parallel: true'],
    fields: { batch_size: amount(1, 10_000) },
  }),
  typedStep('workflow', {
    sound: ['workflow: other'],
    required: ['workflow'],
    beside: ['WORKFLOW_UNKNOWN'],
    useless: idle,
    fields: {
      workflow: workflowName,
      version,
      mode: choice('wait', 'detached'),
      on_parent_cancel: choice('cancel', 'abandon'),
    },
  }),
  typedStep('human_task', {
    sound: ['assignee: ada', 'timeout: 1h'],
    useless: idle,
    excludes: { assignees: ['assignee'] },
    twins: [['assignee', 'assignees', 'bob']],
    fields: {
      title: recorded,
      assignee: recorded.filter(([, marked]) => !marked.startsWith('[')),
      assignees: recorded.filter(([, marked]) => !marked.startsWith('[')),
      form: [
        ...objectOf.filter(([, marked]) => marked !== '«true'),
        ['VALUE_INVALID', '«[]'],
        ['TYPE_WRONG', '[«a]', '/0'],
      ],
      outcomes: [...notAList, ['VALUE_INVALID', '«[]'], ['NAME_INVALID', '[«a b]', '/0']],
      due: timing(),
      escalation: [...objectOf, ['VALUE_INVALID', '«[]'], ['TYPE_WRONG', '[«a]', '/0']],
      on_timeout: stepNamed,
    },
  }),
  insideStep('a field of a form', {
    pointer: '/form/0',
    around: 'type: human_task\nassignee: ada\nform:\n  -\n    @\n',
    sound: ['name: reason', 'type: text'],
    required: ['name', 'type'],
    fields: {
      name: plainName,
      type: choice('text', 'number', 'boolean', 'date', 'select', 'multiline', 'file'),
      label: text,
      description: text,
      required: bool,
      min: number(-1e15, 1e15),
      max: number(-1e15, 1e15),
      default: recorded,
    },
  }),
  insideStep('a field of a form', {
    pointer: '/form/0',
    around: 'type: human_task\nassignee: ada\nform:\n  -\n    @\n',
    sound: ['name: reason', 'type: select', 'options: [a]'],
    fields: { options: [...notAList, ['VALUE_INVALID', '«[]']] },
  }),
  insideStep('an option', {
    pointer: '/form/0/options/0',
    around:
      'type: human_task\nassignee: ada\nform:\n  -\n    name: reason\n    type: select\n    options:\n      -\n        @\n',
    sound: ['value: a'],
    required: ['value'],
    fields: { value: [], label: text },
  }),
  insideStep('an alternative', {
    pointer: '/any/0',
    around: 'type: wait\nany:\n  -\n    @\n',
    sound: ['name: first', 'signal: go'],
    required: ['name'],
    excludes: { duration: ['signal'], until: ['signal'] },
    fields: { name: plainName, ...awaited },
  }),
  insideStep('an escalation', {
    pointer: '/escalation',
    around: 'type: human_task\nassignee: ada\nescalation:\n  @\n',
    sound: ['after: 1h', 'assignee: bob'],
    required: ['after', 'assignee'],
    excludes: { assignees: ['assignee'] },
    fields: {
      after: timing(),
      assignee: recorded.filter(([, marked]) => !marked.startsWith('[')),
      assignees: recorded.filter(([, marked]) => !marked.startsWith('[')),
    },
  }),
];
