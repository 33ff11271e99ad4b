/** What stands around the steps: documents, metadata, spec, rules, actions, metrics, alerts, contexts. */
import { documentAround, type Fields, inSpec, type ObjectPlace } from './object-place.ts';
import { schemaValues } from './wrong-schemas.ts';
import {
  anyObject,
  choice,
  duration,
  errorCode,
  expression,
  listOf,
  notAList,
  number,
  objectOf,
  recorded,
  stepNamed,
  text,
  timing,
  version,
  type WrongValue,
  whole,
  workflowName,
} from './wrong-values.ts';

const step = '{name: pay, type: function, executor: bank, function: charge}';
const afterwards = `  steps: [${step}]\n`;

const apiVersion: readonly WrongValue[] = [
  ...['magicflow.io/v1', 'workflow.magic-flow.io/v3', '""', 'v2', 'MAGICFLOW.IO/V2'].map(
    (each) => ['API_VERSION_UNKNOWN', `«${each}`] as const,
  ),
  ...text.filter(([, marked]) => marked !== '«""'),
];

const documentFields: Fields = {
  apiVersion,
  kind: [
    ['KIND_UNKNOWN', '«Workflo'],
    ['KIND_UNKNOWN', '«workflow'],
    ['KIND_UNKNOWN', '«""'],
    ['KIND_UNKNOWN', '«7'],
    ['KIND_UNKNOWN', '«null'],
    ['KIND_UNKNOWN', '«[Workflow]'],
    ['KIND_UNKNOWN', '«__proto__'],
  ],
  metadata: anyObject,
  spec: anyObject,
};

const labels: readonly WrongValue[] = [
  ...anyObject,
  ['TYPE_WRONG', '{team: «[a]}', '/team'],
  ['TYPE_WRONG', '{team: «null}', '/team'],
  ['NAME_INVALID', '{«a b: web}', '/a b'],
  ['NAME_INVALID', `{«${'a'.repeat(254)}: web}`, `/${'a'.repeat(254)}`],
  ['NAME_RESERVED', '{«constructor: web}', '/constructor'],
  ['NAME_RESERVED', '{«prototype: web}', '/prototype'],
];

const described: Fields = {
  description: text,
  tags: listOf(text, 'web'),
  owner: text,
  created_by: text,
  labels,
  annotations: labels,
};

const rules: readonly WrongValue[] = [
  ['TYPE_WRONG', '[«ignore]', '/0'],
  ['FIELD_MISSING', '[«{action: ignore}]', '/0'],
  ['FIELD_MISSING', '[«{condition: "true"}]', '/0'],
  ['EXPRESSION_INVALID', '[{condition: "«$.nowhere.x", action: ignore}]', '/0/condition'],
];

const failure: Fields = { code: errorCode, message: recorded, details: recorded };

/** One rule with this action; `@` stands for the action's lines. */
const inAction = inSpec(`  error_handling:\n    - condition: "true"\n      action:\n        @\n${afterwards}`);
const action = (type: string, fields: Fields, rest: Partial<ObjectPlace> = {}): ObjectPlace => ({
  title: `a ${type} action`,
  pointer: '/spec/error_handling/0/action',
  sound: [`type: ${type}`],
  fields: { type: [], ...fields },
  wrong: [],
  write: inAction,
  ...rest,
});

const metric: ObjectPlace = {
  title: 'a metric',
  pointer: '/spec/metrics/0',
  sound: ['name: total', 'type: counter', 'source: $.output.total'],
  required: ['name', 'type', 'source'],
  fields: {
    name: text,
    description: text,
    type: choice('counter', 'gauge', 'histogram', 'summary'),
    source: expression,
    labels: listOf(text, 'country'),
    buckets: [...listOf(number(-1e15, 1e15), '1'), ['VALUE_INVALID', '«[]']],
    window: duration(),
  },
  beside: ['FIELD_NOT_ACTIVE'],
  write: inSpec(`  metrics:\n    -\n      @\n${afterwards}`),
};

const alert: ObjectPlace = {
  title: 'an alert',
  pointer: '/spec/alerts/0',
  sound: ['name: slow', 'condition: avg(time) > 60'],
  required: ['name', 'condition'],
  fields: {
    name: text,
    description: text,
    condition: text,
    severity: choice('critical', 'error', 'warning', 'info'),
    channels: listOf(text, 'ops'),
    window: duration(),
  },
  beside: ['FIELD_NOT_ACTIVE'],
  write: inSpec(`  alerts:\n    -\n      @\n${afterwards}`),
};

export const documentPlaces: readonly ObjectPlace[] = [
  {
    title: 'a workflow',
    pointer: '',
    sound: [
      'apiVersion: magicflow.io/v2',
      'kind: Workflow',
      'metadata: {name: shop, version: 1.0.0}',
      `spec: {steps: [${step}]}`,
    ],
    required: ['apiVersion', 'kind', 'metadata', 'spec'],
    fields: documentFields,
    write: documentAround('@\n'),
  },
  {
    title: 'the metadata of a workflow',
    pointer: '/metadata',
    sound: ['name: shop', 'version: 1.0.0'],
    required: ['name', 'version'],
    fields: { name: workflowName, version, ...described },
    wrong: [],
    write: documentAround(`apiVersion: magicflow.io/v2\nkind: Workflow\nmetadata:\n  @\nspec: {steps: [${step}]}\n`),
  },
  {
    title: 'a spec',
    pointer: '/spec',
    sound: [`steps: [${step}]`, 'timeout: 1h'],
    required: ['steps'],
    fields: {
      input_schema: schemaValues,
      output_schema: schemaValues,
      output: recorded,
      timeout: timing(),
      timeout_action: choice('cancel_and_cleanup', 'retry', 'fallback', 'ignore'),
      fallback_step: stepNamed,
      fallback_response: recorded,
      retry_policy: anyObject,
      retry_config: anyObject,
      error_handling: [['TYPE_WRONG', '«ignore'], ['TYPE_WRONG', '«7'], ['TYPE_WRONG', '«null'], ...rules],
      runtime_validation: anyObject,
      includes: [...notAList, ['VALUE_INVALID', '«[]'], ['TYPE_WRONG', '[«bill]', '/0']],
      retention: anyObject,
      steps: [...notAList, ['VALUE_INVALID', '«[]'], ['TYPE_WRONG', '[«pay]', '/0']],
      concurrency: whole(1, 1_000_000).filter(([, marked]) => marked !== '«{a: 1}'),
      priority: [
        ...choice('low', 'normal', 'high', 'critical').slice(0, 4),
        ...whole(0, 9).slice(0, 3),
        ['TYPE_WRONG', '«[1]'],
      ],
      triggers: [...objectOf, ['TYPE_WRONG', '[«cron]', '/0']],
      metrics: [...objectOf, ['TYPE_WRONG', '[«total]', '/0']],
      alerts: [...notAList, ['TYPE_WRONG', '[«slow]', '/0']],
      security: anyObject,
    },
    twins: [['retry_policy', 'retry_config', '{}']],
    reserved: ['triggers', 'metrics', 'alerts', 'security'],
    wrong: [],
    write: documentAround(
      'apiVersion: magicflow.io/v2\nkind: Workflow\nmetadata: {name: shop, version: 1.0.0}\nspec:\n  @\n',
    ),
  },
  {
    title: 'the concurrency of a workflow',
    pointer: '/spec/concurrency',
    sound: ['limit: 3', 'key: $.input.user'],
    required: ['limit'],
    fields: {
      limit: whole(1, 1_000_000),
      key: recorded,
      on_limit: choice('queue', 'reject', 'cancel_running', 'cancel_new'),
    },
    wrong: [],
    write: inSpec(`  concurrency:\n    @\n${afterwards}`),
  },
  {
    title: 'the way errors are handled',
    pointer: '/spec/error_handling',
    sound: ['rules: []'],
    fields: {
      rules: [...notAList.filter(([, marked]) => marked !== '«text'), ...rules],
      compensation: [
        ['STEP_UNDEFINED', '«nobody'],
        ['STEP_UNDEFINED', '[«nobody]', '/0'],
        ['VALUE_INVALID', '«[]'],
        ['TYPE_WRONG', '«7'],
      ],
      dead_letter: anyObject,
    },
    wrong: [],
    write: inSpec(`  error_handling:\n    @\n${afterwards}`),
  },
  {
    title: 'the validation of outputs',
    pointer: '/spec/runtime_validation',
    sound: ['output: warn'],
    fields: { output: choice('warn', 'fail') },
    wrong: [],
    write: inSpec(`  runtime_validation:\n    @\n${afterwards}`),
  },
  {
    title: 'an include',
    pointer: '/spec/includes/0',
    sound: ['workflow: bill', 'as: billing'],
    required: ['workflow'],
    fields: { workflow: workflowName, version, as: workflowName },
    beside: ['WORKFLOW_UNKNOWN'],
    wrong: [],
    write: inSpec(`  includes:\n    -\n      @\n${afterwards}`),
  },
  {
    title: 'how long executions are kept',
    pointer: '/spec/retention',
    sound: ['completed: 7d'],
    fields: { completed: duration(1_000), failed: duration(1_000) },
    wrong: [],
    write: inSpec(`  retention:\n    @\n${afterwards}`),
  },
  {
    title: 'a rule',
    pointer: '/spec/error_handling/0',
    sound: ['condition: "true"', 'action: ignore'],
    required: ['condition', 'action'],
    fields: {
      condition: expression,
      when: expression,
      action: [
        ...choice('ignore').filter(([, marked]) => marked !== '«{a: ignore}'),
        ['FIELD_MISSING', '«{message: hi}'],
        ['FIELD_MISSING', '«goto'],
        ['VALUE_INVALID', '{type: «explode}', '/type'],
      ],
      description: text,
    },
    excludes: { when: ['condition'] },
    twins: [['condition', 'when', '"true"']],
    write: inSpec(`  error_handling:\n    -\n      @\n${afterwards}`),
  },
  action('return_error', {
    ...failure,
    type: choice('return_error', 'fail', 'retry', 'ignore', 'dead_letter', 'goto', 'compensate'),
  }),
  action('fail', failure),
  action('retry', {}),
  action('ignore', {}),
  action('dead_letter', {}),
  action('goto', { step: stepNamed }, { sound: ['type: goto', 'step: pay'], required: ['type', 'step'] }),
  action('compensate', {
    steps: [
      ['STEP_UNDEFINED', '«nobody'],
      ['STEP_UNDEFINED', '[«nobody]', '/0'],
      ['VALUE_INVALID', '«[]'],
      ['TYPE_WRONG', '«7'],
      ['FIELD_MISSING', '[«{executor: bank, function: undo}]', '/0'],
      ['FIELD_MISSING', '[«{name: undo, executor: bank}]', '/0'],
      ['NAME_DUPLICATE', '[{name: «pay, executor: bank, function: undo}]', '/0/name'],
    ],
  }),
  metric,
  alert,
  {
    title: 'a context',
    pointer: '',
    wrong: [],
    sound: ['apiVersion: magicflow.io/v2', 'kind: WorkflowContext', 'metadata: {name: shop-context}', 'spec: {}'],
    required: ['apiVersion', 'kind', 'metadata', 'spec'],
    fields: documentFields,
    write: documentAround('@\n'),
  },
  {
    title: 'the metadata of a context',
    pointer: '/metadata',
    sound: ['name: shop-context', 'version: 1.0.0'],
    required: ['name'],
    fields: { name: workflowName, version, ...described },
    wrong: [],
    write: documentAround('apiVersion: magicflow.io/v2\nkind: WorkflowContext\nmetadata:\n  @\nspec: {}\n'),
  },
  {
    title: 'the spec of a context',
    pointer: '/spec',
    sound: ['input_schema: true'],
    fields: { input_schema: schemaValues, output_schema: schemaValues },
    wrong: [],
    write: documentAround(
      'apiVersion: magicflow.io/v2\nkind: WorkflowContext\nmetadata: {name: shop-context}\nspec:\n  @\n',
    ),
  },
];
