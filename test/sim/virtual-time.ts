/**
 * Time that moves only when it is told to: a queue of events, earliest first, equal ones in the order they were made.
 *
 * One macro step is one event and every microtask that follows from it. Nothing of the program under test may wait for
 * anything else: what did would simply never happen here.
 */
import type { Cancel } from '../../src/kit/clock.ts';

export interface VirtualTime {
  /** Milliseconds since the epoch; true time, which no node's clock need show. */
  now(): number;
  after(delayMs: number, run: () => void): Cancel;
  /** Resolves once every microtask is done and the next event, if there is one, has run. False where there is none. */
  step(): Promise<boolean>;
  /** Events run so far. */
  steps(): number;
}

interface Entry {
  readonly at: number;
  readonly order: number;
  run: (() => void) | undefined;
}

export const startOfTime = 1_800_000_000_000;

export function openVirtualTime(): VirtualTime {
  const heap: Entry[] = [];
  let nowMs = startOfTime;
  let order = 0;
  let steps = 0;

  /** `setImmediate` comes after all microtasks, whatever they queue in turn. */
  const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

  return {
    now: () => nowMs,
    after(delayMs, run) {
      order += 1;
      const entry: Entry = { at: nowMs + Math.max(0, Math.ceil(delayMs)), order, run };
      push(heap, entry);
      return () => {
        entry.run = undefined;
      };
    },
    async step() {
      for (let entry = pop(heap); entry; entry = pop(heap)) {
        const { run } = entry;
        if (!run) continue;
        nowMs = entry.at;
        steps += 1;
        run();
        await settled();
        return true;
      }
      return false;
    },
    steps: () => steps,
  };
}

const isBefore = (a: Entry, b: Entry): boolean => a.at < b.at || (a.at === b.at && a.order < b.order);

function push(heap: Entry[], entry: Entry): void {
  let place = heap.length;
  heap.push(entry);
  while (place > 0) {
    const parent = (place - 1) >> 1;
    const above = heap[parent];
    if (!above || isBefore(above, entry)) break;
    heap[place] = above;
    place = parent;
  }
  heap[place] = entry;
}

function pop(heap: Entry[]): Entry | undefined {
  const [top] = heap;
  const last = heap.pop();
  if (!last || heap.length === 0) return top;
  let place = 0;
  for (;;) {
    const left = heap[2 * place + 1];
    const right = heap[2 * place + 2];
    if (!left) break;
    const child = right && isBefore(right, left) ? 2 * place + 2 : 2 * place + 1;
    const smaller = child === 2 * place + 2 && right ? right : left;
    if (isBefore(last, smaller)) break;
    heap[place] = smaller;
    place = child;
  }
  heap[place] = last;
  return top;
}
