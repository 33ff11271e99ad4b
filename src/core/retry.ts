/** Retry arithmetic: whether a policy answers for an error, and how long it waits. */

import type { Scope } from '../expression/expression.ts';
import { isObject } from '../kit/json.ts';
import type { StepError } from './errors.ts';
import { retryAfterMaxMs } from './limits.ts';

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

export type Matcher = (error: StepError, scope: Scope) => boolean;

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

/** How long whoever failed asked to be left alone (`retry_after_ms` of the details: what an HTTP service says by `Retry-After`). */
export function askedDelayMs({ details }: StepError): number {
  const asked = isObject(details) ? details['retry_after_ms'] : undefined;
  return typeof asked === 'number' && asked > 0 ? Math.min(Math.round(asked), retryAfterMaxMs) : 0;
}
