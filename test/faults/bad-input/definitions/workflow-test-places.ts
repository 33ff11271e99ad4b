/** Documents of kind WorkflowTest: cases, mocks, what is sent, what is expected. */
import { documentAround, type Fields, type ObjectPlace } from './object-place.ts';
import {
  anyObject,
  bool,
  choice,
  duration,
  errorCode,
  expression,
  listOf,
  notAList,
  objectOf,
  recorded,
  text,
  version,
  type WrongValue,
  whole,
  workflowName,
} from './wrong-values.ts';

const head = 'apiVersion: magicflow.io/v2\nkind: WorkflowTest\nmetadata: {name: shop-tests}\n';
const testCase = '{name: a, expect: {}}';

const inTestSpec = (lines: string) => documentAround(`${head}spec:\n  workflow: shop\n${lines}`);
const inCase = (lines: string) => inTestSpec(`  cases:\n    -\n      name: a\n${lines}`);

const moment: readonly WrongValue[] = [
  ...['tomorrow', '2030-13-01T09:00:00Z', '"2030-01-01"', '"2030-01-01T09:00:00"', '""', '"1969-01-01T00:00:00Z"'].map(
    (each) => ['VALUE_INVALID', `«${each}`] as const,
  ),
  ['VALUE_INVALID', '«$.input.at'],
  ...['1700000000', 'true', 'null', '[a]', '{a: b}'].map((each) => ['TYPE_WRONG', `«${each}`] as const),
];

/** Names of variables with texts as values. */
const texts: readonly WrongValue[] = [
  ...anyObject,
  ['TYPE_WRONG', '{REGION: «[a]}', '/REGION'],
  ['TYPE_WRONG', '{REGION: «null}', '/REGION'],
  ['NAME_INVALID', '{«a b: eu}', '/a b'],
  ['NAME_RESERVED', '{«constructor: eu}', '/constructor'],
];

const mocks: readonly WrongValue[] = [
  ...anyObject,
  ['VALUE_INVALID', '{pay: «pass}', '/pay'],
  ['TYPE_WRONG', '{pay: «7}', '/pay'],
  ['TYPE_WRONG', '{pay: «null}', '/pay'],
  ['VALUE_INVALID', '{pay: «[]}', '/pay'],
  ['TYPE_WRONG', '{pay: [{response: 1}, «passthrough]}', '/pay/1'],
  ['FIELD_CONFLICT', '{pay: [{response: 1}, {output: «2}]}', '/pay/1/output'],
  ['FIELD_MISSING', '{pay: «{}}', '/pay'],
  ['FIELD_MISSING', '{pay: «{delay: 1s}}', '/pay'],
];

const setting: Fields = {
  clock: moment,
  seed: whole(0, 4_294_967_295),
  env: texts,
  secrets: texts,
  mocks,
};

const names = listOf(text, 'pay');

const calls: readonly WrongValue[] = [
  ...anyObject,
  ['VALUE_INVALID', '{pay: «-1}', '/pay'],
  ['VALUE_INVALID', '{pay: «1.5}', '/pay'],
  ['VALUE_INVALID', '{pay: «1000001}', '/pay'],
  ['TYPE_WRONG', '{pay: «once}', '/pay'],
  ['TYPE_WRONG', '{pay: «null}', '/pay'],
];

/** An expectation may read steps, whose names are known beside the workflow alone. */
const condition = expression.filter(([, marked]) => !/nowhere|nothing/.test(marked));

const statuses = [
  'completed',
  'failed',
  'cancelled',
  'timed_out',
  'compensated',
  'waiting',
  'paused',
  'refused',
] as const;

export const workflowTestPlaces: readonly ObjectPlace[] = [
  {
    title: 'a workflow test',
    pointer: '',
    sound: [
      'apiVersion: magicflow.io/v2',
      'kind: WorkflowTest',
      'metadata: {name: shop-tests}',
      `spec: {workflow: shop, cases: [${testCase}]}`,
    ],
    required: ['apiVersion', 'kind', 'metadata', 'spec'],
    fields: {
      apiVersion: [
        ['API_VERSION_UNKNOWN', '«magicflow.io/v1'],
        ['TYPE_WRONG', '«7'],
      ],
      kind: [
        ['KIND_UNKNOWN', '«WorkflowTests'],
        ['KIND_UNKNOWN', '«7'],
      ],
      metadata: anyObject,
      spec: anyObject,
    },
    wrong: [],
    write: documentAround('@\n'),
  },
  {
    title: 'the metadata of a test',
    pointer: '/metadata',
    sound: ['name: shop-tests'],
    required: ['name'],
    fields: {
      name: workflowName,
      description: text,
      tags: listOf(text, 'web'),
      owner: text,
      created_by: text,
      labels: anyObject,
      annotations: anyObject,
    },
    wrong: [],
    write: documentAround(
      `apiVersion: magicflow.io/v2\nkind: WorkflowTest\nmetadata:\n  @\nspec: {workflow: shop, cases: [${testCase}]}\n`,
    ),
  },
  {
    title: 'the spec of a test',
    pointer: '/spec',
    sound: ['workflow: shop', `cases: [${testCase}]`],
    required: ['workflow', 'cases'],
    fields: {
      workflow: workflowName,
      version,
      ...setting,
      cases: [
        ...notAList,
        ['VALUE_INVALID', '«[]'],
        ['TYPE_WRONG', '[«a]', '/0'],
        ['FIELD_MISSING', '[«{name: a}]', '/0'],
        ['FIELD_MISSING', '[«{expect: {}}]', '/0'],
        ['NAME_DUPLICATE', `[${testCase}, {name: «a, expect: {}}]`, '/1/name'],
      ],
    },
    wrong: [],
    write: documentAround(`${head}spec:\n  @\n`),
  },
  {
    title: 'a case',
    pointer: '/spec/cases/0',
    sound: ['name: a', 'expect: {}'],
    required: ['name', 'expect'],
    fields: {
      name: text,
      description: text,
      input: [],
      signals: [...notAList, ['TYPE_WRONG', '[«go]', '/0'], ['FIELD_MISSING', '[«{at: 1s}]', '/0']],
      human_tasks: [...notAList, ['TYPE_WRONG', '[«go]', '/0'], ['FIELD_MISSING', '[«{after: 1s}]', '/0']],
      operations: [...notAList, ['TYPE_WRONG', '[«cancel]', '/0'], ['FIELD_MISSING', '[«{at: 1s}]', '/0']],
      expect: anyObject,
    },
    shared: setting,
    write: inTestSpec('  cases:\n    -\n      @\n'),
  },
  {
    title: 'a mock',
    pointer: '/spec/cases/0/mocks/pay',
    sound: ['response: {id: 1}'],
    required: ['response'],
    fields: {
      when: expression,
      response: recorded,
      output: recorded,
      error: [...errorCode.filter(([, marked]) => marked !== '«{a: b}'), ['FIELD_MISSING', '«{message: lost}']],
      timeout: [...bool.filter(([, marked]) => marked !== '«yes'), ['VALUE_INVALID', '«false']],
      delay: duration(0),
    },
    excludes: { output: ['response'], error: ['response'], timeout: ['response'] },
    wrong: [
      ['TYPE_WRONG', '«7'],
      ['VALUE_INVALID', '«pass'],
    ],
    write: inCase('      expect: {}\n      mocks:\n        pay:\n          @\n'),
  },
  {
    title: 'the error of a mock',
    pointer: '/spec/cases/0/mocks/pay/error',
    sound: ['code: LOST'],
    required: ['code'],
    fields: { code: errorCode, message: text, details: [], retryable: bool },
    wrong: [],
    write: inCase('      expect: {}\n      mocks:\n        pay:\n          error:\n            @\n'),
  },
  {
    title: 'a signal of a case',
    pointer: '/spec/cases/0/signals/0',
    sound: ['name: paid', 'at: 5m'],
    required: ['name'],
    fields: { name: text, at: duration(0), payload: [], key: text },
    wrong: [
      ['TYPE_WRONG', '«paid'],
      ['TYPE_WRONG', '«7'],
    ],
    write: inCase('      expect: {}\n      signals:\n        -\n          @\n'),
  },
  {
    title: 'an answer of a case',
    pointer: '/spec/cases/0/human_tasks/0',
    sound: ['step: approve', 'after: 5m'],
    required: ['step'],
    fields: { step: text, after: duration(0), answer: [], outcome: text, by: text, comment: text },
    wrong: [
      ['TYPE_WRONG', '«approve'],
      ['TYPE_WRONG', '«7'],
    ],
    write: inCase('      expect: {}\n      human_tasks:\n        -\n          @\n'),
  },
  {
    title: 'an operation of a case',
    pointer: '/spec/cases/0/operations/0',
    sound: ['type: cancel', 'at: 5m'],
    required: ['type'],
    fields: { type: choice('cancel', 'terminate', 'pause', 'resume', 'retry'), at: duration(0) },
    wrong: [
      ['TYPE_WRONG', '«cancel'],
      ['TYPE_WRONG', '«7'],
    ],
    write: inCase('      expect: {}\n      operations:\n        -\n          @\n'),
  },
  {
    title: 'expectations',
    pointer: '/spec/cases/0/expect',
    sound: ['status: completed', 'duration: 5m'],
    fields: {
      status: choice(...statuses),
      output: [],
      output_includes: [],
      error: anyObject,
      steps: names,
      steps_include: names,
      steps_exclude: names,
      outputs: anyObject,
      outputs_include: anyObject,
      calls,
      vars: anyObject,
      duration: duration(0).filter(([, marked]) => marked !== '«{seconds: 15}'),
      conditions: [...notAList, ...condition.slice(0, 6).map(([code, marked]) => [code, `[${marked}]`, '/0'] as const)],
    },
    write: inCase('      expect:\n        @\n'),
  },
  {
    title: 'an expected error',
    pointer: '/spec/cases/0/expect/error',
    sound: ['code: LOST'],
    fields: { code: text, message: text, step: text, details: [] },
    write: inCase('      expect:\n        error:\n          @\n'),
  },
  {
    title: 'expected calls',
    pointer: '/spec/cases/0/expect/calls/pay',
    sound: ['count: 1'],
    fields: { count: whole(0, 1_000_000), input: [], input_includes: [], inputs: notAList },
    wrong: objectOf.filter(([, marked]) => marked !== '«7'),
    write: inCase('      expect:\n        calls:\n          pay:\n            @\n'),
  },
  {
    title: 'an expected duration',
    pointer: '/spec/cases/0/expect/duration',
    sound: ['at_least: 1s'],
    fields: { at_least: duration(0), at_most: duration(0) },
    wrong: [],
    write: inCase('      expect:\n        duration:\n          @\n'),
  },
];
