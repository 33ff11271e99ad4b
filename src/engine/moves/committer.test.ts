import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { openVirtualClock } from '../../../test/support/virtual-clock.ts';
import { wake } from '../../storage/sample-writes.ts';
import type { Outcome, Write } from '../../storage/store.ts';
import { batchEager, batchMax, pendingWritesMax } from '../limits.ts';
import { openCommitter } from './committer.ts';

/** A committer over a store that answers when it is told to. */
function holding() {
  const clock = openVirtualClock();
  const answers: (() => void)[] = [];
  const store = {
    commit(writes: readonly Write[]): Promise<readonly Outcome[]> {
      const { promise, resolve } = Promise.withResolvers<readonly Outcome[]>();
      answers.push(() => resolve(writes.map(() => ({ ok: true }))));
      return promise;
    },
  };
  const committer = openCommitter({ store, clock });
  const add = (settle: () => void = () => undefined): void =>
    committer.add({ kind: 'release', taskId: 't', token: 'k' }, settle);
  const answer = async (place = 0): Promise<void> => {
    answers.splice(place, 1)[0]?.();
    await clock.settle();
  };
  return { committer, clock, add, answer };
}

describe('a committer that drains', () => {
  test('waits for what was added before, not for what keeps coming', async () => {
    const { committer, clock, add, answer } = holding();
    let isDrained = false;
    add(() => add(() => add()));
    await clock.settle();
    add();
    committer.drained().then(() => (isDrained = true));
    await answer();
    assert.deepEqual([isDrained, committer.pending()], [false, 2]);
    await answer();
    assert.deepEqual([isDrained, committer.pending()], [true, 1]);
  });

  test('counts batches that are answered out of their order', async () => {
    const { committer, add, answer } = holding();
    let drained = 0;
    const addBatch = (): void => {
      for (let count = 0; count < batchEager; count += 1) add();
      committer.drained().then(() => (drained += 1));
    };
    addBatch();
    addBatch();
    assert.equal(committer.pending(), 2 * batchEager);
    await answer(1);
    assert.equal(drained, 0);
    addBatch();
    await answer();
    assert.deepEqual([drained, committer.pending()], [2, batchEager]);
    await answer();
    assert.deepEqual([drained, committer.pending()], [3, 0]);
  });

  test('may be asked while a batch is being settled: that batch is over', async () => {
    const { committer, clock, add, answer } = holding();
    let isDrained = false;
    add(() => {
      add();
      committer.drained().then(() => (isDrained = true));
    });
    await clock.settle();
    await answer();
    assert.equal(isDrained, false);
    await answer();
    assert.equal(isDrained, true);
  });

  test('has nothing to wait for while nothing is pending', async () => {
    await holding().committer.drained();
  });
});

describe('a committer that two workspaces share', () => {
  const settledOf = () => {
    const { committer, clock, answer } = holding();
    const settled: string[] = [];
    const add = (workspace: string, count: number): void => {
      for (let each = 0; each < count; each += 1) {
        committer.add({ ...wake(`exec_${workspace}`, 1, null), workspace }, () => void settled.push(workspace));
      }
    };
    return { committer, clock, answer, settled, add };
  };

  test('takes the one write of one with the next commit, whatever the crowd of the other', async () => {
    const { clock, answer, settled, add } = settledOf();
    add('crowd', 50_000);
    await clock.settle();
    add('calm', 1);
    // Two commits are under way already; the next one has the turn of each.
    for (let commit = 0; commit < 3; commit += 1) await answer();
    assert.ok(settled.includes('calm'));
    assert.ok(settled.length <= 3 * batchMax);
  });

  test('is full for whoever fills it, and open to the other', () => {
    const { committer, add } = settledOf();
    add('crowd', pendingWritesMax + 3 * batchMax);
    assert.deepEqual([committer.isFull('crowd'), committer.isFull('calm')], [true, false]);
    add('calm', 1);
    assert.deepEqual([committer.isFull('crowd'), committer.isFull('calm')], [true, false]);
  });
});
