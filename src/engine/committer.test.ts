import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { openVirtualClock } from '../../test/support/virtual-clock.ts';
import type { Outcome, Write } from '../storage/store.ts';
import { openCommitter } from './committer.ts';
import { batchEager } from './limits.ts';

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
