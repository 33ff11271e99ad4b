/**
 * The threads that scripts run on, and who is next.
 *
 * Workspaces take turns, and one of them holds at most all threads but one: whatever its scripts do, another one's begin
 * at once. Threads start when they are needed and stay; one that was lost with its run is started anew by the next.
 */
import { present } from '../../kit/assert.ts';
import { runsPerThread } from './script-limits.ts';
import { type ScriptThread, startThread, type ThreadRun } from './script-thread.ts';
import type { WasmModule } from './web-assembly.ts';

export interface ScriptPool {
  /** Settles every run but those that are taken back by the function it returns, or are there when the pool is closed. */
  add(run: ThreadRun): () => void;
  close(): Promise<void>;
}

interface Slot {
  thread: ScriptThread | undefined;
}

export function openScriptPool({ module, threads }: { module: WasmModule; threads: number }): ScriptPool {
  const slots = Array.from({ length: threads }, (): Slot => ({ thread: undefined }));
  /** By workspace; the one that was served longest ago stands first. */
  const waiting = new Map<string, ThreadRun[]>();
  let isClosed = false;

  function pump(): void {
    while (!isClosed) {
      const place = nextPlace();
      if (!place) return;
      place.slot.thread ??= start(place.slot);
      place.slot.thread.add(takeFirst(place.workspace));
    }
  }

  /** The least busy thread that somebody who waits may use. */
  function nextPlace(): { slot: Slot; workspace: string } | undefined {
    if (waiting.size === 0) return undefined;
    for (const slot of slots.toSorted((a, b) => loadOf(a) - loadOf(b))) {
      if (loadOf(slot) >= runsPerThread) return undefined;
      for (const workspace of waiting.keys()) if (mayUse(workspace, slot)) return { slot, workspace };
    }
    return undefined;
  }

  function mayUse(workspace: string, slot: Slot): boolean {
    const others = slots.filter((each) => each !== slot && holds(each, workspace));
    return others.length < slots.length - 1;
  }

  function takeFirst(workspace: string): ThreadRun {
    const queue = waiting.get(workspace) ?? [];
    waiting.delete(workspace);
    if (queue.length > 1) waiting.set(workspace, queue);
    return present(queue.shift(), 'the run that waits');
  }

  function start(slot: Slot): ScriptThread {
    return startThread(module, {
      free: pump,
      gone(unbegun) {
        slot.thread = undefined;
        for (const run of unbegun.toReversed())
          waiting.set(run.workspace, [run, ...(waiting.get(run.workspace) ?? [])]);
        pump();
      },
    });
  }

  return {
    add(run) {
      const queue = waiting.get(run.workspace);
      if (queue) queue.push(run);
      else waiting.set(run.workspace, [run]);
      pump();
      return () => withdraw(waiting, run);
    },
    async close() {
      isClosed = true;
      waiting.clear();
      await Promise.all(slots.map((slot) => slot.thread?.close()));
    },
  };
}

/** One that has begun goes on: it ends by itself, and nobody looks at its answer. */
function withdraw(waiting: Map<string, ThreadRun[]>, run: ThreadRun): void {
  const queue = waiting.get(run.workspace);
  const place = queue?.indexOf(run) ?? -1;
  if (place >= 0) queue?.splice(place, 1);
  if (queue?.length === 0) waiting.delete(run.workspace);
}

/** A thread that is there and idle goes before one that would have to start. */
function loadOf({ thread }: Slot): number {
  return thread ? thread.runs.length : 0.5;
}

function holds({ thread }: Slot, workspace: string): boolean {
  return thread?.runs.some((run) => run.workspace === workspace) ?? false;
}
