import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { type HttpTarget, json, openHttpTarget } from '../../../test/support/http-target.ts';
import { systemClock } from '../../kit/clock.ts';
import type { JsonObject } from '../../kit/json.ts';
import { seededRandom } from '../../kit/random.ts';
import { makeCall } from '../make-call.ts';
import { fails, makeOutbound } from '../outbound/make-asking.ts';
import { openHttpConnector } from './http-connector.ts';
import { pagesTextMax } from './limits.ts';

describe('an http step that reads all pages', () => {
  const outbound = makeOutbound();
  let target: HttpTarget;
  let other: HttpTarget;
  before(async () => {
    target = await openHttpTarget((response) => response.end());
    other = await openHttpTarget(json({ items: [9], next: null }));
  });
  after(async () => {
    await outbound.close();
    await target.close();
    await other.close();
  });

  const run = (paginate: JsonObject, request: JsonObject = {}, settings: JsonObject = {}) =>
    openHttpConnector({ outbound, services: {}, clock: systemClock, random: seededRandom(1) }).run(
      makeCall({ url: `${target.url}/list?size=2`, ...request }, { ...settings, paginate }),
    ) as Promise<JsonObject>;
  const pathsFrom = (start: number) => target.asked.slice(start).map(({ path }) => path);

  test('goes from address to address, relative or not, until there is none', async () => {
    const start = target.asked.length;
    const nexts: Readonly<Record<string, string>> = { '/list?size=2': '?page=2', '/list?page=2': `${target.url}/more` };
    target.answer = (response, asked) =>
      json({ items: [asked.path], next: nexts[asked.path] ?? null })(response, asked);
    const answer = await run({ next: '$.response.body.next', items: '$.response.body.items' });
    assert.deepEqual(pathsFrom(start), ['/list?size=2', '/list?page=2', '/more']);
    assert.deepEqual([answer['body'], answer['pages'], answer['complete']], [pathsFrom(start), 3, true]);
  });

  test('sets query parameters where it is given an object', async () => {
    const start = target.asked.length;
    target.answer = (response, asked) =>
      json({ rows: [1, 2], cursor: asked.path.includes('b') ? null : asked.path.includes('a') ? 'b' : 'a' })(
        response,
        asked,
      );
    const next = '$.response.body.cursor ? {cursor: $.response.body.cursor} : null';
    const answer = await run({ next, items: '$.response.body.rows' });
    assert.deepEqual(pathsFrom(start), ['/list?size=2', '/list?size=2&cursor=a', '/list?size=2&cursor=b']);
    assert.deepEqual(answer['body'], [1, 2, 1, 2, 1, 2]);
  });

  test('takes as many small items as fit', async () => {
    const many = Array.from({ length: 500_000 }, () => 0);
    target.answer = json(many);
    const answer = await run({ next: 'null' });
    assert.equal((answer['body'] as readonly number[]).length, many.length);
  });

  test('stops at max_pages and says that it is not complete', async () => {
    target.answer = json({ next: '/list' });
    const answer = await run({ next: '$.response.body.next', maxPages: 3 });
    assert.deepEqual([answer['pages'], answer['complete']], [3, false]);
    assert.deepEqual(answer['body'], [{ next: '/list' }, { next: '/list' }, { next: '/list' }]);
  });

  test('gives each page an idempotency key of its own', async () => {
    const start = target.asked.length;
    target.answer = json({ next: '/list' });
    await run({ next: '$.response.body.next', maxPages: 3 }, { body: { q: 1 } }, { method: 'POST' });
    const asked = target.asked.slice(start);
    assert.deepEqual(
      asked.map(({ headers }) => headers['idempotency-key']),
      ['exec_1/ask#1', 'exec_1/ask#1/page-2', 'exec_1/ask#1/page-3'],
    );
    assert.deepEqual(new Set(asked.map(({ body }) => body)), new Set(['{"q":1}']));
  });

  test('leaves credentials behind where a page is at another origin', async () => {
    target.answer = json({ items: [1], next: other.url });
    const auth = { bearer: 'secret-token' };
    const answer = await run({ next: '$.response.body.next', items: '$.response.body.items' }, { auth });
    assert.deepEqual(answer['body'], [1, 9]);
    assert.equal(target.asked.at(-1)?.headers.authorization, 'Bearer secret-token');
    assert.equal(other.asked.at(-1)?.headers.authorization, undefined);
  });

  test('fails where the next page is no address, and where a page is not what is expected', async () => {
    target.answer = json({ next: 'eyJjdXJzb3IiOjF9' });
    await assert.rejects(run({ next: '$.response.body.next' }), fails('RESPONSE_INVALID', /\{ name: value \}/));
    target.answer = (response, asked) => json({ next: '/b' }, asked.path === '/b' ? 500 : 200)(response, asked);
    await assert.rejects(run({ next: '$.response.body.next' }), fails('HTTP_500'));
  });

  test('fails where all pages together are more than a journal keeps', async () => {
    target.answer = json({ items: 'x'.repeat(pagesTextMax / 2), next: '/list' });
    const paginate = { next: '$.response.body.next', items: '$.response.body.items' };
    await assert.rejects(run(paginate), fails('RESPONSE_TOO_LARGE', /2 pages/));
  });
});
