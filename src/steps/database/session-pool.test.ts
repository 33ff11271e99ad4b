import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { openVirtualClock } from '../../../test/support/virtual-clock.ts';
import { unreachable } from './database-failure.ts';
import type { Session } from './session.ts';
import { openSessionPool } from './session-pool.ts';

function makePool(sessionsMax: number) {
  const clock = openVirtualClock();
  const sessions: (Session & { isClosed: boolean; lose(): void })[] = [];
  const opening: PromiseWithResolvers<void>[] = [];
  let waits = false;
  const pool = openSessionPool({
    async open() {
      if (waits) {
        const gate = Promise.withResolvers<void>();
        opening.push(gate);
        await gate.promise;
      }
      let isUsable = true;
      const nothing = async (): Promise<void> => undefined;
      const session = {
        isClosed: false,
        begin: nothing,
        run: async () => ({ rows: [], rowCount: 0 }),
        commit: nothing,
        rollback: nothing,
        cancel: nothing,
        reset: nothing,
        isUsable: () => isUsable,
        lose: () => {
          isUsable = false;
        },
        close: () => {
          session.isClosed = true;
        },
      };
      sessions.push(session);
      return session;
    },
    sessionsMax,
    clock,
  });
  const take = (signal = new AbortController().signal) => pool.take(signal);
  const waitToOpen = (wait: boolean): void => {
    waits = wait;
  };
  return { pool, clock, sessions, opening, take, waitToOpen };
}

describe('the connections to a database', () => {
  test('are as many as may be, and those who wait are served in their order', async () => {
    const { pool, take, sessions } = makePool(2);
    const [first, second] = [await take(), await take()];
    const order: number[] = [];
    const waiting = [1, 2, 3].map((place) => take().then(({ session }) => order.push(place) && pool.give(session)));
    pool.give(first.session);
    await Promise.all(waiting);
    pool.give(second.session);
    assert.deepEqual([order, sessions.length, first.isUsed, (await take()).isUsed], [[1, 2, 3], 2, false, true]);
  });

  test('are closed when nobody needed them for half a minute, the one used last being used next', async () => {
    const { pool, clock, take, sessions } = makePool(2);
    const [first, second] = [await take(), await take()];
    pool.give(first.session);
    pool.give(second.session);
    await clock.advance(20_000);
    pool.give((await take()).session);
    await clock.advance(15_000);
    assert.deepEqual(
      sessions.map(({ isClosed }) => isClosed),
      [true, false],
    );
  });

  test('are left out once they are lost, idle or in use', async () => {
    const { pool, take, sessions } = makePool(1);
    const lost = await take();
    const waiting = take();
    sessions[0]?.lose();
    pool.give(lost.session);
    const next = await waiting;
    assert.notEqual(next.session, lost.session);
    pool.give(next.session);
    sessions[1]?.lose();
    assert.equal((await take()).isUsed, false);
    assert.deepEqual(
      sessions.map(({ isClosed }) => isClosed),
      [true, true, false],
    );
  });

  test('go to the next one where somebody gave up while it was opened', async () => {
    const { pool, take, opening, waitToOpen } = makePool(1);
    waitToOpen(true);
    const stop = new AbortController();
    const gone = take(stop.signal);
    const waiting = take();
    stop.abort();
    await assert.rejects(gone, { code: 'DB_UNREACHABLE' });
    opening[0]?.resolve();
    const { session } = await waiting;
    pool.give(session);
    assert.equal((await take()).session, session);
  });

  test('are not waited for by those who are gone already', async () => {
    const { take, sessions } = makePool(1);
    await take();
    await assert.rejects(take(AbortSignal.abort()), { code: 'DB_UNREACHABLE' });
    assert.equal(sessions.length, 1);
  });

  test('are tried again by the next one where one could not be opened', async () => {
    const { take, opening, waitToOpen } = makePool(1);
    waitToOpen(true);
    const failed = take();
    const next = take();
    opening[0]?.reject(unreachable('nobody is there'));
    await assert.rejects(failed, /nobody is there/);
    await new Promise(setImmediate);
    opening[1]?.resolve();
    assert.equal((await next).isUsed, false);
  });

  test('are all let go of at the end, also one that is still being opened', async () => {
    const { pool, take, sessions, opening, waitToOpen } = makePool(3);
    const [idle, used] = [await take(), await take()];
    pool.give(idle.session);
    waitToOpen(true);
    const [, early] = [await take(), take()];
    pool.close();
    opening[0]?.resolve();
    await assert.rejects(early, /shutting down/);
    await assert.rejects(take(), /shutting down/);
    pool.give(used.session);
    pool.give(idle.session);
    assert.ok(sessions.every(({ isClosed }) => isClosed));
  });
});
