import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { call as callStep, makeEngine } from '../../engine/make-engine.ts';
import { openTestApi } from '../test-api.ts';

const place = '/api/v1/system/retention';
const retention = { completedMs: 10_000, executionsMax: 5, intervalMs: 10_000_000 };

async function subject() {
  const node = await makeEngine({ retention });
  const api = await openTestApi({ over: node.engine, clock: node.clock });
  await node.deploy(`retention: {failed: 1m}\nsteps: [{name: a, ${callStep}}]`);
  for (let count = 0; count < 3; count += 1) {
    await node.start();
    await node.complete(await node.claimOne());
  }
  await node.clock.advance(11_000);
  return { ...api, node };
}

describe('retention over HTTP', () => {
  test('shows the policy, what workflows say, and what there is', async () => {
    const { call } = await subject();
    const { status, body } = await call(`GET ${place}`, undefined, { as: 'viewer' });
    assert.equal(status, 200);
    const { storage_bytes: bytes, ...rest } = body;
    assert.ok(Number(bytes) > 0);
    assert.deepEqual(rest, {
      policy: { completed: 10, failed: null, max_executions: 5, max_size_bytes: null },
      workflows: [{ name: 'flow', completed: null, failed: 60 }],
      removed_total: 0,
      last_sweep: { at: null, duration: null, removed: null },
    });
  });

  test('a dry run counts what is due, a run removes it, and metrics tell', async () => {
    const { call, node } = await subject();
    const dry = await call(`POST ${place}/run`, { dry_run: true });
    assert.deepEqual([dry.status, dry.body], [200, { dry_run: true, due_by_age: 3, due_by_number: 0 }]);
    assert.equal(node.disk.records.size, 3);
    const run = await call(`POST ${place}/run`, {});
    assert.deepEqual([run.status, run.body], [202, { dry_run: false, due_by_age: 3, due_by_number: 0 }]);
    await node.clock.advance(1_000);
    assert.equal(node.disk.records.size, 0);
    const { text } = await call('GET /metrics');
    assert.match(text, /^magicflow_executions_removed_total 3$/m);
    assert.match(text, /^magicflow_storage_bytes \d+$/m);
  });
});
