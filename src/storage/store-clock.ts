/**
 * The clock of whoever writes into a store: it begins no earlier than what stands there.
 *
 * Due times and leases are times of that clock. Where the wall clock ran ahead and was set right before a restart, a
 * clock that began anew would leave a wait of ten seconds due in an hour, and a task in the hands of a worker that is
 * gone. So it goes on from the newest row, and `kit/clock.ts` says how it becomes right again, and from where on not.
 */
import { aheadMaxMs, type Clock, openClock } from '../kit/clock.ts';
import type { Store } from './store.ts';

/** Closes the store where that cannot be read. */
export async function openStoreClock(store: Store, warn: (message: string) => void): Promise<Clock> {
  try {
    const latestMs = await store.latestAt();
    const clock = openClock(latestMs);
    const aheadMs = latestMs - clock.nowMs();
    if (aheadMs > aheadMaxMs) warn(aheadMessage(aheadMs));
    return clock;
  } catch (error) {
    await store.close();
    throw error;
  }
}

function aheadMessage(aheadMs: number): string {
  const days = Math.round(aheadMs / 86_400_000);
  return `the clock of this machine stands ${days} days behind what the store holds: if it is right now, what was set to wait while it was wrong waits so much longer; if not, set it right`;
}
