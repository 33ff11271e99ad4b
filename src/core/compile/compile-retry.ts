import { compileExpression } from '../../expression/compile.ts';
import type { Expression } from '../../expression/expression.ts';
import { parseDuration } from '../../kit/duration.ts';
import type { RetryPolicy, Timing } from '../../model/definition.ts';
import { retryDefaults } from '../limits.ts';
import type { Matcher, Retry } from '../retry.ts';

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
