/** A node's cache of results: it takes its time, sometimes does not answer, and is empty after a restart. */
import type { Cache } from '../../src/cache/cache.ts';
import { openMemoryCache } from '../../src/cache/memory/memory-cache.ts';
import { Fault } from '../../src/kit/fault.ts';
import type { Dice } from './dice.ts';
import type { Machine } from './machine.ts';
import type { Tally } from './tally.ts';
import type { Weather } from './weather.ts';

export interface SimCacheDeps {
  readonly machine: Machine;
  readonly dice: Dice;
  readonly weather: Weather;
  readonly tally: Tally;
}

/** Small enough to have to forget. */
const roomBytes = 4_000;

export function openSimCache({ machine, dice, weather, tally }: SimCacheDeps): Cache {
  const { clock } = machine;
  const inner = openMemoryCache({ clock, roomBytes });
  return {
    ...inner,
    async get(workspace, key) {
      const delayMs = weather.strikes('readSlow') ? dice.int(1, 3_000) : dice.int(0, 2);
      await new Promise<void>((resolve) => clock.schedule(delayMs, resolve));
      if (weather.strikes('readFails')) {
        tally.fault('cache does not answer');
        throw new Fault('STORE_UNREACHABLE', 'the cache does not answer');
      }
      return inner.get(workspace, key);
    },
  };
}
