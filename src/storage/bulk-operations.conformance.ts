/** Bulk operations: rows that move on from revision to revision, and that a restart finds again. */
import assert from 'node:assert/strict';
import type { BulkRow } from './bulk-operations.ts';
import { noon } from './sample-writes.ts';
import type { PromiseCase } from './store-subject.ts';

export function bulkRow(bulkId: string, more: Partial<BulkRow> = {}): BulkRow {
  return {
    bulkId,
    workspace: 'default',
    revision: 1,
    action: 'cancel',
    given: { reason: 'a bad day' },
    filter: { workflow: 'orders', status: ['running'] },
    fingerprint: 'f',
    requestedBy: 'ada',
    createdAt: noon,
    endedAt: null,
    status: 'running',
    isCancelRequested: false,
    matched: 3,
    done: 0,
    skipped: {},
    failed: {},
    problems: [],
    cursor: null,
    batch: [],
    ...more,
  };
}

export function bulkOperationsConformance(promise: PromiseCase): void {
  promise('keeps a bulk operation as it was put, and finds it in its workspace alone', async (store) => {
    const row = bulkRow('b1', { cursor: { createdAt: noon, executionId: 'e' }, skipped: { STATE_CONFLICT: 2 } });
    assert.equal(await store.bulk.put(row), true);
    assert.deepEqual(await store.bulk.find('default', 'b1'), row);
    assert.equal(await store.bulk.find('other', 'b1'), undefined);
    assert.equal(await store.bulk.find('default', 'b2'), undefined);
  });

  promise('puts a bulk operation only in the place of the revision before', async (store) => {
    assert.equal(await store.bulk.put(bulkRow('b1', { revision: 2 })), false);
    assert.equal(await store.bulk.put(bulkRow('b1')), true);
    assert.equal(await store.bulk.put(bulkRow('b1', { done: 9 })), false);
    assert.equal(await store.bulk.put(bulkRow('b1', { revision: 3, done: 9 })), false);
    assert.equal(await store.bulk.put(bulkRow('b1', { revision: 2, done: 1 })), true);
    assert.equal(await store.bulk.put(bulkRow('b1', { revision: 2, done: 9 })), false);
    assert.equal((await store.bulk.find('default', 'b1'))?.done, 1);
  });

  promise('lists bulk operations newest first, page by page, of one workspace', async (store) => {
    for (const number of [1, 2, 3]) await store.bulk.put(bulkRow(`b${number}`, { createdAt: noon + (number >> 1) }));
    await store.bulk.put(bulkRow('theirs', { workspace: 'other' }));
    const first = await store.bulk.list({ workspace: 'default', limit: 2 });
    assert.deepEqual([first.rows.map((row) => row.bulkId), first.hasMore], [['b3', 'b2'], true]);
    const after = { createdAt: noon + 1, bulkId: 'b2' };
    const second = await store.bulk.list({ workspace: 'default', limit: 2, after });
    assert.deepEqual([second.rows.map((row) => row.bulkId), second.hasMore], [['b1'], false]);
  });

  promise('tells the bulk operations that have not ended, oldest first, of all workspaces', async (store) => {
    await store.bulk.put(bulkRow('young', { createdAt: noon + 2 }));
    await store.bulk.put(bulkRow('old', { workspace: 'other' }));
    await store.bulk.put(bulkRow('over', { endedAt: noon, status: 'completed' }));
    const ids = async (limit: number) => (await store.bulk.open(limit)).map((row) => row.bulkId);
    assert.deepEqual(await ids(10), ['old', 'young']);
    assert.deepEqual(await ids(1), ['old']);
    await store.bulk.put(bulkRow('old', { workspace: 'other', revision: 2, endedAt: noon + 5 }));
    assert.deepEqual(await ids(10), ['young']);
  });

  promise('forgets bulk operations that ended before a time, so many at once, and no open one', async (store) => {
    await store.bulk.put(bulkRow('open'));
    for (const number of [1, 2, 3]) await store.bulk.put(bulkRow(`b${number}`, { endedAt: noon + number }));
    assert.equal(await store.bulk.forget(noon + 3, 1), 1);
    assert.equal(await store.bulk.forget(noon + 3, 10), 1);
    assert.equal(await store.bulk.forget(noon + 3, 10), 0);
    const { rows } = await store.bulk.list({ workspace: 'default', limit: 10 });
    assert.deepEqual(rows.map((row) => row.bulkId).sort(), ['b3', 'open']);
  });
}
