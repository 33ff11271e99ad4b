import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { type BrokerOnDemand, brokerOnDemand } from '../../broker/drivers.ts';
import { systemClock } from '../../kit/clock.ts';
import { openTestApi, type TestApi } from '../test-api.ts';

describe('topics over HTTP', () => {
  let api: TestApi;
  let broker: BrokerOnDemand;
  before(async () => {
    broker = brokerOnDemand({ type: 'embedded' }, { clock: systemClock, warn: () => undefined });
    api = await openTestApi({ broker });
  });
  after(async () => {
    await api.api.close();
    await broker.close();
  });
  const publish = async (
    topic: string,
    body: string,
    more: { key?: string; type?: string; workspace?: string } = {},
  ) => {
    const { key, type = 'application/json', workspace = 'default' } = more;
    const headers = { 'content-type': type };
    await (await broker.open()).publish({ workspace, topic, id: `${topic}-${body}`, key, headers, body });
  };
  const read = async (query: string) => (await api.call(`GET /api/v1/topics/${query}`)).body;
  const bodies = (page: Record<string, unknown>) => (page['messages'] as { body: unknown }[]).map(({ body }) => body);

  test('a topic is read page by page, each from the place that the last one gave', async () => {
    for (const body of ['{"n":1}', '2', '"three"']) await publish('pages', body, { key: 'k' });
    const first = await read('pages/messages?limit=2');
    assert.deepEqual([first['topic'], bodies(first), first['next_after']], ['pages', [{ n: 1 }, 2], '2']);
    const second = await read('pages/messages?after=2&limit=2');
    assert.deepEqual([bodies(second), second['next_after']], [['three'], '3']);
    const [message] = second['messages'] as Record<string, unknown>[];
    assert.deepEqual([message?.['position'], message?.['message_id'], message?.['key']], ['3', 'pages-"three"', 'k']);
    assert.deepEqual(
      [await read('pages/messages?after=3')].map((page) => page['next_after']),
      ['3'],
    );
  });

  test('what is no JSON is a text, also where it says that it is', async () => {
    await publish('texts', 'hi', { type: 'text/plain' });
    await publish('texts', '{', { type: 'application/json' });
    await publish('texts', '{"a":1}', { type: 'application/cloudevents+json' });
    await publish('texts', '7', { type: 'text/csv' });
    assert.deepEqual(bodies(await read('texts/messages')), ['hi', '{', { a: 1 }, '7']);
  });

  test('a reader that waits is told of the next message at once, and of none when its time is over', async () => {
    assert.deepEqual(await read('later/messages?wait=10ms'), { topic: 'later', messages: [], next_after: null });
    const reading = read('later/messages?wait=30s');
    await pause(20);
    await publish('later', '1');
    assert.deepEqual(bodies(await reading), [1]);
  });

  test('the topics of a workspace are listed with what their groups have to take', async () => {
    const group = { workspace: 'other', topic: 'mine', name: 'g' };
    await (await (await broker.open()).subscribe(group, async () => undefined)).close();
    await publish('mine', '1', { workspace: 'other' });
    const { body } = await api.call('GET /api/v1/topics', undefined, { as: 'stranger' });
    const size_bytes = 1 + 'mine-1'.length + '{"content-type":"application/json"}'.length;
    assert.deepEqual(body, {
      topics: [{ topic: 'mine', messages: 1, size_bytes, last_position: '1', groups: [{ group: 'g', unsettled: 1 }] }],
    });
    const { body: page } = await api.call('GET /api/v1/topics/mine/messages');
    assert.deepEqual(page['messages'], [], 'another workspace sees none of it');
  });

  test('what is no name, no position and no duration is refused with its place', async () => {
    const refusals: readonly (readonly [string, number, string])[] = [
      ['a%2Fb/messages', 422, 'TOPIC_INVALID'],
      ['t/messages?after=first', 400, 'CURSOR_INVALID'],
      ['t/messages?wait=61s', 422, 'REQUEST_INVALID'],
      ['t/messages?limit=201', 422, 'REQUEST_INVALID'],
    ];
    for (const [query, status, code] of refusals) {
      const answer = await api.call(`GET /api/v1/topics/${query}`);
      assert.deepEqual([answer.status, answer.body['code']], [status, code], query);
    }
  });

  test('a broker without a log says so', async () => {
    const { log: _log, ...without } = await broker.open();
    const over = await openTestApi({
      broker: { type: 'rabbitmq', open: async () => ({ ...without, log: undefined }), close: async () => undefined },
    });
    const answer = await over.call('GET /api/v1/topics');
    assert.deepEqual([answer.status, answer.body['code']], [409, 'STATE_CONFLICT']);
    await over.api.close();
  });
});
