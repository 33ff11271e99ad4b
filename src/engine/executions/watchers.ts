import { SlotMap } from '../../kit/slot-map.ts';

/** Who wants to know when an execution moves. Hints: a watcher reads the journal, it is never told the events. */
export type Watcher = (position: number, isEnded: boolean) => void;

export interface Watchers {
  add(executionId: string, watcher: Watcher): () => void;
  notify(executionId: string, position: number, isEnded: boolean): void;
  size(): number;
}

export function openWatchers(): Watchers {
  const byExecution = new SlotMap<string, Set<Watcher>>();
  return {
    add(executionId, watcher) {
      const watchers = byExecution.get(executionId) ?? new Set();
      watchers.add(watcher);
      byExecution.set(executionId, watchers);
      return () => {
        watchers.delete(watcher);
        if (watchers.size === 0 && byExecution.get(executionId) === watchers) byExecution.delete(executionId);
      };
    },
    notify(executionId, position, isEnded) {
      const watchers = byExecution.get(executionId);
      if (watchers) for (const watcher of [...watchers]) watcher(position, isEnded);
    },
    size: () => [...byExecution.values()].reduce((count, watchers) => count + watchers.size, 0),
  };
}
