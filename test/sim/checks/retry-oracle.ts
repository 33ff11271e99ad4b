/** What a retry policy says, read from the definition and not from the engine's own arithmetic. */
import type { StepError } from '../../../src/core/errors.ts';
import { parseDuration } from '../../../src/kit/duration.ts';
import type { Definition, RetryPolicy, Step, Timing } from '../../../src/model/definition.ts';

const never = [
  'UNDEFINED_STEP',
  'TOO_MANY_VISITS',
  'TOO_MANY_ITERATIONS',
  'EXPRESSION_FAILED',
  'EVENT_LIMIT_EXCEEDED',
  'DELIVERIES_EXHAUSTED',
];

export function allowsRetry(error: StepError): boolean {
  return error.retryable !== false && !never.includes(error.code);
}

/** The policy that answers for an error; undefined where none does. */
export function policyFor(step: Step, error: StepError): RetryPolicy | undefined {
  const policies = step.retry === undefined || step.retry.length === 0 ? [{}] : step.retry;
  const chosen = policies.find((policy: RetryPolicy) => !policy.retryOn?.length || matchesAny(policy.retryOn, error));
  return chosen && matchesAny(chosen.giveUpOn ?? [], error) ? undefined : chosen;
}

export function rulePolicy(definition: Definition): RetryPolicy {
  return definition.retry ?? {};
}

/** Codes, prefixes, and the one form of condition that generated workflows use. */
function matchesAny(tests: readonly string[], { code }: StepError): boolean {
  return tests.some((test) => {
    if (test.includes('$')) return test.endsWith(`"${code}"`);
    return test.endsWith('*') ? code.startsWith(test.slice(0, -1)) : code === test;
  });
}

const milliseconds = (timing: Timing | undefined, otherwise: number): number =>
  typeof timing === 'string' ? (parseDuration(timing) ?? otherwise) : (timing ?? otherwise);

/** Half to all of the delay, or exactly all of it without jitter. Rounded outward. */
export function delayRange(policy: RetryPolicy, failures: number): { readonly minMs: number; readonly maxMs: number } {
  const firstMs = milliseconds(policy.initialDelay, 1_000);
  const grown = {
    fixed: firstMs,
    linear: firstMs * failures,
    exponential: firstMs * (policy.multiplier ?? 2) ** (failures - 1),
  }[policy.backoff ?? 'exponential'];
  const fullMs = Math.min(grown, milliseconds(policy.maxDelay, 60_000));
  return { minMs: policy.jitter === false ? Math.floor(fullMs) : Math.floor(fullMs / 2), maxMs: Math.ceil(fullMs) };
}
