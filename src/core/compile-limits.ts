import { ExpressionFault, type Scope, type Template } from '../expression/expression.ts';
import type { Step } from '../model/definition.ts';
import { templateOf } from './compile-text.ts';
import { limitKeyLengthMax } from './limits.ts';
import type { LimitsOf } from './task-limits.ts';

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
        key: keyIn(scope, slotKey, { own, field: 'concurrency.key' }),
        limit: concurrency.limit,
        ...(concurrency.onLimit === 'reject' ? { onLimit: concurrency.onLimit } : {}),
      },
    }),
    ...(rateLimit && {
      rate: {
        key: keyIn(scope, rateKey, { own, field: 'rate_limit.key' }),
        limit: rateLimit.limit,
        perMs: rateLimit.per,
      },
    }),
  });
}

/** A given key is shared by all that give it, whatever their workflow; a number counts as its text. */
function keyIn(scope: Scope, template: Template | undefined, { own, field }: { own: string; field: string }): string {
  if (!template) return own;
  const value = template.fill(scope);
  const key = typeof value === 'number' || typeof value === 'boolean' ? String(value) : value;
  if (typeof key === 'string' && key !== '' && key.length <= limitKeyLengthMax) return `key:${key}`;
  const wanted = `a text of 1 to ${limitKeyLengthMax} characters`;
  throw new ExpressionFault('EXPRESSION_FAILED', `"${field}" does not give ${wanted}`);
}
