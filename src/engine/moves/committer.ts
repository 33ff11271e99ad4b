/**
 * Group commit: while batches are being made durable, the next one collects. Two are under way at once, so that the
 * store always has work; they never touch the same execution, which has one move on its way at most.
 *
 * Where more is waiting than one commit takes, workspaces take turns (`concurrency/fair-queue.ts`): the crowd of one is not in the way of
 * another's single write.
 *
 * Nothing leaves the process before its write is durable, so every write brings the callback that lets it go. A commit
 * whose answer is lost is sent again as it is: the store knows a move by its id and a lease by its token, so the
 * repeat tells what happened. After `commitAttemptsMax` the callers get the store's fault and the node says it is not
 * ready; the next write tries the store anew, so that it recovers by itself.
 */
import type { Clock } from '../../kit/clock.ts';
import { Fault } from '../../kit/fault.ts';
import type { Outcome, Store, Write } from '../../storage/store.ts';
import { openFairQueue } from '../concurrency/fair-queue.ts';
import {
  batchEager,
  batchesMax,
  batchMax,
  commitAttemptsMax,
  commitRetryDelayMs,
  pendingWritesMax,
} from '../limits.ts';

export interface Committer {
  /** `settle` is called once, in the order of the writes of its batch. */
  add(write: Write, settle: Settle): void;
  /** Writes that are not durable yet. */
  pending(): number;
  /** Whether a workspace has as many waiting writes as one may have. */
  isFull(workspace: string): boolean;
  /** Undefined while the store takes writes. */
  trouble(): Fault | undefined;
  commits(): number;
  /** Which batch the next write goes with. */
  batch(): number;
  /** Resolves once everything added before the call is settled, however much is added meanwhile. */
  drained(): Promise<void>;
}

export type Settle = (outcome: Outcome | Fault) => void;

interface Waiting {
  /** Its place among all writes ever added. */
  readonly place: number;
  readonly write: Write;
  readonly settle: Settle;
}

/** Somebody waits for every write that came before a place. */
interface Drain {
  readonly before: number;
  left: number;
  readonly resolve: () => void;
}

export function openCommitter(deps: { store: Pick<Store, 'commit'>; clock: Clock }): Committer {
  const collecting = openFairQueue<Waiting>(({ write }) => costOf(write));
  let batchesUnderWay = 0;
  let writesUnderWay = 0;
  let trouble: Fault | undefined;
  let commits = 0;
  let batchesSent = 0;
  let added = 0;
  let drains: Drain[] = [];

  function flush(): void {
    if (batchesUnderWay >= batchesMax || collecting.size() === 0) return;
    const batch = collecting.take(batchMax);
    batchesUnderWay += 1;
    batchesSent += 1;
    writesUnderWay += batch.length;
    commit(batch, 1);
  }

  function commit(batch: readonly Waiting[], attempt: number): void {
    deps.store.commit(batch.map((waiting) => waiting.write)).then(
      (outcomes) => {
        trouble = undefined;
        commits += 1;
        settleAll(batch, (index) => outcomes[index] ?? new Fault('INTERNAL', 'the store left out an outcome'));
      },
      (error: unknown) => {
        const fault = Fault.is(error) ? error : new Fault('STORE_UNREACHABLE', 'the store failed', { cause: error });
        if (attempt >= commitAttemptsMax) {
          trouble = fault;
          return settleAll(batch, () => fault);
        }
        deps.clock.schedule(commitRetryDelayMs * 2 ** (attempt - 1), () => commit(batch, attempt + 1));
      },
    );
  }

  /** The next batch goes out first: what the settled writes let go is then free to join the one after it. */
  function settleAll(batch: readonly Waiting[], outcomeAt: (index: number) => Outcome | Fault): void {
    batchesUnderWay -= 1;
    writesUnderWay -= batch.length;
    flush();
    const over = drainsOver(batch);
    for (const [index, waiting] of batch.entries()) waiting.settle(outcomeAt(index));
    for (const drain of over) drain.resolve();
  }

  /** Batches are settled in any order, and lanes overtake each other. */
  function drainsOver(batch: readonly Waiting[]): readonly Drain[] {
    if (drains.length === 0) return [];
    for (const drain of drains) {
      for (const { place } of batch) if (place < drain.before) drain.left -= 1;
    }
    const over = drains.filter((drain) => drain.left === 0);
    drains = drains.filter((drain) => drain.left > 0);
    return over;
  }

  const pending = (): number => collecting.size() + writesUnderWay;

  return {
    add(write, settle) {
      collecting.add('workspace' in write ? write.workspace : '', { write, settle, place: added++ });
      if (collecting.size() >= batchEager) flush();
      else if (collecting.size() === 1 && batchesUnderWay === 0) queueMicrotask(flush);
    },
    pending,
    isFull: (workspace) => collecting.sizeOf(workspace) > pendingWritesMax / Math.max(1, collecting.lanes()),
    trouble: () => trouble,
    commits: () => commits,
    batch: () => batchesSent,
    drained() {
      if (pending() === 0) return Promise.resolve();
      return new Promise((resolve) => drains.push({ before: added, left: pending(), resolve }));
    },
  };
}

/** By the kibibytes that it brings. */
const costOf = (write: Write): number => (write.kind === 'move' ? 1 + (write.events.length >> 10) : 1);
