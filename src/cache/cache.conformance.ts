import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, it } from 'node:test';
import type { Json } from '../kit/json.ts';
import type { Cache } from './cache.ts';

export interface CacheSubject {
  readonly name: string;
  /** A cache with this much room, and how to let its time pass. */
  open(roomBytes: number): Promise<{ cache: Cache; pass(ms: number): Promise<void> }>;
  /** A promise this driver cannot keep, and why. Printed, never silent. */
  readonly excused?: Readonly<Record<string, string>>;
}

const roomBytes = 64 * 1_024;
const hour = 3_600_000;

/** Every cache driver runs this file unchanged. */
export function cacheConformance(subject: CacheSubject): void {
  let cache: Cache;
  let pass: (ms: number) => Promise<void>;
  const promise = (title: string, body: () => Promise<void>): void => {
    it(title, { skip: subject.excused?.[title] ?? false }, body);
  };
  const keep = (key: string, value: Json, more: { ttlMs?: number; workspace?: string } = {}): Promise<void> =>
    cache.set(more.workspace ?? 'default', key, { value, ttlMs: more.ttlMs ?? hour });

  describe(`cache: ${subject.name}`, () => {
    beforeEach(async () => {
      ({ cache, pass } = await subject.open(roomBytes));
    });
    afterEach(() => cache.close());

    promise('gives back what was kept, as it was', async () => {
      const values: readonly Json[] = [null, false, 0, '', 'ä\u{1f600}', [], {}, { a: [1, { b: null }] }];
      for (const [place, value] of values.entries()) await keep(`k${place}`, value);
      for (const [place, value] of values.entries()) assert.deepEqual(await cache.get('default', `k${place}`), value);
      assert.equal(await cache.get('default', 'nothing'), undefined);
    });

    promise('gives copies: what is done to one is not seen in another', async () => {
      const value = { list: [1] };
      await keep('k', value);
      value.list.push(2);
      const first = (await cache.get('default', 'k')) as { list: number[] };
      first.list.push(3);
      assert.deepEqual(await cache.get('default', 'k'), { list: [1] });
    });

    promise('replaces what was kept before', async () => {
      await keep('k', 1);
      await keep('k', 2);
      assert.equal(await cache.get('default', 'k'), 2);
    });

    promise('forgets when the time is over, not before, and counts it anew with each value', async () => {
      await keep('k', 1, { ttlMs: 1_000 });
      await pass(900);
      assert.equal(await cache.get('default', 'k'), 1);
      await keep('k', 2, { ttlMs: 1_000 });
      await pass(900);
      assert.equal(await cache.get('default', 'k'), 2);
      await pass(100);
      assert.equal(await cache.get('default', 'k'), undefined);
    });

    promise('shows no workspace what another one has kept', async () => {
      await keep('k', 'mine', { workspace: 'a' });
      await keep('b:k', 'mine', { workspace: 'a' });
      for (const [workspace, key] of [
        ['b', 'k'],
        ['a:b', 'k'],
        ['', 'a:k'],
        ['', 'k'],
      ] as const) {
        assert.equal(await cache.get(workspace, key), undefined, `${workspace} ${key}`);
      }
    });

    promise('takes any text as a key', async () => {
      const keys = ['__proto__', 'constructor', '', ' ', '\n', 'ä\u{1f600}', '\u0001', 'x'.repeat(2_000), '*', '{a}'];
      for (const key of keys) await keep(key, key);
      for (const key of keys) assert.equal(await cache.get('default', key), key);
    });

    promise('keeps within its room, and what was used last the longest', async () => {
      const value = 'x'.repeat(1_000);
      await keep('first', value);
      for (let each = 0; each < 200; each += 1) {
        await keep(`k${each}`, value);
        assert.equal(await cache.get('default', 'first'), value, `after ${each}`);
      }
      assert.equal(await cache.get('default', 'k0'), undefined);
      assert.equal(await cache.get('default', 'k199'), value);
    });

    promise('does not keep what is larger than all of it, nor loses the rest to it', async () => {
      await keep('small', 1);
      await keep('large', 'x'.repeat(2 * roomBytes));
      assert.deepEqual([await cache.get('default', 'large'), await cache.get('default', 'small')], [undefined, 1]);
    });
  });
}
