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

/**
 * The wall clock, made to go forward only: where it is set back, time goes on at its pace from where it was, until the
 * wall clock has caught up. A timer due in a minute would otherwise wait for as long as the clock was set back.
 */
export function forwardOnly(wallMs: () => number, monotonicMs: () => number): () => number {
  let offsetMs = wallMs() - monotonicMs();
  return () => {
    const now = wallMs();
    const expectedMs = monotonicMs() + offsetMs;
    if (now > expectedMs) offsetMs += now - expectedMs;
    return Math.floor(Math.max(now, expectedMs));
  };
}

const monotonicMs = (): number => performance.now();

export const systemClock: Clock = {
  nowMs: forwardOnly(() => Date.now(), monotonicMs),
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
