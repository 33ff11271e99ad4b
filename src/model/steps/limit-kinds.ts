/** Limits that steps and workflows set: how many at once, and how many in a time. */
import type { ConcurrencyLimit, RateLimit, WorkflowConcurrency } from '../definition.ts';
import { duration } from '../fields/duration.ts';
import { template } from '../fields/expression.ts';
import { type Fields, object, optional, required } from '../fields/field.ts';
import { choice, either, integer, type Kind, map, named } from '../fields/kind.ts';
import { purposes } from '../sink.ts';
import { isMap, type Spot } from '../yaml/tree.ts';

const limitMax = 1_000_000;
const limitKind = integer({ min: 1, max: limitMax });

const rateTable = named(
  'rate-limit',
  object('a rate limit', {
    limit: required('limit', limitKind, 'Calls per period.'),
    per: required('per', duration(1), 'The period: it begins with the first call after the one before has ended.'),
    key: optional(
      'key',
      template(purposes.value),
      'One limit per value, shared by all that name it. Default: this step.',
    ),
  } satisfies Fields),
);

const stepTable = named(
  'step-concurrency',
  object('a concurrency limit', {
    limit: required('limit', limitKind, 'How many may run at once.'),
    key: optional(
      'key',
      template(purposes.value),
      'One limit per value, shared by all that name it. Default: this step.',
    ),
    onLimit: optional(
      'on_limit',
      choice('queue', 'reject'),
      'What happens beyond the limit: the step waits, or fails with CONCURRENCY_LIMIT. Default queue.',
    ),
  } satisfies Fields),
);

const workflowTable = named(
  'workflow-concurrency',
  object('a concurrency limit', {
    limit: required('limit', limitKind, 'How many executions may run at once.'),
    key: optional(
      'key',
      template(purposes.value),
      'One limit per value, shared by all workflows that name it. Default: this workflow.',
    ),
    onLimit: optional(
      'on_limit',
      choice('queue', 'reject', 'cancel_running', 'cancel_new'),
      'What happens to a start beyond the limit. Default queue.',
    ),
  } satisfies Fields),
);

/** Where a field is missing that has been reported, and the value is never used. */
const missing = 1;

export const rateLimit: Kind<RateLimit> = map(rateTable, (read) => ({
  ...read,
  limit: read.limit ?? missing,
  per: read.per ?? missing,
}));

/** The number alone is the limit. */
const alone = map(limitKind, (limit) => ({ limit }));
const isTable = (spot: Spot): boolean => isMap(spot);

export const stepConcurrency: Kind<ConcurrencyLimit> = either(
  isTable,
  map(stepTable, (read) => ({ ...read, limit: read.limit ?? missing })),
  alone,
);
export const workflowConcurrency: Kind<WorkflowConcurrency> = either(
  isTable,
  map(workflowTable, (read) => ({ ...read, limit: read.limit ?? missing })),
  alone,
);

/** For the published schema. */
export const limitTables = [rateTable, stepTable, workflowTable];
