/** Steps that are run, each with every field that a step of its type may have. */
import { atStep, type Fields, inStep, type ObjectPlace } from './object-place.ts';
import {
  amount,
  anyObject,
  bool,
  choice,
  errorCode,
  executorName,
  expression,
  handedOver,
  notAList,
  objectOf,
  plainName,
  recorded,
  script,
  stepName,
  stepNamed,
  text,
  time,
  timing,
  type WrongValue,
  whole,
} from './wrong-values.ts';

const retry: readonly WrongValue[] = [
  ...objectOf,
  ['VALUE_INVALID', '«[]'],
  ['TYPE_WRONG', '[«3]', '/0'],
  ['FIELD_UNKNOWN', '[{max_attempts: 2}, {«attempts: 3}]', '/1/attempts'],
  ['LIMIT_EXCEEDED', `«[${Array(21).fill('{}').join(', ')}]`],
];

const compensate: readonly WrongValue[] = [
  ...stepNamed.filter(([, marked]) => !/[[{]/.test(marked)),
  ['VALUE_INVALID', '«[]'],
  ['STEP_UNDEFINED', '[«nobody]', '/0'],
  ['TYPE_WRONG', '[«7]', '/0'],
  ['FIELD_MISSING', '«{function: undo}'],
  ['FIELD_MISSING', '«{executor: bank}'],
  ['FIELD_MISSING', '[«{name: undo, executor: bank}]', '/0'],
  ['FIELD_UNKNOWN', '{executor: bank, function: undo, «when_done: 1}', '/when_done'],
];

const dependsOn: readonly WrongValue[] = [
  ['DEPENDENCY_UNDEFINED', '«nobody'],
  ['DEPENDENCY_UNDEFINED', '[«nobody]', '/0'],
  ['VALUE_INVALID', '«[]'],
  ['TYPE_WRONG', '[«7]', '/0'],
  ['TYPE_WRONG', '«7'],
  ['TYPE_WRONG', '«null'],
  ['TYPE_WRONG', '«{a: b}'],
  ['TYPE_WRONG', '«""'],
];

const set: readonly WrongValue[] = [
  ...anyObject,
  ['NAME_INVALID', '{«a b: 1}', '/a b'],
  ['NAME_INVALID', '{«"": 1}', '/'],
  ['NAME_INVALID', '{«"a/b": 1}', '/a~1b'],
  ['NAME_RESERVED', '{«prototype: 1}', '/prototype'],
  ['NAME_RESERVED', '{«constructor: 1}', '/constructor'],
  ['EXPRESSION_INVALID', '{total: "«$.nowhere.x"}', '/total'],
  ['SECRET_MISPLACED', '{total: "${«secrets.key}"}', '/total'],
];

const stepType: readonly WrongValue[] = [
  ['STEP_TYPE_UNKNOWN', '«functoin'],
  ['STEP_TYPE_UNKNOWN', '«Function'],
  ['STEP_TYPE_UNKNOWN', '«"function "'],
  ['STEP_TYPE_UNKNOWN', '«__proto__'],
  ['STEP_TYPE_UNKNOWN', '«constructor'],
  ...text,
];

/** What every step may have. A type whose `condition` is something else is guarded by `when` alone. */
export const commonFields: Fields = {
  name: stepName,
  type: stepType,
  description: text,
  depends_on: dependsOn,
  timeout: timing(),
  timeout_action: choice('cancel_and_cleanup', 'retry', 'fallback', 'ignore'),
  queue_timeout: timing(),
  heartbeat_timeout: timing(),
  retry_config: retry,
  retry_policy: retry,
  max_visits: whole(1, 100_000),
  set,
  fallback_step: stepNamed,
  fallback_response: recorded,
  circuit_breaker: [...objectOf, ['TYPE_WRONG', '«[a]']],
  idempotency_key: recorded,
  input: handedOver,
  on_success: stepNamed,
  on_failure: stepNamed,
  compensate,
  metadata: anyObject,
  rate_limit: anyObject,
  concurrency: whole(1, 1_000_000).filter(([, marked]) => marked !== '«{a: 1}'),
  cache: anyObject,
  when: expression,
  condition: expression,
  output: recorded,
  data_mapping: [...anyObject, ['EXPRESSION_INVALID', '{input: "«$.nowhere.x"}', '/input']],
};

const steps: readonly WrongValue[] = [
  ...notAList,
  ['VALUE_INVALID', '«[]'],
  ['TYPE_WRONG', '[«inner]', '/0'],
  ['FIELD_MISSING', '[«{type: fail}]', '/0'],
  ['FIELD_MISSING', '[«{name: inner}]', '/0'],
  ['STEP_TYPE_UNKNOWN', '[{name: inner, type: «fial}]', '/0/type'],
  ['NAME_DUPLICATE', '[{name: «pay, type: fail}]', '/0/name'],
  ['NAME_DUPLICATE', '[{name: inner, type: fail}, {name: «inner, type: fail}]', '/1/name'],
  ['FIELD_UNKNOWN', '[{name: inner, type: fail, «cod: A}]', '/0/cod'],
  ['STEP_UNDEFINED', '[{name: inner, type: fail, on_failure: «nobody}]', '/0/on_failure'],
];

/** Read, kept and not acted on by this release. */
export const reservedFields: readonly string[] = [];

/** A step that calls nothing has no result of a call to keep, and no call to hold back. */
export const idle = [
  ['cache', '{ttl: 1m}'],
  ['rate_limit', '{limit: 3, per: 1s}'],
  ['concurrency', '2'],
] as const;
const twins: NonNullable<ObjectPlace['twins']> = [
  ['retry_config', 'retry_policy', '{max_attempts: 2}'],
  ['condition', 'when', '"true"'],
];
const base = { pointer: atStep, reserved: reservedFields, wrong: [], write: inStep('@\n') } as const;
const list = '[{name: inner, type: fail}]';

export const functionStep: ObjectPlace = {
  ...base,
  title: 'a function step',
  wrong: [
    ['TYPE_WRONG', '«text'],
    ['TYPE_WRONG', '«7'],
    ['TYPE_WRONG', '«null'],
    ['TYPE_WRONG', '«[a]'],
  ],
  sound: ['name: pay', 'type: function', 'executor: bank', 'function: charge'],
  required: ['name', 'type', 'executor', 'function'],
  fields: { ...commonFields, executor: executorName, service: executorName, function: text, method: text },
  excludes: { service: ['executor'], method: ['function'] },
  twins: [...twins, ['executor', 'service', 'bank'], ['function', 'method', 'charge']],
};

const transformStep: ObjectPlace = {
  ...base,
  title: 'a transform step',
  sound: ['name: pay', 'type: transform', 'mapping: 1'],
  required: ['name', 'type', 'mapping'],
  shared: commonFields,
  useless: idle,
  fields: { mapping: recorded, script },
  excludes: { script: ['mapping'] },
  twins,
};

const scriptStep: ObjectPlace = {
  ...base,
  title: 'a transform step',
  sound: ['name: pay', 'type: transform', 'script: return 1'],
  fields: {
    params: [...anyObject, ['NAME_INVALID', '{«a b: 1}', '/a b'], ['EXPRESSION_INVALID', '{a: "«$.nowhere.x"}', '/a']],
  },
};

const waitStep: ObjectPlace = {
  ...base,
  title: 'a wait step',
  sound: ['name: pay', 'type: wait', 'duration: 1s'],
  required: ['name', 'type', 'duration'],
  shared: commonFields,
  useless: idle,
  fields: { duration: timing(0), until: time, signal: plainName, any: [...notAList, ['VALUE_INVALID', '«[]']] },
  excludes: { until: ['duration'], signal: ['duration'], any: ['duration'] },
};

/** How a wait takes signals, alone and as one of several. */
const taken: ObjectPlace['fields'] = {
  key: recorded,
  take: amount(1, 1_000).map(
    ([code, marked, at]): WrongValue =>
      marked === '«"1"' || marked === '«many'
        ? ['VALUE_INVALID', marked]
        : at === undefined
          ? [code, marked]
          : [code, marked, at],
  ),
};

export const awaited: ObjectPlace['fields'] = {
  duration: timing(0),
  until: time,
  signal: plainName,
  ...taken,
  condition: expression,
};

const signalStep: ObjectPlace = {
  ...base,
  title: 'a wait step',
  sound: ['name: pay', 'type: wait', 'signal: go'],
  fields: taken,
};

const failStep: ObjectPlace = {
  ...base,
  title: 'a fail step',
  sound: ['name: pay', 'type: fail'],
  required: ['name', 'type'],
  shared: commonFields,
  useless: idle,
  fields: { code: errorCode, message: recorded, details: recorded },
  twins,
};

const parallelStep: ObjectPlace = {
  ...base,
  title: 'a parallel step',
  sound: ['name: pay', 'type: parallel', `branches: [{name: left, steps: ${list}}]`],
  required: ['name', 'type', 'branches'],
  shared: commonFields,
  useless: idle,
  fields: {
    branches: [
      ...notAList,
      ['VALUE_INVALID', '«[]'],
      ['TYPE_WRONG', '[«left]', '/0'],
      ['FIELD_MISSING', '[«{name: left}]', '/0'],
    ],
    fail_fast: bool,
    wait_for: [
      ['VALUE_INVALID', '«most'],
      ['VALUE_INVALID', '«ALL'],
      ['VALUE_INVALID', '«0'],
      ['VALUE_INVALID', '«2'],
      ['VALUE_INVALID', '«1001'],
      ['VALUE_INVALID', '«1.5'],
      ['TYPE_WRONG', '«true'],
      ['TYPE_WRONG', '«null'],
      ['TYPE_WRONG', '«[all]'],
      ['TYPE_WRONG', '«{a: 1}'],
    ],
  },
  twins,
};

const conditionStep: ObjectPlace = {
  ...base,
  title: 'a condition step',
  sound: ['name: pay', 'type: condition', 'condition: "true"', `then: ${list}`],
  required: ['name', 'type', 'condition', 'then'],
  shared: commonFields,
  useless: idle,
  fields: {
    condition: expression,
    then: steps,
    else: steps.map(([code, marked, below = '']) => [code, marked.replaceAll('inner', 'other'), below] as const),
  },
};

const choiceStep: ObjectPlace = {
  ...base,
  title: 'a condition step',
  sound: ['name: pay', 'type: condition', 'value: $.input.kind', `cases: {x: ${list}}`],
  required: ['value'],
  fields: {
    value: expression,
    cases: [
      ...objectOf,
      ['VALUE_INVALID', '«{}'],
      ['TYPE_WRONG', '{x: «7}', '/x'],
      ['VALUE_INVALID', '{x: «[]}', '/x'],
      ['TYPE_WRONG', '{x: [«inner]}', '/x/0'],
      ['FIELD_MISSING', '{x: [«{name: inner}]}', '/x/0'],
    ],
    default: steps.map(([code, marked, below = '']) => [code, marked.replaceAll('inner', 'other'), below] as const),
  },
};

export const runStepPlaces: readonly ObjectPlace[] = [
  functionStep,
  transformStep,
  scriptStep,
  waitStep,
  signalStep,
  failStep,
  parallelStep,
  conditionStep,
  choiceStep,
];
