/** Steps that work on data, and those that lead to others: loops, workflows, people. */
import { insideLater, laterStep } from './later-step.ts';
import type { ObjectPlace } from './object-place.ts';
import {
  amount,
  anyObject,
  bool,
  choice,
  expression,
  indexName,
  label,
  notAList,
  objectOf,
  oneOrMore,
  plainName,
  recorded,
  stepName,
  stepNamed,
  text,
  timing,
  workflowName,
} from './wrong-values.ts';

const inner = '[{name: inner, type: fail}]';

export const laterDataPlaces: readonly ObjectPlace[] = [
  laterStep('validate', {
    sound: ['data: $.input'],
    fields: {
      data: recorded,
      schema: [
        ['TYPE_WRONG', '«text'],
        ['TYPE_WRONG', '«null'],
        ['SCHEMA_INVALID', '{required: «name}', '/required'],
      ],
      rules: [...notAList, ['VALUE_INVALID', '«[]'], ['TYPE_WRONG', '[«a]', '/0']],
      on_invalid: choice('fail', 'continue'),
    },
  }),
  insideLater('a quality rule', {
    pointer: '/rules/0',
    around: 'type: validate\nrules:\n  -\n    @\n',
    sound: ['name: positive', 'condition: $.item.price > 0'],
    required: ['name', 'condition'],
    fields: { name: plainName, condition: expression, severity: choice('error', 'warning'), message: recorded },
  }),
  laterStep('aggregate', {
    sound: ['items: $.input.items'],
    required: ['items'],
    excludes: { data: ['items'] },
    twins: [
      ['items', 'data', '1'],
      ['statistics', 'aggregations', '{}'],
    ],
    fields: {
      items: recorded,
      data: recorded,
      group_by: oneOrMore(text, 'country'),
      statistics: anyObject,
      aggregations: anyObject,
    },
  }),
  insideLater('a statistic', {
    pointer: '/statistics/total',
    around: 'type: aggregate\nitems: $.input\nstatistics:\n  total:\n    @\n',
    sound: ['function: sum', 'field: price'],
    required: ['function'],
    fields: {
      function: choice('count', 'sum', 'avg', 'min', 'max', 'median', 'p95', 'p99', 'distinct'),
      field: text,
    },
  }),
];

export const laterFlowPlaces: readonly ObjectPlace[] = [
  laterStep('loop', {
    sound: ['iterate_over: $.input.items', `steps: ${inner}`],
    required: ['iterate_over', 'steps'],
    excludes: { while: ['iterate_over'], until: ['iterate_over'] },
    twins: [['iterate_over', 'while', '«"true"']],
    fields: {
      steps: [...notAList, ['VALUE_INVALID', '«[]'], ['TYPE_WRONG', '[«inner]', '/0']],
      iterate_over: expression,
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
      batch_size: amount(1, 10_000),
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
  laterStep('workflow', {
    sound: ['workflow: other'],
    required: ['workflow'],
    fields: { workflow: workflowName, version: label, mode: choice('wait', 'detached') },
  }),
  laterStep('human_task', {
    sound: ['assignee: ada'],
    required: ['assignee'],
    excludes: { assignees: ['assignee'] },
    twins: [['assignee', 'assignees', 'bob']],
    fields: {
      title: recorded,
      assignee: recorded.filter(([, marked]) => !marked.startsWith('[')),
      assignees: recorded.filter(([, marked]) => !marked.startsWith('[')),
      form: [...objectOf, ['VALUE_INVALID', '«[]'], ['TYPE_WRONG', '[«a]', '/0']],
      due: timing(),
      escalation: [...objectOf, ['VALUE_INVALID', '«[]'], ['TYPE_WRONG', '[«a]', '/0']],
      on_timeout: stepNamed,
    },
  }),
  insideLater('a field of a form', {
    pointer: '/form/0',
    around: 'type: human_task\nassignee: ada\nform:\n  -\n    @\n',
    sound: ['name: reason', 'type: text'],
    required: ['name', 'type'],
    fields: {
      name: plainName,
      type: choice('text', 'number', 'boolean', 'date', 'select', 'multiline', 'file'),
      label: text,
      required: bool,
      options: [...notAList, ['VALUE_INVALID', '«[]']],
      default: recorded,
    },
  }),
  insideLater('an escalation', {
    pointer: '/escalation',
    around: 'type: human_task\nassignee: ada\nescalation:\n  @\n',
    sound: ['after: 1h', 'assignee: bob'],
    required: ['after', 'assignee'],
    fields: { after: timing(), assignee: recorded.filter(([, marked]) => !marked.startsWith('[')) },
  }),
];
