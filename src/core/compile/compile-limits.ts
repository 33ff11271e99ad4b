import type { Step } from '../../model/definition.ts';
import { keyIn } from '../execution-turn.ts';
import type { LimitsOf } from '../task-limits.ts';
import { templateOf } from './compile-text.ts';

/**
 * Undefined where the step has none. `workflow` is the name that limits without a key are kept under. A rate is never
 * named like a slot: an attempt that goes out again holds its slot while it is in line for its rate, and would wait in
 * one line with those that wait for that slot.
 */
export function compileLimits(step: Step, workflow: string): LimitsOf | undefined {
  const { concurrency, rateLimit } = step;
  if (!concurrency && !rateLimit) return undefined;
  const name = `${workflow}.${step.name}`;
  const slotKey = templateOf(concurrency?.key);
  const rateKey = templateOf(rateLimit?.key);
  return (scope) => ({
    ...(concurrency && {
      slot: {
        key: keyIn(scope, slotKey, { own: `step:${name}`, field: 'concurrency.key', shared: 'key' }),
        limit: concurrency.limit,
        ...(concurrency.onLimit === 'reject' ? { onLimit: concurrency.onLimit } : {}),
      },
    }),
    ...(rateLimit && {
      rate: {
        key: keyIn(scope, rateKey, { own: `step-rate:${name}`, field: 'rate_limit.key', shared: 'rate' }),
        limit: rateLimit.limit,
        perMs: rateLimit.per,
      },
    }),
  });
}
