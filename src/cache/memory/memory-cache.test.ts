import { openVirtualClock } from '../../../test/support/virtual-clock.ts';
import { cacheConformance } from '../cache.conformance.ts';
import { openMemoryCache } from './memory-cache.ts';

cacheConformance({
  name: 'memory',
  async open(roomBytes) {
    const clock = openVirtualClock();
    return { cache: openMemoryCache({ clock, roomBytes }), pass: (ms) => clock.advance(ms) };
  },
});
