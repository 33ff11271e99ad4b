/**
 * Near timers of this node: a binary heap over one platform timer.
 *
 * A hint, never the truth: every timer here also has a wake row no later than itself, so losing this heap loses
 * nothing, and firing a stale entry does nothing because its command is settled.
 */
import type { Cancel, Clock } from '../../kit/clock.ts';

export interface Timers {
  add(dueAt: number, fire: () => void): void;
  size(): number;
  close(): void;
}

interface Entry {
  readonly dueAt: number;
  readonly fire: () => void;
}

export function openTimers(clock: Clock): Timers {
  const heap: Entry[] = [];
  let armedFor = Number.POSITIVE_INFINITY;
  let cancel: Cancel = () => undefined;
  let isClosed = false;

  function arm(): void {
    const next = heap[0];
    if (isClosed || !next || next.dueAt >= armedFor) return;
    cancel();
    armedFor = next.dueAt;
    cancel = clock.schedule(Math.max(0, next.dueAt - clock.nowMs()), ring);
  }

  function ring(): void {
    armedFor = Number.POSITIVE_INFINITY;
    const nowMs = clock.nowMs();
    for (let next = heap[0]; next && next.dueAt <= nowMs && !isClosed; next = heap[0]) {
      pop(heap);
      next.fire();
    }
    arm();
  }

  return {
    add(dueAt, fire) {
      push(heap, { dueAt, fire });
      arm();
    },
    size: () => heap.length,
    close() {
      isClosed = true;
      cancel();
      heap.length = 0;
    },
  };
}

function push(heap: Entry[], entry: Entry): void {
  let place = heap.length;
  heap.push(entry);
  while (place > 0) {
    const parent = (place - 1) >> 1;
    const above = heap[parent];
    if (!above || above.dueAt <= entry.dueAt) break;
    heap[place] = above;
    place = parent;
  }
  heap[place] = entry;
}

function pop(heap: Entry[]): void {
  const last = heap.pop();
  if (!last || heap.length === 0) return;
  let place = 0;
  for (;;) {
    const left = 2 * place + 1;
    const right = left + 1;
    const leftEntry = heap[left];
    const rightEntry = heap[right];
    if (!leftEntry) break;
    const smaller = rightEntry && rightEntry.dueAt < leftEntry.dueAt ? right : left;
    const child = heap[smaller];
    if (!child || child.dueAt >= last.dueAt) break;
    heap[place] = child;
    place = smaller;
  }
  heap[place] = last;
}
