/** Start keys and admission slots: what a move may claim, and who holds it. */
import assert from 'node:assert/strict';
import { commitOne, done, move, moveIds, noon, noSlot } from './sample-writes.ts';
import type { MoveWrite, StartKey } from './store.ts';
import type { PromiseCase } from './store-subject.ts';

const key = (more: Partial<StartKey> = {}): StartKey => ({
  workflow: 'w',
  key: 'k',
  fingerprint: 'f1',
  expiresAt: noon + 1_000,
  ...more,
});

const claim = (executionId: string, limit: number, more: Partial<MoveWrite> = {}): MoveWrite =>
  move(executionId, 1, { slotTaken: { key: 's', limit }, ...more });

export function startKeysConformance(promise: PromiseCase): void {
  keys(promise);
  slots(promise);
}

function keys(promise: PromiseCase): void {
  promise('tells who holds a start key, with the fingerprint it was taken with', async (store) => {
    await store.commit([move('e1', 1, { startKey: key() })]);
    const taken = { ok: false, reason: 'KEY_TAKEN', executionId: 'e1', fingerprint: 'f1' };
    assert.deepEqual(await commitOne(store, move('e2', 1, { startKey: key() })), taken);
    assert.deepEqual(await commitOne(store, move('e3', 1, { startKey: key({ fingerprint: 'f2' }) })), taken);
    assert.deepEqual(await moveIds(store, 'e2'), []);
    assert.deepEqual(await store.journal.findStartKey('default', 'w', 'k', noon), {
      executionId: 'e1',
      fingerprint: 'f1',
    });
  });

  promise('lets a start key be taken once within a batch', async (store) => {
    const outcomes = await store.commit(['e1', 'e2'].map((id) => move(id, 1, { startKey: key() })));
    assert.deepEqual(outcomes, [done, { ok: false, reason: 'KEY_TAKEN', executionId: 'e1', fingerprint: 'f1' }]);
  });

  promise('lets an expired start key be taken again', async (store) => {
    await store.commit([move('e1', 1, { startKey: key() })]);
    const again = (id: string, at: number) =>
      move(id, 1, { at, startKey: key({ fingerprint: 'f2', expiresAt: noon + 5_000 }) });
    assert.equal((await commitOne(store, again('e2', noon + 999)))?.ok, false);
    assert.deepEqual(await commitOne(store, again('e3', noon + 1_000)), done);
    assert.deepEqual(await store.journal.findStartKey('default', 'w', 'k', noon + 1_001), {
      executionId: 'e3',
      fingerprint: 'f2',
    });
  });

  promise('does not find a start key that is unknown or expired', async (store) => {
    await store.commit([move('e1', 1, { startKey: key() })]);
    const find = (workspace: string, workflow: string, name: string, at: number) =>
      store.journal.findStartKey(workspace, workflow, name, at);
    assert.ok(await find('default', 'w', 'k', noon + 999));
    assert.equal(await find('default', 'w', 'k', noon + 1_000), undefined);
    assert.equal(await find('default', 'w', 'other', noon), undefined);
    assert.equal(await find('default', 'other', 'k', noon), undefined);
    assert.equal(await find('other', 'w', 'k', noon), undefined);
  });

  promise('keeps start keys of workspaces and workflows apart', async (store) => {
    const outcomes = await store.commit([
      move('e1', 1, { startKey: key() }),
      move('e2', 1, { startKey: key({ workflow: 'other' }) }),
      move('e3', 1, { startKey: key(), workspace: 'team' }),
      move('e4', 1, { startKey: key({ key: '__proto__' }) }),
    ]);
    assert.deepEqual(outcomes, [done, done, done, done]);
  });

  promise('keeps keys that have not expired while others do', async (store) => {
    const start = (id: string, name: string, at: number, expiresAt: number) =>
      move(id, 1, { at, startKey: key({ key: name, expiresAt }) });
    await store.commit([start('e1', 'short', noon, noon + 10), start('e2', 'long', noon, noon + 900)]);
    for (let round = 0; round < 5; round += 1) {
      await store.commit([start(`r${round}`, `round${round}`, noon + 100 + round, noon + 500)]);
    }
    assert.equal((await store.journal.findStartKey('default', 'w', 'long', noon + 899))?.executionId, 'e2');
    assert.equal((await store.journal.findStartKey('default', 'w', 'round0', noon + 499))?.executionId, 'r0');
  });
}

function slots(promise: PromiseCase): void {
  promise('gives out as many slots as the limit says', async (store) => {
    assert.deepEqual(await store.commit([claim('a', 2), claim('b', 2), claim('c', 2)]), [done, done, noSlot]);
    assert.deepEqual(await moveIds(store, 'c'), []);
  });

  promise('gives a freed slot to the next who asks', async (store) => {
    await store.commit([claim('a', 1)]);
    assert.deepEqual(await commitOne(store, claim('b', 1)), noSlot);
    await store.commit([move('a', 2, { slotsFreed: true })]);
    assert.deepEqual(await commitOne(store, claim('b', 1)), done);
  });

  promise('lets an execution take the slot again that it holds', async (store) => {
    await store.commit([claim('a', 2)]);
    assert.deepEqual(await commitOne(store, move('a', 2, { slotTaken: { key: 's', limit: 2 } })), done);
    assert.deepEqual(await store.commit([claim('b', 2), claim('c', 2)]), [done, noSlot]);
  });

  promise('takes the lowest free slot, so that a lower limit holds for newcomers', async (store) => {
    await store.commit([claim('a', 3), claim('b', 3), claim('c', 3)]);
    await store.commit([move('a', 2, { slotsFreed: true })]);
    assert.deepEqual(await commitOne(store, claim('d', 1)), done);
    await store.commit([move('b', 2, { slotsFreed: true })]);
    assert.deepEqual(await commitOne(store, claim('e', 1)), noSlot);
    assert.deepEqual(await commitOne(store, claim('f', 2)), done);
  });

  promise('frees slots before it takes one, within a move', async (store) => {
    await store.commit([claim('a', 1)]);
    const swap = move('a', 2, { slotsFreed: true, slotTaken: { key: 'other', limit: 1 } });
    assert.deepEqual(await commitOne(store, swap), done);
    assert.deepEqual(await commitOne(store, claim('b', 1)), done);
    assert.deepEqual(await commitOne(store, move('c', 1, { slotTaken: { key: 'other', limit: 1 } })), noSlot);
  });

  promise(
    'refuses a slot under a lower limit to an execution that frees its own, and leaves it that one',
    async (store) => {
      await store.commit([claim('a', 2), claim('b', 2)]);
      const swap = move('b', 2, { slotsFreed: true, slotTaken: { key: 's', limit: 1 } });
      assert.deepEqual(await commitOne(store, swap), noSlot);
      assert.deepEqual(await commitOne(store, claim('c', 2)), noSlot);
    },
  );

  promise('keeps slots of workspaces and keys apart and frees all of an execution', async (store) => {
    const other = { slotTaken: { key: 'other', limit: 1 } };
    const outcomes = await store.commit([claim('a', 1), claim('b', 1, { workspace: 'team' }), move('a', 2, other)]);
    assert.deepEqual(outcomes, [done, done, done]);
    await store.commit([move('a', 3, { slotsFreed: true })]);
    assert.deepEqual(await store.commit([claim('c', 1), move('d', 1, other)]), [done, done]);
  });
}
