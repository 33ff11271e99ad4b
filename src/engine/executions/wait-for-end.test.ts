import assert from 'node:assert/strict';
import { test } from 'node:test';
import { call, makeEngine, workspace } from '../make-engine.ts';

test('waiting for the end never shows an end that is not durable yet', async () => {
  const node = await makeEngine();
  await node.deploy(`steps:
  - name: p
    type: parallel
    branches:
      - {name: one, steps: [{name: a, ${call}}]}
      - {name: two, steps: [{name: b, ${call}}]}`);
  const id = await node.start();
  const [a, b] = await node.claim();
  assert.ok(a && b);
  // The first result's move is kept at its second try, and only then the second result's move begins, which needs two too.
  node.fates.push('refused', 'kept', 'refused');
  void node.complete(a);
  void node.complete(b);
  await node.clock.settle();
  let hasEnded = false;
  const waiting = node.engine.executions.waitForEnd(workspace, id, 60_000).then((state) => {
    hasEnded = true;
    return state?.status;
  });
  await node.clock.advance(50);
  assert.deepEqual([node.fates.length, hasEnded], [0, false]);
  await node.clock.advance(1_000);
  assert.equal(await waiting, 'completed');
});
