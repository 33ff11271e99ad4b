import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { Fault } from '../kit/fault.ts';
import { openMemoryStore } from './memory/memory-store.ts';
import { move } from './sample-writes.ts';
import { openStoreClock } from './store-clock.ts';

const hourMs = 3_600_000;

async function beginAfter(aheadMs: number) {
  const store = await openMemoryStore();
  await store.commit([move('e', 1, { at: Date.now() + aheadMs })]);
  const warnings: string[] = [];
  const clock = await openStoreClock(store, (message) => warnings.push(message));
  return { hoursAhead: Math.round((clock.nowMs() - Date.now()) / hourMs), warnings };
}

describe('the clock of a store', () => {
  test('is the wall clock where that is not behind', async () => {
    assert.deepEqual(await beginAfter(-hourMs), { hoursAhead: 0, warnings: [] });
  });

  test('goes on from the newest row where the wall clock was set back', async () => {
    assert.deepEqual(await beginAfter(3 * hourMs), { hoursAhead: 3, warnings: [] });
  });

  test('is the wall clock and says so where the newest row is more than a day ahead', async () => {
    const { hoursAhead, warnings } = await beginAfter(72 * hourMs);
    assert.deepEqual([hoursAhead, warnings.length], [0, 1]);
    assert.match(warnings[0] ?? '', /3 days behind/);
  });

  test('of a store that cannot be read is none, and the store is closed', async () => {
    const store = await openMemoryStore();
    let isClosed = false;
    const latestAt = () => Promise.reject(new Fault('STORE_UNREACHABLE', 'away'));
    const close = async () => {
      isClosed = true;
    };
    await assert.rejects(
      openStoreClock({ ...store, latestAt, close }, () => undefined),
      /away/,
    );
    assert.ok(isClosed);
  });
});
