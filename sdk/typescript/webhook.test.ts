import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { verifyWebhook, WebhookError, type WebhookFault, type WebhookRequest } from './webhook.ts';

/** The vector of the Standard Webhooks libraries. */
const secret = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw';
const body = '{"test": 2432232314}';
const sentMs = 1_614_265_330_000;
const headers = {
  'webhook-id': 'msg_p5jXN8AQM9LWM0D4loKWxJek',
  'webhook-timestamp': '1614265330',
  'webhook-signature': 'v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=',
};
const genuine: WebhookRequest = { headers, body, secret, nowMs: sentMs };

const isRefusal = (code: WebhookFault) => (error: unknown) => error instanceof WebhookError && error.code === code;
const refuses = (more: Partial<WebhookRequest>, code: WebhookFault) =>
  assert.throws(() => verifyWebhook({ ...genuine, ...more }), isRefusal(code), code);

describe('a webhook', () => {
  it('is genuine where its signature is of its id, its time and its body', () => {
    const verified = { id: headers['webhook-id'], sentAt: new Date(sentMs) };
    assert.deepEqual(verifyWebhook(genuine), verified);
    assert.deepEqual(verifyWebhook({ ...genuine, headers: new Headers(headers) }), verified);
    assert.deepEqual(verifyWebhook({ ...genuine, body: Buffer.from(body) }), verified);
    const listed = { ...headers, 'webhook-signature': [headers['webhook-signature']] };
    assert.deepEqual(verifyWebhook({ ...genuine, headers: listed }), verified);
  });

  it('is refused where anything of it was changed', () => {
    refuses({ body: `${body} ` }, 'SIGNATURE_WRONG');
    refuses({ secret: 'whsec_AAAA' }, 'SIGNATURE_WRONG');
    refuses({ headers: { ...headers, 'webhook-id': 'msg_other' } }, 'SIGNATURE_WRONG');
    refuses({ headers: { ...headers, 'webhook-timestamp': '1614265331' } }, 'SIGNATURE_WRONG');
    refuses({ headers: { ...headers, 'webhook-signature': 'v1,AAAA' } }, 'SIGNATURE_WRONG');
    refuses({ headers: { ...headers, 'webhook-signature': headers['webhook-signature'].slice(3) } }, 'SIGNATURE_WRONG');
  });

  it('is refused where a header is missing', () => {
    for (const name of Object.keys(headers)) refuses({ headers: { ...headers, [name]: undefined } }, 'HEADER_MISSING');
    refuses({ headers: {} }, 'HEADER_MISSING');
  });

  it('is taken as long as it is fresh, to the millisecond', () => {
    verifyWebhook({ ...genuine, nowMs: sentMs + 300_000 });
    verifyWebhook({ ...genuine, nowMs: sentMs - 300_000 });
    refuses({ nowMs: sentMs + 300_001 }, 'TOO_OLD');
    refuses({ nowMs: sentMs - 300_001 }, 'FROM_THE_FUTURE');
    refuses({ nowMs: sentMs + 11, toleranceMs: 10 }, 'TOO_OLD');
  });

  it('is taken by the old secret and the new one while they change', () => {
    verifyWebhook({ ...genuine, secret: ['another', secret] });
    const signature = `v1,AAAA ${headers['webhook-signature']} v1a,BBBB`;
    verifyWebhook({ ...genuine, headers: { ...headers, 'webhook-signature': signature } });
    refuses({ secret: ['another', 'third'] }, 'SIGNATURE_WRONG');
    assert.throws(() => verifyWebhook({ ...genuine, secret: '' }), TypeError);
    assert.throws(() => verifyWebhook({ ...genuine, secret: [] }), TypeError);
    for (const bad of ['whsec_', 'whsec_!!!'])
      assert.throws(() => verifyWebhook({ ...genuine, secret: bad }), TypeError);
  });
});
