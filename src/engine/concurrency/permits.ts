/**
 * Lets work through its shared limits: in each line the first goes as soon as its key has room, then the next.
 *
 * The lines, the slots and what is used of the rates are rows of the store; here is only who looks at them, and when.
 * A line is looked at when somebody joins it, when a slot of its key is given back, and when time gives room: the end of
 * a rate's period, the end of a lease that keeps a slot. Nobody asks in between. Whoever is let through takes slot and
 * draw in the move that says so, so that a look at stale rows costs a refused move and never a limit. What a crash or a
 * failing store cuts off is met by `line-sweeper.ts`.
 *
 * An execution that also needs a slot of its workspace takes both in that move or neither. Where the workspace is full it
 * stays where it is, and admission gives its line a turn when a slot comes free. Those behind it that run inside
 * another execution pass it: who waits for them may be who holds the workspace's last slot.
 */

import type { ExecutionEvent } from '../../core/events.ts';
import { keyText } from '../../core/execution-turn.ts';
import type { Changes } from '../../core/outstanding.ts';
import { permitId } from '../../core/task-limits.ts';
import type { Clock } from '../../kit/clock.ts';
import { compareIdTimes } from '../../kit/ids.ts';
import type { LimitKey, LimitTake, SlotHolder, Waiter } from '../../storage/limits.ts';
import type { Store } from '../../storage/store.ts';
import type { Committer } from '../moves/committer.ts';
import type { Advanced, Claims, Live } from '../moves/live.ts';
import type { Mailboxes } from '../moves/mailbox.ts';
import type { Timers } from '../recovery/timers.ts';
import { parseTaskId, taskIdOf } from '../tasks/task-id.ts';
import { type Admission, type LetIn, slotKey } from './admission.ts';
import { openLineSweeper } from './line-sweeper.ts';

export interface Permits {
  /** Somebody joined the line of a key. `isPatient`: it may wait as long as it takes. */
  join(workspace: string, key: string, isPatient: boolean): void;
  /** A durable move may have given slots back, or taken one past who waits. */
  observe(live: Live, changes: Changes, events: readonly ExecutionEvent[]): void;
  /** The line's turn at a slot of its workspace: lets one in that waits for it, where there is room. */
  letIn(line: LimitKey): Promise<LetIn>;
  /** Looks after lines that nobody looked at for a while: some of them each time. */
  sweep(): void;
}

export interface PermitsDeps {
  readonly store: Store;
  readonly clock: Clock;
  readonly timers: Timers;
  readonly committer: Committer;
  readonly mailboxes: () => Mailboxes;
  readonly admission: Admission;
  readonly warn: (message: string, error: unknown) => void;
}

/** Waiters read at once, and at first. */
const lineBatch = 100;
const lineFirst = 2;
/** How long a line counts as full that was found so: who joins it meanwhile is looked at afterwards, together. */
const fullMs = 250;

type Look = 'under way' | 'once more';
/** Holders by key, as one look has found them, and those that it let through since. */
type Seen = Map<string, SlotHolder[]>;
/** Of the workspace, for one look at a line. */
interface Room {
  /** How many may still go that need it. */
  left: number;
  letIn: number;
  /** The next one could go if there were any. */
  isWaiting: boolean;
}

export function openPermits(deps: PermitsDeps): Permits {
  const { store, clock } = deps;
  const looks = new Map<string, Look>();
  /** Lines whose key was found full: until when that counts, and whether somebody has joined since. */
  const full = new Map<string, { readonly until: number; isJoined: boolean }>();
  /** Lines that wait for the end of a rate's period, by the rate. */
  const byRate = new Map<string, Map<string, LimitKey>>();
  /** Lines in which somebody may be who does something else than wait. */
  const impatient = new Set<string>();
  /** Lines that have a turn at a slot of their workspace: the next look at them takes it. */
  const turns = new Map<string, (letIn: LetIn) => void>();
  const sweeper = openLineSweeper(deps, lookThrough);

  function look(workspace: string, key: string): void {
    const name = nameOf({ workspace, key });
    full.delete(name);
    if (looks.has(name)) {
      looks.set(name, 'once more');
      return;
    }
    looks.set(name, 'under way');
    letThrough({ workspace, key }).then(
      () => over({ workspace, key }),
      (error: unknown) => {
        deps.warn('a line could not be looked at', error);
        over({ workspace, key });
      },
    );
  }

  /** Also at those who do something else than wait. */
  function lookThrough(workspace: string, key: string): void {
    impatient.add(nameOf({ workspace, key }));
    look(workspace, key);
  }

  function over(line: LimitKey): void {
    const isWanted = looks.get(nameOf(line)) === 'once more';
    looks.delete(nameOf(line));
    if (isWanted) look(line.workspace, line.key);
  }

  async function letThrough(line: LimitKey): Promise<void> {
    const turn = turns.get(nameOf(line));
    turns.delete(nameOf(line));
    // Where others wait for the workspace too, its slots go by turns.
    const isShared = deps.admission.queued(line.workspace) > 0;
    const room: Room = { left: turn ? 1 : isShared ? 0 : Number.POSITIVE_INFINITY, letIn: 0, isWaiting: false };
    try {
      const isHeldBack = await passAll(line, room);
      if (deps.admission.isLimited) deps.admission.looked(line, room);
      turn?.(room.letIn > 0 ? 'one' : room.isWaiting ? 'full' : 'nobody');
      if ((isHeldBack || room.isWaiting) && impatient.delete(nameOf(line))) await dealWithEager(line);
    } finally {
      turn?.('full');
    }
  }

  /** True where somebody has to wait for a slot of the key. */
  async function passAll(line: LimitKey, room: Room): Promise<boolean> {
    const seen: Seen = new Map();
    // Mostly one goes when one comes; a rate lets through as many as it has.
    for (let limit = lineFirst; ; limit = Math.min(limit * 4, lineBatch)) {
      const inside = room.isWaiting;
      const waiting = await store.limits.waiting({ ...line, limit, inside });
      let passed = 0;
      for (const waiter of waiting) {
        const missing = await heldBackBy(line, waiter, seen);
        if (missing) return missing === 'slot';
        const advanced = await pass(waiter, room);
        if (room.isWaiting !== inside) break;
        if (!advanced.ok && !('refusal' in advanced)) return false;
        if (!advanced.ok) continue;
        passed += 1;
        for (const take of waiter.takes) seen.get(take.key)?.push({ ...waiter, slot: 0, until: undefined });
      }
      const isThrough = waiting.length < limit || (passed === 0 && limit === lineBatch);
      if (isThrough && room.isWaiting === inside) return false;
    }
  }

  /** What the waiter has to wait for, if anything; whoever gives room, or the time that does, looks again. */
  async function heldBackBy(line: LimitKey, { takes, executionId, holder }: Waiter, seen: Seen) {
    for (const take of takes) {
      if (take.kind === 'rate') {
        const usage = await store.limits.usage({ workspace: line.workspace, key: take.key, at: clock.nowMs() });
        if (usage === undefined || usage.used < take.limit) continue;
        waitForRate({ workspace: line.workspace, key: take.key }, line, usage.until);
        return take.kind;
      }
      const query = { workspace: line.workspace, key: take.key, at: clock.nowMs() };
      const holders = seen.get(take.key) ?? [...(await store.limits.holders(query))];
      seen.set(take.key, holders);
      const isOwn = holders.some((held) => held.executionId === executionId && held.holder === holder);
      if (isOwn || hasRoom(holders, take)) continue;
      const until = Math.min(...holders.map((held) => held.until ?? Number.POSITIVE_INFINITY));
      if (Number.isFinite(until)) deps.timers.add(until, () => look(line.workspace, line.key));
      full.set(nameOf(line), { until: clock.nowMs() + fullMs, isJoined: false });
      return take.kind;
    }
    return undefined;
  }

  /** One timer for a rate, however many lines wait for it; they go on in the order in which they came to wait. */
  function waitForRate(rate: LimitKey, line: LimitKey, until: number): void {
    const name = nameOf(rate);
    const lines = byRate.get(name) ?? new Map<string, LimitKey>();
    lines.set(nameOf(line), line);
    if (byRate.has(name)) return;
    byRate.set(name, lines);
    deps.timers.add(until, () => {
      byRate.delete(name);
      void lookInTurn(rate, [...lines.values()]);
    });
  }

  async function lookInTurn(rate: LimitKey, lines: readonly LimitKey[]): Promise<void> {
    for (const line of lines) {
      const waiting = byRate.get(nameOf(rate));
      // It is used up again: who has not had a turn is behind whoever had one before.
      if (waiting) waiting.set(nameOf(line), line);
      else await lookNow(line);
    }
  }

  async function lookNow(line: LimitKey): Promise<void> {
    if (looks.has(nameOf(line))) return look(line.workspace, line.key);
    looks.set(nameOf(line), 'under way');
    await letThrough(line).catch((error: unknown) => deps.warn('a line could not be looked at', error));
    over(line);
  }

  /** Where the workspace has no room left, nobody goes on who needs it. */
  async function pass(waiter: Waiter, room: Room): Promise<Advanced> {
    const { admission } = deps;
    const needsRoom = admission.isLimited && waiter.holder === '' && !waiter.isInside;
    if (!needsRoom) return send(waiter, {});
    const slot = { key: slotKey, limit: admission.limits.running };
    const advanced = room.left > 0 ? await send(waiter, { slot }) : noRoom;
    if (advanced.ok) {
      room.left -= 1;
      room.letIn += 1;
    } else if ('noSlot' in advanced || 'fault' in advanced) room.isWaiting = true;
    return advanced;
  }

  function send({ executionId, holder, takes }: Waiter, claims: Claims): Promise<Advanced> {
    const fact = { type: 'permitted', id: permitId(holder) } as const;
    return new Promise((settle) => {
      deps.mailboxes().submitAll(executionId, [{ fact, settle, claims: { takes, ...claims } }]);
    });
  }

  async function dealWithEager(line: LimitKey): Promise<void> {
    const waiting = await store.limits.waiting({ ...line, limit: lineBatch, eager: true });
    turnAway(waiting);
    const newer = waiting.filter(({ holder, onLimit }) => holder === '' && onLimit === 'cancel_running');
    if (newer.length > 0) await makeRoom(line, newer);
  }

  /** The newest run: who came before them, running or in line, is cancelled. Again after a crash, until it has ended. */
  async function makeRoom(line: LimitKey, newer: readonly Waiter[]): Promise<void> {
    const holders = await store.limits.holders({ ...line, at: clock.nowMs() });
    // By when they came: a line stands by priority, and a child passes who waits for the workspace.
    const contenders = [...holders, ...newer].map(({ executionId }) => executionId).sort(compareIdTimes);
    const limit = newer[0]?.takes[0]?.limit ?? 1;
    const reason = `a newer execution takes its place under the limit ${keyText(line.key)}`;
    for (const executionId of contenders.slice(0, -limit)) {
      deps.mailboxes().submit(executionId, { type: 'cancel', reason });
    }
  }

  /** Those that rather fail than wait. */
  function turnAway(waiting: readonly Waiter[]): void {
    for (const { executionId, holder, takes, onLimit } of waiting) {
      const named = parseTaskId(taskIdOf(executionId, holder));
      const [take] = takes;
      if (onLimit !== 'reject' || !named || !take) continue;
      const { step, visit, attempt } = named;
      const message = `the limit ${keyText(take.key)} is reached: ${take.limit} run already`;
      const error = { code: 'CONCURRENCY_LIMIT', message, step };
      deps.mailboxes().submit(executionId, { type: 'task.failed', step, visit, attempt, error });
    }
  }

  function join(workspace: string, key: string, isPatient: boolean): void {
    const found = full.get(nameOf({ workspace, key }));
    if (!isPatient) return lookThrough(workspace, key);
    if (!found || found.until <= clock.nowMs()) return look(workspace, key);
    if (found.isJoined) return;
    found.isJoined = true;
    deps.timers.add(found.until, () => look(workspace, key));
  }

  return {
    join,
    observe({ state }, { limitsLeft }, [first]) {
      for (const { key, was } of limitsLeft) if (was === 'holding') look(state.workspace, key);
      const begun = first?.type === 'execution.started' && first.inLine === undefined ? first.turn : undefined;
      if (begun?.onLimit === 'cancel_running') lookThrough(state.workspace, begun.key);
    },
    letIn(line) {
      return new Promise((resolve) => {
        turns.set(nameOf(line), resolve);
        look(line.workspace, line.key);
      });
    },
    sweep: sweeper,
  };
}

const noRoom: Advanced = { ok: false, noSlot: true };

/** Slots are the numbers below the limit: of a lower limit than others have, only those count. */
function hasRoom(holders: readonly SlotHolder[], { limit }: LimitTake): boolean {
  return holders.filter(({ slot }) => slot < limit).length < limit;
}

const nameOf = ({ workspace, key }: LimitKey): string => `${workspace}\n${key}`;
