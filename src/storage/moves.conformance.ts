/** The fence: which moves a store takes, which it refuses, and that a refused move leaves nothing behind. */
import assert from 'node:assert/strict';
import { Impossible } from '../kit/assert.ts';
import {
  commitOne,
  conflict,
  done,
  gone,
  humanTask,
  move,
  moveIds,
  noon,
  noSlot,
  snapshot,
  task,
  viewRow,
  wake,
} from './sample-writes.ts';
import type { MoveWrite, Outcome, Store } from './store.ts';
import type { PromiseCase } from './store-subject.ts';

export function movesConformance(promise: PromiseCase): void {
  acceptance(promise);
  repeats(promise);
  batches(promise);
  traces(promise);
}

function acceptance(promise: PromiseCase): void {
  promise('takes moves that follow one another without a gap', async (store) => {
    assert.deepEqual(await commitOne(store, move('e', 1, { last: 3 })), done);
    assert.deepEqual(await commitOne(store, move('e', 4)), done);
    assert.deepEqual(await commitOne(store, move('e', 5, { last: 9 })), done);
    const places = (await store.journal.read('e', 0, 10)).map((record) => [record.first, record.last]);
    assert.deepEqual(places, [
      [1, 3],
      [4, 4],
      [5, 9],
    ]);
  });

  promise('refuses a move that leaves a gap', async (store) => {
    await store.commit([move('e', 1, { last: 2 })]);
    assert.deepEqual(await commitOne(store, move('e', 4)), conflict);
    assert.deepEqual(await moveIds(store, 'e'), ['move-e-1']);
  });

  promise('refuses a move that overlaps a record', async (store) => {
    await store.commit([move('e', 1, { last: 3 })]);
    assert.deepEqual(await commitOne(store, move('e', 3)), conflict);
    assert.deepEqual(await commitOne(store, move('e', 2, { last: 6 })), conflict);
    assert.deepEqual(await moveIds(store, 'e'), ['move-e-1']);
  });

  promise('refuses a move at a place behind the end', async (store) => {
    await store.commit([move('e', 1), move('e', 2), move('e', 3)]);
    assert.deepEqual(await commitOne(store, move('e', 2, { moveId: 'late' })), conflict);
    assert.deepEqual(await commitOne(store, move('e', 1, { moveId: 'late' })), conflict);
  });

  promise('refuses any first move but position 1', async (store) => {
    assert.deepEqual(await commitOne(store, move('e', 2)), conflict);
    assert.deepEqual(await moveIds(store, 'e'), []);
  });

  promise('refuses a late result of an execution that was forgotten', async (store) => {
    await store.commit([move('e', 1), move('e', 2)]);
    await store.forget([gone('e', 2)]);
    assert.deepEqual(await commitOne(store, move('e', 3)), conflict);
    assert.deepEqual(await commitOne(store, move('e', 2)), conflict);
    assert.deepEqual(await moveIds(store, 'e'), []);
  });

  promise('keeps executions apart', async (store) => {
    await store.commit([move('a', 1), move('ab', 1), move('a', 2)]);
    assert.deepEqual(await moveIds(store, 'a'), ['move-a-1', 'move-a-2']);
    assert.deepEqual(await moveIds(store, 'ab'), ['move-ab-1']);
  });

  promise('rejects a batch with an impossible move before it writes any of it', async (store) => {
    const key = { workflow: 'w', key: 'k', fingerprint: 'f', expiresAt: noon + 1 };
    for (const wrong of [
      move('x', 0),
      move('x', 2, { last: 1 }),
      move('x', 2, { startKey: key }),
      move('x', 1, { at: noon + 0.5 }),
      move('x', 1, { tasksAdded: [task('t', { lease: { token: 'a', worker: 'w', since: noon, expiresAt: 0.5 } })] }),
      move('x', 1, { humanTasks: [humanTask('h', { dueAt: noon + 0.5 })] }),
    ]) {
      await assert.rejects(store.commit([move('e', 1), wrong]), Impossible);
    }
    assert.deepEqual(await moveIds(store, 'e'), []);
  });
}

function repeats(promise: PromiseCase): void {
  promise('answers ok to a repeat whose first answer was lost, and changes nothing', async (store) => {
    const first = move('e', 1, { wakeAt: noon + 5, tasksAdded: [task('t1')], view: viewRow(1) });
    await store.commit([first, move('e', 2, { wakeAt: null, tasksRemoved: ['t1'], view: viewRow(2) })]);
    assert.deepEqual(await commitOne(store, { ...first, events: '["other"]', last: 1 }), done);
    assert.deepEqual(await moveIds(store, 'e'), ['move-e-1', 'move-e-2']);
    assert.notEqual((await store.journal.read('e', 0, 1))[0]?.events, '["other"]');
    assert.equal(await store.tasks.find('t1'), undefined);
    assert.equal(await store.journal.nextWake(), undefined);
    assert.equal((await store.views.find('default', 'e'))?.position, 2);
  });

  promise('answers ok to a repeat of a start under its own key', async (store) => {
    const start = move('e', 1, { startKey: { workflow: 'w', key: 'k', fingerprint: 'f', expiresAt: noon + 99 } });
    assert.deepEqual(await commitOne(store, start), done);
    assert.deepEqual(await commitOne(store, start), done);
  });

  promise('answers ok to a repeat that took the last slot', async (store) => {
    const start = move('e', 1, { slotTaken: { key: 's', limit: 1 } });
    assert.deepEqual(await commitOne(store, start), done);
    assert.deepEqual(await commitOne(store, start), done);
  });

  promise('refuses another move at a place that is taken', async (store) => {
    await store.commit([move('e', 1)]);
    assert.deepEqual(await commitOne(store, move('e', 1, { moveId: 'other' })), conflict);
    assert.deepEqual(await moveIds(store, 'e'), ['move-e-1']);
  });

  promise('answers ok to a move that stands twice in one batch', async (store) => {
    assert.deepEqual(await store.commit([move('e', 1), move('e', 1), move('e', 2)]), [done, done, done]);
    assert.deepEqual(await moveIds(store, 'e'), ['move-e-1', 'move-e-2']);
  });
}

function batches(promise: PromiseCase): void {
  promise('gives outcomes in the order of the writes, each on its own', async (store) => {
    await store.commit([move('b', 1)]);
    const outcomes = await store.commit([move('a', 1), move('b', 1, { moveId: 'no' }), move('c', 1), move('a', 2)]);
    assert.deepEqual(outcomes, [done, conflict, done, done]);
    assert.deepEqual(await store.commit([]), []);
  });

  promise('refuses a move that builds on one which lost in the same batch', async (store) => {
    await store.commit([move('e', 1), move('e', 2, { moveId: 'winner' })]);
    const outcomes = await store.commit([move('e', 2, { moveId: 'loser' }), move('e', 3, { moveId: 'on loser' })]);
    assert.deepEqual(outcomes, [conflict, conflict]);
    assert.deepEqual(await moveIds(store, 'e'), ['move-e-1', 'winner']);
    assert.deepEqual(await commitOne(store, move('e', 3, { moveId: 'on winner' })), done);
  });

  promise('refuses everything after the loser of two moves for one place in one batch', async (store) => {
    const writes = [move('e', 1, { moveId: 'a' }), move('e', 1, { moveId: 'b' }), move('e', 2, { moveId: 'on b?' })];
    assert.deepEqual(await store.commit(writes), [done, conflict, conflict]);
    assert.deepEqual(await moveIds(store, 'e'), ['a']);
  });

  promise('refuses the snapshot and the wake row of a move that lost in the same batch', async (store) => {
    await store.commit([move('e', 1, { moveId: 'winner' })]);
    const outcomes = await store.commit([move('e', 1, { moveId: 'loser' }), snapshot('e', 1), wake('e', 1, noon)]);
    assert.deepEqual(outcomes, [conflict, conflict, conflict]);
    assert.equal(await store.journal.nextWake(), undefined);
    assert.equal((await store.journal.load('e', 10)).snapshot, undefined);
  });

  promise('refuses what follows a start that found no slot, but not the moves of others', async (store) => {
    await store.commit([move('holder', 1, { slotTaken: { key: 's', limit: 1 } })]);
    const outcomes = await store.commit([
      move('e', 1, { slotTaken: { key: 's', limit: 1 } }),
      move('e', 2),
      move('other', 1),
    ]);
    assert.deepEqual(outcomes, [noSlot, conflict, done]);
  });

  promise('gives each place to exactly one of two batches in opposite order', async (store) => {
    await oneWinnerEach([store, store]);
  });

  promise('takes a batch of 1,000 moves', async (store) => {
    const outcomes = await store.commit(Array.from({ length: 1_000 }, (_, index) => move(`e${index}`, 1)));
    assert.ok(outcomes.length === 1_000 && outcomes.every((outcome) => outcome.ok));
  });
}

/** Two racing batches over the same places, one of them in reverse. */
export async function oneWinnerEach(stores: readonly [Store, Store]): Promise<void> {
  const ids = Array.from({ length: 20 }, (_, index) => `e${String(index).padStart(2, '0')}`);
  const batch = (side: string): MoveWrite[] => ids.map((id) => move(id, 1, { moveId: `${side}-${id}` }));
  const [forward, backward] = await Promise.all([stores[0].commit(batch('a')), stores[1].commit(batch('b').reverse())]);
  const wins = (outcomes: readonly Outcome[]): number => outcomes.filter((outcome) => outcome.ok).length;
  assert.equal(wins(forward) + wins(backward), ids.length);
  for (const [index, id] of ids.entries()) {
    const winner = forward[index]?.ok ? 'a' : 'b';
    assert.deepEqual(await moveIds(stores[0], id), [`${winner}-${id}`]);
  }
}

function traces(promise: PromiseCase): void {
  promise('writes no task, wake, view, human task, value, slot or key of a refused move', async (store) => {
    await store.commit([move('e', 1, { wakeAt: noon + 7, tasksAdded: [task('kept')], view: viewRow(1) })]);
    const refused = move('e', 1, {
      moveId: 'loser',
      wakeAt: null,
      tasksAdded: [task('new')],
      tasksRemoved: ['kept'],
      values: [{ hash: 'h', text: '1' }],
      view: viewRow(9),
      humanTasks: [humanTask('h')],
      startKey: { workflow: 'w', key: 'k', fingerprint: 'f', expiresAt: noon + 99 },
      slotTaken: { key: 's', limit: 1 },
    });
    assert.deepEqual(await commitOne(store, refused), conflict);
    assert.equal((await store.journal.nextWake())?.dueAt, noon + 7);
    assert.deepEqual(
      (await store.tasks.of('e')).map((found) => found.taskId),
      ['kept'],
    );
    assert.equal((await store.views.find('default', 'e'))?.position, 1);
    assert.equal(await store.humanTasks.find('default', 'h'), undefined);
    assert.equal(await store.journal.findStartKey('default', 'w', 'k', noon), undefined);
    await assert.rejects(store.journal.values('e', ['h']), Impossible);
    assert.deepEqual(await commitOne(store, move('other', 1, { slotTaken: { key: 's', limit: 1 } })), done);
  });

  promise('frees no slot in a refused move', async (store) => {
    await store.commit([move('e', 1, { slotTaken: { key: 's', limit: 1 } })]);
    assert.deepEqual(await commitOne(store, move('e', 1, { moveId: 'loser', slotsFreed: true })), conflict);
    assert.deepEqual(await commitOne(store, move('other', 1, { slotTaken: { key: 's', limit: 1 } })), noSlot);
  });

  promise('takes no key where the slot is refused, and no slot where the key is', async (store) => {
    const startKey = { workflow: 'w', key: 'k', fingerprint: 'f', expiresAt: noon + 99 };
    await store.commit([move('holder', 1, { slotTaken: { key: 'full', limit: 1 } })]);
    assert.deepEqual(await commitOne(store, move('a', 1, { startKey, slotTaken: { key: 'full', limit: 1 } })), noSlot);
    assert.deepEqual(await commitOne(store, move('b', 1, { startKey })), done);
    const refused = await commitOne(store, move('c', 1, { startKey, slotTaken: { key: 'free', limit: 1 } }));
    assert.deepEqual(refused, { ok: false, reason: 'KEY_TAKEN', executionId: 'b', fingerprint: 'f' });
    assert.deepEqual(await commitOne(store, move('d', 1, { slotTaken: { key: 'free', limit: 1 } })), done);
  });
}
