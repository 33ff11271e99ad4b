/** Puts a node together: the store, the one write path over it, and what hands work out and looks after it. */
import type { Cache } from '../cache/cache.ts';
import type { ExecutionEvent } from '../core/events.ts';
import type { Program } from '../core/program.ts';
import { isEnded } from '../core/state.ts';
import type { Clock } from '../kit/clock.ts';
import type { Random } from '../kit/random.ts';
import type { Parsed } from '../model/parse.ts';
import type { Connectors } from '../steps/connector.ts';
import type { Store } from '../storage/store.ts';
import { openBulkDesk } from './bulk/bulk-desk.ts';
import { openBulkRunner } from './bulk/bulk-runner.ts';
import { openBreakerGate } from './calls/breaker-gate.ts';
import { openCacheGate } from './calls/cache-gate.ts';
import { connectorCalls, type SecretOf } from './calls/connector-calls.ts';
import { openLocal } from './calls/local.ts';
import { openChildren } from './children/children.ts';
import { type Admission, type AdmissionDeps, type AdmissionLimits, openAdmission } from './concurrency/admission.ts';
import { openLimitDesk } from './concurrency/limit-desk.ts';
import { openPermits, type Permits } from './concurrency/permits.ts';
import { openVersions } from './definitions/versions.ts';
import type { Engine, EngineCounters, EngineHealth } from './engine.ts';
import { openDeadLetters } from './executions/dead-letters.ts';
import { type Estimates, openEstimates } from './executions/estimates.ts';
import { openExecutions } from './executions/executions.ts';
import { openWatchers, type Watchers } from './executions/watchers.ts';
import { openHumanTasks } from './human-tasks/human-tasks.ts';
import { admissionDefaults, leaseDefaultMs, sweepIntervalMs } from './limits.ts';
import { openCommitter } from './moves/committer.ts';
import { openCompaction } from './moves/compaction.ts';
import { type HandOverDeps, handOver } from './moves/hand-over.ts';
import type { Live } from './moves/live.ts';
import { type Mailboxes, openMailboxes } from './moves/mailbox.ts';
import { adoptRows } from './recovery/adopt.ts';
import { openRecovery } from './recovery/recovery.ts';
import { openTimers } from './recovery/timers.ts';
import type { RetentionPolicy } from './retention/retention-policy.ts';
import { openSweeper } from './retention/sweeper.ts';
import { openDesk } from './tasks/desk.ts';

export interface EngineDeps {
  readonly store: Store;
  readonly clock: Clock;
  readonly random: Random;
  /** Reads documents; large ones beside the main thread. */
  readonly parse: (text: string, file: string | undefined) => Promise<Parsed>;
  /** Environment variables that definitions may read; none by default. */
  readonly env?: (name: string) => string | undefined;
  /** What the server carries out itself; none by default. */
  readonly connectors?: Connectors;
  /** Keeps results of steps that say so; none by default. */
  readonly cache?: Cache;
  /** The value of a secret that definitions name; undefined where there is none. */
  readonly secret?: SecretOf;
  readonly admission?: Partial<AdmissionLimits>;
  /** How long an executor holds a task without a heartbeat. Default 30 s. */
  readonly leaseMs?: number;
  /** Executions a second that operations on many of them may look at. Default 500. */
  readonly bulkRate?: number;
  /** How long what has ended is kept; for ever by default. */
  readonly retention?: RetentionPolicy & { readonly intervalMs?: number };
  /** Compiled programs by content hash: engines that run the same definitions one after another may share them. */
  readonly programs?: Map<string, Program>;
  /** How often wake rows, leases and functions past their time are looked for. Default 500 ms. */
  readonly sweepMs?: number;
  readonly warn: (message: string, error: unknown) => void;
}

const closeDeadlineMs = 10_000;

export function openEngineOver(deps: EngineDeps): Engine {
  const { store, clock } = deps;
  const node = assemble(deps);
  const { committer, admission, desk, executions, local, mailboxes, recovery, versions } = node;

  async function close(options: { deadlineMs?: number } = {}): Promise<void> {
    if (node.isClosing()) return;
    node.beginClosing();
    desk.close();
    await Promise.all([recovery.stop(), bulkRunner.stop(), retention.stop()]);
    const until = clock.monotonicMs() + (options.deadlineMs ?? closeDeadlineMs);
    while (local.running() > 0 && clock.monotonicMs() < until) await pause(clock, 10);
    await node.compaction.settled();
    while (committer.pending() > 0) await committer.drained();
    await Promise.all(Object.values(deps.connectors ?? {}).map((connector) => connector.close?.()));
    await deps.cache?.close();
    node.timers.close();
    await store.close();
  }

  function health(): EngineHealth {
    const reason = node.isClosing() ? 'shutting down' : committer.trouble()?.message;
    return {
      ready: reason === undefined,
      ...(reason === undefined ? {} : { reason }),
      live: mailboxes.size(),
      pendingWrites: committer.pending(),
      waitingClaims: desk.waiting(),
      counters: {
        ...node.counters,
        commits: committer.commits(),
        moves: mailboxes.moves(),
        conflicts: mailboxes.conflicts(),
      },
    };
  }

  const { isClosing } = node;
  const bulkRunner = openBulkRunner({ ...deps, executions, committer, rate: deps.bulkRate });
  const bulk = openBulkDesk({ ...deps, isClosing, wake: bulkRunner.wake });
  const { isMoving, letGo } = mailboxes;
  const retention = openSweeper({ ...deps, committer, counters: node.counters, isMoving, letGo });
  recovery.start();
  bulkRunner.start();
  retention.start();
  admission.restore().catch((error: unknown) => deps.warn('queued executions', error));
  return {
    versions,
    executions,
    tasks: desk,
    humanTasks: openHumanTasks({ store, mailboxes }),
    bulk,
    retention,
    deadLetters: openDeadLetters({ store, executions }),
    limits: openLimitDesk({ limits: store.limits, clock }),
    local: {
      register(workspace, executor, functionName, run) {
        local.register(workspace, executor, functionName, run);
        adoptRows(
          { desk, local, clock: deps.clock, isClosing: node.isClosing, warn: deps.warn },
          { workspace, executor, functionName },
        );
      },
    },
    health,
    close,
  };
}

function pause(clock: Clock, delayMs: number): Promise<void> {
  return new Promise((resolve) => clock.schedule(delayMs, resolve));
}

/** The parts of a node, knotted: mailboxes hand over to the desk, and the desk's results come back to the mailboxes. */
function assemble(deps: EngineDeps) {
  const { store, clock, random, warn } = deps;
  const counters = noCounts();
  let isClosing = false;
  const committer = openCommitter({ store, clock });
  const timers = openTimers(clock);
  const watchers = openWatchers();
  const estimates = openEstimates();
  const breakers = openBreakerGate(clock);
  const cache = openCacheGate(deps);
  const limits = { ...admissionDefaults, ...deps.admission };
  const letIn: AdmissionDeps['letIn'] = (line) => permits.letIn(line);
  const admission = openAdmission({ store, limits, mailboxes: () => mailboxes, letIn });
  const versions = openVersions({
    catalog: store.catalog,
    clock,
    parse: deps.parse,
    env: deps.env ?? (() => undefined),
    programs: deps.programs ?? new Map(),
    settled: () => pause(clock, 0).then(() => committer.drained()),
    hasExecutions: (workspace, workflow, version) => hasExecutions(store, { workspace, workflow, version }),
  });
  const local = openLocal({
    clock,
    counters,
    submit: (executionId, fact) => mailboxes.submit(executionId, fact),
    server: connectorCalls(deps.connectors ?? {}, deps.secret ?? (() => undefined)),
  });
  const mailboxes: Mailboxes = openMailboxes({
    store,
    committer,
    clock,
    random,
    programOf: versions.programOf,
    isLocal: local.isLocal,
    lend: (live, command) => desk.lend(live, command),
    takeBack: (live) => desk.takeBack(live),
    usesSlots: admission.usesSlots,
    onDurable: (live, changes, { events, entries }) => {
      permits.observe(live, changes, events);
      cache.observe(live, events, entries);
      breakers.observe(live, events);
      compaction.observe(live, events);
      handOver(handing, live, changes);
      observe({ counters, estimates, admission, watchers }, live, events);
    },
  });
  const compaction = openCompaction({ journal: store.journal, committer, warn });
  const leaseMs = deps.leaseMs ?? leaseDefaultMs;
  const desk = openDesk({ store, committer, mailboxes, clock, random, breakers, counters, leaseMs });
  const queue = (live: Live): void => admission.joinedQueue(live.state.workspace, live.id);
  const children = openChildren({ mailboxes: () => mailboxes, find: versions.find, admission, random, clock });
  const permits: Permits = openPermits({ ...deps, timers, committer, admission, mailboxes: () => mailboxes });
  const hands = { timers, desk, local, breakers, cache, children, permits };
  const handing: HandOverDeps = { store, clock, mailboxes, counters, queue, ...hands };
  const sweeping = { store, committer, clock, mailboxes, desk, local, counters, warn };
  const sweepMs = deps.sweepMs ?? sweepIntervalMs;
  const recovery = openRecovery({ ...sweeping, sweepMs, admission, permits, handOver: handing });
  const reading = { store, committer, mailboxes, versions, watchers, admission, estimates, clock, random, desk };
  const executions = openExecutions({ ...reading, isLocal: local.isLocal, isClosing: () => isClosing });
  const rooms = { versions, executions, desk, local, mailboxes, recovery };
  return {
    ...rooms,
    ...{ committer, compaction, timers, admission, counters },
    isClosing: () => isClosing,
    beginClosing() {
      isClosing = true;
    },
  };
}

async function hasExecutions(store: Store, query: { workspace: string; workflow: string; version: string }) {
  return (await store.views.list({ ...query, limit: 1 })).rows.length > 0;
}

interface Observers {
  readonly counters: EngineCounters;
  readonly estimates: Estimates;
  readonly admission: Admission;
  readonly watchers: Watchers;
}

/** Those who only look on learn of a durable move last. */
function observe(observers: Observers, live: Live, events: readonly ExecutionEvent[]): void {
  const { counters, admission } = observers;
  const { state } = live;
  const hasEnded = isEnded(state);
  if (events[0]?.type === 'execution.started') counters.started += 1;
  // What has ended moves once more when its parent or its children learn of it.
  if (hasEnded && events.some(({ type }) => type === 'execution.closed')) {
    counters.ended[state.status] = (counters.ended[state.status] ?? 0) + 1;
    observers.estimates.record(state.workspace, state.workflow, (state.endedAt ?? 0) - state.createdAt);
    if (admission.isLimited) admission.admitNext(state.workspace);
  }
  observers.watchers.notify(live.id, state.position, hasEnded);
}

function noCounts(): EngineCounters {
  return {
    started: 0,
    ended: {},
    commits: 0,
    moves: 0,
    conflicts: 0,
    tasksHandedOut: 0,
    staleResults: 0,
    timersFired: 0,
    recovered: 0,
    removed: 0,
  };
}
