import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { openFairQueue, turnWorth } from './fair-queue.ts';

type Item = readonly [lane: string, number: number, cost: number];
const open = () => openFairQueue<Item>(([, , cost]) => cost);
const crowd = (lane: string, count: number, cost = 1): Item[] =>
  Array.from({ length: count }, (_, number) => [lane, number, cost] as const);

function filled(...items: readonly Item[]) {
  const queue = open();
  for (const item of items) queue.add(item[0], item);
  return queue;
}

describe('a fair queue', () => {
  test('lets one item of a lane wait for no more than a turn of each other lane', () => {
    const queue = filled(...crowd('a', 50_000), ...crowd('b', 50_000));
    queue.add('c', ['c', 0, 1]);
    const place = queue.take(1_000).findIndex(([lane]) => lane === 'c');
    assert.equal(place, 2 * turnWorth);
  });

  test('gives lanes that have enough the same, by cost', () => {
    const queue = filled(...crowd('light', 5_000), ...crowd('heavy', 5_000, 8));
    const costs = Map.groupBy(queue.take(2_000), ([lane]) => lane);
    const [light, heavy] = ['light', 'heavy'].map((lane) =>
      (costs.get(lane) ?? []).reduce((sum, [, , cost]) => sum + cost, 0),
    );
    assert.ok(Math.abs((light ?? 0) - (heavy ?? 0)) <= 2 * turnWorth, `${light} and ${heavy}`);
  });

  test('goes on with whose turn it was', () => {
    const queue = filled(...crowd('a', 300), ...crowd('b', 300));
    assert.deepEqual(
      queue.take(10).map(([lane]) => lane),
      Array(10).fill('a'),
    );
    const next = queue.take(turnWorth).map(([lane]) => lane);
    assert.deepEqual([next.indexOf('b'), next.lastIndexOf('a')], [turnWorth - 10, turnWorth - 11]);
  });

  test('loses nothing, doubles nothing, and keeps the order of each lane', () => {
    const item = fc.tuple(fc.constantFrom('a', 'b', 'c'), fc.nat(), fc.integer({ min: 1, max: 300 }));
    const act = fc.oneof(fc.array(item, { maxLength: 200 }), fc.integer({ min: 1, max: 150 }));
    fc.assert(
      fc.property(fc.array(act, { maxLength: 30 }), (acts) => {
        const queue = open();
        const [added, taken]: [Item[], Item[]] = [[], []];
        for (const each of [...acts, 10_000]) {
          if (typeof each === 'number') {
            const next = queue.take(each);
            assert.ok(next.length === Math.min(each, added.length - taken.length));
            taken.push(...next);
          } else for (const one of each) [queue.add(one[0], one), added.push(one)];
          assert.equal(queue.size(), added.length - taken.length);
        }
        for (const lane of ['a', 'b', 'c']) {
          const of = (items: readonly Item[]) => items.filter(([own]) => own === lane);
          assert.deepEqual(of(taken), of(added));
        }
      }),
      { numRuns: 200 },
    );
  });
});
