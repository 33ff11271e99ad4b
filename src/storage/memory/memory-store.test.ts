import assert from 'node:assert/strict';
import { test } from 'node:test';
import { move, moveIds, noon } from '../sample-writes.ts';
import { storeConformance } from '../store.conformance.ts';
import { type MemoryDisk, makeMemoryDisk } from './memory-disk.ts';
import { openMemoryStore } from './memory-store.ts';

let disk: MemoryDisk = makeMemoryDisk();

storeConformance({
  name: 'memory',
  open: async () => {
    disk = makeMemoryDisk();
    return openMemoryStore({ disk });
  },
  reopen: () => openMemoryStore({ disk }),
  peer: () => openMemoryStore({ disk }),
});

test('a closed store leaves the disk to the stores that share it', async () => {
  const shared = makeMemoryDisk();
  const first = await openMemoryStore({ disk: shared });
  const second = await openMemoryStore({ disk: shared });
  await first.commit([move('e', 1)]);
  await first.close();
  assert.deepEqual(await moveIds(second, 'e'), ['move-e-1']);
});

test('answers come within microtasks, so that virtual time never has to move for them', async () => {
  const store = await openMemoryStore();
  let isSettled = false;
  const work = store
    .commit([move('e', 1)])
    .then(() => store.journal.load('e', 1))
    .then(() => {
      isSettled = true;
    });
  for (let turn = 0; turn < 20; turn += 1) await Promise.resolve();
  assert.ok(isSettled);
  await work;
});

test('expired start keys do not pile up', async () => {
  const shared = makeMemoryDisk();
  const store = await openMemoryStore({ disk: shared });
  for (let index = 0; index < 200; index += 1) {
    const at = noon + index;
    const startKey = { workflow: 'w', key: `k${index}`, fingerprint: 'f', expiresAt: at + 10 };
    await store.commit([move(`e${index}`, 1, { at, startKey })]);
  }
  assert.ok(shared.startKeys.size <= 12, `${shared.startKeys.size} keys are kept`);
});
