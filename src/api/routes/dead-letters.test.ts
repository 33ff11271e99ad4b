import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { call as callStep, makeEngine, type Node } from '../../engine/make-engine.ts';
import { openTestApi, type TestApi } from '../test-api.ts';

const letters = '/api/v1/dead-letters';

interface Subject extends TestApi {
  readonly node: Node;
  /** Oldest first. */
  readonly ids: readonly string[];
}

async function dead(...codes: readonly string[]): Promise<Subject> {
  const node = await makeEngine();
  const api = await openTestApi({ over: node.engine, clock: node.clock });
  await node.deploy(`error_handling: {dead_letter: {}}\nsteps: [{name: a, ${callStep}}]`);
  const ids: string[] = [];
  for (const code of codes) {
    ids.push(await node.start());
    await node.fail(await node.claimOne(), { code, message: `it was ${code}` });
    await node.clock.advance(1_000);
  }
  return { ...api, node, ids };
}

const found = ({ body }: { body: Record<string, unknown> }): string[] =>
  (body['dead_letters'] as { execution_id: string }[]).map((letter) => letter.execution_id);

describe('dead letters over HTTP', () => {
  test('one shows its reason, its step and its error', async () => {
    const { call, ids } = await dead('BOOM');
    const { status, body } = await call(`GET ${letters}/${ids[0]}`, undefined, { as: 'viewer' });
    const { created_at: _, dead_at: deadAt, ...rest } = body;
    assert.equal(status, 200);
    assert.ok(Date.parse(String(deadAt)));
    assert.deepEqual(rest, {
      execution_id: ids[0],
      workflow_name: 'flow',
      version: '1.0.0',
      status: 'failed',
      run: 1,
      reason: 'policy',
      step: 'a',
      executor: 'e',
      function: 'f',
      attempt: 1,
      deliveries: 1,
      error: { code: 'BOOM', message: 'it was BOOM' },
    });
  });

  test('the list is filtered, and paged by cursor', async () => {
    const { call, ids } = await dead('A', 'B', 'A');
    const [first = '', second = '', third = ''] = ids;
    assert.deepEqual(found(await call(`GET ${letters}`)), [third, second, first]);
    assert.deepEqual(found(await call(`GET ${letters}?code=A&executor=e&reason=policy&workflow=flow`)), [third, first]);
    assert.deepEqual(found(await call(`GET ${letters}?executor=nobody`)), []);
    const page = await call(`GET ${letters}?limit=2`);
    const { next_cursor: cursor } = page.body['pagination'] as { next_cursor: string };
    assert.deepEqual(found(await call(`GET ${letters}?limit=2&cursor=${cursor}`)), [first]);
    const { body } = await call(`GET ${letters}/${second}`);
    assert.deepEqual(found(await call(`GET ${letters}?from=${body['dead_at']}`)), [third, second]);
    assert.deepEqual(found(await call(`GET ${letters}?to=${body['dead_at']}`)), [first]);
  });

  test('a replay goes on, a discard lets it be, and neither is a dead letter then', async () => {
    const { call, ids, node } = await dead('A', 'B');
    const replayed = await call(`POST ${letters}/${ids[0]}/replay`, {}, { as: 'operator' });
    assert.deepEqual([replayed.status, replayed.body['status'], replayed.body['reason']], [200, 'running', null]);
    assert.equal((await node.claimOne()).executionId, ids[0]);
    const discarded = await call(`POST ${letters}/${ids[1]}/discard`, {}, { as: 'operator' });
    assert.deepEqual([discarded.status, discarded.body['status'], discarded.body['reason']], [200, 'failed', null]);
    const { events } = (await call(`GET /api/v1/executions/${ids[1]}/journal`)).body as { events: { by?: string }[] };
    assert.equal(events.at(-1)?.by, 'operator');
    assert.deepEqual(found(await call(`GET ${letters}`)), []);
    const again = await call(`POST ${letters}/${ids[0]}/replay`, {});
    assert.deepEqual([again.status, again.body['code']], [404, 'DEAD_LETTER_NOT_FOUND']);
  });

  test('many are replayed at once as a bulk operation, after a dry run if wished', async () => {
    const { call, ids, node } = await dead('A', 'B', 'A');
    const wish = { filter: { code: 'A' } };
    const dry = await call(`POST ${letters}/bulk/replay`, { ...wish, dry_run: true });
    assert.deepEqual([dry.status, dry.body['matched'], dry.body['action']], [200, 2, 'replay']);
    const begun = await call(`POST ${letters}/bulk/replay`, wish);
    assert.equal(begun.status, 202);
    await node.clock.advance(1_000);
    const { body } = await call(`GET ${begun.headers['location']}`);
    assert.deepEqual([body['status'], body['done']], ['completed', 2]);
    assert.deepEqual((body['filter'] as { dead_letters: unknown }).dead_letters, { code: 'A' });
    assert.deepEqual(found(await call(`GET ${letters}`)), [ids[1]]);
    await call(`POST ${letters}/bulk/discard`, { filter: {} });
    await node.clock.advance(1_000);
    assert.deepEqual(found(await call(`GET ${letters}`)), []);
  });
});
