import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { verifyWebhook } from '../../../sdk/typescript/webhook.ts';
import { type HttpTarget, json, openHttpTarget } from '../../../test/support/http-target.ts';
import { openVirtualClock } from '../../../test/support/virtual-clock.ts';
import type { JsonObject } from '../../kit/json.ts';
import { seededRandom } from '../../kit/random.ts';
import type { ConnectorCall } from '../connector.ts';
import { makeCall } from '../make-call.ts';
import { fails, makeOutbound } from '../outbound/make-asking.ts';
import { messageIdOf, webhookHeaders } from './signature.ts';
import { openWebhookConnector } from './webhook-connector.ts';

test('a signature is the one of Standard Webhooks', () => {
  const message = {
    id: 'msg_p5jXN8AQM9LWM0D4loKWxJek',
    nowMs: 1_614_265_330_999,
    body: Buffer.from('{"test": 2432232314}'),
  };
  assert.deepEqual(webhookHeaders(message, ['whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw']), {
    'webhook-id': 'msg_p5jXN8AQM9LWM0D4loKWxJek',
    'webhook-timestamp': '1614265330',
    'webhook-signature': 'v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=',
  });
});

test('a message id holds no full stop and nothing that a header may not hold', () => {
  assert.equal(messageIdOf('exec_1/checks.fraud[2]#1'), 'exec_1%2Fchecks%2Efraud%5B2%5D%231');
  assert.match(messageIdOf('bücher\r\n.'), /^[\x21-\x2d\x2f-\x7e]+$/);
});

describe('the webhook connector', () => {
  const outbound = makeOutbound();
  const clock = openVirtualClock();
  let target: HttpTarget;
  before(async () => {
    target = await openHttpTarget(json({ seen: true }));
  });
  after(async () => {
    await outbound.close();
    await target.close();
  });
  const run = (request: JsonObject, settings: JsonObject = {}, more: Partial<ConnectorCall> = {}) =>
    openWebhookConnector({ outbound, clock, random: seededRandom(1) }).run(
      makeCall({ url: target.url, ...request }, settings, more),
    );
  const last = () => target.asked.at(-1) ?? assert.fail('nothing was sent');

  test('sends what a receiver can verify, by each of its secrets', async () => {
    const answer = await run({ body: { order: 7 }, secret: ['one-secret', 'whsec_b3RoZXI='] });
    assert.deepEqual((answer as JsonObject)['body'], { seen: true });
    const { headers, body, method } = last();
    assert.deepEqual([method, body, headers['content-type']], ['POST', '{"order":7}', 'application/json']);
    for (const secret of ['one-secret', 'whsec_b3RoZXI=']) {
      const { id, sentAt } = verifyWebhook({ headers, body, secret, nowMs: clock.nowMs() });
      assert.deepEqual([id, sentAt.getTime()], ['exec_1%2Fask%231', clock.nowMs()]);
    }
  });

  test('has one id for all attempts, and for each a time of its own', async () => {
    await run({ body: {}, secret: 's3cret' });
    const first = last().headers;
    await clock.advance(2_000);
    await run({ body: {}, secret: 's3cret' }, {}, { attempt: 2 });
    const second = last().headers;
    assert.equal(second['webhook-id'], first['webhook-id']);
    assert.equal(Number(second['webhook-timestamp']), Number(first['webhook-timestamp']) + 2);
    assert.notEqual(second['webhook-signature'], first['webhook-signature']);
  });

  test('sends unsigned where there is no secret, and refuses one that is empty', async () => {
    await run({ body: null });
    assert.deepEqual([last().body, last().headers['webhook-signature']], ['{}', undefined]);
    assert.ok(last().headers['webhook-id']);
    for (const secret of ['', [null], ['ok', '']]) {
      const before = target.asked.length;
      await assert.rejects(run({ body: {}, secret }), fails('REQUEST_INVALID', /"secret" gave no text/));
      assert.equal(target.asked.length, before);
    }
  });

  test('refuses a secret that promises a key in base64 and has none', async () => {
    for (const secret of ['whsec_', 'whsec_!!!', 'whsec_ab c', ['ok', 'whsec_='], 'whsec_b3RoZXI=x']) {
      const before = target.asked.length;
      await assert.rejects(run({ body: {}, secret }), fails('REQUEST_INVALID', /whsec_ must go on with a key/));
      assert.equal(target.asked.length, before);
    }
  });

  test('lets no header of the step stand in for the signature', async () => {
    await run({ body: {}, secret: 's3cret', headers: { 'Webhook-Id': 'forged', 'X-A': 'b' } }, { method: 'PUT' });
    assert.deepEqual(
      [last().method, last().headers['webhook-id'], last().headers['x-a']],
      ['PUT', 'exec_1%2Fask%231', 'b'],
    );
  });

  test('signs a text as it is', async () => {
    await run({ body: 'plain words', headers: { 'content-type': 'text/plain' }, secret: 's3cret' });
    verifyWebhook({ headers: last().headers, body: 'plain words', secret: 's3cret', nowMs: clock.nowMs() });
  });

  test('fails by the status of the answer', async () => {
    target.answer = json({}, 410);
    await assert.rejects(run({ body: {} }), fails('HTTP_410'));
    target.answer = json({}, 302, { location: '/elsewhere' });
    await assert.rejects(run({ body: {} }), fails('HTTP_302'));
    await assert.rejects(run({ body: {}, url: 'nowhere' }), fails('URL_INVALID'));
  });
});
