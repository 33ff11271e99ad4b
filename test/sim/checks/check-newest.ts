/**
 * `on_limit: cancel_running`: of the executions of a key the newest run. Who is cancelled for newer ones has as many of
 * them as the limit lets run, and who has not does not wait for the others to end by themselves.
 */
import type { ExecutionEvent } from '../../../src/core/events.ts';
import type { ExecutionTurn } from '../../../src/core/execution-turn.ts';
import type { ExecutionState } from '../../../src/core/state.ts';
import { compareIdTimes } from '../../../src/kit/ids.ts';
import type { MemoryDisk } from '../../../src/storage/memory/memory-disk.ts';
import type { Tally } from '../tally.ts';
import { claim } from '../violation.ts';

export interface NewestCheck {
  before(shadow: ExecutionState, event: ExecutionEvent): void;
  settled(at: number): void;
}

export interface NewestCheckDeps {
  readonly disk: MemoryDisk;
  readonly tally: Tally;
  readonly isFair: boolean;
}

interface Contender {
  readonly id: string;
  readonly turn: ExecutionTurn;
  isEnding: boolean;
}

const replaced = /^a newer execution takes its place/;

/** How long an older one may run beside who takes its place, in milliseconds. */
const besideMaxMs = 2_000;

export function openNewestCheck({ disk, tally, isFair }: NewestCheckDeps): NewestCheck {
  /** In the order in which they came. */
  const came = new Map<string, Contender>();
  const besideSince = new Map<string, number>();

  function checkReplaced(id: string): void {
    const one = came.get(id);
    claim(one, 'limits', () => `${id} has no limit, and a newer execution takes its place`);
    const all = [...came.values()].filter(({ turn }) => turn.key === one.turn.key);
    const place = all.indexOf(one);
    // Clocks of two nodes differ, and within a millisecond nobody knows: then either order will do.
    const newer = all.filter((other, index) => index > place || (index < place && compareIdTimes(other.id, id) >= 0));
    // Versions may say different things: it is enough that one of them says that the newest run.
    const limits = [one, ...newer].flatMap(({ turn }) => (turn.onLimit === 'cancel_running' ? [turn.limit] : []));
    const isRight = newer.length >= Math.min(...limits);
    claim(isRight, 'limits', () => `${id} makes room under ${one.turn.key} for ${newer.map((other) => other.id)}`);
    tally.saw('newer execution took its place');
  }

  return {
    before(shadow, event) {
      if (event.type === 'execution.started' && event.turn) {
        came.set(shadow.id, { id: shadow.id, turn: event.turn, isEnding: false });
      }
      const error = event.type === 'execution.closing' ? event.closing.error : undefined;
      const closed = event.type === 'execution.closed' && !shadow.closing ? event.error : error;
      if (replaced.test(closed?.message ?? '')) checkReplaced(shadow.id);
      const one = came.get(shadow.id);
      if (one && (event.type === 'execution.closing' || event.type === 'execution.closed')) one.isEnding = true;
      if (one && event.type === 'execution.retried') one.isEnding = false;
    },
    settled(at) {
      if (!isFair) return;
      const beside = new Set<string>();
      const eager = disk.waiters.filter(({ holder, onLimit }) => holder === '' && onLimit === 'cancel_running');
      for (const key of new Set(eager.map((waiter) => waiter.key))) {
        const running = disk.limitSlots.filter((slot) => slot.key === key && slot.holder === '');
        const waiting = eager.filter((waiter) => waiter.key === key);
        const ids = new Set([...running, ...waiting].map(({ executionId }) => executionId));
        const contenders = [...came.values()].filter(({ id }) => ids.has(id));
        const limit = Math.max(...contenders.map(({ turn }) => turn.limit));
        for (const { id, isEnding } of contenders.slice(0, -limit)) if (!isEnding) beside.add(id);
      }
      for (const id of besideSince.keys()) if (!beside.has(id)) besideSince.delete(id);
      for (const id of beside) {
        const since = besideSince.get(id) ?? at;
        besideSince.set(id, since);
        claim(at - since <= besideMaxMs, 'limits', () => `${id} runs on for ${at - since} ms where newer ones wait`);
      }
    },
  };
}
