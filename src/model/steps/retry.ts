import type { RetryPolicy } from '../definition.ts';
import { duration } from '../fields/duration.ts';
import { expression } from '../fields/expression.ts';
import { type Fields, object, optional } from '../fields/field.ts';
import {
  boolean,
  choice,
  either,
  integer,
  type Kind,
  list,
  map,
  type NamedKind,
  named,
  number,
  oneOrMore,
  reportType,
} from '../fields/kind.ts';
import { timing } from '../fields/time.ts';
import { attemptsMax, retryPoliciesMax } from '../limits.ts';
import { purposes } from '../sink.ts';
import { didYouMean } from '../suggest.ts';
import { isList, type Spot, shorten, textOf } from '../yaml/tree.ts';

/** Retry policies and circuit breakers. */
const errorCode = /^[A-Z][A-Z0-9_]*\*?$/;

/** `TIMEOUT`, `HTTP_*`, or a condition on `$.error`. */
const retryTest: Kind<string> = {
  expected: 'an error code (TIMEOUT), a prefix (HTTP_*) or a condition on $.error',
  read(spot, sink) {
    const found = textOf(spot);
    if (found === undefined) return reportType(spot, sink, retryTest.expected);
    if (found.includes('$')) return expression(purposes.condition).read(spot, sink);
    if (errorCode.test(found)) return found;
    const hint = didYouMean(found, [found.toUpperCase().replaceAll(/[^A-Z0-9_*]/g, '_')]);
    sink.report('VALUE_INVALID', spot, `"${shorten(found)}" must be ${retryTest.expected}${hint}`);
    return undefined;
  },
  schema: () => ({ type: 'string', minLength: 1 }),
};

const retryFields = {
  maxAttempts: optional('max_attempts', integer({ min: 1, max: attemptsMax }), 'Attempts in all, the first included.'),
  backoff: optional(
    ['backoff', 'backoff_strategy'],
    choice('fixed', 'linear', 'exponential'),
    'How the delay grows: the same, attempt × initial_delay, or × multiplier each time.',
  ),
  initialDelay: optional('initial_delay', timing(), 'Delay before the second attempt. Default 1s.'),
  maxDelay: optional('max_delay', timing(), 'No delay is longer. Default 60s.'),
  multiplier: optional('multiplier', number({ min: 1, max: 100 }), 'Growth of an exponential backoff. Default 2.'),
  jitter: optional('jitter', boolean, 'Draw each delay between 50 and 100 percent of its value. Default true.'),
  retryOn: optional('retry_on', oneOrMore(retryTest), 'Only these errors are tried again.'),
  giveUpOn: optional('give_up_on', oneOrMore(retryTest), 'These errors are never tried again.'),
} satisfies Fields;

export const retryPolicy: NamedKind<RetryPolicy> = named('retry-policy', object('a retry policy', retryFields));

/** One policy, or several that are tried in order. */
export const retryPolicies: Kind<readonly RetryPolicy[]> = either(
  (spot: Spot) => isList(spot),
  list(retryPolicy, { min: 1, max: retryPoliciesMax }),
  map(retryPolicy, (policy) => [policy]),
);

export const circuitBreaker = named(
  'circuit-breaker',
  object('a circuit breaker', {
    failureThreshold: optional(
      'failure_threshold',
      integer({ min: 1, max: 1_000_000 }),
      'Failures within the window that open it, whatever succeeds between them.',
    ),
    failureRateThreshold: optional(
      'failure_rate_threshold',
      number({ min: 0, max: 1 }),
      'Share of failures within the window that opens it, 0 to 1.',
    ),
    windowMs: optional('window', duration(1), 'The time over which calls and failures are counted.'),
    minimumCalls: optional(
      'minimum_calls',
      integer({ min: 1, max: 1_000_000 }),
      'Calls within the window before the rate counts.',
    ),
    recoveryTimeoutMs: optional(
      'recovery_timeout',
      duration(1),
      'How long it stays open before it lets a probe through.',
    ),
    halfOpenMaxCalls: optional(
      'half_open_max_calls',
      integer({ min: 1, max: 1_000 }),
      'Probes at once while it is half open.',
    ),
  } satisfies Fields),
);
