/** View rows: replaced only forwards, listed newest first, filtered, paged, counted. */
import assert from 'node:assert/strict';
import { commitOne, done, move, noon, viewRow } from './sample-writes.ts';
import type { Store, ViewRow } from './store.ts';
import type { PromiseCase } from './store-subject.ts';
import type { ViewQuery } from './views.ts';

const show = (store: Store, rows: Readonly<Record<string, Partial<ViewRow>>>, workspace = 'default') =>
  store.commit(Object.entries(rows).map(([id, row]) => move(id, 1, { workspace, view: viewRow(1, row) })));

const listed = async (store: Store, query: Partial<ViewQuery> = {}): Promise<string[]> =>
  (await store.views.list({ workspace: 'default', limit: 100, ...query })).rows.map((row) => row.executionId);

export function viewsConformance(promise: PromiseCase): void {
  rows(promise);
  filters(promise);
  paging(promise);
  counting(promise);
}

function rows(promise: PromiseCase): void {
  promise('reads a view row back as it was written', async (store) => {
    const row = viewRow(3, {
      status: 'failed',
      run: 2,
      endedAt: noon + 9,
      startedAt: null,
      tags: ['a', 'ü'],
      labels: { team: 'x"y', 'dotted.name': '', ['__proto__']: 'plain' },
      errorCode: 'TIMEOUT',
      errorMessage: 'too late',
      deadLetter: { reason: 'poison', step: 'a/b', executor: 'mailer', attempt: 2 },
      parent: 'exec_above',
      searchText: 'exec Größe',
      steps: [{ step: 'charge', status: 'failed', durationMs: 12.5, attempts: 3 }],
    });
    await store.commit([move('e', 1, { view: row })]);
    const stored = { ...row, executionId: 'e', workspace: 'default' };
    assert.deepEqual(await store.views.find('default', 'e'), stored);
    assert.deepEqual((await store.views.list({ workspace: 'default', limit: 1 })).rows, [stored]);
  });

  promise('never moves a view row back in position', async (store) => {
    const position = async (): Promise<number | undefined> => (await store.views.find('default', 'e'))?.position;
    await store.commit([move('e', 1, { view: viewRow(5, { status: 'new' }) })]);
    assert.deepEqual(await commitOne(store, move('e', 2, { view: viewRow(4, { status: 'old' }) })), done);
    assert.deepEqual(await commitOne(store, move('e', 3, { view: viewRow(5, { status: 'same' }) })), done);
    assert.equal((await store.views.find('default', 'e'))?.status, 'new');
    await store.commit([
      move('e', 4, { view: viewRow(6, { status: 'newer', workflow: 'renamed', version: '2.0.0' }) }),
    ]);
    assert.equal(await position(), 6);
    assert.deepEqual(await listed(store, { status: ['newer'], workflow: 'renamed', version: '2.0.0' }), ['e']);
    assert.deepEqual(await listed(store, { status: ['new'] }), []);
  });

  promise('never shows a row to another workspace', async (store) => {
    await show(store, { mine: {} });
    await show(store, { theirs: { status: 'queued' } }, 'team');
    assert.equal(await store.views.find('default', 'theirs'), undefined);
    assert.equal(await store.views.find('default', 'unknown'), undefined);
    assert.deepEqual(await listed(store), ['mine']);
    assert.deepEqual({ ...(await store.views.counts('team')) }, { queued: 1 });
    assert.deepEqual(await store.views.queued('default', 10), []);
    assert.deepEqual(await listed(store, { workspace: 'nobody' }), []);
  });
}

function filters(promise: PromiseCase): void {
  promise('lists newest first, by creation and then by id', async (store) => {
    await show(store, {
      a: { createdAt: noon + 1, status: 'completed' },
      c: { createdAt: noon + 2, status: 'failed' },
      b: { createdAt: noon + 2, status: 'running' },
      d: { createdAt: noon, status: 'completed' },
    });
    assert.deepEqual(await listed(store), ['c', 'b', 'a', 'd']);
  });

  promise('filters by parent, alone and with the others', async (store) => {
    await show(store, {
      a: { parent: 'p', status: 'running', createdAt: noon + 1 },
      b: { parent: 'p', status: 'failed', createdAt: noon + 2, workflow: 'w2' },
      c: { parent: 'q', status: 'failed' },
      d: { status: 'failed' },
    });
    await show(store, { e: { parent: 'p' } }, 'team');
    assert.deepEqual(await listed(store, { parent: 'p' }), ['b', 'a']);
    assert.deepEqual(await listed(store, { parent: 'p', status: ['failed', 'queued'] }), ['b']);
    assert.deepEqual(await listed(store, { parent: 'p', workflow: 'w2', status: ['failed'] }), ['b']);
    assert.deepEqual(await listed(store, { parent: 'nobody' }), []);
    const { total } = await store.views.list({ workspace: 'default', parent: 'p', limit: 1, count: true });
    assert.equal(total, 2);
  });

  promise('filters by ids, alone and with the others, in the order of every list', async (store) => {
    await show(store, {
      a: { status: 'running', createdAt: noon + 1, parent: 'p' },
      b: { status: 'failed', createdAt: noon + 2, workflow: 'w2' },
      c: { status: 'failed', createdAt: noon + 3 },
    });
    await show(store, { theirs: {} }, 'team');
    assert.deepEqual(await listed(store, { ids: ['a', 'c', 'b', 'c', 'theirs', 'unknown'] }), ['c', 'b', 'a']);
    assert.deepEqual(await listed(store, { ids: ['a', 'b'], status: ['failed'] }), ['b']);
    assert.deepEqual(await listed(store, { ids: ['a', 'b'], parent: 'p' }), ['a']);
    assert.deepEqual(await listed(store, { ids: ['a', 'b', 'c'], workflow: 'w2', to: noon + 3 }), ['b']);
    assert.deepEqual(await listed(store, { ids: [] }), []);
    const { total } = await store.views.list({ workspace: 'default', ids: ['a', 'b'], limit: 1, count: true });
    assert.equal(total, 2);
  });

  promise(
    'filters dead letters by reason, executor, code and time of death, and forgets what is none any more',
    async (store) => {
      const letter = (reason: string, executor: string, more: Partial<ViewRow>): Partial<ViewRow> => ({
        ...{ status: 'failed', endedAt: noon, errorCode: 'BOOM', deadLetter: { reason, executor, step: 's' }, ...more },
      });
      await show(store, {
        a: letter('rule', 'e1', { createdAt: noon + 1, endedAt: noon + 5 }),
        b: letter('poison', 'e2', { createdAt: noon + 2, errorCode: 'DELIVERIES_EXHAUSTED' }),
        c: letter('rule', 'e2', { createdAt: noon + 3, workflow: 'w2' }),
        d: { status: 'failed', endedAt: noon },
      });
      await show(store, { theirs: letter('rule', 'e1', {}) }, 'team');
      assert.deepEqual(await listed(store, { deadLetters: {} }), ['c', 'b', 'a']);
      assert.deepEqual(await listed(store, { deadLetters: { reason: 'rule' } }), ['c', 'a']);
      assert.deepEqual(await listed(store, { deadLetters: { executor: 'e2' }, workflow: 'w2' }), ['c']);
      assert.deepEqual(await listed(store, { deadLetters: { code: 'DELIVERIES_EXHAUSTED' } }), ['b']);
      assert.deepEqual(await listed(store, { deadLetters: { since: noon + 5, until: noon + 6 } }), ['a']);
      assert.deepEqual(await listed(store, { deadLetters: { until: noon + 5 }, status: ['failed'] }), ['c', 'b']);
      assert.deepEqual(await listed(store, { deadLetters: {}, ids: ['a', 'd'] }), ['a']);
      const { total } = await store.views.list({ workspace: 'default', deadLetters: {}, limit: 1, count: true });
      assert.equal(total, 3);
      await store.commit([move('c', 2, { view: viewRow(2, { status: 'running' }) })]);
      assert.deepEqual(await listed(store, { deadLetters: {} }), ['b', 'a']);
    },
  );

  promise('filters by workflow, version and status', async (store) => {
    await show(store, {
      a: { workflow: 'w1', status: 'running', createdAt: noon + 1 },
      b: { workflow: 'w1', status: 'failed', createdAt: noon + 2, version: '2.0.0' },
      c: { workflow: 'w2', status: 'failed', createdAt: noon + 3 },
      d: { workflow: 'w1', status: 'completed', createdAt: noon + 4 },
    });
    assert.deepEqual(await listed(store, { workflow: 'w1' }), ['d', 'b', 'a']);
    assert.deepEqual(await listed(store, { status: ['failed'] }), ['c', 'b']);
    assert.deepEqual(await listed(store, { status: ['running', 'completed', 'unheard of'] }), ['d', 'a']);
    assert.deepEqual(await listed(store, { status: [] }), []);
    assert.deepEqual(await listed(store, { workflow: 'w1', status: ['failed', 'running'] }), ['b', 'a']);
    assert.deepEqual(await listed(store, { workflow: 'w1', version: '2.0.0' }), ['b']);
    assert.deepEqual(await listed(store, { version: '1.0.0' }), ['d', 'c', 'a']);
  });

  promise('filters by time of creation, from inclusive and to exclusive', async (store) => {
    await show(store, { a: { createdAt: noon }, b: { createdAt: noon + 5 }, c: { createdAt: noon + 9 } });
    assert.deepEqual(await listed(store, { from: noon + 5 }), ['c', 'b']);
    assert.deepEqual(await listed(store, { to: noon + 9 }), ['b', 'a']);
    assert.deepEqual(await listed(store, { from: noon + 5, to: noon + 9, workflow: 'onboarding' }), ['b']);
  });

  promise('filters by tag and by all labels given, whatever they are called', async (store) => {
    await show(store, {
      a: { tags: ['blue', 'big'], labels: { team: 'x', 'a.b"c': '1' }, createdAt: noon + 3 },
      b: { tags: ['bluer'], labels: { team: 'x' }, createdAt: noon + 2 },
      c: { labels: { team: 'y' }, createdAt: noon + 1 },
    });
    assert.deepEqual(await listed(store, { tag: 'blue' }), ['a']);
    assert.deepEqual(await listed(store, { labels: { team: 'x' } }), ['a', 'b']);
    assert.deepEqual(await listed(store, { labels: { team: 'x', 'a.b"c': '1' } }), ['a']);
    assert.deepEqual(await listed(store, { labels: { toString: 'x' } }), []);
    assert.deepEqual(await listed(store, { labels: {} }), ['a', 'b', 'c']);
  });

  promise('finds text in any case, and takes every character for itself', async (store) => {
    await show(store, {
      a: { searchText: 'Order 100% GRÖSSE', createdAt: noon + 2 },
      b: { searchText: 'order_1000', createdAt: noon + 1 },
    });
    assert.deepEqual(await listed(store, { text: 'ORDER' }), ['a', 'b']);
    assert.deepEqual(await listed(store, { text: '100%' }), ['a']);
    assert.deepEqual(await listed(store, { text: 'r_1' }), ['b']);
    assert.deepEqual(await listed(store, { text: 'grösse' }), ['a']);
    assert.deepEqual(await listed(store, { text: "'; --" }), []);
  });
}

function paging(promise: PromiseCase): void {
  const many = (store: Store) =>
    show(
      store,
      Object.fromEntries(
        Array.from({ length: 30 }, (_, index) => [
          `e${String(index).padStart(2, '0')}`,
          { createdAt: noon + Math.floor(index / 4), status: ['running', 'failed', 'completed'][index % 3] ?? '' },
        ]),
      ),
    );
  const newestFirst = Array.from({ length: 30 }, (_, index) => `e${String(29 - index).padStart(2, '0')}`);

  for (const [named, filter] of [
    ['of all', {}],
    ['of a workflow', { workflow: 'onboarding' }],
  ] as const) {
    promise(`pages by cursor through a list ${named} without loss or repeat`, async (store) => {
      await many(store);
      const seen: string[] = [];
      let after: ViewQuery['after'];
      for (let page = 0; page < 5; page += 1) {
        const found = await store.views.list({ workspace: 'default', limit: 7, ...filter, ...(after && { after }) });
        seen.push(...found.rows.map((row) => row.executionId));
        assert.equal(found.hasMore, page < 4);
        after = found.rows.at(-1);
      }
      assert.deepEqual(seen, newestFirst);
    });

    promise(`passes over rows of a list ${named}`, async (store) => {
      await many(store);
      assert.deepEqual(await listed(store, { ...filter, offset: 25, limit: 3 }), newestFirst.slice(25, 28));
      assert.deepEqual(await listed(store, { ...filter, offset: 28, limit: 3 }), newestFirst.slice(28));
      assert.deepEqual(await listed(store, { ...filter, offset: 30 }), []);
    });
  }

  promise('says that there is no more at the exact end', async (store) => {
    await many(store);
    const page = await store.views.list({ workspace: 'default', limit: 30 });
    assert.deepEqual([page.rows.length, page.hasMore, page.total], [30, false, undefined]);
  });

  promise('counts all that match, whatever the page', async (store) => {
    await many(store);
    const query = {
      workspace: 'default',
      limit: 2,
      offset: 1,
      after: { createdAt: noon + 3, executionId: 'z' },
      count: true,
    };
    assert.equal((await store.views.list(query)).total, 30);
    assert.equal((await store.views.list({ ...query, status: ['failed'] })).total, 10);
    assert.equal((await store.views.list({ ...query, workflow: 'onboarding' })).total, 30);
    assert.equal((await store.views.list({ ...query, workflow: 'none' })).total, 0);
  });
}

function counting(promise: PromiseCase): void {
  promise('counts executions by status, of one workflow or of all', async (store) => {
    await show(store, {
      a: { status: 'running' },
      b: { status: 'running', workflow: 'other' },
      c: { status: 'failed' },
    });
    assert.deepEqual({ ...(await store.views.counts('default')) }, { running: 2, failed: 1 });
    assert.deepEqual({ ...(await store.views.counts('default', 'other')) }, { running: 1 });
    assert.deepEqual({ ...(await store.views.counts('default', 'none')) }, {});
  });

  promise('names the workspaces in which an execution is queued, each once', async (store) => {
    assert.deepEqual(await store.views.queuedWorkspaces(), []);
    await show(store, { a: { status: 'queued' }, b: { status: 'queued' }, c: {} }, 'team');
    await show(store, { d: {} }, 'idle');
    await show(store, { e: { status: 'queued' } }, 'another');
    assert.deepEqual(await store.views.queuedWorkspaces(), ['another', 'team']);
  });

  promise('knows whether an execution holds a slot', async (store) => {
    assert.equal(await store.views.hasSlots(), false);
    await store.commit([move('a', 1, { slotTaken: { key: 'running', limit: 1 } })]);
    assert.equal(await store.views.hasSlots(), true);
    await store.commit([move('a', 2, { slotsFreed: true })]);
    assert.equal(await store.views.hasSlots(), false);
  });

  promise('names the oldest queued executions', async (store) => {
    await show(store, {
      c: { status: 'queued', createdAt: noon + 3 },
      a: { status: 'queued', createdAt: noon + 1 },
      b: { status: 'running', createdAt: noon },
      d: { status: 'queued', createdAt: noon + 2 },
    });
    assert.deepEqual(await store.views.queued('default', 10), ['a', 'd', 'c']);
    assert.deepEqual(await store.views.queued('default', 2), ['a', 'd']);
  });
}
