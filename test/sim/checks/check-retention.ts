/** Retention: nothing goes that is open, that owes, that is young, or that somebody may ask for; and nothing comes back. */
import { childCommandId } from '../../../src/core/child-events.ts';
import { isEnded } from '../../../src/core/state.ts';
import type { MemoryDisk } from '../../../src/storage/memory/memory-disk.ts';
import type { Tally } from '../tally.ts';
import { claim } from '../violation.ts';
import type { Book } from './book.ts';

export interface RetentionCheck {
  readonly removed: ReadonlySet<string>;
  /** They were deleted at `now`. */
  forgotten(executionIds: readonly string[], now: number): void;
  /** A write of the execution was applied. */
  applied(executionId: string): void;
}

export interface RetentionCheckDeps {
  readonly books: ReadonlyMap<string, Book>;
  readonly disk: MemoryDisk;
  readonly tally: Tally;
  /** How old an execution of a status must be, in milliseconds. */
  readonly ageOf: (status: string) => number;
}

/** How far clocks may be ahead in a run, in milliseconds. */
const jumpMaxMs = 240_000;

export function openRetentionCheck({ books, disk, tally, ageOf }: RetentionCheckDeps): RetentionCheck {
  const removed = new Set<string>();

  function check(id: string, now: number): void {
    const book = books.get(id);
    claim(book, 'I19', () => `${id} was removed and never was`);
    const { shadow } = book;
    claim(isEnded(shadow), 'I19', () => `${id} is ${shadow.status} and was removed`);
    const owed = [...shadow.outstanding.keys()];
    claim(!owed.includes('report'), 'I19', () => `${id} was removed before it told its parent`);
    const slackMs = book.isFair ? 0 : jumpMaxMs;
    const ageMs = now - (shadow.endedAt ?? now);
    claim(ageMs + slackMs >= ageOf(shadow.status), 'I19', () => `${id} was removed ${ageMs} ms after its end`);
    const parent = shadow.parent && books.get(shadow.parent.executionId);
    if (!parent || !shadow.parent || removed.has(parent.id)) return;
    const call = childCommandId(shadow.parent.call);
    claim(!parent.shadow.outstanding.has(call), 'I19', () => `${id} was removed and ${parent.id} may ask for it`);
    if (!isEnded(parent.shadow)) tally.saw('child removed before its parent ended');
  }

  return {
    removed,
    forgotten(executionIds, now) {
      for (const id of executionIds) {
        check(id, now);
        removed.add(id);
        tally.saw('execution removed');
        claim(!disk.views.has(id) && !disk.wakes.has(id), 'I19', () => `${id} was removed and left rows`);
      }
    },
    applied(executionId) {
      if (!removed.has(executionId)) return;
      tally.saw('write for a removed execution refused');
      claim(!disk.records.has(executionId), 'I19', () => `${executionId} was removed and is there again`);
    },
  };
}
