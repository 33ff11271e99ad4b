/**
 * A clock for tests: time stands still until it is told to pass, and then every callback runs at its own time.
 *
 * Whatever the program does between two callbacks takes microtasks only (as the memory store does), so `advance` sees
 * all of it before time goes on.
 */
import type { Clock } from '../../src/kit/clock.ts';

export interface VirtualClock extends Clock {
  /** Lets so many milliseconds pass, callback by callback. */
  advance(ms: number): Promise<void>;
  /** Lets everything happen that needs no time. */
  settle(): Promise<void>;
}

/** Noon of some day. */
export const noonMs = Date.UTC(2026, 2, 4, 12);

export function openVirtualClock(startMs: number = noonMs): VirtualClock {
  let nowMs = startMs;
  let order = 0;
  const waiting = new Map<number, { readonly at: number; readonly callback: () => void }>();

  const next = (untilMs: number): number | undefined => {
    let found: number | undefined;
    for (const [id, { at }] of waiting) {
      if (at <= untilMs && (found === undefined || at < (waiting.get(found)?.at ?? 0))) found = id;
    }
    return found;
  };
  /** `setImmediate` comes after all microtasks, whatever they queue in turn. */
  const settle = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

  return {
    nowMs: () => nowMs,
    monotonicMs: () => nowMs - startMs,
    schedule(delayMs, callback) {
      order += 1;
      const id = order;
      waiting.set(id, { at: nowMs + Math.max(0, delayMs), callback });
      return () => void waiting.delete(id);
    },
    settle,
    async advance(ms) {
      const untilMs = nowMs + ms;
      await settle();
      for (let id = next(untilMs); id !== undefined; id = next(untilMs)) {
        const entry = waiting.get(id);
        waiting.delete(id);
        nowMs = Math.max(nowMs, entry?.at ?? nowMs);
        entry?.callback();
        await settle();
      }
      nowMs = untilMs;
    },
  };
}
