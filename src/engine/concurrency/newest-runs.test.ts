import assert from 'node:assert/strict';
import { test } from 'node:test';
import { call, makeEngine } from '../make-engine.ts';

test('with cancel_running: the newest of several in line stays, whatever their priority', async () => {
  const node = await makeEngine();
  const undone = `{name: work, ${call}, compensate: {executor: e, function: undo}}`;
  await node.deploy(`concurrency: {limit: 1, on_limit: cancel_running}\nsteps: [${undone}, {name: more, ${call}}]`);
  for (const [older, newest] of [
    [1, 9],
    [9, 1],
  ] as const) {
    const ids = [await node.start()];
    await node.clock.settle();
    await node.complete(await node.claimOne());
    await node.clock.settle();
    for (const priority of [older, newest]) {
      await node.clock.advance(1);
      ids.push(await node.start({}, { priority }));
      await node.clock.settle();
    }
    const statuses = await Promise.all(ids.map((id) => node.status(id)));
    assert.deepEqual(statuses, ['compensating', 'cancelled', 'queued']);
    await node.operate(ids[2] ?? '', { type: 'cancel' });
    await node.operate(ids[0] ?? '', { type: 'terminate' });
    await node.clock.settle();
  }
});
