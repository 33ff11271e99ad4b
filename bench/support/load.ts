/** Keeps a number of callers busy until a number of calls is done, and says how long the calls took. */
import { quantile } from './statistics.ts';

export interface Load {
  readonly concurrency: number;
  readonly count: number;
  /** One call; `place` counts from 0. */
  call(place: number, caller: number): Promise<unknown>;
}

export interface Loaded {
  readonly perSecond: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
}

export async function runLoad({ concurrency, count, call }: Load): Promise<Loaded> {
  const took = new Float64Array(count);
  let next = 0;
  const begun = performance.now();
  await Promise.all(
    Array.from({ length: Math.min(concurrency, count) }, async (_, caller) => {
      while (next < count) {
        const place = next;
        next += 1;
        const calledAt = performance.now();
        await call(place, caller);
        took[place] = performance.now() - calledAt;
      }
    }),
  );
  const perSecond = (count / (performance.now() - begun)) * 1_000;
  const times = [...took];
  return { perSecond, p50Ms: quantile(times, 0.5), p99Ms: quantile(times, 0.99) };
}
