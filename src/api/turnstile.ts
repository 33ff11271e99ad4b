/**
 * Work that comes in crowds goes on in small pieces, one for each turn of the event loop, and workspaces take turns at it.
 * So a request that starts a thousand executions is in the way of nobody: others are answered between its pieces.
 */
import { openFairQueue } from '../engine/concurrency/fair-queue.ts';

export interface Turnstile {
  /** Resolves when it is the turn of this workspace. */
  pass(workspace: string): Promise<void>;
}

/** Starts that are decided in one turn: a few milliseconds. */
export const startsPerTurn = 20;

export function openTurnstile(): Turnstile {
  const waiting = openFairQueue<() => void>(() => 1, 1);
  let isTurning = false;

  function turn(): void {
    const [next] = waiting.take(1);
    isTurning = next !== undefined;
    if (!next) return;
    next();
    setImmediate(turn);
  }

  return {
    pass(workspace) {
      return new Promise((resolve) => {
        waiting.add(workspace, resolve);
        if (isTurning) return;
        isTurning = true;
        setImmediate(turn);
      });
    },
  };
}
