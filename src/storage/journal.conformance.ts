/** Reading histories back: records, snapshots, large values, wake rows; and what `forget` leaves. */
import assert from 'node:assert/strict';
import { Impossible } from '../kit/assert.ts';
import type { Wake } from './journal.ts';
import {
  commitOne,
  compact,
  conflict,
  done,
  gone,
  move,
  moveIds,
  noon,
  snapshot,
  task,
  viewRow,
  wake,
} from './sample-writes.ts';
import type { Store } from './store.ts';
import type { PromiseCase } from './store-subject.ts';

export function journalConformance(promise: PromiseCase): void {
  records(promise);
  snapshots(promise);
  values(promise);
  wakes(promise);
  compaction(promise);
  forgetting(promise);
}

function records(promise: PromiseCase): void {
  promise('reads a record back as it was written', async (store) => {
    const written = move('e', 1, { last: 2, workspace: 'team', events: '[{"text":"ünï ☃ 🚀 \\u0001"}]' });
    await store.commit([written]);
    const { executionId, workspace, first, last, moveId, at, events } = written;
    assert.deepEqual(await store.journal.read('e', 0, 10), [
      { executionId, workspace, first, last, moveId, at, events },
    ]);
  });

  promise('reads records that end after a position, in order, up to the limit', async (store) => {
    await store.commit([move('e', 1, { last: 3 }), move('e', 4, { last: 5 }), move('e', 6), move('e', 7)]);
    const read = async (after: number, limit: number): Promise<number[]> =>
      (await store.journal.read('e', after, limit)).map((record) => record.first);
    assert.deepEqual(await read(0, 2), [1, 4]);
    assert.deepEqual(await read(2, 10), [1, 4, 6, 7]);
    assert.deepEqual(await read(3, 2), [4, 6]);
    assert.deepEqual(await read(7, 10), []);
    assert.deepEqual(await store.journal.read('unknown', 0, 10), []);
  });

  promise('pages through a long history without loss or repeat', async (store) => {
    await store.commit(Array.from({ length: 250 }, (_, index) => move('e', index * 2 + 1, { last: index * 2 + 2 })));
    const seen: number[] = [];
    let after = 0;
    for (let page = 0; page < 10; page += 1) {
      for (const record of await store.journal.read('e', after, 60)) {
        seen.push(record.first);
        after = record.last;
      }
    }
    assert.deepEqual(
      seen,
      Array.from({ length: 250 }, (_, index) => index * 2 + 1),
    );
  });
}

function compaction(promise: PromiseCase): void {
  const spans = async (store: Store): Promise<(readonly [number, number])[]> =>
    (await store.journal.read('e', 0, 10)).map(({ first, last }) => [first, last]);

  promise('puts shorter records in the place of others, and the history goes on behind them', async (store) => {
    await store.commit([move('e', 1), move('e', 2), move('e', 3, { last: 5 }), move('e', 6)]);
    assert.deepEqual(await commitOne(store, compact('e', [2, 5])), done);
    assert.deepEqual(await spans(store), [
      [1, 1],
      [2, 5],
      [6, 6],
    ]);
    assert.deepEqual(await commitOne(store, move('e', 7)), done);
    const [, record] = await store.journal.read('e', 1, 10);
    assert.equal(record?.first, 6, 'a reader behind a record in the middle goes on with the next one');
  });

  promise('a move may follow at once on compacted records at the end', async (store) => {
    await store.commit([move('e', 1), move('e', 2)]);
    assert.deepEqual(await store.commit([compact('e', [1, 2]), move('e', 3)]), [done, done]);
    assert.deepEqual(await commitOne(store, move('e', 2)), conflict);
  });

  promise('refuses a compaction that does not fit what stands there, and changes nothing', async (store) => {
    await store.commit([move('e', 1), move('e', 2, { last: 4 }), move('e', 5)]);
    for (const wrong of [compact('e', [1, 3]), compact('e', [3, 5]), compact('e', [4, 6]), compact('other', [1, 1])]) {
      assert.deepEqual(await commitOne(store, wrong), conflict);
    }
    assert.equal((await spans(store)).length, 3);
    assert.deepEqual(await store.commit([move('e', 9), compact('e', [1, 5])]), [conflict, conflict]);
  });

  promise('deletes a snapshot that may lie inside a compacted record, and keeps a newer one', async (store) => {
    await store.commit([move('e', 1), move('e', 2), move('e', 3), snapshot('e', 2)]);
    await store.commit([compact('e', [1, 3])]);
    assert.equal((await store.journal.load('e', 10)).snapshot, undefined);
    await store.commit([move('e', 4), snapshot('e', 4), compact('e', [1, 3])]);
    assert.equal((await store.journal.load('e', 10)).snapshot?.position, 4);
    assert.deepEqual(await commitOne(store, snapshot('e', 2)), conflict);
  });
}

function snapshots(promise: PromiseCase): void {
  promise('loads the whole history where there is no snapshot', async (store) => {
    await store.commit([move('e', 1), move('e', 2)]);
    const history = await store.journal.load('e', 10);
    assert.equal(history.snapshot, undefined);
    assert.deepEqual(
      history.records.map((record) => record.first),
      [1, 2],
    );
    assert.deepEqual(await store.journal.load('unknown', 10), { snapshot: undefined, records: [] });
  });

  promise('loads the newest snapshot and only the records after it', async (store) => {
    await store.commit([move('e', 1, { last: 3 }), move('e', 4), move('e', 5)]);
    assert.deepEqual(await store.commit([snapshot('e', 3), snapshot('e', 4)]), [done, done]);
    const history = await store.journal.load('e', 10);
    assert.deepEqual(history.snapshot, { position: 4, text: '{"at":4}' });
    assert.deepEqual(
      history.records.map((record) => record.first),
      [5],
    );
  });

  promise('keeps the newer snapshot when an older one comes late', async (store) => {
    await store.commit([move('e', 1), move('e', 2), snapshot('e', 2)]);
    assert.deepEqual(await commitOne(store, snapshot('e', 1)), done);
    assert.equal((await store.journal.load('e', 10)).snapshot?.position, 2);
  });

  promise('loads at most as many records as asked for', async (store) => {
    await store.commit([move('e', 1), move('e', 2), move('e', 3), snapshot('e', 1)]);
    assert.deepEqual(
      (await store.journal.load('e', 1)).records.map((record) => record.first),
      [2],
    );
  });

  promise('refuses a snapshot where no record ends', async (store) => {
    await store.commit([move('e', 1, { last: 3 })]);
    assert.deepEqual(await commitOne(store, snapshot('e', 2)), conflict);
    assert.deepEqual(await commitOne(store, snapshot('e', 4)), conflict);
    assert.deepEqual(await commitOne(store, snapshot('unknown', 1)), conflict);
    assert.equal((await store.journal.load('e', 10)).snapshot, undefined);
  });
}

function values(promise: PromiseCase): void {
  promise('keeps large values by hash within their execution', async (store) => {
    const text = JSON.stringify('x'.repeat(3_000_000));
    await store.commit([
      move('e', 1, {
        values: [
          { hash: 'big', text },
          { hash: 'small', text: '1' },
        ],
      }),
    ]);
    const found = await store.journal.values('e', ['small', 'big']);
    assert.equal(found.get('big'), text);
    assert.equal(found.get('small'), '1');
    assert.equal(found.size, 2);
    await assert.rejects(store.journal.values('other', ['small']), Impossible);
    assert.equal((await store.journal.values('other', [])).size, 0);
  });

  promise('takes a value again that is there', async (store) => {
    const value = { hash: 'h', text: '"once"' };
    assert.deepEqual(await commitOne(store, move('e', 1, { values: [value, value] })), done);
    assert.deepEqual(await commitOne(store, move('e', 2, { values: [value] })), done);
    assert.equal((await store.journal.values('e', ['h'])).get('h'), '"once"');
  });

  promise('throws Impossible where a value is missing', async (store) => {
    await store.commit([move('e', 1, { values: [{ hash: 'there', text: '1' }] })]);
    await assert.rejects(store.journal.values('e', ['there', 'missing']), Impossible);
  });
}

function wakes(promise: PromiseCase): void {
  const due = async (store: Store, at: number, limit = 10): Promise<string[]> =>
    (await store.journal.dueWakes(at, limit)).map((wake) => wake.executionId);

  promise('gives due wake rows earliest first, up to the limit', async (store) => {
    await store.commit([
      move('late', 1, { wakeAt: noon + 30 }),
      move('soon', 1, { wakeAt: noon + 10, workspace: 'team' }),
      move('mid', 1, { wakeAt: noon + 20 }),
      move('none', 1),
    ]);
    assert.deepEqual(await due(store, noon + 9), []);
    assert.deepEqual(await due(store, noon + 20), ['soon', 'mid']);
    assert.deepEqual(await due(store, noon + 99, 2), ['soon', 'mid']);
    assert.deepEqual(await store.journal.nextWake(), { executionId: 'soon', workspace: 'team', dueAt: noon + 10 });
  });

  promise('keeps, replaces and removes a wake row as the move says', async (store) => {
    await store.commit([move('e', 1, { wakeAt: noon + 10 }), move('e', 2)]);
    assert.deepEqual(await due(store, noon + 10), ['e']);
    await store.commit([move('e', 3, { wakeAt: noon + 50 })]);
    assert.deepEqual(await due(store, noon + 49), []);
    assert.deepEqual(await due(store, noon + 50), ['e']);
    await store.commit([move('e', 4, { wakeAt: noon + 5 })]);
    assert.equal((await store.journal.nextWake())?.dueAt, noon + 5);
    await store.commit([move('e', 5, { wakeAt: null })]);
    assert.equal(await store.journal.nextWake(), undefined);
    assert.deepEqual(await commitOne(store, move('e', 6, { wakeAt: null })), done);
  });

  promise('re-arms the wake row of an execution that has not moved meanwhile, and of no other', async (store) => {
    await store.commit([move('e', 1, { last: 2, wakeAt: noon })]);
    assert.deepEqual(await commitOne(store, wake('e', 1, noon + 10)), conflict);
    assert.deepEqual(await commitOne(store, wake('e', 3, noon + 10)), conflict);
    assert.deepEqual(await commitOne(store, wake('unknown', 1, noon + 10)), conflict);
    assert.equal((await store.journal.nextWake())?.dueAt, noon);
    assert.deepEqual(await commitOne(store, wake('e', 2, noon + 10)), done);
    assert.equal((await store.journal.nextWake())?.dueAt, noon + 10);
    assert.deepEqual(await commitOne(store, wake('e', 2, null)), done);
    assert.equal(await store.journal.nextWake(), undefined);
    assert.deepEqual(await commitOne(store, wake('e', 2, noon + 20)), done);
    assert.equal((await store.journal.nextWake())?.dueAt, noon + 20);
  });

  promise('pages through due wake rows, also those of one moment', async (store) => {
    const ids = Array.from({ length: 7 }, (_, index) => `e${index}`);
    await store.commit(ids.map((id, index) => move(id, 1, { wakeAt: noon + Math.floor(index / 3) })));
    const seen: string[] = [];
    let after: Wake | undefined;
    for (let page = 0; page < 4; page += 1) {
      for (const wake of await store.journal.dueWakes(noon + 9, 2, after)) {
        seen.push(wake.executionId);
        after = wake;
      }
    }
    assert.deepEqual(seen, ids);
  });

  promise('keeps a wake row due in 400 days', async (store) => {
    const dueAt = noon + 400 * 86_400_000;
    await store.commit([move('e', 1, { wakeAt: dueAt })]);
    assert.equal((await store.journal.nextWake())?.dueAt, dueAt);
  });
}

function forgetting(promise: PromiseCase): void {
  promise('forgets an execution and everything keyed by it, and nothing else', async (store) => {
    const start = (id: string) =>
      move(id, 1, {
        wakeAt: noon,
        tasksAdded: [task(`t-${id}`)],
        values: [{ hash: 'h', text: '1' }],
        view: viewRow(1),
        slotTaken: { key: id, limit: 1 },
      });
    await store.commit([start('gone'), snapshot('gone', 1), start('kept'), snapshot('kept', 1)]);
    assert.deepEqual(await store.forget([gone('gone'), gone('unknown')]), ['gone']);

    assert.deepEqual(await store.journal.load('gone', 10), { snapshot: undefined, records: [] });
    await assert.rejects(store.journal.values('gone', ['h']), Impossible);
    assert.equal(await store.tasks.find('t-gone'), undefined);
    assert.equal(await store.views.find('default', 'gone'), undefined);
    assert.deepEqual(await commitOne(store, move('next', 1, { slotTaken: { key: 'gone', limit: 1 } })), done);

    assert.deepEqual(await moveIds(store, 'kept'), ['move-kept-1']);
    assert.equal((await store.journal.load('kept', 10)).snapshot?.position, 1);
    assert.equal((await store.journal.values('kept', ['h'])).get('h'), '1');
    assert.equal((await store.journal.nextWake())?.executionId, 'kept');
    assert.deepEqual((await store.tasks.of('kept')).length, 1);
    assert.equal((await store.views.find('default', 'kept'))?.position, 1);
  });

  promise('keeps whole what has moved on since it was found that it may go', async (store) => {
    await store.commit([move('moved', 1, { view: viewRow(1) }), move('gone', 1, { last: 3, view: viewRow(3) })]);
    await store.commit([move('moved', 2)]);
    assert.deepEqual(await store.forget([gone('moved', 1), gone('gone', 3)]), ['gone']);
    assert.deepEqual(await moveIds(store, 'moved'), ['move-moved-1', 'move-moved-2']);
    assert.equal((await store.views.find('default', 'moved'))?.position, 1);
    assert.deepEqual(await store.forget([gone('moved', 2)]), ['moved']);
  });

  promise('refuses every move of what is forgotten but a start', async (store) => {
    await store.commit([move('e', 1), move('e', 2)]);
    await store.forget([gone('e', 2)]);
    assert.deepEqual(await commitOne(store, move('e', 3)), conflict);
    assert.deepEqual(await commitOne(store, wake('e', 2, noon)), conflict);
    assert.deepEqual(await commitOne(store, snapshot('e', 2)), conflict);
    assert.deepEqual(await store.journal.read('e', 0, 10), []);
  });

  promise('tells what everything takes, less once something is forgotten', async (store) => {
    const before = await store.journal.sizeBytes();
    const ids = Array.from({ length: 50 }, (_, index) => `e${index}`);
    const events = JSON.stringify([{ type: 'sample', text: 'x'.repeat(20_000) }]);
    await store.commit(ids.map((id) => move(id, 1, { events })));
    const full = await store.journal.sizeBytes();
    assert.ok(full > before + 1_000_000, `${before} → ${full}`);
    await store.forget(ids.map((id) => gone(id)));
    const after = await store.journal.sizeBytes();
    assert.ok(after < full - 1_000_000, `${full} → ${after}`);
  });

  promise('keeps a start key until it expires, also where its execution is forgotten', async (store) => {
    const startKey = { workflow: 'w', key: 'k', fingerprint: 'f', expiresAt: noon + 10 };
    await store.commit([move('e', 1, { startKey })]);
    await store.forget([gone('e')]);
    assert.deepEqual(await store.journal.findStartKey('default', 'w', 'k', noon), {
      executionId: 'e',
      fingerprint: 'f',
    });
    assert.equal((await commitOne(store, move('e2', 1, { startKey })))?.ok, false);
  });

  promise('forgets 1,000 executions at once and refuses more', async (store) => {
    const ids = Array.from({ length: 1_001 }, (_, index) => `e${index}`);
    await store.commit(ids.map((id) => move(id, 1, { wakeAt: noon })));
    const all = ids.map((id) => gone(id));
    await assert.rejects(store.forget(all), Impossible);
    assert.equal((await store.forget(all.slice(0, 1_000))).length, 1_000);
    assert.deepEqual(
      (await store.journal.dueWakes(noon, 10)).map((wake) => wake.executionId),
      ['e1000'],
    );
  });
}
