/**
 * Time as a capability. `nowMs` is the store's clock (whole milliseconds since the epoch, what journals record);
 * `monotonicMs` never goes back and measures waiting inside one process.
 */
export interface Clock {
  nowMs(): number;
  monotonicMs(): number;
  /** Calls back once, after at least `delayMs`. Any delay is allowed: beyond 24.8 days it is waited for in parts. */
  schedule(delayMs: number, callback: () => void): Cancel;
}

export type Cancel = () => void;

/** The longest delay a platform timer keeps; a longer one fires at once. */
const platformDelayMaxMs = 2 ** 31 - 1;

/** The pace of a clock that is ahead of the wall clock: an hour ahead is right again after ten. */
const slowPace = 0.9;
/** A store's clock is kept ahead of the wall clock by this much at most when it begins. */
export const aheadMaxMs = 86_400_000;

/**
 * The wall clock, made to go forward only: where it is set back, time goes on from where it was, a little slower, until
 * the wall clock has caught up. A timer due in a minute would otherwise wait for as long as the clock was set back.
 *
 * `notBeforeMs` is where an earlier process had come to, whose times are in the journals: time begins there, so that a
 * restart does not turn it back either. Unless that is more than `aheadMaxMs` ahead: a clock that was so wrong must not
 * set the time for months to come, so what that process set waits until the wall clock is there.
 */
export function forwardOnly(clocks: {
  readonly wallMs: () => number;
  readonly monotonicMs: () => number;
  readonly notBeforeMs?: number;
}): () => number {
  const { wallMs, monotonicMs, notBeforeMs = 0 } = clocks;
  let reachedMs = wallMs();
  let lookedAt = monotonicMs();
  if (notBeforeMs > reachedMs && notBeforeMs - reachedMs <= aheadMaxMs) reachedMs = notBeforeMs;
  return () => {
    const at = monotonicMs();
    const passedMs = at - lookedAt;
    lookedAt = at;
    reachedMs = Math.max(wallMs(), reachedMs + passedMs * slowPace);
    return Math.floor(reachedMs);
  };
}

const monotonicMs = (): number => performance.now();

/** The clock of a store whose newest row is of `latestMs`. */
export function openClock(latestMs: number): Clock {
  return { ...systemClock, nowMs: forwardOnly({ wallMs: () => Date.now(), monotonicMs, notBeforeMs: latestMs }) };
}

export const systemClock: Clock = {
  nowMs: forwardOnly({ wallMs: () => Date.now(), monotonicMs }),
  monotonicMs,
  schedule(delayMs, callback) {
    let timer: ReturnType<typeof setTimeout>;
    const wait = (remainingMs: number): void => {
      const partMs = Math.min(remainingMs, platformDelayMaxMs);
      timer = setTimeout(() => (remainingMs > partMs ? wait(remainingMs - partMs) : callback()), Math.max(0, partMs));
    };
    wait(delayMs);
    return () => clearTimeout(timer);
  },
};
