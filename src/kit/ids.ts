import type { Clock } from './clock.ts';
import type { Random } from './random.ts';

/** Characters. */
const timeLength = 10;

const alphabet = '0123456789abcdefghjkmnpqrstvwxyz';

/**
 * Makes ids that sort by time: 10 characters of milliseconds, then 16 of randomness (80 bits), in lower-case
 * Crockford base 32. Keys in time order keep the store's index pages warm.
 */
export function makeId(prefix: string, clock: Pick<Clock, 'nowMs'>, random: Random): string {
  return `${prefix}_${timeText(Math.max(0, Math.floor(clock.nowMs())))}${randomText(random, 16)}`;
}

/** An id of the same form out of a hash: whoever knows what was hashed finds the id again. At least 16 bytes. */
export function idFrom(prefix: string, atMs: number, hash: Uint8Array): string {
  const tail = Array.from(hash.subarray(0, 16), (byte) => alphabet[byte & 31]);
  return `${prefix}_${timeText(Math.max(0, Math.floor(atMs)))}${tail.join('')}`;
}

/** Negative where the first id was made before the second; 0 for ids of one millisecond, whose order nobody knows. */
export function compareIdTimes(a: string, b: string): number {
  const [first, second] = [timeIn(a), timeIn(b)];
  return first < second ? -1 : first > second ? 1 : 0;
}

const timeIn = (id: string): string => id.slice(id.indexOf('_') + 1, id.indexOf('_') + 1 + timeLength);

let lastTime = { ms: -1, text: '' };

/** Ids come in bursts: the characters of one millisecond are made once. */
function timeText(ms: number): string {
  if (lastTime.ms === ms) return lastTime.text;
  let text = '';
  let rest = ms;
  for (let place = 0; place < timeLength; place += 1) {
    text = alphabet[rest % 32] + text;
    rest = Math.floor(rest / 32);
  }
  lastTime = { ms, text };
  return text;
}

/** Characters of five random bits each; one draw gives six. */
export function randomText(random: Random, length: number): string {
  let text = '';
  while (text.length < length) {
    let bits = Math.floor(random.next() * 2 ** 30);
    for (let place = 0; place < 6 && text.length < length; place += 1) {
      text += alphabet[bits & 31];
      bits >>>= 5;
    }
  }
  return text;
}
