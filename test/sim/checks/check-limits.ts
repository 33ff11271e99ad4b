/**
 * Shared limits, read from the journals and compared with the rows: a slot is held exactly as long as its attempt is out,
 * nobody stands in a line who does not wait, and at no time does a key have more holders than its limit.
 *
 * Also where the engine has settled an attempt: as long as an executor may be at work on it, its slot is not another's.
 *
 * And nobody holds anything while it waits to begin: who holds a slot of a workflow while it waits for the workspace may
 * wait for those that wait for that slot.
 */
import { runsInside } from '../../../src/core/child-events.ts';
import type { ExecutionEvent } from '../../../src/core/events.ts';
import type { ExecutionState } from '../../../src/core/state.ts';
import type { MemoryDisk } from '../../../src/storage/memory/memory-disk.ts';
import type { Tally } from '../tally.ts';
import { claim } from '../violation.ts';
import type { VirtualTime } from '../virtual-time.ts';

export interface LimitsCheck {
  /** Before the event changes the shadow. */
  before(shadow: ExecutionState, event: ExecutionEvent, at: number): void;
  /** The rows of an execution whose records are all looked at. */
  moved(shadow: ExecutionState, at: number): void;
  leased(taskId: string, slot: string | undefined, lease: { at: number; expiresAt: number }): void;
  extended(taskId: string, expiresAt: number): void;
  released(taskId: string): void;
  /** After a batch: no key is over its limit, and where nothing goes wrong none has room that somebody waits for. */
  settled(at: number): void;
  atRest(): void;
}

export interface LimitsCheckDeps {
  readonly disk: MemoryDisk;
  readonly tally: Tally;
  readonly isFair: boolean;
  readonly runningMax: number;
  readonly isAlone: () => boolean;
  /** No fault happens any more. */
  readonly isCalm: () => boolean;
  /** Whatever the clocks of the nodes say. */
  readonly time: Pick<VirtualTime, 'now'>;
}

/** How long a line may stand still before room for its first, in milliseconds. In the calm after faults the sweep may be first to look. */
const idleMaxMs = 2_000;
const calmIdleMaxMs = 15_000;

export function openLimitsCheck(deps: LimitsCheckDeps): LimitsCheck {
  const { disk, tally, isFair, runningMax, isAlone, isCalm, time } = deps;
  const limits = new Map<string, number>();
  const periods = new Map<string, { until: number; used: number }>();
  /** Of leased tasks with a slot: its key, and until when somebody may be at work. */
  const atWork = new Map<string, { key: string; expiresAt: number }>();
  const idleSince = new Map<string, number>();
  let drawnAt = 0;
  /** What one node's clock has seen pass is over, also where the next one's is behind. */
  let newestAt = 0;

  function draw(shadow: ExecutionState, path: string, at: number): void {
    const { slot, rate } = shadow.steps.get(path)?.task?.limits ?? {};
    if (slot) limits.set(slot.key, Math.max(limits.get(slot.key) ?? 0, slot.limit));
    if (!rate) return;
    // A clock that was set back: which periods are over is anybody's guess until the next ones begin.
    if (at < drawnAt) periods.clear();
    drawnAt = at;
    const period = periods.get(rate.key);
    if (!period || period.until <= at) {
      periods.set(rate.key, { until: at + rate.perMs, used: 1 });
      return;
    }
    period.used += 1;
    const isWithin = period.used <= rate.limit || !isAlone();
    claim(isWithin, 'limits', () => `${rate.key} was drawn ${period.used} times of ${rate.limit} in its period`);
  }

  /** Whoever answered is done; of others nobody knows before their lease is over. */
  function answer(shadow: ExecutionState, event: ExecutionEvent & { step: string }): void {
    const step = shadow.steps.get(event.step);
    const attempt = step && `${step.path}#${step.visit}/${step.attempt}`;
    if (event.type === 'step.cancelled' && !shadow.outstanding.has(`withdraw:${attempt}`)) return;
    if (['step.completed', 'step.failed', 'step.retrying', 'step.cancelled'].includes(event.type)) {
      atWork.delete(`${shadow.id}/${attempt}`);
    }
  }

  /** Of those that came first and may run no later than it. */
  function hasPassed({ turn, parent, priority, createdAt }: ExecutionState): boolean {
    if (!turn?.isHeld || !runsInside(parent)) return false;
    return disk.waiters.some(({ key, holder, isInside, rank, executionId }) => {
      const isOther = key === turn.key && holder === '' && !isInside && rank <= 9 - priority;
      return isOther && (disk.views.get(executionId)?.createdAt ?? createdAt) < createdAt;
    });
  }

  function checkHolders(at: number): void {
    const counts = new Map<string, number>();
    for (const { key, until } of disk.limitSlots) {
      if (until === undefined || until > at) counts.set(key, (counts.get(key) ?? 0) + 1);
      if (until !== undefined) tally.saw('slot outlives its attempt');
    }
    for (const [key, count] of counts) {
      const limit = limits.get(key) ?? 0;
      claim(count <= limit, 'limits', () => `${key} has ${count} holders, its limit is ${limit}`);
    }
    checkIdle(counts);
  }

  function checkIdle(counts: ReadonlyMap<string, number>): void {
    if (!isFair && !isCalm()) return idleSince.clear();
    const isFull = [...disk.slots.values()].some(({ size }) => size >= runningMax);
    const ready = disk.waiters.filter(({ holder, isInside }) => holder !== '' || isInside || !isFull);
    if (ready.length < disk.waiters.length) tally.saw('waited in line for the workspace');
    // The first of each line, for the last one set counts.
    const inOrder = ready.toSorted((a, b) => b.rank - a.rank || b.sequence - a.sequence);
    const lines = new Map(inOrder.map((waiter) => [waiter.key, waiter]));
    for (const key of idleSince.keys()) if (!lines.has(key)) idleSince.delete(key);
    for (const [key, { takes }] of lines) {
      const isRated = takes.some((take) => take.kind === 'rate');
      const limit = Math.min(...takes.map((take) => take.limit));
      if (isRated || (counts.get(key) ?? 0) >= limit) {
        idleSince.delete(key);
        continue;
      }
      const since = idleSince.get(key) ?? time.now();
      idleSince.set(key, since);
      const idleMs = time.now() - since;
      claim(
        idleMs <= (isFair ? idleMaxMs : calmIdleMaxMs),
        'limits',
        () => `${key} has had room for ${idleMs} ms and a line stands still`,
      );
    }
  }

  return {
    before(shadow, event, at) {
      newestAt = Math.max(newestAt, at);
      if (event.type === 'execution.started' && event.turn) {
        limits.set(event.turn.key, Math.max(limits.get(event.turn.key) ?? 0, event.turn.limit));
        if (event.inLine) tally.saw('waited for its workflow');
      }
      if (event.type === 'step.permitted') draw(shadow, event.step, at);
      else if ('step' in event && typeof event.step === 'string') answer(shadow, event as never);
      if (event.type === 'step.failed' && event.error.code === 'CONCURRENCY_LIMIT') tally.saw('turned away at a limit');
    },
    moved(shadow) {
      const held = new Set<string>();
      const waiting = new Set<string>();
      if (shadow.turn?.isHeld) held.add('');
      if (hasPassed(shadow)) tally.saw('child passed who waits for the workspace');
      for (const command of shadow.outstanding.values()) {
        if (command.type === 'permit' && !shadow.paused) waiting.add(command.holder);
        if (command.type === 'permit')
          tally.saw(command.slot === undefined ? 'waited for a limit' : 'delivery waited for its rate');
        if (command.type === 'permit' && command.slot !== undefined) {
          held.add(command.holder);
          if (disk.waiters.some(({ key }) => key === command.slot)) tally.saw('kept its slot before a line');
        }
        if (command.type === 'dispatch' && command.slot !== undefined) held.add(command.id);
        if (command.type === 'withdraw' && command.slot !== undefined) held.add(command.dispatch);
      }
      const own = disk.limitSlots.filter(({ executionId, until }) => executionId === shadow.id && until === undefined);
      const holders = new Set(own.map(({ holder }) => holder));
      const inLine = new Set(disk.waiters.filter((row) => row.executionId === shadow.id).map(({ holder }) => holder));
      const places = [...disk.slots.values()].filter((slots) => [...slots.values()].includes(shadow.id));
      const isIdle = shadow.status !== 'queued' || own.length + places.length === 0;
      claim(isIdle, 'limits', () => `${shadow.id} waits to begin and holds ${own.length} and ${places.length} slots`);
      claim(isSame(holders, held), 'limits', () => `${shadow.id} has slots for ${[...holders]}, not for ${[...held]}`);
      claim(isSame(inLine, waiting), 'limits', () => `${shadow.id} is in line for ${[...inLine]}, not ${[...waiting]}`);
    },
    leased(taskId, key, { at, expiresAt }) {
      if (key === undefined) return;
      atWork.set(taskId, { key, expiresAt });
      const others = [...atWork.values()].filter((each) => each.key === key && each.expiresAt > Math.max(at, newestAt));
      const limit = limits.get(key) ?? 0;
      const isWithin = others.length <= limit || !isAlone();
      claim(
        isWithin,
        'limits',
        () => `${taskId} left, and ${others.length} are at work under ${key} of limit ${limit}`,
      );
    },
    extended(taskId, expiresAt) {
      const work = atWork.get(taskId);
      if (work) work.expiresAt = Math.max(work.expiresAt, expiresAt);
    },
    released: (taskId) => void atWork.delete(taskId),
    settled: checkHolders,
    atRest() {
      const [slot] = disk.limitSlots.filter(({ until }) => until === undefined);
      claim(!slot, 'limits', () => `${slot?.key} is held by ${slot?.executionId} ${slot?.holder} and nothing runs`);
      const [waiter] = disk.waiters;
      claim(!waiter, 'limits', () => `${waiter?.executionId} waits for ${waiter?.key} and nothing runs`);
    },
  };
}

const isSame = (a: ReadonlySet<string>, b: ReadonlySet<string>): boolean =>
  a.size === b.size && [...a].every((each) => b.has(each));
