import assert from 'node:assert/strict';
import { test } from 'node:test';
import { openTestApi } from '../test-api.ts';
import { testNowMs } from '../test-engine.ts';

test('limits are told with their holders, page by page', async () => {
  const { call, engine, api } = await openTestApi();
  const { status, body } = await call('GET /api/v1/limits?limit=1&after=b');
  const until = new Date(testNowMs).toISOString();
  const holder = { execution_id: 'exec_0001', step: 'charge', attempt: 1, until };
  assert.deepEqual(
    [status, body],
    [200, { limits: [{ key: 'key:a', held: 1, waiting: 2, holders: [holder] }], next_after: 'key:a' }],
  );
  const asked = (): unknown => engine.calls.at(-1)?.arguments[0];
  assert.deepEqual(asked(), { workspace: 'default', key: undefined, after: 'b', limit: 1 });
  assert.equal((await call('GET /api/v1/limits?key=key:a')).body['next_after'], null);
  assert.deepEqual(asked(), { workspace: 'default', key: 'key:a', after: undefined, limit: 20 });
  await api.close();
});
