/** Waiting between tries: doubling from 100 ms to 10 s, drawn between half and all of it so that clients spread out. */
const firstDelayMs = 100;
const longestDelayMs = 10_000;
/** The longest `Retry-After` that is believed. */
const retryAfterMaxMs = 60_000;

export interface Backoff {
  /** Tries that failed in a row, from 1. */
  readonly failures: number;
  readonly retryAfterMs?: number | undefined;
  /** Uniform in [0, 1). */
  readonly random?: () => number;
}

/** Never shorter than what the server asked for (up to a minute). */
export function backoffMs({ failures, retryAfterMs = 0, random = Math.random }: Backoff): number {
  const fullMs = Math.min(longestDelayMs, firstDelayMs * 2 ** Math.min(failures - 1, 20));
  return Math.max(Math.min(retryAfterMs, retryAfterMaxMs), fullMs * (0.5 + random() / 2));
}

/** Resolves after `delayMs`, or at once when the signal aborts. Never rejects. */
export function pause(delayMs: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal?.aborted) return resolve();
    const done = (): void => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', done);
      resolve();
    };
    const timer = setTimeout(done, delayMs);
    signal?.addEventListener('abort', done);
  });
}
