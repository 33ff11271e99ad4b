/**
 * The promises of `store.ts` and its interfaces that types cannot hold. Every driver runs this file unchanged; a new
 * promise gets its case here first. The cases stand in one file per interface.
 */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Fault } from '../kit/fault.ts';
import { bulkOperationsConformance } from './bulk-operations.conformance.ts';
import { catalogConformance } from './catalog.conformance.ts';
import { endingsConformance } from './endings.conformance.ts';
import { humanTasksConformance } from './human-tasks.conformance.ts';
import { journalConformance } from './journal.conformance.ts';
import { limitsConformance } from './limits.conformance.ts';
import { modelConformance } from './model.conformance.ts';
import { movesConformance, oneWinnerEach } from './moves.conformance.ts';
import {
  commitOne,
  done,
  gone,
  humanTask,
  lease,
  move,
  moveIds,
  noon,
  task,
  version,
  viewRow,
} from './sample-writes.ts';
import { startKeysConformance } from './start-keys.conformance.ts';
import { statisticsConformance } from './statistics.conformance.ts';
import type { Store } from './store.ts';
import { type PromiseCase, type StoreSubject, storeSuite } from './store-subject.ts';
import { tasksConformance } from './tasks.conformance.ts';
import { viewsConformance } from './views.conformance.ts';

export function storeConformance(subject: StoreSubject): void {
  storeSuite(subject, [
    movesConformance,
    startKeysConformance,
    limitsConformance,
    journalConformance,
    tasksConformance,
    viewsConformance,
    endingsConformance,
    humanTasksConformance,
    statisticsConformance,
    catalogConformance,
    bulkOperationsConformance,
    lifeConformance,
    modelConformance,
  ]);
  describe(`store over time: ${subject.name}`, () => {
    reopening(subject);
    peers(subject);
  });
}

function lifeConformance(promise: PromiseCase): void {
  promise('tells the newest time that a record or a lease bears', async (store) => {
    assert.equal(await store.latestAt(), 0);
    await store.commit([move('a', 1, { at: noon + 5, tasksAdded: [task('t'), task('u')] })]);
    assert.equal(await store.latestAt(), noon + 5);
    await store.commit([move('b', 1, { at: noon + 9 }), move('a', 2, { at: noon + 7 })]);
    assert.equal(await store.latestAt(), noon + 9);
    await store.commit([lease('t', 'k', { at: noon + 20 }), lease('u', 'k', { at: noon + 11 })]);
    assert.equal(await store.latestAt(), noon + 20);
  });

  promise('settles earlier commits before it closes, and rejects later ones', async (store) => {
    const earlier = store.commit([move('e', 1)]);
    await store.close();
    assert.deepEqual(await earlier, [done]);
    const isUnreachable = (error: unknown): boolean => Fault.is(error, 'STORE_UNREACHABLE');
    await assert.rejects(store.commit([move('e', 2)]), isUnreachable);
    await assert.rejects(store.forget([gone('e')]), isUnreachable);
    await assert.rejects(store.latestAt(), isUnreachable);
    await assert.rejects(store.journal.load('e', 1), isUnreachable);
    await assert.rejects(store.tasks.depths(noon), isUnreachable);
    await assert.rejects(store.views.counts('default'), isUnreachable);
    await assert.rejects(store.humanTasks.find('default', 'h'), isUnreachable);
    await assert.rejects(store.catalog.removeWorkflow('default', 'w', noon), isUnreachable);
    await store.close();
  });
}

function reopening(subject: StoreSubject): void {
  const skip = subject.reopen ? false : 'nothing outlives this store';

  it('keeps every kind of row while it is closed', { skip }, async () => {
    const before = await subject.open();
    const startKey = { workflow: 'w', key: 'k', fingerprint: 'f', expiresAt: noon + 99 };
    const tasksAdded = [task('t'), task('gone')];
    await before.commit([
      move('e', 1, { wakeAt: noon, view: viewRow(1), startKey, tasksAdded, slotTaken: { key: 's', limit: 1 } }),
      lease('t', 'a'),
      move('e', 2, {
        humanTasks: [humanTask('h')],
        tasksRemoved: ['gone'],
        values: [{ hash: 'h', text: '1' }],
      }),
    ]);
    await before.catalog.putVersion(version('w', '1.0.0'));
    const goneSequence = ((await before.tasks.find('t'))?.sequence ?? 0) + 1;
    await before.close();

    const after = await subject.reopen?.();
    if (!after) return;
    await allThere(after, goneSequence);
    await after.close();
  });
}

async function allThere(store: Store, goneSequence: number): Promise<void> {
  assert.deepEqual(await moveIds(store, 'e'), ['move-e-1', 'move-e-2']);
  assert.equal((await store.journal.nextWake())?.executionId, 'e');
  assert.equal((await store.journal.values('e', ['h'])).get('h'), '1');
  assert.equal((await store.journal.findStartKey('default', 'w', 'k', noon))?.executionId, 'e');
  assert.equal((await store.tasks.find('t'))?.lease?.token, 'a');
  assert.equal((await store.views.find('default', 'e'))?.position, 1);
  assert.equal((await store.humanTasks.find('default', 'h'))?.title, 'Approve?');
  assert.equal((await store.catalog.findVersion('default', 'w'))?.version, '1.0.0');
  assert.equal((await commitOne(store, move('f', 1, { slotTaken: { key: 's', limit: 1 } })))?.ok, false);
  await store.commit([move('e', 3, { tasksAdded: [task('new')] })]);
  assert.ok(((await store.tasks.find('new'))?.sequence ?? 0) > goneSequence, 'a sequence came again');
}

function peers(subject: StoreSubject): void {
  const skip = subject.peer ? false : 'one node owns the data of this store';

  it('lets exactly one of two nodes win each place', { skip }, async () => {
    const first = await subject.open();
    const second = await subject.peer?.();
    if (!second) return;
    await oneWinnerEach([first, second]);
    await first.close();
    assert.equal((await moveIds(second, 'e00')).length, 1);
    await second.close();
  });
}
