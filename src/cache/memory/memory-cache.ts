/** A cache in this process: texts by key, the one used longest ago first to go. */
import type { Clock } from '../../kit/clock.ts';
import type { Json } from '../../kit/json.ts';
import { SlotMap } from '../../kit/slot-map.ts';
import type { Cache } from '../cache.ts';

interface Kept {
  /** JSON: a copy by nature, and of known size. */
  readonly text: string;
  readonly sizeBytes: number;
  /** By the clock that never goes back. */
  readonly endsAt: number;
}

/** What an entry takes beside its texts, about. */
const entryBytes = 200;

export function openMemoryCache({ clock, roomBytes }: { clock: Clock; roomBytes: number }): Cache {
  /** In the order of use. */
  const kept = new SlotMap<string, Kept>();
  let usedBytes = 0;

  function drop(place: string): void {
    usedBytes -= kept.get(place)?.sizeBytes ?? 0;
    kept.delete(place);
  }

  return {
    async get(workspace, key) {
      const place = placeOf(workspace, key);
      const found = kept.get(place);
      if (!found) return undefined;
      if (found.endsAt <= clock.monotonicMs()) {
        drop(place);
        return undefined;
      }
      kept.touch(place);
      return JSON.parse(found.text) as Json;
    },
    async set(workspace, key, { value, ttlMs }) {
      const place = placeOf(workspace, key);
      const text = JSON.stringify(value);
      const sizeBytes = 2 * (place.length + text.length) + entryBytes;
      drop(place);
      if (sizeBytes > roomBytes) return;
      kept.set(place, { text, sizeBytes, endsAt: clock.monotonicMs() + ttlMs });
      usedBytes += sizeBytes;
      for (const [oldest] of kept) {
        if (usedBytes <= roomBytes) return;
        drop(oldest);
      }
    },
    async close() {
      kept.clear();
      usedBytes = 0;
    },
  };
}

/** The length of the workspace comes first, so that no two pairs make one text. */
const placeOf = (workspace: string, key: string): string => `${workspace.length}:${workspace}${key}`;
