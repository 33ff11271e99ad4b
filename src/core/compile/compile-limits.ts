import type { Step } from '../../model/definition.ts';
import { keyIn } from '../execution-turn.ts';
import type { LimitsOf } from '../task-limits.ts';
import { templateOf } from './compile-text.ts';

/** Undefined where the step has none. `workflow` is the name that limits without a key are kept under. */
export function compileLimits(step: Step, workflow: string): LimitsOf | undefined {
  const { concurrency, rateLimit } = step;
  if (!concurrency && !rateLimit) return undefined;
  const own = `step:${workflow}.${step.name}`;
  const slotKey = templateOf(concurrency?.key);
  const rateKey = templateOf(rateLimit?.key);
  return (scope) => ({
    ...(concurrency && {
      slot: {
        key: keyIn(scope, slotKey, { own, field: 'concurrency.key', shared: 'key' }),
        limit: concurrency.limit,
        ...(concurrency.onLimit === 'reject' ? { onLimit: concurrency.onLimit } : {}),
      },
    }),
    ...(rateLimit && {
      rate: {
        key: keyIn(scope, rateKey, { own, field: 'rate_limit.key', shared: 'key' }),
        limit: rateLimit.limit,
        perMs: rateLimit.per,
      },
    }),
  });
}
