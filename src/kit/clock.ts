/**
 * Time as a capability. `nowMs` is the store's clock (milliseconds since the epoch, what journals record);
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

export const systemClock: Clock = {
  nowMs: () => Date.now(),
  monotonicMs: () => performance.now(),
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
