/** Tasks: ready in order, leased under a token, counted at each delivery, gone when settled. */
import assert from 'node:assert/strict';
import { commitOne, conflict, done, lease, leaseLost, move, noon, task } from './sample-writes.ts';
import type { Store } from './store.ts';
import type { PromiseCase } from './store-subject.ts';
import type { ReadyQuery } from './tasks.ts';

const ready = async (store: Store, more: Partial<ReadyQuery> = {}): Promise<string[]> => {
  const query = { workspace: 'default', executor: 'mailer', at: noon, limit: 100, ...more };
  return (await store.tasks.ready(query)).map((found) => found.taskId);
};

const extend = (taskId: string, token: string, expiresAt: number) =>
  ({ kind: 'extend', taskId, token, expiresAt }) as const;
const release = (taskId: string, token: string) => ({ kind: 'release', taskId, token }) as const;

export function tasksConformance(promise: PromiseCase): void {
  order(promise);
  content(promise);
  leases(promise);
  leaseEnds(promise);
  overviews(promise);
}

function order(promise: PromiseCase): void {
  promise('offers tasks by rank and then in the order they were written', async (store) => {
    await store.commit([
      move('a', 1, { tasksAdded: [task('z', { rank: 5 }), task('y', { rank: 1 })] }),
      move('b', 1, { tasksAdded: [task('x', { rank: 1 }), task('w', { rank: -3 })] }),
    ]);
    await store.commit([move('c', 1, { tasksAdded: [task('a', { rank: 1 })] })]);
    assert.deepEqual(await ready(store), ['w', 'y', 'x', 'a', 'z']);
  });

  promise('pages through ready tasks without loss or repeat', async (store) => {
    await store.commit(
      Array.from({ length: 25 }, (_, index) =>
        move(`e${index}`, 1, { tasksAdded: [task(`t${index}`, { rank: index % 3 })] }),
      ),
    );
    const seen: string[] = [];
    let after: { rank: number; sequence: number } | undefined;
    for (let page = 0; page < 6; page += 1) {
      const query = { workspace: 'default', executor: 'mailer', at: noon, limit: 7, ...(after && { after }) };
      for (const found of await store.tasks.ready(query)) {
        seen.push(found.taskId);
        after = { rank: found.rank, sequence: found.sequence };
      }
    }
    const expected = [0, 1, 2].flatMap((rank) => Array.from({ length: 25 }, (_, i) => i).filter((i) => i % 3 === rank));
    assert.deepEqual(
      seen,
      expected.map((index) => `t${index}`),
    );
  });

  promise('gives every task a greater sequence than any before it', async (store) => {
    const sequences: number[] = [];
    for (let round = 0; round < 4; round += 1) {
      const id = `t${round}`;
      await store.commit([move(`e${round}`, 1, { tasksAdded: [task(id)] })]);
      sequences.push((await store.tasks.find(id))?.sequence ?? Number.NaN);
      // The newest task is gone before the next is written: its number must not come again.
      await store.commit([move(`e${round}`, 2, { tasksRemoved: [id] })]);
    }
    assert.ok(sequences.every((sequence, index) => index === 0 || sequence > (sequences[index - 1] ?? Number.NaN)));
  });
}

function content(promise: PromiseCase): void {
  promise('reads a task back as it was written', async (store) => {
    await store.commit([move('e', 1, { workspace: 'team', tasksAdded: [task('t', { rank: 2, function: 'f' })] })]);
    const { sequence, ...found } = (await store.tasks.find('t')) ?? { sequence: undefined };
    assert.equal(typeof sequence, 'number');
    assert.deepEqual(found, {
      taskId: 't',
      workspace: 'team',
      executionId: 'e',
      executor: 'mailer',
      function: 'f',
      rank: 2,
      deliveries: 0,
      lease: undefined,
    });
    assert.equal(await store.tasks.find('unknown'), undefined);
  });

  promise('offers tasks to their own executor and workspace only', async (store) => {
    await store.commit([
      move('a', 1, { tasksAdded: [task('mine'), task('theirs', { executor: 'biller' })] }),
      move('b', 1, { workspace: 'team', tasksAdded: [task('far')] }),
    ]);
    assert.deepEqual(await ready(store), ['mine']);
    assert.deepEqual(await ready(store, { executor: 'biller' }), ['theirs']);
    assert.deepEqual(await ready(store, { workspace: 'team' }), ['far']);
  });

  promise('leaves a task as it is where its id is added again', async (store) => {
    await store.commit([move('e', 1, { tasksAdded: [task('t')] }), lease('t', 'a')]);
    assert.deepEqual(await commitOne(store, move('e', 2, { tasksAdded: [task('t', { rank: 9 })] })), done);
    const found = await store.tasks.find('t');
    assert.deepEqual([found?.rank, found?.deliveries, found?.lease?.token], [0, 1, 'a']);
  });

  promise('removes settled tasks before it adds new ones, within a move', async (store) => {
    await store.commit([move('e', 1, { tasksAdded: [task('t')] }), lease('t', 'a')]);
    await store.commit([move('e', 2, { tasksRemoved: ['t', 'unknown'], tasksAdded: [task('t')] })]);
    assert.equal((await store.tasks.find('t'))?.deliveries, 0);
  });
}

function leases(promise: PromiseCase): void {
  const withTask = (store: Store) => store.commit([move('e', 1, { tasksAdded: [task('t')] })]);

  promise('counts a delivery with each lease', async (store) => {
    await withTask(store);
    assert.deepEqual(await commitOne(store, lease('t', 'a')), { ok: true, deliveries: 1 });
    const found = await store.tasks.find('t');
    assert.deepEqual(found?.lease, { token: 'a', worker: 'worker-a', since: noon, expiresAt: noon + 30_000 });
    assert.equal(found?.deliveries, 1);
  });

  promise('refuses a lease while another token holds the task', async (store) => {
    await withTask(store);
    await store.commit([lease('t', 'a')]);
    assert.deepEqual(await commitOne(store, lease('t', 'b', { at: noon + 29_999 })), leaseLost);
    const found = await store.tasks.find('t');
    assert.deepEqual([found?.lease?.token, found?.deliveries], ['a', 1]);
    assert.deepEqual(await ready(store, { at: noon + 29_999 }), []);
  });

  promise('lets one of two leases in a batch win', async (store) => {
    await withTask(store);
    assert.deepEqual(await store.commit([lease('t', 'a'), lease('t', 'b')]), [{ ok: true, deliveries: 1 }, leaseLost]);
  });

  promise('lets a task be taken over once its lease ran out', async (store) => {
    await withTask(store);
    await store.commit([lease('t', 'a')]);
    const late = noon + 30_000;
    assert.deepEqual(await ready(store, { at: late }), ['t']);
    const over = lease('t', 'b', { at: late, expiresAt: late + 10 });
    assert.deepEqual(await commitOne(store, over), { ok: true, deliveries: 2 });
    assert.deepEqual(await commitOne(store, extend('t', 'a', late + 99)), leaseLost);
    assert.deepEqual(await commitOne(store, release('t', 'a')), leaseLost);
    assert.equal((await store.tasks.find('t'))?.lease?.token, 'b');
  });

  promise('lets the same token lease again, as one more delivery', async (store) => {
    await withTask(store);
    await store.commit([lease('t', 'a')]);
    assert.deepEqual(await commitOne(store, lease('t', 'a', { at: noon + 5 })), { ok: true, deliveries: 2 });
  });

  promise('adds a task in the hands of a worker, as its first delivery', async (store) => {
    const first = { token: 'a', worker: 'worker-a', since: noon, expiresAt: noon + 30 };
    const added = [task('t', { lease: first }), task('free')];
    assert.deepEqual(await commitOne(store, move('e', 1, { tasksAdded: added })), done);
    const found = await store.tasks.find('t');
    assert.deepEqual([found?.lease, found?.deliveries], [first, 1]);
    assert.deepEqual(await ready(store), ['free']);
    assert.deepEqual(await store.commit([lease('t', 'b'), extend('t', 'a', noon + 40)]), [leaseLost, done]);
    assert.deepEqual(
      (await store.tasks.expired(noon + 40, 10)).map((late) => late.taskId),
      ['t'],
    );
    const over = lease('t', 'b', { at: noon + 40 });
    assert.deepEqual(await commitOne(store, over), { ok: true, deliveries: 2 });
  });

  promise('leases nothing with a move that is refused, and nothing anew with one that is repeated', async (store) => {
    const held = (token: string) => ({ token, worker: 'w', since: noon, expiresAt: noon + 30 });
    const winner = move('e', 1, { tasksAdded: [task('t', { lease: held('a') })] });
    const loser = move('e', 1, { moveId: 'other', tasksAdded: [task('t', { lease: held('b') }), task('u')] });
    assert.deepEqual(await store.commit([winner, loser]), [done, conflict]);
    assert.deepEqual(await commitOne(store, release('t', 'a')), done);
    assert.deepEqual(await commitOne(store, winner), done);
    const found = await store.tasks.find('t');
    assert.deepEqual([found?.lease, found?.deliveries], [undefined, 1]);
    assert.equal(await store.tasks.find('u'), undefined);
  });

  promise('leases a task in the batch that adds it', async (store) => {
    const outcomes = await store.commit([move('e', 1, { tasksAdded: [task('t')] }), lease('t', 'a')]);
    assert.deepEqual(outcomes, [done, { ok: true, deliveries: 1 }]);
  });
}

function leaseEnds(promise: PromiseCase): void {
  const leased = (store: Store) => store.commit([move('e', 1, { tasksAdded: [task('t')] }), lease('t', 'a')]);

  promise('extends a lease under its token only', async (store) => {
    await leased(store);
    assert.deepEqual(await commitOne(store, extend('t', 'b', noon + 90_000)), leaseLost);
    assert.deepEqual(await commitOne(store, extend('t', 'a', noon + 60_000)), done);
    assert.equal((await store.tasks.find('t'))?.lease?.expiresAt, noon + 60_000);
    assert.deepEqual(await commitOne(store, lease('t', 'b', { at: noon + 59_999 })), leaseLost);
  });

  promise('extends a lease that ran out and that nobody took', async (store) => {
    await leased(store);
    assert.deepEqual(await commitOne(store, extend('t', 'a', noon + 90_000)), done);
    assert.deepEqual(await ready(store, { at: noon + 60_000 }), []);
  });

  promise('never shortens a lease by extending it', async (store) => {
    await leased(store);
    assert.deepEqual(await commitOne(store, extend('t', 'a', noon + 10)), done);
    assert.equal((await store.tasks.find('t'))?.lease?.expiresAt, noon + 30_000);
  });

  promise('gives a released task back at once and keeps its count', async (store) => {
    await leased(store);
    assert.deepEqual(await commitOne(store, release('t', 'b')), leaseLost);
    assert.deepEqual(await ready(store), []);
    assert.deepEqual(await commitOne(store, release('t', 'a')), done);
    assert.deepEqual(await ready(store), ['t']);
    assert.equal((await store.tasks.find('t'))?.lease, undefined);
    assert.deepEqual(await commitOne(store, release('t', 'a')), leaseLost);
    assert.deepEqual(await commitOne(store, extend('t', 'a', noon + 90_000)), leaseLost);
    assert.deepEqual(await commitOne(store, lease('t', 'c')), { ok: true, deliveries: 2 });
  });

  promise('refuses leases, extensions and releases of a task that is gone', async (store) => {
    await leased(store);
    await store.commit([move('e', 2, { tasksRemoved: ['t'] })]);
    const outcomes = await store.commit([extend('t', 'a', noon + 90_000), release('t', 'a'), lease('t', 'a')]);
    assert.deepEqual(outcomes, [leaseLost, leaseLost, leaseLost]);
    assert.deepEqual(await store.tasks.of('e'), []);
  });
}

function overviews(promise: PromiseCase): void {
  promise('lists leases that ran out, earliest first', async (store) => {
    await store.commit([
      move('e', 1, { tasksAdded: ['a', 'b', 'c', 'free'].map((id) => task(id)) }),
      lease('a', 'x', { expiresAt: noon + 30 }),
      lease('b', 'x', { expiresAt: noon + 10 }),
      lease('c', 'x', { expiresAt: noon + 20 }),
    ]);
    const expired = async (at: number, limit: number): Promise<string[]> =>
      (await store.tasks.expired(at, limit)).map((found) => found.taskId);
    assert.deepEqual(await expired(noon + 9, 10), []);
    assert.deepEqual(await expired(noon + 20, 10), ['b', 'c']);
    assert.deepEqual(await expired(noon + 99, 2), ['b', 'c']);
  });

  promise('lists the tasks of one execution', async (store) => {
    await store.commit([
      move('e', 1, { tasksAdded: [task('a'), task('b', { executor: 'biller' })] }),
      move('f', 1, { tasksAdded: [task('c')] }),
    ]);
    assert.deepEqual(
      (await store.tasks.of('e')).map((found) => found.taskId),
      ['a', 'b'],
    );
  });

  promise('counts ready and leased tasks by workspace and executor', async (store) => {
    await store.commit([
      move('e', 1, { tasksAdded: [task('a'), task('b'), task('c'), task('d', { executor: 'biller' })] }),
      move('f', 1, { workspace: 'team', tasksAdded: [task('x')] }),
      lease('a', 'x', { expiresAt: noon + 30 }),
      lease('b', 'x', { expiresAt: noon + 10 }),
    ]);
    assert.deepEqual(await store.tasks.depths(noon + 10), [
      { workspace: 'default', executor: 'biller', ready: 1, leased: 0 },
      { workspace: 'default', executor: 'mailer', ready: 2, leased: 1 },
      { workspace: 'team', executor: 'mailer', ready: 1, leased: 0 },
    ]);
  });
}
