import { ApiError } from './api-error.ts';
import { backoffMs, pause } from './backoff.ts';
import type { Worker } from './worker.ts';

/** An empty answer that comes much sooner than asked for: wait a little before the next. */
const emptyPauseMs = 100;

/**
 * Waits on the server for tasks of one name, for as long as the worker takes any. Never rejects.
 *
 * Stopping cuts the wait short; tasks whose answer is under way at that very moment are lost to this worker and handed out
 * again when their lease ends.
 */
export async function claimTasks(worker: Worker, name: string): Promise<void> {
  const { desk, waitMs, report } = worker.options;
  const { signal } = worker.stopping;
  let failures = 0;
  while (!signal.aborted) {
    const maxTasks = worker.waitingRoom;
    if (maxTasks === 0) {
      await worker.bell.next();
      continue;
    }
    worker.reserved += maxTasks;
    const sentAt = performance.now();
    let delayMs = 0;
    try {
      const claimed = await desk.claim(worker.wish(name, maxTasks, waitMs), signal);
      failures = 0;
      worker.reserved -= maxTasks;
      worker.take(claimed, name);
      if (claimed.tasks.length === 0 && performance.now() - sentAt < waitMs / 2) delayMs = emptyPauseMs;
    } catch (error) {
      worker.reserved -= maxTasks;
      if (signal.aborted) break;
      failures += 1;
      if (failures === 1) report(error);
      delayMs = backoffMs({ failures, retryAfterMs: ApiError.is(error) ? error.retryAfterMs : 0 });
    }
    worker.bell.ring();
    if (delayMs > 0) await pause(delayMs, signal);
  }
  worker.bell.ring();
}
