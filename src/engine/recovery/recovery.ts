/**
 * The permanent loop that forgets nothing: wake rows that are due, leases that ran out, functions past their time.
 *
 * Recovery after a crash is this same loop; its first round also takes the rows that are due within the grace of what
 * the last process had in hand. Every round is bounded, and a row that fails is met again in the next.
 */
import { pending } from '../../core/pending.ts';
import type { Command } from '../../core/state.ts';
import type { Cancel, Clock } from '../../kit/clock.ts';
import { Fault } from '../../kit/fault.ts';
import type { Wake } from '../../storage/journal.ts';
import type { Store } from '../../storage/store.ts';
import type { Local } from '../calls/local.ts';
import type { Admission } from '../concurrency/admission.ts';
import type { Permits } from '../concurrency/permits.ts';
import type { EngineCounters } from '../engine.ts';
import { handOverGraceMs, queueRefreshMs, sweepBatch } from '../limits.ts';
import type { Committer } from '../moves/committer.ts';
import { type HandOverDeps, recover, sendAgain } from '../moves/hand-over.ts';
import type { Live } from '../moves/live.ts';
import type { Mailboxes } from '../moves/mailbox.ts';
import { neededWake } from '../moves/move.ts';
import type { Desk } from '../tasks/desk.ts';

export interface Recovery {
  /** Begins the loop; the first round looks ahead by the grace. */
  start(): void;
  /** One round: wakes up to `dueAt` and leases that ran out. Resolves with how many executions it looked at. */
  sweep(dueAt: number): Promise<number>;
  stop(): Promise<void>;
}

export interface RecoveryDeps {
  readonly store: Store;
  readonly committer: Committer;
  readonly clock: Clock;
  readonly mailboxes: Mailboxes;
  readonly desk: Desk;
  readonly local: Local;
  readonly handOver: HandOverDeps;
  readonly counters: EngineCounters;
  readonly admission: Pick<Admission, 'sweep'>;
  readonly permits: Pick<Permits, 'sweep'>;
  /** Between two rounds. */
  readonly sweepMs: number;
  readonly warn: (message: string, error: unknown) => void;
}

export function openRecovery(deps: RecoveryDeps): Recovery {
  let cancel: Cancel = () => undefined;
  let round: Promise<unknown> = Promise.resolve();
  let isStopped = false;
  let refreshedAt = deps.clock.monotonicMs();

  async function sweepWakes(dueAt: number): Promise<number> {
    let looked = 0;
    let after: Wake | undefined;
    for (;;) {
      const wakes = await deps.store.journal.dueWakes(dueAt, sweepBatch, after);
      for (const wake of wakes) await lookAfter(wake);
      looked += wakes.length;
      after = wakes.at(-1);
      if (wakes.length < sweepBatch || isStopped) return looked;
      await settled();
    }
  }

  /** A herd after a restart is let through in batches: the next one waits until this one is durable. */
  const settled = (): Promise<void> => deps.committer.drained();

  async function lookAfter(wake: Wake): Promise<void> {
    const found = await find(wake.executionId);
    if (!found || found.live.state.position === 0) return;
    const { live, commands } = found;
    const facts = await recover(deps.handOver, live, commands);
    deps.counters.recovered += 1;
    if (facts > 0 || live.phase !== 'idle') return;
    const wakeAt = neededWake(live, deps.clock.nowMs(), deps.local.isLocal) ?? null;
    if (wakeAt !== null && wakeAt === wake.dueAt) return;
    const { position, workspace } = live.state;
    live.wakeAt = wakeAt;
    deps.committer.add({ kind: 'wake', workspace, executionId: live.id, position, wakeAt }, (outcome) => {
      if (outcome instanceof Fault || !outcome.ok) live.wakeAt = undefined;
    });
  }

  /** What is outstanding there by what is durable: it may move on as soon as it was read. */
  function find(executionId: string): Promise<{ live: Live; commands: readonly Command[] } | undefined> {
    return new Promise((resolve) =>
      deps.mailboxes.read(executionId, {
        take(live) {
          const commands = pending(live.state);
          sendAgain(deps.handOver, live, commands);
          resolve({ live, commands });
        },
        failed: (fault) => {
          deps.warn(`execution ${executionId} cannot be recovered now`, fault);
          resolve(undefined);
        },
      }),
    );
  }

  async function sweepLeases(): Promise<void> {
    const rows = await deps.store.tasks.expired(deps.clock.nowMs(), sweepBatch);
    for (const row of rows) deps.desk.expire(row);
    if (rows.length > 0) await settled();
  }

  async function sweep(dueAt: number): Promise<number> {
    deps.local.sweep();
    deps.admission.sweep();
    deps.permits.sweep();
    if (deps.clock.monotonicMs() - refreshedAt >= queueRefreshMs) {
      refreshedAt = deps.clock.monotonicMs();
      deps.desk.refresh();
    }
    const looked = await sweepWakes(dueAt);
    await sweepLeases();
    return looked;
  }

  function loop(aheadMs: number): void {
    if (isStopped) return;
    round = sweep(deps.clock.nowMs() + aheadMs).catch((error: unknown) => deps.warn('a recovery round failed', error));
    void round.then(() => {
      if (!isStopped) cancel = deps.clock.schedule(deps.sweepMs, () => loop(0));
    });
  }

  return {
    start: () => loop(handOverGraceMs),
    sweep,
    async stop() {
      isStopped = true;
      cancel();
      await round;
    },
  };
}
