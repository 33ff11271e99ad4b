/** Limits of steps at random: keys that many workflows share, keys of the input, and a step's own. */
import type { Json } from '../../src/kit/json.ts';
import type { Dice } from './dice.ts';

type Fields = Record<string, Json>;

/** Every step that names one of these keys has its limit. */
const shared = { one: 1, two: 2 } as const;
const sharedRate = { limit: 2, per: '3s', key: 'all' };

/** What a step that calls something may have. */
export function limitFields(dice: Dice): Fields {
  const slot = concurrency(dice);
  return { ...slot, ...rate(dice, slot['concurrency'] === undefined ? 0.06 : 0.4) };
}

/**
 * What a workflow may have, and one that others call more often and narrower: its line is where they meet. Never a key that
 * its children share: a parent would wait for who waits for it.
 */
export function workflowLimit(dice: Dice, isCalled: boolean): Fields {
  if (!dice.chance(isCalled ? 0.5 : 0.2)) return {};
  const onLimit = dice.chance(isCalled ? 0.7 : 0.4) ? 'queue' : dice.pick(['reject', 'cancel_running', 'cancel_new']);
  const key = dice.chance(isCalled ? 0.1 : 0.3) ? { key: '${workflow.name}-${input.k1}' } : {};
  const limit = dice.int(1, isCalled ? 2 : 3);
  return { concurrency: { limit, on_limit: onLimit, ...key }, priority: dice.int(0, 9) };
}

function concurrency(dice: Dice): Fields {
  if (!dice.chance(0.15)) return {};
  const onLimit = dice.chance(0.15) ? { on_limit: 'reject' } : {};
  const key = dice.pick(['one', 'two', 'own', 'input'] as const);
  if (key === 'own') return { concurrency: { limit: dice.int(1, 2), ...onLimit } };
  if (key === 'input') return { concurrency: { limit: 1, key: '$.input.k1', ...onLimit } };
  return { concurrency: { limit: shared[key], key, ...onLimit } };
}

/** Often beside a slot: an attempt that goes out again keeps the one and waits for the other. */
function rate(dice: Dice, share: number): Fields {
  if (!dice.chance(share)) return {};
  return { rate_limit: dice.chance(0.5) ? sharedRate : { limit: dice.int(1, 3), per: `${dice.int(1, 4)}s` } };
}
