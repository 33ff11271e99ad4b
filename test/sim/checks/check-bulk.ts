/**
 * Operations on many executions: each acts on an execution once at most, whatever crashes and whoever repeats, and says in
 * the end how many it acted on. Counted here from the journals, apart from the engine's own rows.
 */
import type { BulkRow } from '../../../src/storage/bulk-operations.ts';
import { claim } from '../violation.ts';
import type { Book, Check } from './book.ts';

export interface BulkCheck {
  of(book: Book): Check;
  /** A row was put; `isPut`: it stands now. */
  put(row: BulkRow, isPut: boolean): void;
  /** Nothing goes on any more. `asked`: those whose start was answered; `removed`: executions that retention deleted. */
  rest(bulks: ReadonlyMap<string, BulkRow>, told: { asked: ReadonlySet<string>; removed: ReadonlySet<string> }): void;
}

/** Of each of a batch it is told what came of it, before the next one is written down; who stops it hears of what was done. */
function checkTold(before: BulkRow, row: BulkRow): void {
  const isWish = row.isCancelRequested && row.endedAt === null && toldOf(row) === toldOf(before);
  if (isWish || row.status === 'cancelled') return;
  const wanted = toldOf(before) + before.batch.length;
  claim(toldOf(row) >= wanted, 'I13', () => `${row.bulkId} tells of ${toldOf(row)} of ${wanted} and goes on`);
}

function toldOf({ done, skipped, failed }: BulkRow): number {
  return [skipped, failed].flatMap((counts) => Object.values(counts)).reduce((sum, count) => sum + count, done);
}

export function openBulkCheck(): BulkCheck {
  /** Executions that an operation acted on, by its id. */
  const marks = new Map<string, Set<string>>();
  const stood = new Map<string, BulkRow>();

  function mark(bulkId: string, { id, tally }: Book): void {
    const acted = marks.get(bulkId) ?? new Set();
    claim(!acted.has(id), 'I3', () => `${bulkId} acted on ${id} twice`);
    marks.set(bulkId, acted.add(id));
    tally.saw('bulk operation acted');
  }

  return {
    of: (book) => ({
      before(event) {
        if (event.type === 'execution.operated') mark(event.id, book);
        if (event.type === 'signal.received' && event.id.startsWith('bulk_')) mark(event.id, book);
      },
    }),
    put(row, isPut) {
      const before = stood.get(row.bulkId);
      if (!isPut) return;
      claim(row.revision === (before?.revision ?? 0) + 1, 'I5', () => `${row.bulkId} jumps to ${row.revision}`);
      claim(before === undefined || before.endedAt === null, 'I5', () => `${row.bulkId} has ended and moves on`);
      if (before) checkTold(before, row);
      stood.set(row.bulkId, row);
    },
    rest(bulks, { asked, removed }) {
      for (const bulkId of asked) claim(bulks.has(bulkId), 'I1', () => `${bulkId} was lost`);
      for (const row of bulks.values()) {
        const { bulkId, done, status } = row;
        claim(row.endedAt !== null, 'I11', () => `${bulkId} has not ended: ${JSON.stringify(row)}`);
        const marked = [...(marks.get(bulkId) ?? [])];
        const acted = marked.length;
        // One that is gone when its batch is repeated cannot tell that it was acted on.
        const least = status === 'completed' ? marked.filter((id) => !removed.has(id)).length : 0;
        const isRight = done >= least && done <= acted;
        claim(isRight, 'I13', () => `${bulkId} is ${status}, says ${done} and acted on ${acted}`);
      }
    },
  };
}
