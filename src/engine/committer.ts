/**
 * Group commit: while one batch is being made durable, the next one collects.
 *
 * Nothing leaves the process before its write is durable, so every write brings the callback that lets it go. A commit
 * whose answer is lost is sent again as it is: the store knows a move by its id and a lease by its token, so the
 * repeat tells what happened. After `commitAttemptsMax` the callers get the store's fault and the node says it is not
 * ready; the next write tries the store anew, so that it recovers by itself.
 */
import type { Clock } from '../kit/clock.ts';
import { Fault } from '../kit/fault.ts';
import type { Outcome, Store, Write } from '../storage/store.ts';
import { batchMax, commitAttemptsMax, commitRetryDelayMs } from './limits.ts';

export interface Committer {
  /** `settle` is called once, in the order of the writes of its batch. */
  add(write: Write, settle: Settle): void;
  /** Writes that are not durable yet. */
  pending(): number;
  /** Undefined while the store takes writes. */
  trouble(): Fault | undefined;
  commits(): number;
  /** Resolves once everything added so far is settled. */
  drained(): Promise<void>;
}

export type Settle = (outcome: Outcome | Fault) => void;

interface Waiting {
  readonly write: Write;
  readonly settle: Settle;
}

export function openCommitter(deps: { store: Store; clock: Clock }): Committer {
  let collecting: Waiting[] = [];
  let inFlight = 0;
  let isBusy = false;
  let trouble: Fault | undefined;
  let commits = 0;
  const idle: (() => void)[] = [];

  function flush(): void {
    if (isBusy || collecting.length === 0) return;
    isBusy = true;
    const batch = collecting.length <= batchMax ? collecting : collecting.slice(0, batchMax);
    collecting = collecting.length <= batchMax ? [] : collecting.slice(batchMax);
    inFlight = batch.length;
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
    isBusy = false;
    inFlight = 0;
    flush();
    for (const [index, waiting] of batch.entries()) waiting.settle(outcomeAt(index));
    if (!isBusy && collecting.length === 0) for (const resolve of idle.splice(0)) resolve();
  }

  return {
    add(write, settle) {
      collecting.push({ write, settle });
      if (!isBusy && collecting.length === 1) queueMicrotask(flush);
    },
    pending: () => collecting.length + inFlight,
    trouble: () => trouble,
    commits: () => commits,
    drained: () =>
      collecting.length + inFlight === 0 ? Promise.resolve() : new Promise<void>((resolve) => idle.push(resolve)),
  };
}
