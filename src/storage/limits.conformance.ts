/** Shared limits: slots under keys, rates, and the line of those who wait. */
import assert from 'node:assert/strict';
import type { LimitRows, NewWaiter } from './limits.ts';
import { commitOne, conflict, done, lease, move, moveIds, noon, task } from './sample-writes.ts';
import type { MoveWrite, Outcome, Store } from './store.ts';
import type { PromiseCase } from './store-subject.ts';

const limited = (key: string): Outcome => ({ ok: false, reason: 'LIMITED', key });
const slot = (limit: number, holder = 'h', key = 'k') => ({ kind: 'slot', key, limit, holder }) as const;
const place = (limit: number, key = 'k') => ({ kind: 'place', key, limit }) as const;
const rate = (limit: number, perMs: number, key = 'r') => ({ kind: 'rate', key, limit, perMs }) as const;

const limits = (executionId: string, first: number, rows: LimitRows, more: Partial<MoveWrite> = {}): MoveWrite =>
  move(executionId, first, { limits: rows, ...more });

const waiter = (holder: string, more: Partial<NewWaiter> = {}): NewWaiter => ({
  holder,
  key: 'k',
  rank: 4,
  takes: [slot(1, holder)],
  ...more,
});

const holdersOf = async (store: Store, at = noon, key = 'k'): Promise<readonly string[]> =>
  (await store.limits.holders({ workspace: 'default', key, at })).map((held) => `${held.executionId}/${held.holder}`);

const inLine = async (store: Store, limit = 10): Promise<readonly string[]> =>
  (await store.limits.waiting({ workspace: 'default', key: 'k', limit })).map(
    (each) => `${each.executionId}/${each.holder}`,
  );

export function limitsConformance(promise: PromiseCase): void {
  slots(promise);
  lingering(promise);
  rates(promise);
  lines(promise);
}

function slots(promise: PromiseCase): void {
  promise('gives out as many slots of a key as its limit says, and tells who holds them', async (store) => {
    const outcomes = await store.commit(['a', 'b', 'c'].map((id) => limits(id, 1, { taken: [slot(2)] })));
    assert.deepEqual(outcomes, [done, done, limited('k')]);
    assert.deepEqual(await moveIds(store, 'c'), []);
    assert.deepEqual(await store.limits.holders({ workspace: 'default', key: 'k', at: noon }), [
      { slot: 0, executionId: 'a', holder: 'h', until: undefined },
      { slot: 1, executionId: 'b', holder: 'h', until: undefined },
    ]);
  });

  promise('counts every holder of one execution by itself, and lets each keep what it has', async (store) => {
    await store.commit([limits('a', 1, { taken: [slot(2, 'x')] }), limits('a', 2, { taken: [slot(2, 'y')] })]);
    assert.deepEqual(await commitOne(store, limits('a', 3, { taken: [slot(2, 'x')] })), done);
    assert.deepEqual(await commitOne(store, limits('a', 4, { taken: [slot(2, 'z')] })), limited('k'));
    await store.commit([limits('a', 4, { freed: [{ holder: 'x' }] })]);
    assert.deepEqual(await commitOne(store, limits('b', 1, { taken: [slot(2, 'z')] })), done);
    assert.deepEqual(await holdersOf(store), ['b/z', 'a/y']);
  });

  promise('frees before it takes, takes all or nothing, and changes nothing where it is refused', async (store) => {
    await store.commit([limits('a', 1, { taken: [slot(1, 'x')] }), limits('b', 1, { taken: [slot(1, 'x', 'full')] })]);
    const both = { freed: [{ holder: 'x' }], taken: [slot(1, 'y'), rate(1, 1_000), slot(1, 'y', 'full')] };
    assert.deepEqual(await commitOne(store, limits('a', 2, both)), limited('full'));
    assert.deepEqual(await holdersOf(store), ['a/x']);
    assert.equal(await store.limits.usage({ workspace: 'default', key: 'r', at: noon }), undefined);
    assert.deepEqual(await commitOne(store, limits('a', 2, { ...both, taken: [slot(1, 'y')] })), done);
    assert.deepEqual(await holdersOf(store), ['a/y']);
  });

  promise('frees no slot and queues nobody in a move that lost', async (store) => {
    await store.commit([limits('a', 1, { taken: [slot(1)] })]);
    const loser = limits('a', 1, { freed: [{ holder: 'h' }], queued: [waiter('w')] }, { moveId: 'loser' });
    assert.deepEqual(await commitOne(store, loser), conflict);
    assert.deepEqual([await holdersOf(store), await inLine(store)], [['a/h'], []]);
  });

  promise('answers ok to a repeat of a move that took the last slot', async (store) => {
    const take = limits('a', 1, { taken: [slot(1), rate(1, 1_000)] });
    assert.deepEqual(await store.commit([take, take]), [done, done]);
    assert.equal((await store.limits.usage({ workspace: 'default', key: 'r', at: noon }))?.used, 1);
  });

  promise('keeps the slots of workspaces apart, and lists keys that are held', async (store) => {
    const other = { workspace: 'other' };
    await store.commit([limits('a', 1, { taken: [slot(1), slot(3, 'h', 'l')] })]);
    assert.deepEqual(await commitOne(store, limits('b', 1, { taken: [slot(1)] }, other)), done);
    await store.commit([limits('c', 1, { taken: [slot(3, 'h', 'l')] })]);
    const held = { workspace: 'default', at: noon, limit: 10 };
    assert.deepEqual(await store.limits.held(held), [
      { key: 'k', count: 1 },
      { key: 'l', count: 2 },
    ]);
    assert.deepEqual(await store.limits.held({ ...held, after: 'k', limit: 1 }), [{ key: 'l', count: 2 }]);
    assert.deepEqual(await store.limits.held({ ...held, workspace: 'none' }), []);
  });

  promise('frees the slot of a holder that is gone, once, and of nobody else', async (store) => {
    await store.commit([limits('a', 1, { taken: [slot(1)] })]);
    const free = { kind: 'free', workspace: 'default', key: 'k', slot: 0, executionId: 'a', holder: 'h' } as const;
    assert.deepEqual(await store.commit([{ ...free, holder: 'other' }, free, free]), [conflict, done, conflict]);
    assert.deepEqual(await holdersOf(store), []);
  });

  promise('forgets the slots and the places in line of executions that are forgotten', async (store) => {
    await store.commit([limits('a', 1, { taken: [slot(1)], queued: [waiter('w')] })]);
    await store.commit([limits('b', 1, { queued: [waiter('w')] })]);
    await store.forget([{ executionId: 'a', position: 1 }]);
    assert.deepEqual([await holdersOf(store), await inLine(store)], [[], ['b/w']]);
  });
}

function lingering(promise: PromiseCase): void {
  promise('keeps the slot of a settled task until the lease of who has it is over', async (store) => {
    const taken = { taken: [slot(1)] };
    await store.commit([limits('a', 1, taken, { tasksAdded: [task('t')] })]);
    await store.commit([lease('t', 'token', { at: noon, expiresAt: noon + 100 })]);
    const settle = limits('a', 2, { freed: [{ holder: 'h', heldBy: 't' }] }, { tasksRemoved: ['t'] });
    assert.deepEqual(await commitOne(store, settle), done);
    assert.equal((await store.limits.holders({ workspace: 'default', key: 'k', at: noon }))[0]?.until, noon + 100);
    assert.deepEqual(await commitOne(store, limits('b', 1, taken, { at: noon + 99 })), limited('k'));
    await store.forget([{ executionId: 'a', position: 2 }]);
    assert.deepEqual(await commitOne(store, limits('b', 1, taken, { at: noon + 99 })), limited('k'));
    assert.deepEqual(await holdersOf(store, noon + 100), []);
    assert.deepEqual(await commitOne(store, limits('b', 1, taken, { at: noon + 100 })), done);
    assert.deepEqual(await holdersOf(store, noon + 100), ['b/h']);
  });

  promise('frees the slot of a settled task that nobody has, at once', async (store) => {
    await store.commit([limits('a', 1, { taken: [slot(1)] }, { tasksAdded: [task('t')] })]);
    await store.commit([lease('t', 'token', { at: noon, expiresAt: noon + 100 })]);
    const freed = [{ holder: 'h', heldBy: 't' }];
    await store.commit([limits('a', 2, { freed }, { at: noon + 100, tasksRemoved: ['t'] })]);
    await store.commit([limits('b', 1, { taken: [slot(1)] }, { at: noon + 100 })]);
    await store.commit([limits('b', 2, { freed: [{ holder: 'h', heldBy: 'none' }] })]);
    assert.deepEqual(await holdersOf(store), []);
  });
}

function rates(promise: PromiseCase): void {
  promise(
    'draws as many of a rate as its period has, and begins the next with the first draw after it',
    async (store) => {
      const draw = (id: string, at: number) => limits(id, 1, { taken: [rate(2, 1_000)] }, { at });
      const outcomes = await store.commit([draw('a', noon), draw('b', noon + 999), draw('c', noon + 999)]);
      assert.deepEqual(outcomes, [done, done, limited('r')]);
      const usage = (at: number) => store.limits.usage({ workspace: 'default', key: 'r', at });
      assert.deepEqual(await usage(noon + 999), { used: 2, until: noon + 1_000 });
      assert.equal(await usage(noon + 1_000), undefined);
      assert.deepEqual(await commitOne(store, draw('d', noon + 1_500)), done);
      assert.deepEqual(await usage(noon + 1_500), { used: 1, until: noon + 2_500 });
    },
  );

  promise('keeps the rates of keys and workspaces apart', async (store) => {
    const draw = (id: string, key: string, workspace = 'default') =>
      limits(id, 1, { taken: [rate(1, 1_000, key)] }, { workspace });
    const outcomes = await store.commit([draw('a', 'r'), draw('b', 's'), draw('c', 'r', 'other'), draw('d', 'r')]);
    assert.deepEqual(outcomes, [done, done, done, limited('r')]);
  });
}

function lines(promise: PromiseCase): void {
  promise('keeps a line for each key: by rank, then in the order they came, each once', async (store) => {
    await store.commit([
      limits('a', 1, { queued: [waiter('x'), waiter('y', { rank: 0 })] }),
      limits('b', 1, { queued: [waiter('x', { onLimit: 'reject' }), waiter('z', { key: 'other' })] }),
      limits('a', 2, { queued: [waiter('x', { rank: 0 })] }),
    ]);
    assert.deepEqual(await inLine(store), ['a/y', 'a/x', 'b/x']);
    assert.deepEqual(await inLine(store, 2), ['a/y', 'a/x']);
    const eager = await store.limits.waiting({ workspace: 'default', key: 'k', limit: 3, eager: true });
    assert.deepEqual(
      eager.map(({ executionId }) => executionId),
      ['b'],
    );
    const [, , last] = await store.limits.waiting({ workspace: 'default', key: 'k', limit: 3 });
    const more = { onLimit: 'reject', isInside: false };
    assert.deepEqual(last, { executionId: 'b', holder: 'x', rank: 4, takes: [slot(1, 'x')], ...more });
  });

  promise('tells who runs inside another, and names those alone where it is asked to', async (store) => {
    const inside = { isInside: true };
    await store.commit([
      limits('a', 1, { queued: [waiter(''), waiter('x', { ...inside, key: 'other' })] }),
      limits('b', 1, { queued: [waiter('', inside)] }),
      limits('c', 1, { queued: [waiter('', { ...inside, rank: 0 })] }),
      limits('d', 1, { queued: [waiter('', inside)] }, { workspace: 'other' }),
    ]);
    const waiting = async (query: { limit: number; inside?: boolean }) =>
      (await store.limits.waiting({ workspace: 'default', key: 'k', ...query })).map(
        (each) => `${each.executionId}${each.isInside ? ' inside' : ''}`,
      );
    assert.deepEqual(await waiting({ limit: 9 }), ['c inside', 'a', 'b inside']);
    assert.deepEqual(await waiting({ limit: 9, inside: true }), ['c inside', 'b inside']);
    assert.deepEqual(await waiting({ limit: 1, inside: true }), ['c inside']);
  });

  promise('gives a place in line to as many as a key has room for beside those that hold it', async (store) => {
    const joins = (id: string, limit: number, more: Partial<MoveWrite> = {}) =>
      commitOne(store, limits(id, 1, { taken: [place(limit)], queued: [waiter('')] }, more));
    await store.commit([limits('a', 1, { taken: [slot(3)] }), limits('z', 1, { queued: [waiter('', { key: 'l' })] })]);
    assert.deepEqual(await joins('b', 3), done);
    assert.deepEqual([await joins('c', 2), await joins('c', 3)], [limited('k'), done]);
    assert.deepEqual(await joins('d', 3), limited('k'));
    assert.deepEqual([await moveIds(store, 'd'), await inLine(store)], [[], ['b/', 'c/']]);
    assert.deepEqual(await holdersOf(store), ['a/h']);
    assert.deepEqual(await joins('e', 1, { workspace: 'other' }), done);
    assert.deepEqual(await commitOne(store, limits('a', 2, { freed: [{ holder: 'h' }] })), done);
    assert.deepEqual([await joins('d', 3), await joins('f', 3)], [done, limited('k')]);
  });

  promise('gives no place for a slot that outlives its work, until it is over', async (store) => {
    await store.commit([limits('a', 1, { taken: [slot(1)] }, { tasksAdded: [task('t')] })]);
    await store.commit([lease('t', 'token', { at: noon, expiresAt: noon + 100 })]);
    const freed = [{ holder: 'h', heldBy: 't' }];
    await store.commit([limits('a', 2, { freed }, { tasksRemoved: ['t'] })]);
    const joins = (at: number) => commitOne(store, limits('b', 1, { taken: [place(1)], queued: [waiter('')] }, { at }));
    assert.deepEqual([await joins(noon + 99), await joins(noon + 100)], [limited('k'), done]);
  });

  promise('takes out of the line who waits no longer, and nobody else', async (store) => {
    await store.commit([
      limits('a', 1, { queued: [waiter('x'), waiter('y')] }),
      limits('b', 1, { queued: [waiter('x')] }),
    ]);
    await store.commit([limits('a', 2, { unqueued: ['x', 'none'] })]);
    assert.deepEqual(await inLine(store), ['a/y', 'b/x']);
    await store.commit([limits('a', 3, { unqueued: ['y'], queued: [waiter('y')] })]);
    assert.deepEqual(await inLine(store), ['b/x', 'a/y']);
  });

  promise('tells which keys are waited for, in pages', async (store) => {
    await store.commit([
      limits('a', 1, { queued: [waiter('x'), waiter('y', { key: 'l' })] }),
      limits('b', 1, { queued: [waiter('x')] }),
      limits('c', 1, { queued: [waiter('x')] }, { workspace: 'other' }),
    ]);
    const all = [
      { workspace: 'default', key: 'k', count: 2 },
      { workspace: 'default', key: 'l', count: 1 },
      { workspace: 'other', key: 'k', count: 1 },
    ];
    assert.deepEqual(await store.limits.awaited({ limit: 10 }), all);
    assert.deepEqual(await store.limits.awaited({ after: all[0], limit: 1 }), all.slice(1, 2));
    assert.deepEqual(await store.limits.awaited({ workspace: 'other', limit: 10 }), all.slice(2));
    assert.deepEqual(await store.limits.awaited({ workspace: 'default', key: 'l', limit: 10 }), all.slice(1, 2));
  });
}
