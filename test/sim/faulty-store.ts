/**
 * A node's store, with everything that can go wrong between the two: answers lost on either side of a commit, slow and
 * failing calls, conflicts, a full disk, and the machine dying before or after the write.
 */
import { Fault } from '../../src/kit/fault.ts';
import type { BulkRow } from '../../src/storage/bulk-operations.ts';
import type { ForgetWrite, Outcome, Store, Write } from '../../src/storage/store.ts';
import type { Dice } from './dice.ts';
import type { Machine } from './machine.ts';
import type { Tally } from './tally.ts';
import type { VirtualTime } from './virtual-time.ts';
import type { Weather } from './weather.ts';

export interface FaultyStoreDeps {
  readonly inner: Store;
  readonly machine: Machine;
  readonly weather: Weather;
  readonly dice: Dice;
  readonly time: VirtualTime;
  readonly tally: Tally;
  /** True while the disk takes nothing. */
  readonly isFull: () => boolean;
  /** Called right after the writes were applied, before anybody hears of it. */
  readonly onApplied: (machine: Machine, writes: readonly Write[]) => void;
  /** Called right after a bulk operation's row was put, or another one stood there. */
  readonly onPut: (row: BulkRow, isPut: boolean) => void;
  /** Called right after executions were deleted. */
  readonly onForgotten: (executionIds: readonly string[]) => void;
  readonly onCrash: (machine: Machine) => void;
}

const conflict: Outcome = { ok: false, reason: 'CONFLICT' };

export function openFaultyStore(deps: FaultyStoreDeps): Store {
  const { inner, machine, weather, dice, time, tally } = deps;

  function apply(writes: readonly Write[]): Promise<readonly Outcome[]> {
    const outcomes = inner.commit(writes);
    deps.onApplied(machine, writes);
    return outcomes;
  }

  /** Some execution's writes lose against a rival that is not there any more when they are tried again. */
  async function applyWithConflict(writes: readonly Write[]): Promise<readonly Outcome[]> {
    const victim = dice.pick(writes);
    if (victim.kind !== 'move') return apply(writes);
    tally.fault('store conflict');
    const isLost = (write: Write): boolean => 'executionId' in write && write.executionId === victim.executionId;
    const kept = writes.filter((write) => !isLost(write));
    const outcomes = kept.length === 0 ? [] : [...(await apply(kept))];
    return writes.map((write) => (isLost(write) ? conflict : (outcomes.shift() ?? conflict)));
  }

  function crash(): Promise<never> {
    deps.onCrash(machine);
    return new Promise(() => undefined);
  }

  function commitNow(writes: readonly Write[]): Promise<readonly Outcome[]> {
    if (deps.isFull()) {
      tally.fault('store full');
      return Promise.reject(new Fault('STORE_FULL', 'the disk is full'));
    }
    if (weather.strikes('crashBeforeCommit')) {
      tally.fault('node crash before commit');
      return crash();
    }
    if (weather.strikes('commitRejects')) {
      tally.fault('store rejects without commit');
      return Promise.reject(unreachable());
    }
    if (weather.strikes('commitConflicts')) return applyWithConflict(writes);
    const outcomes = apply(writes);
    if (weather.strikes('crashAfterCommit')) {
      tally.fault('node crash after commit');
      return crash();
    }
    if (!weather.strikes('commitRejectsDone')) return outcomes;
    tally.fault('store rejects with commit');
    return outcomes.then(() => Promise.reject(unreachable()));
  }

  /** The call takes its time on the way there, and its answer on the way back. */
  function slowly<T>(call: () => Promise<T>, delayMs: number): Promise<T> {
    return new Promise((resolve, reject) => {
      const wayThere = dice.int(0, delayMs);
      time.after(wayThere, () =>
        machine.run(() => {
          const back = (settle: () => void): void => {
            time.after(delayMs - wayThere, () => machine.run(settle));
          };
          call().then(
            (value) => back(() => resolve(value)),
            (error: unknown) => back(() => reject(error)),
          );
        }),
      );
    });
  }

  function read<T>(call: () => Promise<T>): Promise<T> {
    if (!machine.isAlive) return new Promise(() => undefined);
    if (weather.strikes('readFails')) {
      tally.fault('store read fails');
      return Promise.reject(unreachable());
    }
    return weather.strikes('readSlow') ? slowly(call, dice.int(1, 300)) : call();
  }

  /** A row that is put beside the journals: it may be there although nobody was told so. */
  async function put(row: BulkRow): Promise<boolean> {
    if (!machine.isAlive) return new Promise(() => undefined);
    if (weather.strikes('commitRejects')) throw unreachable();
    const isPut = await inner.bulk.put(row);
    deps.onPut(row, isPut);
    if (weather.strikes('crashAfterCommit')) return crash();
    if (weather.strikes('commitRejectsDone')) throw unreachable();
    return isPut;
  }

  async function forget(executions: readonly ForgetWrite[]): Promise<readonly string[]> {
    if (!machine.isAlive) return new Promise(() => undefined);
    if (weather.strikes('commitRejects')) throw unreachable();
    const gone = await inner.forget(executions);
    deps.onForgotten(gone);
    if (weather.strikes('crashAfterCommit')) return crash();
    if (weather.strikes('commitRejectsDone')) throw unreachable();
    return gone;
  }

  const { journal, tasks, views, humanTasks, catalog, limits, bulk } = inner;
  return {
    commit(writes) {
      if (!machine.isAlive) return new Promise(() => undefined);
      if (!weather.strikes('commitSlow')) return commitNow(writes);
      tally.fault('store slow');
      return slowly(() => commitNow(writes), dice.chance(0.1) ? 3_000 : 100);
    },
    journal: {
      read: (...given) => read(() => journal.read(...given)),
      load: (...given) => read(() => journal.load(...given)),
      values: (...given) => read(() => journal.values(...given)),
      dueWakes: (...given) => read(() => journal.dueWakes(...given)),
      nextWake: () => read(() => journal.nextWake()),
      sizeBytes: () => read(() => journal.sizeBytes()),
      findStartKey: (...given) => read(() => journal.findStartKey(...given)),
    },
    tasks: {
      ready: (query) => read(() => tasks.ready(query)),
      expired: (...given) => read(() => tasks.expired(...given)),
      of: (executionId) => read(() => tasks.of(executionId)),
      find: (taskId) => read(() => tasks.find(taskId)),
      depths: (at) => read(() => tasks.depths(at)),
    },
    views: {
      find: (...given) => read(() => views.find(...given)),
      list: (query) => read(() => views.list(query)),
      counts: (...given) => read(() => views.counts(...given)),
      statistics: (query) => read(() => views.statistics(query)),
      queued: (...given) => read(() => views.queued(...given)),
      queuedWorkspaces: () => read(() => views.queuedWorkspaces()),
      hasSlots: () => read(() => views.hasSlots()),
      ended: (query) => read(() => views.ended(query)),
      workspaces: () => read(() => views.workspaces()),
    },
    humanTasks: {
      find: (...given) => read(() => humanTasks.find(...given)),
      list: (query) => read(() => humanTasks.list(query)),
    },
    limits: {
      holders: (query) => read(() => limits.holders(query)),
      usage: (query) => read(() => limits.usage(query)),
      waiting: (query) => read(() => limits.waiting(query)),
      awaited: (query) => read(() => limits.awaited(query)),
      held: (query) => read(() => limits.held(query)),
    },
    catalog,
    bulk: {
      put,
      find: (...given) => read(() => bulk.find(...given)),
      list: (query) => read(() => bulk.list(query)),
      open: (limit) => read(() => bulk.open(limit)),
      forget: (...given) => read(() => bulk.forget(...given)),
    },
    latestAt: () => read(() => inner.latestAt()),
    forget,
    close: () => inner.close(),
  };
}

const unreachable = (): Fault => new Fault('STORE_UNREACHABLE', 'the store does not answer');
