/** Retry arithmetic: whether a policy answers for an error, and how long it waits. */

import { compileExpression } from '../expression/compile.ts';
import type { Expression, Scope } from '../expression/expression.ts';
import { parseDuration } from '../kit/duration.ts';
import type { RetryPolicy, Timing } from '../model/definition.ts';
import type { StepError } from './errors.ts';
import { retryDefaults } from './limits.ts';

export interface Retry {
  readonly maxAttempts: number;
  readonly backoff: 'fixed' | 'linear' | 'exponential';
  readonly initialDelayMs: number;
  readonly maxDelayMs: number;
  readonly multiplier: number;
  readonly jitter: boolean;
  readonly retryOn: readonly Matcher[];
  readonly giveUpOn: readonly Matcher[];
}

type Matcher = (error: StepError, scope: Scope) => boolean;

export function compileRetry(policy: RetryPolicy): Retry {
  return {
    maxAttempts: policy.maxAttempts ?? retryDefaults.maxAttempts,
    backoff: policy.backoff ?? retryDefaults.backoff,
    initialDelayMs: fixedMs(policy.initialDelay) ?? retryDefaults.initialDelayMs,
    maxDelayMs: fixedMs(policy.maxDelay) ?? retryDefaults.maxDelayMs,
    multiplier: policy.multiplier ?? retryDefaults.multiplier,
    jitter: policy.jitter ?? retryDefaults.jitter,
    retryOn: (policy.retryOn ?? []).map(compileMatcher),
    giveUpOn: (policy.giveUpOn ?? []).map(compileMatcher),
  };
}

function fixedMs(timing: Timing | undefined): number | undefined {
  return typeof timing === 'string' ? parseDuration(timing) : timing;
}

/** An exact code, `PREFIX_*`, or (a text with `$`) a condition on `$.error`. */
function compileMatcher(text: string): Matcher {
  if (text.includes('$')) {
    const compiled = compileExpression(text);
    const condition: Expression | undefined = compiled.ok ? compiled.value : undefined;
    return (_error, scope) => condition?.evaluate(scope) === true;
  }
  if (text.endsWith('*')) return (error) => error.code.startsWith(text.slice(0, -1));
  return (error) => error.code === text;
}

/** The first policy that answers for this error; undefined where none does or one of them gives up on it. */
export function chooseRetry(retries: readonly Retry[], error: StepError, scope: Scope): Retry | undefined {
  const matches = (matcher: Matcher): boolean => matcher(error, scope);
  const chosen = retries.find((retry) => retry.retryOn.length === 0 || retry.retryOn.some(matches));
  return chosen?.giveUpOn.some(matches) ? undefined : chosen;
}

/**
 * Milliseconds from a failed attempt to the next. `failures` counts from 1; `random` is uniform in [0, 1).
 * Jitter takes 50 to 100 % of the delay, so that a herd spreads and no delay is ever longer than the policy says.
 */
export function retryDelayMs(retry: Retry, failures: number, random: number): number {
  const growth = { fixed: 1, linear: failures, exponential: retry.multiplier ** (failures - 1) }[retry.backoff];
  const delayMs = Math.min(retry.initialDelayMs * growth, retry.maxDelayMs);
  return Math.round(retry.jitter ? delayMs * (0.5 + random / 2) : delayMs);
}
