/**
 * Moves executions: facts in, one durable record out, commands handed over.
 *
 * An execution has at most one move that is not yet durable. Facts that arrive meanwhile wait and join the next move.
 * Its state runs ahead of the journal only while that one move is on its way, and nobody is shown it then.
 *
 * Crash by crash: before the commit the facts were never acknowledged, their senders repeat them. After the commit and
 * before the hand-over the wake row or the task row written with the record is due, and the sweep hands over from
 * `pending(state)`. A commit that lost to another writer, or whose result stays unknown, throws the state away: the
 * journal is read again and the facts are decided anew.
 */

import { admit, type Refusal } from '../../core/admit/admit.ts';
import { decide } from '../../core/decide.ts';
import type { ExecutionEvent } from '../../core/events.ts';
import type { Fact } from '../../core/facts.ts';
import { type Changes, takeChanges } from '../../core/outstanding.ts';
import type { Program } from '../../core/program.ts';
import { writeSnapshot } from '../../core/snapshot.ts';
import { type Command, type ExecutionState, isEnded } from '../../core/state.ts';
import type { Clock } from '../../kit/clock.ts';
import { Fault } from '../../kit/fault.ts';
import { makeId } from '../../kit/ids.ts';
import type { Random } from '../../kit/random.ts';
import { SlotMap } from '../../kit/slot-map.ts';
import type { Outcome, Store } from '../../storage/store.ts';
import type { Lease } from '../../storage/tasks.ts';
import { idleLiveMax, snapshotEventsMin } from '../limits.ts';
import type { Committer } from './committer.ts';
import {
  type Advanced,
  type Claims,
  type Entry,
  emptyLive,
  type Live,
  type Reader,
  replay,
  type UntimedFact,
} from './live.ts';
import { writeMove } from './move.ts';

export interface MailboxDeps {
  readonly store: Store;
  readonly committer: Committer;
  readonly clock: Clock;
  readonly random: Random;
  /** The compiled version with this content hash. */
  readonly programOf: (hash: string) => Promise<Program>;
  readonly isLocal: (state: ExecutionState, command: Command) => boolean;
  /** The lease of a task that somebody waits for, as the move that makes it is written. */
  readonly lend: (live: Live, command: Command & { type: 'dispatch' }) => Lease | undefined;
  /** What a move had lent is not there: it is not durable. */
  readonly takeBack: (live: Live) => void;
  /** Whether executions hold admission slots at all. */
  readonly usesSlots: () => boolean;
  /** Called after each durable move, before anything else sees the state. */
  readonly onDurable: (live: Live, changes: Changes, moved: Moved) => void;
}

/** What a move was made of: the facts it took and the events they led to. */
export interface Moved {
  readonly entries: readonly Entry[];
  readonly events: readonly ExecutionEvent[];
}

export interface Mailboxes {
  submit(executionId: string, fact: UntimedFact, settle?: (advanced: Advanced) => void): void;
  /** Facts of one call: one move. */
  submitAll(executionId: string, entries: readonly Entry[]): void;
  /** A start decides without reading: the execution cannot exist yet. */
  start(
    start: { executionId: string; program: Program; fact: UntimedFact; claims: Claims },
    settle: (advanced: Advanced) => void,
  ): void;
  /** Calls back, now or later, with the state exactly as it is durable. It may be read until the callback returns. */
  read(executionId: string, reader: Reader): void;
  /** Undefined where it is not in memory. */
  peek(executionId: string): Live | undefined;
  /** Whether a move of it is on its way. */
  isMoving(executionId: string): boolean;
  /** Of one that was deleted: nothing of it is shown from memory any more. */
  letGo(executionId: string): void;
  size(): number;
  conflicts(): number;
  moves(): number;
}

/** How many may be there before idle ones are let go again. */
const evictionOf = (size: number): number => Math.ceil(Math.max(size, idleLiveMax) * 1.25);

export function openMailboxes(deps: MailboxDeps): Mailboxes {
  const lives = new SlotMap<string, Live>();
  let evictAt = evictionOf(0);
  let conflicts = 0;
  let moves = 0;
  let moveIds = 0;
  const nodeId = makeId('node', deps.clock, deps.random);
  const nextMoveId = (): string => `${nodeId}.${(moveIds++).toString(36)}`;

  function liveOf(executionId: string): Live {
    const found = lives.get(executionId);
    if (found) {
      // Who used it last matters where some have to go, not before.
      if (lives.size >= idleLiveMax) lives.touch(executionId);
      return found;
    }
    const live = emptyLive(executionId);
    lives.set(executionId, live);
    evictIdle();
    load(live);
    return live;
  }

  /**
   * Those used longest ago go first; what is under way stays. Many at once: a map whose first entry is taken out again
   * and again passes over all that were there before it.
   */
  function evictIdle(): void {
    if (lives.size < evictAt) return;
    let excess = lives.size - idleLiveMax;
    for (const [id, live] of lives) {
      if (excess <= 0) break;
      excess -= 1;
      if (live.phase === 'idle' && live.inbox.length === 0 && !isInProcess(live)) lives.delete(id);
    }
    evictAt = evictionOf(lives.size);
  }

  const isInProcess = (live: Live): boolean => live.inProcess !== undefined && live.inProcess.size > 0;

  function load(live: Live): void {
    live.phase = 'loading';
    loadInto(live).then(
      () => settleDown(live),
      (error: unknown) => {
        const fault = Fault.is(error)
          ? error
          : new Fault('INTERNAL', `execution ${live.id} cannot be read`, { cause: error });
        lives.delete(live.id);
        for (const entry of live.inbox.splice(0)) entry.settle?.({ ok: false, fault });
        for (const reader of live.readers.splice(0)) reader.failed(fault);
      },
    );
  }

  async function loadInto(live: Live): Promise<void> {
    const loaded = await replay(deps.store.journal, live.id);
    live.state = loaded.state;
    live.snapshotAt = loaded.snapshotAt;
    live.wakeAt = undefined;
    live.viewedStatus = undefined;
    live.unproven = new Set();
    for (const command of loaded.state.outstanding.values()) {
      if (command.type === 'dispatch') live.unproven.add(command.id);
    }
    if (loaded.state.position > 0) live.program = await deps.programOf(loaded.state.definition);
  }

  /** The state is what the journal says: first those who read, unless one of them moves it, then the next move. */
  function settleDown(live: Live): void {
    live.phase = 'idle';
    while (live.readers.length > 0 && isAtRest(live)) live.readers.shift()?.take(live);
    if (!isAtRest(live)) return;
    if (live.inbox.length > 0) return move(live);
    if (live.state.position === 0) lives.delete(live.id);
  }

  const isAtRest = (live: Live): boolean => live.phase === 'idle';

  function move(live: Live): void {
    // From here on: who is answered on the way may bring the next fact at once, and that one waits for the next move.
    live.phase = 'moving';
    const entries = live.inbox;
    live.inbox = [];
    const at = Math.max(deps.clock.nowMs(), live.state.recordedAt);
    const events: ExecutionEvent[] = [];
    const accepted: Entry[] = [];
    let claims: Claims | undefined;
    const doubted: Entry[] = [];
    const later: Entry[] = [];
    for (const entry of entries) {
      const fact = Object.assign(entry.fact, { at }) as Fact;
      // What is taken is taken by one move or not at all: the next one takes what comes after.
      if (entry.claims && claims) {
        later.push(entry);
        continue;
      }
      const refusal = refuse(live, fact);
      if (refusal && entry.needsProof && (events.length > 0 || !entry.isDoubted)) {
        doubted.push({ ...entry, isDoubted: true });
        continue;
      }
      if (!refusal) live.program ??= entry.program;
      if (refusal) entry.settle?.({ ok: false, refusal });
      if (refusal || !live.program) continue;
      events.push(...decide(live.program, live.state, fact));
      accepted.push(entry);
      claims ??= entry.claims;
    }
    if (doubted.length > 0 || later.length > 0) live.inbox.unshift(...doubted, ...later);
    if (events.length === 0) {
      for (const entry of accepted) entry.settle?.({ ok: true, state: live.state });
      return doubted.length > 0 ? load(live) : settleDown(live);
    }
    commit(live, { entries: accepted, events, at, claims });
  }

  function refuse(live: Live, fact: Fact): Refusal | undefined {
    const refusal = admit(live.state, fact);
    if (refusal || !isHeldByPause(fact)) return refusal;
    const command = live.state.outstanding.get(fact.id);
    const isHeld = live.state.paused && fact.id !== 'deadline';
    const isEarly = command?.type === 'timer' && command.dueAt > fact.at;
    return isHeld || isEarly ? { code: 'SETTLED', message: 'it is not time yet' } : undefined;
  }

  function commit(live: Live, moved: Moved & { at: number; claims: Claims | undefined }): void {
    const changes = takeChanges(live.state);
    const write = writeMove({
      live,
      changes,
      events: moved.events,
      at: moved.at,
      moveId: nextMoveId(),
      claims: moved.claims,
      entries: moved.entries,
      freesSlots: deps.usesSlots(),
      isLocal: deps.isLocal,
      lend: deps.lend,
    });
    deps.committer.add(write, (outcome) => {
      if (outcome instanceof Fault || !outcome.ok) deps.takeBack(live);
      if (outcome instanceof Fault) return lose(live, moved.entries, outcome);
      if (!outcome.ok) return yieldTo(live, moved.entries, outcome);
      moves += 1;
      deps.onDurable(live, changes, moved);
      for (const entry of moved.entries) entry.settle?.({ ok: true, state: live.state });
      keepSnapshot(live);
      settleDown(live);
      letGo(live);
    });
  }

  /** What has ended is seldom asked for: thousands a second that stayed would outlive the young part of the heap. */
  function letGo(live: Live): void {
    const isDone = isAtRest(live) && isEnded(live.state) && live.state.outstanding.size === 0;
    if (isDone && !isInProcess(live)) lives.delete(live.id);
  }

  /** Another writer was there first, or the start may not be. */
  function yieldTo(live: Live, entries: readonly Entry[], outcome: Outcome & { ok: false }): void {
    if (outcome.reason === 'CONFLICT') {
      conflicts += 1;
      live.rowless = undefined;
      live.inbox = [...entries, ...live.inbox];
      live.phase = 'loading';
      deps.clock.schedule(Math.round(deps.random.next() * 20), () => load(live));
      return;
    }
    if (entries[0]?.fact.type !== 'start' && isLimited(outcome)) return doWithout(live, entries, outcome);
    lives.delete(live.id);
    const others: Entry[] = [];
    for (const entry of [...entries, ...live.inbox.splice(0)]) {
      if (!entry.claims) others.push(entry);
      else entry.settle?.(missed(outcome));
    }
    // Whoever shared the move without a claim is decided anew without it.
    if (others.length > 0) submitAll(live.id, others);
    for (const reader of live.readers.splice(0)) readAgain(live.id, reader);
  }

  /** What it wanted to take is another's: whoever shared the move is decided anew, over what the journal says. */
  function doWithout(live: Live, entries: readonly Entry[], outcome: Limited): void {
    live.rowless = undefined;
    live.inbox = [...entries.filter((entry) => !entry.claims), ...live.inbox];
    load(live);
    for (const entry of entries) if (entry.claims) entry.settle?.(missed(outcome));
  }

  /** The store failed: whether the move is there will be known when the journal is read again. */
  function lose(live: Live, entries: readonly Entry[], fault: Fault): void {
    lives.delete(live.id);
    for (const entry of [...entries, ...live.inbox.splice(0)]) entry.settle?.({ ok: false, fault });
    for (const reader of live.readers.splice(0)) readAgain(live.id, reader);
  }

  function readAgain(executionId: string, reader: Reader): void {
    const live = liveOf(executionId);
    if (live.phase === 'idle') reader.take(live);
    else live.readers.push(reader);
  }

  function keepSnapshot(live: Live): void {
    const tail = live.state.position - live.snapshotAt;
    if (tail < Math.max(snapshotEventsMin, live.snapshotAt) || isEnded(live.state)) return;
    live.snapshotAt = live.state.position;
    const text = writeSnapshot(live.state);
    deps.committer.add(
      { kind: 'snapshot', executionId: live.id, position: live.state.position, text },
      () => undefined,
    );
  }

  function submitAll(executionId: string, entries: readonly Entry[]): void {
    const live = liveOf(executionId);
    live.inbox.push(...entries);
    if (live.phase === 'idle') move(live);
  }

  return {
    submit(executionId, fact, settle) {
      submitAll(executionId, [{ fact, settle, claims: undefined }]);
    },
    submitAll,
    start({ executionId, program, fact, claims }, settle) {
      const live = emptyLive(executionId);
      live.program = program;
      live.wakeAt = null;
      lives.set(executionId, live);
      evictIdle();
      live.inbox.push({ fact, settle, claims });
      move(live);
    },
    read: readAgain,
    peek: (executionId) => lives.get(executionId),
    isMoving: (executionId) => lives.get(executionId)?.phase === 'moving',
    letGo(executionId) {
      const live = lives.get(executionId);
      // What is on its way meets the store and learns there.
      if (live && isAtRest(live) && live.inbox.length === 0) lives.delete(executionId);
    },
    size: () => lives.size,
    conflicts: () => conflicts,
    moves: () => moves,
  };
}

type Refused = Outcome & { ok: false };
type Limited = Refused & { reason: 'NO_SLOT' | 'LIMITED' };

const isLimited = (outcome: Refused): outcome is Limited =>
  outcome.reason === 'NO_SLOT' || outcome.reason === 'LIMITED';

/** What a claim is told that found what it wanted taken. */
function missed(outcome: Refused): Advanced {
  if (outcome.reason === 'KEY_TAKEN') return { ok: false, keyTaken: outcome };
  return outcome.reason === 'LIMITED' ? { ok: false, limited: outcome.key } : { ok: false, noSlot: true };
}

/** Facts of the execution's own: a pause keeps them back, and a timer its time. */
function isHeldByPause(fact: Fact): fact is Fact & { type: 'timer' | 'continue' | 'permitted' } {
  return fact.type === 'timer' || fact.type === 'continue' || fact.type === 'permitted';
}
