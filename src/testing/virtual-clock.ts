/**
 * Time that stands still until it is told to leap.
 *
 * A leap goes straight to its moment: what was due by then is called at that moment, as on a machine that was asleep.
 * Whoever leaps knows the moments at which something happens and stops at each, so nothing that counts is called late;
 * what is called late are the rounds in which the engine looks after itself, of which a wait of 30 days has millions.
 */
import type { Clock } from '../kit/clock.ts';

export interface VirtualClock extends Clock {
  /** Goes to a moment, calls what is due, and lets everything happen that needs no time. */
  leap(toMs: number): Promise<void>;
  /** Lets everything happen that needs no time. */
  settle(): Promise<void>;
}

interface Entry {
  readonly at: number;
  readonly callback: () => void;
}

export function openVirtualClock(startMs: number): VirtualClock {
  const waiting = new Set<Entry>();
  let nowMs = startMs;

  function callDue(): boolean {
    const due = [...waiting].filter(({ at }) => at <= nowMs).sort((a, b) => a.at - b.at);
    for (const entry of due) {
      if (waiting.delete(entry)) entry.callback();
    }
    return due.length > 0;
  }

  /** `setImmediate` comes after all microtasks, whatever they queue in turn; the memory store takes no more than those. */
  const rest = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

  async function settle(): Promise<void> {
    do await rest();
    while (callDue());
  }

  return {
    nowMs: () => nowMs,
    monotonicMs: () => nowMs - startMs,
    schedule(delayMs, callback) {
      const entry = { at: nowMs + Math.max(0, delayMs), callback };
      waiting.add(entry);
      return () => void waiting.delete(entry);
    },
    settle,
    async leap(toMs) {
      nowMs = Math.max(nowMs, toMs);
      callDue();
      await settle();
    },
  };
}
