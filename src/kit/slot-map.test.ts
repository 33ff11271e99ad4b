import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { SlotMap } from './slot-map.ts';

/** 100,000 values of some 10 KB each, 500 of them at a time: a gigabyte in all. */
const churn = `
  const { SlotMap } = await import(${JSON.stringify(new URL('./slot-map.ts', import.meta.url).href)});
  const map = process.argv[1] === 'slots' ? new SlotMap() : new Map();
  for (let index = 0; index < 100_000; index += 1) {
    map.set(index, Array.from({ length: 20 }, (_, at) => ({ at, rest: new Array(40).fill(at) })));
    map.delete(index - 500);
  }`;

/** Collections of the long-lived part of the heap, in a process that has done nothing before. */
function majorCollections(kind: 'slots' | 'map'): number {
  const flags = ['--trace-gc', '--input-type=module', '--eval', churn, kind];
  const { stdout, stderr, status } = spawnSync(process.execPath, flags, { encoding: 'utf8' });
  assert.equal(status, 0, stderr);
  return stdout.split('Mark-Compact').length - 1;
}

describe('a slot map', () => {
  test('lets what was taken out go with the young, where a map of the language keeps it', () => {
    const [own, native] = [majorCollections('slots'), majorCollections('map')];
    assert.ok(native >= 4, `a Map made ${native} major collections: this class is no longer needed`);
    assert.ok(own <= native / 2, `${own} major collections, a Map makes ${native}`);
  });

  test('answers as a map does, whatever is put in and taken out', () => {
    const key = fc.integer({ min: 0, max: 12 });
    const action = fc.oneof(
      fc.record({ do: fc.constant('set' as const), key, value: fc.integer() }),
      fc.record({ do: fc.constantFrom('delete' as const, 'touch' as const, 'clear' as const), key }),
    );
    fc.assert(
      fc.property(fc.array(action, { maxLength: 60 }), (actions) => {
        const slots = new SlotMap<number, number>();
        const model = new Map<number, number>();
        for (const each of actions) {
          const before = model.get(each.key);
          if (each.do === 'set') {
            slots.set(each.key, each.value);
            model.set(each.key, each.value);
          } else if (each.do === 'delete') assert.equal(slots.delete(each.key), model.delete(each.key));
          else if (each.do === 'clear') {
            if (each.key > 0) continue;
            slots.clear();
            model.clear();
          } else {
            slots.touch(each.key);
            if (before !== undefined && model.delete(each.key)) model.set(each.key, before);
          }
          assert.equal(slots.get(each.key), model.get(each.key));
          assert.equal(slots.has(each.key), model.has(each.key));
          assert.equal(slots.size, model.size);
        }
        assert.deepEqual([...slots], [...model]);
        assert.deepEqual([...slots.values()], [...model.values()]);
      }),
    );
  });

  test('may be changed while one goes through it', () => {
    const slots = new SlotMap<string, number>();
    for (const [index, key] of ['a', 'b', 'c'].entries()) slots.set(key, index);
    const met: string[] = [];
    for (const [key, value] of slots) {
      met.push(key);
      slots.delete(key);
      if (value === 1) slots.set('d', 3);
      if (key === 'b') slots.delete('c');
    }
    assert.deepEqual(met, ['a', 'b', 'd']);
    assert.equal(slots.size, 0);
  });
});
