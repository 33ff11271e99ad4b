import assert from 'node:assert/strict';
import { test } from 'node:test';
import { call, makeEngine, workspace } from '../make-engine.ts';

test('limits are listed by key: what is held, by whom, and how many wait', async () => {
  const node = await makeEngine();
  await node.deploy(`steps:\n  - {name: charge, ${call}, concurrency: {limit: 1, key: $.input.k}}`);
  await node.deploy(`concurrency: 1\nsteps:\n  - {name: work, ${call}}`, 'whole');
  const [first] = [await node.start({ k: 'b' }), await node.start({ k: 'b' }), await node.start({ k: 'a' })];
  const whole = await node.start({}, { workflow: 'whole' });
  await node.start({}, { workflow: 'whole' });
  await node.clock.settle();
  const { limits } = node.engine;
  const all = await limits.list({ workspace, limit: 10 });
  assert.deepEqual(
    all.uses.map(({ key, held, waiting }) => [key, held, waiting]),
    [
      ['key:a', 1, 0],
      ['key:b', 1, 1],
      ['workflow:whole', 1, 1],
    ],
  );
  assert.deepEqual(all.uses[1]?.holders, [{ executionId: first, step: 'charge', attempt: 1, until: undefined }]);
  assert.deepEqual(all.uses[2]?.holders, [
    { executionId: whole, step: undefined, attempt: undefined, until: undefined },
  ]);
  const page = await limits.list({ workspace, after: 'key:a', limit: 1 });
  assert.deepEqual([page.uses.map(({ key }) => key), page.hasMore], [['key:b'], true]);
  assert.deepEqual((await limits.list({ workspace, key: 'key:b', limit: 1 })).uses, all.uses.slice(1, 2));
  assert.deepEqual(await limits.list({ workspace, key: 'key:none', limit: 1 }), { uses: [], hasMore: false });
  assert.deepEqual(await limits.list({ workspace: 'other', limit: 10 }), { uses: [], hasMore: false });
});
