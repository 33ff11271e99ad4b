import type { Clock } from '../kit/clock.ts';
import { Fault } from '../kit/fault.ts';
import type { Cache } from './cache.ts';

export interface CacheSettings {
  readonly type: string;
  readonly maxMemoryBytes: number;
}

/** The whole list of caches. Adding one is a folder, a line here and its conformance test. Loaded on demand. */
const drivers: Readonly<Record<string, (settings: CacheSettings, clock: Clock) => Promise<Cache>>> = {
  memory: async ({ maxMemoryBytes }, clock) =>
    (await import('./memory/memory-cache.ts')).openMemoryCache({ clock, roomBytes: maxMemoryBytes }),
};

/** Rejects with DRIVER_NOT_AVAILABLE. */
export async function openCache(settings: CacheSettings, clock: Clock): Promise<Cache> {
  const open = Object.hasOwn(drivers, settings.type) ? drivers[settings.type] : undefined;
  if (open) return open(settings, clock);
  const available = Object.keys(drivers);
  throw new Fault(
    'DRIVER_NOT_AVAILABLE',
    `the cache "${settings.type}" is not available in this release: use ${available.join(' or ')}`,
    { detail: { part: 'cache', name: settings.type, available } },
  );
}
