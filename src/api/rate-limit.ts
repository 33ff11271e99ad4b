/**
 * How many requests a caller may make: a bucket of tokens for each, which holds as many requests as the period allows and
 * fills up evenly, so that a caller may hurry for a moment and not for long.
 *
 * Kept in the memory of this node: several nodes let through as many times more. A bucket that is full again says no
 * more than none, so it is forgotten; where there are too many all the same, the one that was used longest ago goes.
 */
import type { Clock } from '../kit/clock.ts';

export interface RateLimit {
  /** In each period; undefined: as many as they come. */
  readonly requests: number | undefined;
  /** The same for what executors ask. */
  readonly taskRequests: number | undefined;
  readonly perMs: number;
}

export type RequestKind = 'requests' | 'tasks';

export interface Allowance {
  readonly isAllowed: boolean;
  readonly limit: number;
  /** Requests that would be let through now. */
  readonly remaining: number;
  /** When the bucket will be full, in milliseconds since the epoch, if nothing is asked meanwhile. */
  readonly fullAtMs: number;
  /** Until the next request is let through. */
  readonly waitMs: number;
}

export interface RateLimiter {
  /** Undefined where requests of this kind are not limited. */
  take(caller: string, kind: RequestKind): Allowance | undefined;
  size(): number;
}

/** Callers remembered at once. */
export const bucketsMax = 50_000;

/** Parts of a period that is divided by seven add up to a little more or less than the whole. */
const roundingMs = 1e-6;

export function openRateLimiter(
  { requests, taskRequests, perMs }: RateLimit,
  clock: Pick<Clock, 'nowMs' | 'monotonicMs'>,
): RateLimiter {
  const limits = { requests, tasks: taskRequests };
  /** When each will be full again, on the monotonic clock: all there is to know of a bucket. */
  const buckets = new Map<string, number>();

  function makeRoom(nowMs: number): void {
    if (buckets.size < bucketsMax) return;
    for (const [key, fullAt] of buckets) if (fullAt <= nowMs) buckets.delete(key);
    const [oldest] = buckets.keys();
    if (buckets.size >= bucketsMax && oldest !== undefined) buckets.delete(oldest);
  }

  return {
    take(caller, kind) {
      const limit = limits[kind];
      if (limit === undefined) return undefined;
      const key = `${kind} ${caller}`;
      const nowMs = clock.monotonicMs();
      const msEach = perMs / limit;
      const missingMs = Math.max(0, (buckets.get(key) ?? nowMs) - nowMs);
      const isAllowed = missingMs <= perMs - msEach + roundingMs;
      const leftMs = isAllowed ? missingMs + msEach : missingMs;
      // The one that was used last stands last.
      if (!buckets.delete(key)) makeRoom(nowMs);
      buckets.set(key, nowMs + leftMs);
      return {
        isAllowed,
        limit,
        remaining: Math.floor((perMs - leftMs + roundingMs) / msEach),
        fullAtMs: clock.nowMs() + Math.ceil(leftMs),
        waitMs: Math.ceil(Math.max(0, leftMs + msEach - perMs)),
      };
    },
    size: () => buckets.size,
  };
}
