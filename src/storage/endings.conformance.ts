/** What retention looks for: executions that have ended and owe nothing, the oldest first. */
import assert from 'node:assert/strict';
import { move, noon, viewRow } from './sample-writes.ts';
import type { Store, ViewRow } from './store.ts';
import type { PromiseCase } from './store-subject.ts';
import type { EndedQuery } from './views.ts';

const show = (store: Store, rows: Readonly<Record<string, Partial<ViewRow>>>, workspace = 'default') =>
  store.commit(Object.entries(rows).map(([id, row]) => move(id, 1, { workspace, view: viewRow(1, row) })));

export function endingsConformance(promise: PromiseCase): void {
  const ended = (more: Partial<ViewRow>): Partial<ViewRow> => ({ status: 'completed', endedAt: noon + 50, ...more });
  const ids = async (store: Store, query: Partial<EndedQuery> = {}): Promise<string[]> => {
    const rows = await store.views.ended({ ...oldest, ...query });
    return rows.map((row) => row.executionId);
  };
  const oldest = { workspace: 'default', status: ['completed', 'failed'], endedBefore: noon + 100, limit: 10 };

  promise('tells what has ended before a time, oldest first, page by page', async (store) => {
    await show(store, {
      b: ended({ createdAt: noon + 2, status: 'failed' }),
      a: ended({ createdAt: noon + 2 }),
      c: ended({ createdAt: noon + 1 }),
      late: ended({ createdAt: noon, endedAt: noon + 100 }),
      open: { createdAt: noon, endedAt: null },
      other: ended({ status: 'cancelled' }),
    });
    await show(store, { theirs: ended({}) }, 'team');
    assert.deepEqual(await ids(store), ['c', 'a', 'b']);
    assert.deepEqual(await ids(store, { limit: 2 }), ['c', 'a']);
    assert.deepEqual(await ids(store, { after: { createdAt: noon + 2, executionId: 'a' } }), ['b']);
    assert.deepEqual(await ids(store, { status: ['failed', 'failed'] }), ['b']);
    assert.deepEqual(await ids(store, { status: [] }), []);
    assert.deepEqual(await ids(store, { endedBefore: noon + 101 }), ['late', 'c', 'a', 'b']);
  });

  promise('tells it of one workflow, and of all but some', async (store) => {
    await show(store, { a: ended({ workflow: 'w1' }), b: ended({ workflow: 'w2' }), c: ended({ workflow: 'w3' }) });
    assert.deepEqual(await ids(store, { workflow: 'w2' }), ['b']);
    assert.deepEqual(await ids(store, { exceptWorkflows: ['w2', 'w9'] }), ['a', 'c']);
    const rows = await store.views.ended({ ...oldest, workflow: 'w1' });
    assert.deepEqual(rows[0], { ...rows[0], executionId: 'a', position: 1, parent: null, createdAt: noon });
  });

  promise('does not tell it of what still owes something', async (store) => {
    await store.commit([
      move('owes', 1, { view: viewRow(1, ended({})), wakeAt: noon + 500 }),
      move('free', 1, { view: viewRow(1, ended({ parent: 'p' })) }),
    ]);
    assert.deepEqual(await ids(store), ['free']);
    await store.commit([move('owes', 2, { view: viewRow(2, ended({})), wakeAt: null })]);
    assert.deepEqual((await ids(store)).sort(), ['free', 'owes']);
  });

  promise('knows where there are executions', async (store) => {
    assert.deepEqual(await store.views.workspaces(), []);
    await show(store, { a: {}, b: {} });
    await show(store, { c: {} }, 'team');
    assert.deepEqual(await store.views.workspaces(), ['default', 'team']);
  });
}
