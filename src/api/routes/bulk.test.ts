import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { call as callStep, makeEngine, type Node } from '../../engine/make-engine.ts';
import { openTestApi, type TestApi } from '../test-api.ts';

const bulks = '/api/v1/executions/bulk';

interface Subject extends TestApi {
  readonly node: Node;
}

async function running(count: number): Promise<Subject> {
  const node = await makeEngine();
  const api = await openTestApi({ over: node.engine, clock: node.clock });
  await node.deploy(`steps: [{name: a, ${callStep}}]`);
  for (let number = 0; number < count; number += 1) await node.start({ number });
  return { ...api, node };
}

const wish = { action: 'cancel', filter: { workflow: 'flow', status: 'running' }, reason: 'a bad day' };

describe('operations on many executions over HTTP', () => {
  test('a dry run tells how many and shows some, and does nothing', async () => {
    const { call, node } = await running(30);
    const { status, body } = await call(`POST ${bulks}`, { ...wish, dry_run: true });
    assert.deepEqual([status, body['dry_run'], body['action'], body['matched']], [200, true, 'cancel', 30]);
    assert.equal((body['sample'] as unknown[]).length, 20);
    assert.deepEqual({ ...(await node.engine.executions.counts('default')) }, { running: 30 });
    assert.deepEqual((await call(`GET ${bulks}`)).body['bulk_operations'], []);
  });

  test('one is accepted, shows how far it is, and who asked for it', async () => {
    const { call, node } = await running(3);
    const { status, body, headers } = await call(`POST ${bulks}`, wish, { as: 'operator' });
    assert.equal(status, 202);
    assert.equal(headers['location'], `${bulks}/${body['bulk_id']}`);
    await node.clock.advance(1_000);
    const { body: shown } = await call(`GET ${headers['location']}`, undefined, { as: 'viewer' });
    const { bulk_id: _, created_at: __, ended_at: endedAt, filter, ...rest } = shown;
    assert.ok(endedAt);
    assert.equal((filter as { status: string }).status, 'running');
    assert.deepEqual(rest, {
      action: 'cancel',
      status: 'completed',
      requested_by: 'operator',
      matched: 3,
      done: 3,
      skipped: 0,
      failed: 0,
      skipped_by_code: {},
      failed_by_code: {},
      problems: [],
    });
    const { body: again } = await call(`POST ${headers['location']}/cancel`, {});
    assert.equal(again['code'], 'STATE_CONFLICT');
  });

  test('a repeat under the same key is the same one', async () => {
    const { call } = await running(1);
    const key = { headers: { 'idempotency-key': 'k' } };
    const first = await call(`POST ${bulks}`, wish, key);
    const second = await call(`POST ${bulks}`, wish, key);
    assert.equal(first.body['bulk_id'], second.body['bulk_id']);
    const other = await call(`POST ${bulks}`, { ...wish, action: 'terminate' }, key);
    assert.deepEqual([other.status, other.body['code']], [409, 'IDEMPOTENCY_KEY_REUSED']);
  });

  test('the list is paged by cursor, newest first', async () => {
    const { call, node } = await running(1);
    const ids: unknown[] = [];
    for (let number = 0; number < 3; number += 1) {
      ids.unshift((await call(`POST ${bulks}`, { action: 'pause', filter: { search: `s${number}` } })).body['bulk_id']);
      await node.clock.advance(10);
    }
    const first = await call(`GET ${bulks}?limit=2`);
    const { next_cursor: cursor } = first.body['pagination'] as { next_cursor: string };
    const second = await call(`GET ${bulks}?limit=2&cursor=${cursor}`);
    const found = [first, second].flatMap(({ body }) => body['bulk_operations'] as { bulk_id: string }[]);
    assert.deepEqual(
      found.map((row) => row.bulk_id),
      ids,
    );
    assert.equal((second.body['pagination'] as { has_more: boolean }).has_more, false);
  });

  test('signals and reruns say what they are made of', async () => {
    const { call, node } = await running(2);
    const filter = { workflow: 'flow' };
    await call(`POST ${bulks}`, { action: 'signal', filter, signal: { name: 'go', payload: [1], key: 'k' } });
    await node.clock.advance(1_000);
    const { rows } = await node.engine.executions.list({ workspace: 'default', limit: 2 });
    const [row] = rows;
    assert.deepEqual(
      (await node.state(row?.executionId ?? '')).signals.map(({ name, payload, key }) => ({ name, payload, key })),
      [{ name: 'go', payload: [1], key: 'k' }],
    );
    await call(`POST ${bulks}`, { action: 'terminate', filter });
    await node.clock.advance(1_000);
    const { body } = await call(`POST ${bulks}`, { action: 'rerun', filter, from_step: 'a', input: { n: 2 } });
    await node.clock.advance(1_000);
    assert.equal((await call(`GET ${bulks}/${body['bulk_id']}`)).body['done'], 2);
    const again = await node.engine.executions.list({ workspace: 'default', text: String(body['bulk_id']), limit: 9 });
    assert.deepEqual((await node.state(again.rows[0]?.executionId ?? '')).input, { n: 2 });
  });
});
