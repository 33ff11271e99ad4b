/**
 * Takes out of journals what folded rounds of loops made needless, so that a loop of a hundred thousand items leaves a
 * short history.
 *
 * It follows the folds and is never waited for. Whatever it misses (a crash, a store that is away) only leaves a journal
 * longer than it need be; the next fold of that loop takes it along. One journal at a time, records as they stand: large
 * values stay where they are.
 */
import { elide } from '../../core/elide.ts';
import type { ExecutionEvent, LoopFolded } from '../../core/events.ts';
import type { Journal, StoredRecord } from '../../storage/journal.ts';
import type { CompactRecord } from '../../storage/store.ts';
import { loadPage } from '../limits.ts';
import type { Committer } from './committer.ts';
import type { Live } from './live.ts';

export interface Compaction {
  /** Looks at the events of a durable move for rounds that were folded. */
  observe(live: Live, events: readonly ExecutionEvent[]): void;
  /** Resolves once nothing is under way. */
  settled(): Promise<void>;
}

interface Span {
  readonly executionId: string;
  readonly from: number;
  readonly through: number;
}

export function openCompaction(deps: {
  journal: Pick<Journal, 'read'>;
  committer: Pick<Committer, 'add'>;
  warn: (message: string, error: unknown) => void;
}): Compaction {
  /** By execution: where the last compaction ended. */
  const doneTo = new Map<string, number>();
  let chain = Promise.resolve();

  async function compact(span: Span, folds: readonly LoopFolded[]): Promise<void> {
    const records = await recordsOf(deps.journal, span);
    const [first, last] = [records[0], records.at(-1)];
    if (!first || !last) return;
    const shorter = shortened(records, folds);
    const { executionId } = span;
    await new Promise<void>((resolve) =>
      deps.committer.add(
        { kind: 'compact', executionId, from: first.first, through: last.last, records: shorter },
        () => resolve(),
      ),
    );
    doneTo.set(executionId, last.last);
  }

  return {
    observe(live, events) {
      if (live.state.endedAt !== undefined) doneTo.delete(live.id);
      const folds = events.filter((event) => event.type === 'loop.folded');
      if (folds.length === 0) return;
      const openedAt = Math.min(...folds.map(({ step }) => live.state.loops.get(step)?.openedAt ?? 1));
      const from = Math.max(openedAt, (doneTo.get(live.id) ?? 0) + 1);
      // The record that holds the fold is the newest: another writer's predecessor. It stays as it is.
      const through = live.state.position - events.length;
      const span = { executionId: live.id, from, through };
      chain = chain.then(() =>
        compact(span, folds).catch((error: unknown) => deps.warn('a journal could not be compacted', error)),
      );
    },
    settled: () => chain,
  };
}

/** The records that lie in a span as wholes. */
async function recordsOf(
  journal: Pick<Journal, 'read'>,
  { executionId, from, through }: Span,
): Promise<StoredRecord[]> {
  const found: StoredRecord[] = [];
  for (let after = from - 1; ; ) {
    const page = await journal.read(executionId, after, loadPage);
    for (const record of page) if (record.first >= from && record.last <= through) found.push(record);
    const last = page.at(-1)?.last;
    if (last === undefined || last >= through) return found;
    after = last;
  }
}

function shortened(records: readonly StoredRecord[], folds: readonly LoopFolded[]): CompactRecord[] {
  const shorter: CompactRecord[] = [];
  const known = [...folds];
  // What is elided whole joins the record behind it that is.
  let open: CompactRecord | undefined;
  const close = (): void => {
    if (open) shorter.push({ ...open, events: elidedText(open.last - open.first + 1) });
    open = undefined;
  };
  for (const { executionId: _, ...record } of records.toReversed()) {
    const kept = elide(JSON.parse(record.events) as ExecutionEvent[], known);
    if (kept.length === 1 && kept[0]?.type === 'journal.elided') {
      open = { ...(open ?? record), first: record.first };
      continue;
    }
    close();
    shorter.push({ ...record, events: JSON.stringify(kept) });
  }
  close();
  return shorter.reverse();
}

const elidedText = (count: number): string => JSON.stringify([{ type: 'journal.elided', count }]);
