/** Lists over view rows, read from a disk. */
import { emptyObject } from '../../kit/json.ts';
import type { DeadLetterFilter, StoredView, ViewQuery, Views } from '../views.ts';
import { offsetMax } from '../write-checks.ts';
import type { DiskInUse } from './memory-disk.ts';
import { memoryStatistics } from './memory-statistics.ts';

export function openMemoryViews(use: DiskInUse): Views {
  const rowsOf = (workspace: string, wanted: (row: StoredView) => boolean): StoredView[] => [
    ...use()
      .views.values()
      .filter((row) => row.workspace === workspace && wanted(row)),
  ];
  return {
    async find(workspace, executionId) {
      const row = use().views.get(executionId);
      return row?.workspace === workspace ? row : undefined;
    },
    async list(query) {
      const matching = rowsOf(query.workspace, (row) => matches(row, query)).sort(newestFirst);
      const { after, limit } = query;
      const left = after ? matching.filter((row) => newestFirst(after, row) < 0) : matching;
      const start = Math.min(query.offset ?? 0, offsetMax);
      return {
        rows: left.slice(start, start + limit),
        hasMore: left.length > start + limit,
        total: query.count ? matching.length : undefined,
      };
    },
    async counts(workspace, workflow) {
      const counts = emptyObject<number>();
      for (const { status } of rowsOf(workspace, (row) => workflow === undefined || row.workflow === workflow)) {
        counts[status] = (counts[status] ?? 0) + 1;
      }
      return counts;
    },
    async statistics(query) {
      const rows = rowsOf(query.workspace, (row) => matches(row, query));
      return memoryStatistics(rows.sort(newestFirst), query);
    },
    async queued(workspace, limit) {
      const inLine = new Set(
        use()
          .waiters.filter(({ holder }) => holder === '')
          .map((row) => row.executionId),
      );
      const isNext = (row: StoredView): boolean => row.status === 'queued' && !inLine.has(row.executionId);
      const queued = rowsOf(workspace, isNext).sort(newestFirst);
      return queued
        .reverse()
        .slice(0, limit)
        .map((row) => row.executionId);
    },
    async queuedWorkspaces() {
      const queued = use()
        .views.values()
        .filter((row) => row.status === 'queued');
      return [...new Set(queued.map((row) => row.workspace))].sort();
    },
    async hasSlots() {
      return use()
        .slots.values()
        .some(({ size }) => size > 0);
    },
    async ended({ workspace, status, workflow, exceptWorkflows = [], endedBefore, after, limit }) {
      const { wakes } = use();
      const rows = rowsOf(
        workspace,
        (row) =>
          status.includes(row.status) &&
          row.endedAt !== null &&
          row.endedAt < endedBefore &&
          (workflow === undefined || row.workflow === workflow) &&
          !exceptWorkflows.includes(row.workflow) &&
          !wakes.has(row.executionId),
      );
      const oldestFirst = rows.sort(newestFirst).reverse();
      return oldestFirst.filter((row) => !after || newestFirst(row, after) < 0).slice(0, limit);
    },
    async workspaces() {
      const all = [...use().views.values()].map((row) => row.workspace);
      return [...new Set(all)].sort();
    },
  };
}

type Filter = Omit<ViewQuery, 'workspace' | 'limit'>;

function matches(row: StoredView, query: Filter): boolean {
  const { ids, deadLetters, workflow, version, status, parent, from, to, tag, labels, text } = query;
  return (
    (ids === undefined || ids.includes(row.executionId)) &&
    (deadLetters === undefined || isSuch(row, deadLetters)) &&
    (workflow === undefined || row.workflow === workflow) &&
    (version === undefined || row.version === version) &&
    (status === undefined || status.includes(row.status)) &&
    (parent === undefined || row.parent === parent) &&
    (from === undefined || row.createdAt >= from) &&
    (to === undefined || row.createdAt < to) &&
    (tag === undefined || row.tags.includes(tag)) &&
    (text === undefined || row.searchText.toLowerCase().includes(text.toLowerCase())) &&
    Object.entries(labels ?? {}).every(([name, value]) => Object.hasOwn(row.labels, name) && row.labels[name] === value)
  );
}

function isSuch(row: StoredView, { reason, executor, code, since, until }: DeadLetterFilter): boolean {
  const { deadLetter, endedAt } = row;
  return (
    deadLetter !== null &&
    (reason === undefined || deadLetter.reason === reason) &&
    (executor === undefined || deadLetter.executor === executor) &&
    (code === undefined || row.errorCode === code) &&
    (since === undefined || (endedAt !== null && endedAt >= since)) &&
    (until === undefined || (endedAt !== null && endedAt < until))
  );
}

type Place = Pick<StoredView, 'createdAt' | 'executionId'>;

function newestFirst(a: Place, b: Place): number {
  return b.createdAt - a.createdAt || (a.executionId > b.executionId ? -1 : 1);
}
