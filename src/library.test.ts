// biome-ignore-all lint/suspicious/noTemplateCurlyInString: the language under test writes them
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { type HttpTarget, json, openHttpTarget } from '../test/support/http-target.ts';
import { Fault, type LibraryOptions, openEngine } from './library.ts';

describe('an engine inside a program', () => {
  const folder = mkdtempSync(join(tmpdir(), 'magicflow-library-'));
  let target: HttpTarget;
  before(async () => {
    target = await openHttpTarget(json({ ok: true }));
  });
  after(async () => {
    await target.close();
    rmSync(folder, { recursive: true, force: true });
  });

  const workflow = `apiVersion: magicflow.io/v2
kind: Workflow
metadata: { name: outgoing, version: 1.0.0 }
spec:
  steps:
    - { name: ask, type: http, service: shop, endpoint: /items, headers: { X-Key: "\${secrets.key}" } }
    - { name: tell, type: notify, channel: slack, message: "\${ask.status}" }`;

  test('calls services and tells people as its options say', async () => {
    const options: LibraryOptions = {
      storage: 'memory:',
      outbound: { allow: [`127.0.0.1:${target.port}`] },
      services: { shop: { baseUrl: target.url, auth: { bearer: 'shop-token' } } },
      connections: { ops: { type: 'slack', url: `${target.url}/slack` } },
      secrets: { key: 'secret-key' },
    };
    const engine = await openEngine(options);
    await engine.deploy(workflow);
    const { status, output } = await engine.execute('outgoing', {});
    await engine.close();
    assert.equal(status, 'completed');
    assert.deepEqual((output as { body: unknown }).body, { ok: true });
    const [items, slack] = target.asked;
    assert.deepEqual([items?.path, items?.headers['x-key']], ['/items', 'secret-key']);
    assert.equal(items?.headers.authorization, 'Bearer shop-token');
    assert.deepEqual([slack?.path, slack?.body], ['/slack', '{"text":"200"}']);
  });

  test('brings what steps publish to whoever subscribes, again where it was not taken, and after a restart', async () => {
    const storage = `sqlite:${folder}/messages`;
    const telling = `apiVersion: magicflow.io/v2
kind: Workflow
metadata: { name: telling, version: 1.0.0 }
spec:
  steps:
    - { name: tell, type: publish, topic: orders, key: $.input.n, format: raw }`;
    const first = await openEngine({ storage });
    await first.deploy(telling);
    const seen: string[] = [];
    const { promise: isTaken, resolve } = Promise.withResolvers<void>();
    const subscription = await first.subscribe(
      'orders',
      async ({ message_id, body, attempt }) => {
        seen.push(`${message_id} ${body} ${attempt}`);
        if (attempt === 1) throw new Error('not yet');
        resolve();
      },
      { redelivery: { initialMs: 1 } },
    );
    const { execution_id } = await first.execute('telling', { n: 1 });
    await isTaken;
    assert.deepEqual(
      seen,
      [1, 2].map((attempt) => `${execution_id}/tell#1 {"n":1} ${attempt}`),
    );
    await subscription.close();
    await first.execute('telling', { n: 2 });
    await first.close();
    const second = await openEngine({ storage });
    const after = Promise.withResolvers<string>();
    await second.subscribe('orders', async ({ body }) => after.resolve(body));
    assert.equal(await after.promise, '{"n":2}');
    await second.close();
  });

  test('refuses options that cannot be used, and leaves its data unlocked', async () => {
    const storage = `sqlite:${folder}/data`;
    const refusals: readonly (readonly [Partial<LibraryOptions>, RegExp])[] = [
      [{ outbound: { allow: ['*'] } }, /outbound\.allow: "\*"/],
      [{ services: { a: { baseUrl: '/path' } } }, /services\.a is no address/],
      [{ services: { a: { baseUrl: 'https://u:p@x' } } }, /services\.a must hold no user/],
      [{ connections: { a: { type: 'slack', url: 'nowhere' } } }, /connections\.a is no address/],
    ];
    for (const [options, message] of refusals) {
      await assert.rejects(
        openEngine({ storage, ...options }),
        (error) => Fault.is(error, 'CONFIG_INVALID') && message.test(error.message),
      );
    }
    await (await openEngine({ storage })).close();
  });

  test('calls nothing inside the network unless it is allowed, and knows no secret it was not given', async () => {
    const engine = await openEngine({ storage: 'memory:', services: { shop: { baseUrl: target.url } } });
    await engine.deploy(workflow.replace(', headers: { X-Key: "${secrets.key}" }', ''));
    assert.equal((await engine.execute('outgoing', {})).error?.code, 'OUTBOUND_REFUSED');
    await engine.deploy(workflow.replace('1.0.0', '1.0.1'));
    assert.equal((await engine.execute('outgoing', {})).error?.code, 'SECRET_NOT_FOUND');
    await engine.close();
  });
});
