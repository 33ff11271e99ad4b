/** Objects inside steps: policies, limits, mappings, branches, cases, steps that undo. */
import { atStep, inStep, type ObjectPlace } from './object-place.ts';
import {
  anyObject,
  bool,
  choice,
  duration,
  executorName,
  expression,
  handedOver,
  notAList,
  number,
  plainName,
  recorded,
  retryTests,
  stepName,
  text,
  timing,
  whole,
} from './wrong-values.ts';

const call = 'name: pay\ntype: function\nexecutor: bank\nfunction: charge\n';
const inCall = (lines: string): ObjectPlace['write'] => inStep(`${call}${lines}`);

const retryPolicy = {
  title: 'a retry policy',
  sound: ['max_attempts: 2'],
  fields: {
    max_attempts: whole(1, 1_000),
    backoff: choice('fixed', 'linear', 'exponential'),
    backoff_strategy: choice('fixed', 'linear', 'exponential'),
    initial_delay: timing(0),
    max_delay: timing(0),
    multiplier: number(1, 100),
    jitter: bool,
    retry_on: retryTests,
    give_up_on: retryTests,
  },
  twins: [['backoff', 'backoff_strategy', 'fixed']],
  wrong: [],
} as const satisfies Partial<ObjectPlace>;

const limit = { pointer: atStep, wrong: [] } as const;

const bare = { name: text, steps: notAList };

export const innerPlaces: readonly ObjectPlace[] = [
  { ...retryPolicy, pointer: `${atStep}/retry_config`, write: inCall('retry_config:\n  @\n') },
  { ...retryPolicy, pointer: `${atStep}/retry_config/1`, write: inCall('retry_config:\n  - {}\n  -\n    @\n') },
  {
    title: 'a circuit breaker',
    pointer: `${atStep}/circuit_breaker`,
    sound: ['failure_threshold: 3'],
    fields: {
      failure_threshold: whole(1, 1_000_000),
      failure_rate_threshold: number(0, 1),
      window: duration(),
      minimum_calls: whole(1, 1_000_000),
      recovery_timeout: duration(),
      half_open_max_calls: whole(1, 1_000),
    },
    wrong: [],
    write: inCall('circuit_breaker:\n  @\n'),
  },
  {
    ...limit,
    title: 'a rate limit',
    pointer: `${atStep}/rate_limit`,
    sound: ['limit: 3', 'per: 1s'],
    required: ['limit', 'per'],
    fields: { limit: whole(1, 1_000_000), per: duration(), key: recorded },
    write: inCall('rate_limit:\n  @\n'),
  },
  {
    ...limit,
    title: 'a concurrency limit',
    pointer: `${atStep}/concurrency`,
    sound: ['limit: 3', 'key: $.input.user'],
    required: ['limit'],
    fields: { limit: whole(1, 1_000_000), key: recorded, on_limit: choice('queue', 'reject') },
    write: inCall('concurrency:\n  @\n'),
  },
  {
    title: 'a cache',
    wrong: [],
    pointer: `${atStep}/cache`,
    sound: ['ttl: 1m', 'key: $.input.user'],
    required: ['ttl'],
    fields: { key: recorded, ttl: duration() },
    write: inCall('cache:\n  @\n'),
  },
  {
    title: 'a data mapping',
    pointer: `${atStep}/data_mapping`,
    sound: ['input: 1'],
    fields: {
      input: handedOver,
      output: recorded,
      transforms: [
        ...anyObject,
        ['NAME_INVALID', '{«a b: "1"}', '/a b'],
        ['EXPRESSION_INVALID', '{total: "«$.nowhere.x"}', '/total'],
        ['TYPE_WRONG', '{total: «7}', '/total'],
      ],
    },
    excludes: { transforms: ['input'] },
    wrong: [],
    write: inCall('data_mapping:\n  @\n'),
  },
  {
    title: 'a step that undoes another',
    pointer: `${atStep}/compensate/0`,
    sound: ['name: undo', 'executor: bank', 'function: refund'],
    required: ['executor', 'function'],
    fields: {
      name: stepName,
      executor: executorName,
      function: text,
      timeout: timing(),
      when: expression,
      input: handedOver,
    },
    wrong: [],
    write: inCall('compensate:\n  -\n    @\n'),
  },
  {
    title: 'a branch',
    pointer: `${atStep}/branches/1`,
    sound: ['name: right', 'steps: [{name: there, type: fail}]'],
    required: ['name', 'steps'],
    fields: { ...bare, name: plainName, output: recorded },
    write: inStep(
      'name: pay\ntype: parallel\nbranches:\n  - {name: left, steps: [{name: here, type: fail}]}\n  -\n    @\n',
    ),
  },
  {
    title: 'a case',
    pointer: `${atStep}/cases/0`,
    sound: ['when: "true"', 'steps: [{name: there, type: fail}]'],
    required: ['when', 'steps'],
    fields: { when: expression, steps: notAList },
    write: inStep('name: pay\ntype: condition\ncases:\n  -\n    @\n'),
  },
];
