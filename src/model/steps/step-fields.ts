import { duration } from '../fields/duration.ts';
import { expression, template } from '../fields/expression.ts';
import { type Fields, object, optional, required } from '../fields/field.ts';
import { choice, integer, jsonObject, named, oneOrMore, record, text } from '../fields/kind.ts';
import { plainName, stepName, stepReference } from '../fields/name.ts';
import { timing } from '../fields/time.ts';
import { transforms } from '../fields/transforms.ts';
import { stepsMax, visitsMax } from '../limits.ts';
import { type Purpose, purposes } from '../sink.ts';
import { compensateBlocks } from './compensate.ts';
import { limitTables, rateLimit, stepConcurrency } from './limit-kinds.ts';
import { circuitBreaker, retryPolicies, retryPolicy } from './retry.ts';

/** The fields that every step may have, whatever its type. */
export const timeoutAction = choice('cancel_and_cleanup', 'retry', 'fallback', 'ignore');

const cache = named(
  'cache',
  object('a cache', {
    key: optional(
      'key',
      template(purposes.value),
      'What tells calls apart, shared by all steps of this name. Default: this version and the input.',
    ),
    ttl: required('ttl', duration(1), 'How long a result is taken from the cache.'),
  } satisfies Fields),
);

interface Variant {
  /** Where the input is recorded and not handed to anybody outside, no secret may stand in it. */
  readonly input?: Purpose;
  /** What `$.` an output mapping may read. */
  readonly output: Purpose;
  /** A type that has a `condition` of its own keeps `when` alone for the guard. */
  readonly guardNames: readonly [string, ...string[]];
}

/** The same for every type. */
const fixedFields = {
  name: required('name', stepName, 'The name of the step, unique in the document.'),
  type: optional('type', text, 'What the step does.'),
  description: optional('description', text, 'For people.'),
  dependsOn: optional(
    'depends_on',
    oneOrMore(stepReference('depends_on'), { max: stepsMax }),
    'Makes the list a graph: the step starts when these are done.',
  ),
  timeout: optional('timeout', timing(1), 'For one attempt, from the moment it starts.'),
  timeoutAction: optional(
    'timeout_action',
    timeoutAction,
    'What a timeout does. Default: an ordinary failure TIMEOUT.',
  ),
  queueTimeout: optional('queue_timeout', timing(1), 'How long the step may wait for an executor.'),
  heartbeatTimeout: optional('heartbeat_timeout', timing(1), 'How long an executor may be silent.'),
  retry: optional(
    ['retry_config', 'retry_policy'],
    retryPolicies,
    'How failures are tried again; each field goes over the same field of the workflow.',
  ),
  maxVisits: optional(
    'max_visits',
    integer({ min: 1, max: visitsMax }),
    'How often the step may be reached in one execution. Default 100.',
  ),
  set: optional(
    'set',
    record(plainName, template(purposes.value)),
    'Variables, read as `$.vars.<name>`, taken when the step completes.',
  ),
  fallbackStep: optional(
    'fallback_step',
    stepReference('fallback_step'),
    'The step that replaces this one when it fails for good.',
  ),
  fallbackResponse: optional(
    'fallback_response',
    template(purposes.value),
    'The output instead, when the step fails for good.',
  ),
  circuitBreaker: optional('circuit_breaker', circuitBreaker, 'Stops calls to what keeps failing.'),
  idempotencyKey: optional(
    'idempotency_key',
    template(purposes.value),
    'What the executor sees as the key of this call.',
  ),
  onSuccess: optional(
    'on_success',
    stepReference('on_success'),
    'The next step, or `end`. Default: the next in the list.',
  ),
  onFailure: optional('on_failure', stepReference('on_failure'), 'The next step after a failure.'),
  compensate: optional('compensate', compensateBlocks, 'What undoes the step: names of steps, or steps.'),
  metadata: optional('metadata', jsonObject, 'For people and tools.'),
  rateLimit: optional('rate_limit', rateLimit, 'At most so many calls per period.'),
  concurrency: optional('concurrency', stepConcurrency, 'At most so many at once, over all executions.'),
  cache: optional('cache', cache, 'Take the result of an earlier equal call.'),
} satisfies Fields;

function fieldsOf({ input = purposes.input, output, guardNames }: Variant) {
  return {
    ...fixedFields,
    input: optional('input', template(input), 'What the step gets. Default: `$.input`.'),
    when: optional(guardNames, expression(purposes.condition), 'The step is skipped where this is false.'),
    output: optional('output', template(output), "The step's output instead of its response."),
    dataMapping: optional(
      'data_mapping',
      dataMapping(input, output),
      '`input` and `output` in one place, or `transforms` of the response.',
    ),
  } satisfies Fields;
}

const dataMapping = (input: Purpose, output: Purpose) =>
  object('a data mapping', {
    input: optional('input', template(input), 'What the step gets.'),
    output: optional('output', template(output), "The step's output."),
    transforms: optional('transforms', transforms(output), 'Members of the response made anew; the others stay.'),
  } satisfies Fields);

const guardNames = ['condition', 'when'] as const;

export const commonFields = fieldsOf({ output: purposes.output, guardNames });
export const recordedFields = fieldsOf({ input: purposes.recorded, output: purposes.output, guardNames });
export const guardedFields = fieldsOf({ output: purposes.output, guardNames: ['when'] });
export const containerFields = fieldsOf({ output: purposes.containerOutput, guardNames });
export const guardedContainerFields = fieldsOf({ output: purposes.containerOutput, guardNames: ['when'] });

export type CommonFields = ReturnType<typeof fieldsOf>;

/** What the tables of all types share, for the published schema. */
export const sharedKinds = [retryPolicy, circuitBreaker, ...limitTables, cache];
