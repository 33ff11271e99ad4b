/**
 * A queue that many share, in which nobody waits for another's crowd: deficit round robin over lanes.
 *
 * Each lane is first come, first served. Lanes take turns; a turn is worth the same to each, and what an item costs comes
 * off it. So a lane with one item waits for one turn of the others, however many they have, and a lane of heavy items gets
 * no more than one of light ones.
 */
import { SlotMap } from '../../kit/slot-map.ts';

export interface FairQueue<T> {
  add(lane: string, item: T): void;
  /** The next items, at most so many. */
  take(countMax: number): T[];
  size(): number;
  /** Items of one lane, and lanes that have any. */
  sizeOf(lane: string): number;
  lanes(): number;
}

interface Lane<T> {
  items: T[];
  /** Items before this place have been taken. */
  next: number;
  /** What is left of its turn; less than nothing where its last item cost more. */
  credit: number;
}

/** What a turn is worth unless one says, in the unit of costs. */
export const turnWorth = 64;

export function openFairQueue<T>(costOf: (item: T) => number, worth: number = turnWorth): FairQueue<T> {
  /** The lane whose turn it is stands first. */
  const lanes = new SlotMap<string, Lane<T>>();
  let size = 0;

  /** Most of the time nobody has to wait at all. */
  function takeAll(): T[] {
    const [only, ...others] = lanes.values();
    const all = only && others.length === 0 && only.next === 0 ? only.items : [...lanes.values()].flatMap(left);
    lanes.clear();
    size = 0;
    return all;
  }

  const left = ({ items, next }: Lane<T>): T[] => items.slice(next);

  /** Takes from a lane as long as its turn lasts. True where the turn is over. */
  function serve(lane: Lane<T>, taken: T[], countMax: number): boolean {
    while (lane.next < lane.items.length) {
      if (lane.credit <= 0) return true;
      if (taken.length >= countMax) return false;
      const item = lane.items[lane.next] as T;
      lane.next += 1;
      lane.credit -= costOf(item);
      taken.push(item);
    }
    return true;
  }

  return {
    add(name, item) {
      size += 1;
      const lane = lanes.get(name);
      if (lane) lane.items.push(item);
      else lanes.set(name, { items: [item], next: 0, credit: worth });
    },
    take(countMax) {
      if (size <= countMax) return takeAll();
      const taken: T[] = [];
      for (const [name, lane] of lanes) {
        if (!serve(lane, taken, countMax)) break;
        // The end of the line: a lane that is put back comes up once more in this very loop.
        lanes.delete(name);
        if (lane.next === lane.items.length) continue;
        lane.items = left(lane);
        lane.next = 0;
        lane.credit += worth;
        lanes.set(name, lane);
      }
      size -= taken.length;
      return taken;
    },
    size: () => size,
    sizeOf(name) {
      const lane = lanes.get(name);
      return lane ? lane.items.length - lane.next : 0;
    },
    lanes: () => lanes.size,
  };
}
