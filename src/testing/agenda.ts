import { earliestDue, pending } from '../core/pending.ts';
import type { Engine } from '../engine/engine.ts';
import type { Store } from '../storage/store.ts';
import type { VirtualClock } from './virtual-clock.ts';

/** The moments of those beside the engine: answers that take their time, what a case sends. */
export interface Moments {
  nextAt(): number | undefined;
}

export interface AgendaDeps {
  readonly engine: Engine;
  readonly store: Store;
  readonly clock: VirtualClock;
  readonly cast: Moments;
  readonly script: Moments;
}

/** Executions looked at for their timers at once. */
const wakesMax = 10_000;

/**
 * The next moment at which something happens: the timers of executions, which each has a wake row for, and what the test
 * itself has planned. Undefined where nothing can happen any more.
 */
export async function nextMoment(
  { engine, store, clock, cast, script }: AgendaDeps,
  workspace: string,
): Promise<number | undefined> {
  const times = [cast.nextAt(), script.nextAt()];
  for (const { executionId } of await store.journal.dueWakes(Number.MAX_SAFE_INTEGER, wakesMax)) {
    times.push(await engine.executions.read(workspace, executionId, (state) => earliestDue(pending(state))));
  }
  const next = times.filter((time) => time !== undefined);
  // A timer that is due and has not fired yet is met by the engine's next look after itself.
  return next.length === 0 ? undefined : Math.max(clock.nowMs() + 1, Math.min(...next));
}
