/** Puts a node together: the store, the one write path over it, and what hands work out and looks after it. */
import type { ExecutionEvent } from '../core/events.ts';
import type { Changes } from '../core/outstanding.ts';
import { isEnded } from '../core/state.ts';
import type { Clock } from '../kit/clock.ts';
import type { Random } from '../kit/random.ts';
import type { Parsed } from '../model/parse.ts';
import type { Store } from '../storage/store.ts';
import { type AdmissionLimits, openAdmission } from './admission.ts';
import { adoptRows } from './adopt.ts';
import { openBreakerGate } from './breaker-gate.ts';
import { openCommitter } from './committer.ts';
import { openDesk } from './desk.ts';
import type { Engine, EngineCounters } from './engine.ts';
import { openEstimates } from './estimates.ts';
import { openExecutions } from './executions.ts';
import { type HandOverDeps, handOver } from './hand-over.ts';
import { admissionDefaults } from './limits.ts';
import type { Live } from './live.ts';
import { openLocal } from './local.ts';
import { type Mailboxes, openMailboxes } from './mailbox.ts';
import { openRecovery } from './recovery.ts';
import { openTimers } from './timers.ts';
import { openVersions } from './versions.ts';
import { openWatchers } from './watchers.ts';

export interface EngineDeps {
  readonly store: Store;
  readonly clock: Clock;
  readonly random: Random;
  /** Reads documents; large ones beside the main thread. */
  readonly parse: (text: string, file: string | undefined) => Promise<Parsed>;
  /** Environment variables that definitions may read; none by default. */
  readonly env?: (name: string) => string | undefined;
  readonly admission?: Partial<AdmissionLimits>;
  readonly warn: (message: string, error: unknown) => void;
}

const closeDeadlineMs = 10_000;

export function openEngineOver(deps: EngineDeps): Engine {
  const { store, clock, random } = deps;
  const counters: EngineCounters = {
    started: 0,
    ended: {},
    commits: 0,
    moves: 0,
    conflicts: 0,
    tasksHandedOut: 0,
    staleResults: 0,
    timersFired: 0,
    recovered: 0,
  };
  let isClosing = false;
  const committer = openCommitter({ store, clock });
  const timers = openTimers(clock);
  const watchers = openWatchers();
  const estimates = openEstimates();
  const breakers = openBreakerGate(clock);
  const limits = { ...admissionDefaults, ...deps.admission };
  const admission = openAdmission({ store, limits, mailboxes: () => mailboxes });
  const versions = openVersions({
    catalog: store.catalog,
    clock,
    parse: deps.parse,
    env: deps.env ?? (() => undefined),
    hasExecutions: async (workspace, workflow, version) =>
      (await store.views.list({ workspace, workflow, version, limit: 1 })).rows.length > 0,
  });
  const local = openLocal({ clock, counters, submit: (executionId, fact) => mailboxes.submit(executionId, fact) });
  const mailboxes: Mailboxes = openMailboxes({
    store,
    committer,
    clock,
    random,
    programOf: versions.programOf,
    isLocal: local.isLocal,
    usesSlots: Number.isFinite(limits.running),
    onDurable,
  });
  const desk = openDesk({ store, committer, mailboxes, clock, random, breakers, counters });
  const handing: HandOverDeps = {
    store,
    clock,
    timers,
    desk,
    local,
    breakers,
    mailboxes,
    counters,
    queue: (live) => admission.admitNext(live.state.workspace),
  };
  const recovery = openRecovery({
    store,
    committer,
    clock,
    mailboxes,
    desk,
    local,
    handOver: handing,
    counters,
    warn: deps.warn,
  });
  const executions = openExecutions({
    store,
    committer,
    mailboxes,
    versions,
    watchers,
    admission,
    estimates,
    clock,
    random,
    isClosing: () => isClosing,
  });

  function onDurable(live: Live, changes: Changes, events: readonly ExecutionEvent[]): void {
    const { state } = live;
    breakers.observe(live, events);
    handOver(handing, live, changes);
    const hasEnded = isEnded(state);
    if (events[0]?.type === 'execution.started') counters.started += 1;
    if (hasEnded) {
      counters.ended[state.status] = (counters.ended[state.status] ?? 0) + 1;
      estimates.record(state.workspace, state.workflow, (state.endedAt ?? 0) - state.createdAt);
      if (admission.isLimited) admission.admitNext(state.workspace);
    }
    watchers.notify(live.id, state.position, hasEnded);
  }

  async function close(options: { deadlineMs?: number } = {}): Promise<void> {
    if (isClosing) return;
    isClosing = true;
    desk.close();
    await recovery.stop();
    const until = clock.monotonicMs() + (options.deadlineMs ?? closeDeadlineMs);
    while (local.running() > 0 && clock.monotonicMs() < until) await pause(clock, 10);
    await committer.drained();
    timers.close();
    await store.close();
  }

  recovery.start();
  if (admission.isLimited)
    void admission.restore(['default']).catch((error: unknown) => deps.warn('queued executions', error));
  return {
    versions,
    executions,
    tasks: desk,
    local: {
      register(workspace, executor, functionName, run) {
        local.register(workspace, executor, functionName, run);
        adoptRows({ desk, local, isClosing: () => isClosing, warn: deps.warn }, { workspace, executor, functionName });
      },
    },
    health: () => {
      const trouble = committer.trouble();
      const reason = isClosing ? 'shutting down' : trouble?.message;
      return {
        ready: reason === undefined,
        ...(reason === undefined ? {} : { reason }),
        live: mailboxes.size(),
        pendingWrites: committer.pending(),
        waitingClaims: desk.waiting(),
        counters: {
          ...counters,
          commits: committer.commits(),
          moves: mailboxes.moves(),
          conflicts: mailboxes.conflicts(),
        },
      };
    },
    close,
  };
}

function pause(clock: Clock, delayMs: number): Promise<void> {
  return new Promise((resolve) => clock.schedule(delayMs, resolve));
}
