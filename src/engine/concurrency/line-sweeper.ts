/**
 * Looks after the lines that a crash or a failing store cut off: goes through all of them for ever, in small parts. Frees
 * slots whose holder neither runs nor waits: none is left behind by a move, but a slot lost to a defect or to a restored
 * backup must not stay lost.
 */
import type { ExecutionState } from '../../core/state.ts';
import { permitId } from '../../core/task-limits.ts';
import type { LimitKey } from '../../storage/limits.ts';
import { replay } from '../moves/live.ts';
import type { PermitsDeps } from './permits.ts';

/** Lines that one sweep looks at, and how long it takes until all of them have their turn again, in milliseconds. */
const linesPerSweep = 50;
const sweepRoundMs = 10_000;
/** Holders of one key that one look of the sweep asks after. */
const holdersPerSweep = 100;

/** Goes through all lines in small parts, each line again after `sweepRoundMs`. */
export function openLineSweeper(
  deps: Pick<PermitsDeps, 'store' | 'clock' | 'committer' | 'warn'>,
  look: (workspace: string, key: string) => void,
): () => void {
  const { store, clock } = deps;
  let after: LimitKey | undefined;
  let roundAt: number | undefined;
  let isBusy = false;

  async function sweepLines(): Promise<void> {
    const lines = await store.limits.awaited({ after, limit: linesPerSweep });
    after = lines.length < linesPerSweep ? undefined : lines.at(-1);
    for (const { workspace, key } of lines) {
      await freeAbandoned({ workspace, key });
      look(workspace, key);
    }
  }

  async function freeAbandoned(line: LimitKey): Promise<void> {
    const holders = await store.limits.holders({ ...line, at: clock.nowMs() });
    for (const { slot, executionId, holder, until } of holders.slice(0, holdersPerSweep)) {
      // Read after its slot: whatever move took it is in the journal.
      if (until !== undefined || holds((await replay(store.journal, executionId)).state, holder)) continue;
      deps.committer.add({ kind: 'free', ...line, slot, executionId, holder }, () => look(line.workspace, line.key));
    }
  }

  return () => {
    const nowMs = clock.monotonicMs();
    const isDue = after !== undefined || roundAt === undefined || nowMs - roundAt >= sweepRoundMs;
    if (isBusy || !isDue) return;
    if (after === undefined) roundAt = nowMs;
    isBusy = true;
    sweepLines()
      .catch((error: unknown) => {
        roundAt = undefined;
        deps.warn('lines could not be swept', error);
      })
      .finally(() => {
        isBusy = false;
      });
  };
}

/** Whether the work that a slot was taken for runs or waits. */
function holds(state: ExecutionState, holder: string): boolean {
  if (holder === '') return state.turn?.isHeld === true;
  const ids = [holder, `withdraw:${holder}`, permitId(holder)];
  return ids.some((id) => state.outstanding.has(id));
}
