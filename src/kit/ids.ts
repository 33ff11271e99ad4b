import type { Clock } from './clock.ts';
import type { Random } from './random.ts';

declare const brand: unique symbol;
type Branded<Name extends string> = string & { readonly [brand]: Name };

export type ExecutionId = Branded<'ExecutionId'>;
export type MoveId = Branded<'MoveId'>;
export type LeaseToken = Branded<'LeaseToken'>;

const alphabet = '0123456789abcdefghjkmnpqrstvwxyz';

/**
 * Makes ids that sort by time: 10 characters of milliseconds, then 16 of randomness (80 bits), in lower-case
 * Crockford base 32. Keys in time order keep the store's index pages warm.
 */
export function makeId(prefix: string, clock: Pick<Clock, 'nowMs'>, random: Random): string {
  let time = '';
  let rest = Math.max(0, Math.floor(clock.nowMs()));
  for (let place = 0; place < 10; place += 1) {
    time = alphabet[rest % 32] + time;
    rest = Math.floor(rest / 32);
  }
  return `${prefix}_${time}${randomText(random, 16)}`;
}

export function randomText(random: Random, length: number): string {
  let text = '';
  for (let place = 0; place < length; place += 1) text += alphabet[Math.floor(random.next() * 32)];
  return text;
}
