/** What is done to many executions, dead letters and retention, as the client sends it. */
import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { type Client, createClient } from './client.ts';
import { TestPlatform } from './test-platform.ts';

describe('the client', () => {
  let platform: TestPlatform;
  let client: Client;
  beforeEach(async () => {
    platform = await TestPlatform.open();
    platform.onCall = () => ({ status: 200, body: { fine: true } });
    client = createClient({ server: platform.url, token: 'mf_t' });
  });
  afterEach(async () => {
    client.close();
    await platform.close();
  });

  it('sends operations on many executions as the API says', async () => {
    const request = { action: 'cancel', filter: { workflow: 'w' }, reason: 'why' } as const;
    await client.startBulk(request, 'k');
    await client.previewBulk(request);
    await client.getBulk('b 1');
    await client.listBulk({ limit: 5 });
    await client.cancelBulk('b1');
    await client.listDeadLetters({ code: 'X', limit: 2 });
    await client.getDeadLetter('e1');
    await client.replayDeadLetter('e1');
    await client.discardDeadLetter('e1');
    await client.replayDeadLetters({ executor: 'bank' }, 'k');
    await client.discardDeadLetters({}, 'k');
    await client.previewDeadLetters('replay');
    await client.listLimits({ key: 'key:a b' });
    await client.getRetention();
    await client.runRetention();
    await client.runRetention({ dryRun: true });
    assert.deepEqual(
      platform.calls.map(({ method, path, body }) => [`${method} ${path.replace('/api/v1', '')}`, body]),
      [
        ['POST /executions/bulk', request],
        ['POST /executions/bulk', { ...request, dry_run: true }],
        ['GET /executions/bulk/b%201', ''],
        ['GET /executions/bulk?limit=5', ''],
        ['POST /executions/bulk/b1/cancel', {}],
        ['GET /dead-letters?code=X&limit=2', ''],
        ['GET /dead-letters/e1', ''],
        ['POST /dead-letters/e1/replay', {}],
        ['POST /dead-letters/e1/discard', {}],
        ['POST /dead-letters/bulk/replay', { filter: { executor: 'bank' } }],
        ['POST /dead-letters/bulk/discard', { filter: {} }],
        ['POST /dead-letters/bulk/replay', { filter: {}, dry_run: true }],
        ['GET /limits?key=key%3Aa+b', ''],
        ['GET /system/retention', ''],
        ['POST /system/retention/run', {}],
        ['POST /system/retention/run', { dry_run: true }],
      ],
    );
  });

  it('sends a start again under the same key where no answer came', async () => {
    const statuses = [503, 200];
    platform.onCall = () => ({ status: statuses.shift() ?? 200, body: { bulk_id: 'b1' } });
    await client.startBulk({ action: 'pause', filter: { workflow: 'w' } });
    const keys = platform.calls.map(({ headers }) => headers['idempotency-key']);
    assert.equal(keys.length, 2);
    assert.equal(keys[0], keys[1]);
    assert.match(String(keys[0]), /^[\w-]{36}$/);
  });
});
