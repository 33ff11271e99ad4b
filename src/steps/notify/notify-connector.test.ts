import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { verifyWebhook } from '../../../sdk/typescript/webhook.ts';
import { type HttpTarget, json, openHttpTarget } from '../../../test/support/http-target.ts';
import { noonMs } from '../../../test/support/virtual-clock.ts';
import type { JsonObject } from '../../kit/json.ts';
import type { Connections } from '../connections.ts';
import { StepFailure } from '../connector.ts';
import { makeCall } from '../make-call.ts';
import { fails } from '../outbound/make-asking.ts';
import { type MadeNotify, makeNotify } from './make-notify.ts';

describe('a notification', () => {
  let target: HttpTarget;
  let made: MadeNotify;
  const routingKey = 'R0UT1NGK3Y';
  const connectionsAt = (url: string): Connections => ({
    ops: { type: 'slack', url: `${url}/services/T0/B0/slack-secret` },
    team: { type: 'teams', url: `${url}/teams?sig=teams-secret` },
    oncall: { type: 'pagerduty', routingKey, url: `${url}/v2/enqueue` },
    bus: { type: 'webhook', url: `${url}/bus`, secret: 'bus-secret', headers: { 'X-Team': 'ops' } },
  });
  before(async () => {
    target = await openHttpTarget(json({ ok: true }));
    made = makeNotify(connectionsAt(target.url));
  });
  after(async () => {
    await made.close();
    await target.close();
  });
  const last = () => target.asked.at(-1) ?? assert.fail('nothing was sent');
  const lastBody = () => JSON.parse(last().body);
  async function failureOf(running: Promise<unknown>): Promise<StepFailure> {
    const error = await running.then(
      () => assert.fail('it did not fail'),
      (thrown: unknown) => thrown,
    );
    assert.ok(error instanceof StepFailure, String(error));
    return error;
  }
  const pathsSince = (start: number) =>
    target.asked
      .slice(start)
      .map(({ path }) => path)
      .sort();

  test('to Slack is a text, or an object in its words', async () => {
    assert.deepEqual(await made.notify(['slack'], { message: 'it *broke*', subject: 'Alarm' }), {
      channels: { slack: { connection: 'ops', status: 200 } },
    });
    assert.deepEqual([last().path, lastBody()], ['/services/T0/B0/slack-secret', { text: '*Alarm*\nit *broke*' }]);
    await made.notify(['slack'], { message: { blocks: [{ type: 'divider' }] } });
    assert.deepEqual(lastBody(), { blocks: [{ type: 'divider' }] });
    await made.notify(['slack'], { message: [1, 2] });
    assert.deepEqual(lastBody(), { text: '[1,2]' });
  });

  test('that says nothing is not sent', async () => {
    const start = target.asked.length;
    for (const message of [null, '']) {
      const { code, retryable } = await failureOf(made.notify(['slack', 'webhook'], { message }));
      assert.deepEqual([code, retryable], ['REQUEST_INVALID', false]);
    }
    assert.equal(target.asked.length, start);
  });

  test('to Teams is an adaptive card', async () => {
    await made.notify(['teams'], { message: 'it broke', subject: 'Alarm' });
    const [attachment] = lastBody().attachments;
    assert.equal(attachment.contentType, 'application/vnd.microsoft.card.adaptive');
    assert.deepEqual(
      attachment.content.body.map((block: { text: string }) => block.text),
      ['Alarm', 'it broke'],
    );
    await made.notify(['teams'], { message: { type: 'AdaptiveCard', body: [] } });
    assert.deepEqual(lastBody().attachments[0].content, { type: 'AdaptiveCard', body: [] });
    await made.notify(['teams'], { message: { type: 'message', attachments: [] } });
    assert.deepEqual(lastBody(), { type: 'message', attachments: [] });
  });

  test('to PagerDuty is an event of its v2 API, which makes one incident of what is sent twice', async () => {
    target.answer = json({ status: 'success' }, 202);
    const sent = await made.notify(['pagerduty'], { message: 'it broke' });
    assert.deepEqual(sent, {
      channels: { pagerduty: { connection: 'oncall', status: 202, dedup_key: 'exec_1/ask#1/pagerduty' } },
    });
    assert.deepEqual(lastBody(), {
      routing_key: routingKey,
      event_action: 'trigger',
      dedup_key: 'exec_1/ask#1/pagerduty',
      client: 'Magic Flow',
      payload: {
        summary: 'it broke',
        source: 'magicflow',
        severity: 'error',
        custom_details: { message: 'it broke', execution_id: 'exec_1', step: 'ask' },
      },
    });
    const long = 'k'.repeat(300);
    await made.notify(['pagerduty'], { message: { order: 7 }, subject: 's'.repeat(2_000) }, { idempotencyKey: long });
    assert.match(lastBody().dedup_key, /^[0-9a-f]{64}$/);
    assert.equal(lastBody().payload.summary.length, 1_024);
    assert.deepEqual(lastBody().payload.custom_details, { order: 7, execution_id: 'exec_1', step: 'ask' });
  });

  test('to any endpoint is JSON, signed so that a receiver can verify it', async () => {
    target.answer = json({});
    await made.notify(['webhook'], { message: { a: 1 }, subject: 'Alarm', to: ['ann'] });
    const { headers, body } = last();
    assert.equal(headers['x-team'], 'ops');
    const { id } = verifyWebhook({ headers, body, secret: 'bus-secret', nowMs: noonMs });
    assert.equal(id, 'exec_1%2Fask%231%2Fwebhook');
    assert.deepEqual(JSON.parse(body), {
      message: { a: 1 },
      severity: 'error',
      execution_id: 'exec_1',
      step: 'ask',
      subject: 'Alarm',
      to: ['ann'],
    });
  });

  test('by one channel fails as that channel does, and gives away no secret address', async () => {
    target.answer = json({ error: 'no_service' }, 404);
    const call = makeCall({});
    const failure = await failureOf(made.notify(['slack'], { message: 'm' }, { hide: call.hide }));
    assert.deepEqual([failure.code, failure.retryable], ['HTTP_404', false]);
    const hidden = call.hidden.reduce((text, secret) => text.replaceAll(secret, '***'), failure.message);
    assert.ok(!hidden.includes('slack-secret'), hidden);
    target.answer = json({}, 503, { 'retry-after': '3' });
    const busy = await failureOf(made.notify(['pagerduty'], { message: 'm' }, { hide: call.hide }));
    assert.deepEqual([busy.code, busy.retryable], ['HTTP_503', true]);
    assert.equal((busy.details as JsonObject)['retry_after_ms'], 3_000);
    assert.ok(call.hidden.includes(routingKey));
  });

  test('by several channels tells which were delivered, and the next attempt sends to the others alone', async () => {
    target.answer = (response, asked) => json({}, asked.path === '/bus' ? 500 : 200)(response, asked);
    const start = target.asked.length;
    const key = { idempotencyKey: 'partly' };
    const failure = await failureOf(made.notify(['slack', 'webhook', 'teams'], { message: 'm' }, key));
    assert.deepEqual([failure.code, failure.retryable], ['NOTIFY_FAILED', true]);
    assert.match(failure.message, /^webhook: POST .* answered 500/);
    const { delivered, failed } = failure.details as { delivered: JsonObject; failed: { webhook: JsonObject } };
    assert.deepEqual(delivered, {
      slack: { connection: 'ops', status: 200 },
      teams: { connection: 'team', status: 200 },
    });
    assert.deepEqual([failed.webhook['connection'], failed.webhook['code']], ['bus', 'HTTP_500']);
    assert.equal(pathsSince(start).length, 3);

    // Another process: all it knows is what the journal says.
    const other = makeNotify(connectionsAt(target.url));
    target.answer = json({});
    const next = target.asked.length;
    const { code, details } = failure;
    const lastError = { code, ...(details === undefined ? {} : { details }) };
    const sent = await other.notify(['slack', 'webhook', 'teams'], { message: 'm' }, { ...key, attempt: 2, lastError });
    assert.deepEqual(pathsSince(next), ['/bus']);
    assert.deepEqual(sent, { channels: { ...delivered, webhook: { connection: 'bus', status: 200 } } });
    await other.close();
  });

  test('remembers what was delivered in an attempt that timed out', async () => {
    target.answer = (response, asked) => (asked.path === '/bus' ? undefined : json({})(response, asked));
    const controller = new AbortController();
    const key = { idempotencyKey: 'late' };
    const running = made.notify(['slack', 'webhook'], { message: 'm' }, { ...key, signal: controller.signal });
    setTimeout(() => controller.abort(new Error('timed out')), 50);
    await assert.rejects(running, /timed out/);
    target.answer = json({});
    const start = target.asked.length;
    await made.notify(['slack', 'webhook'], { message: 'm' }, { ...key, attempt: 2, lastError: { code: 'TIMEOUT' } });
    assert.deepEqual(pathsSince(start), ['/bus']);
  });

  test('is not tried again where no channel can become better', async () => {
    target.answer = json({}, 400);
    const failure = await failureOf(made.notify(['slack', 'teams'], { message: 'm' }, { idempotencyKey: 'bad' }));
    assert.deepEqual([failure.code, failure.retryable], ['NOTIFY_FAILED', false]);
  });

  test('goes by the connection that is named, else by the only one there is, and else nowhere', async () => {
    const url = `${target.url}/x`;
    const two = makeNotify({
      a: { type: 'slack', url: `${target.url}/a` },
      b: { type: 'slack', url: `${target.url}/b` },
      t: { type: 'teams', url },
    });
    target.answer = json({});
    await two.notify(['slack'], { message: 'm' }, { connections: ['b'] });
    assert.equal(last().path, '/b');
    const start = target.asked.length;
    const refusals: readonly (readonly [Promise<unknown>, string, RegExp])[] = [
      [two.notify(['slack'], { message: 'm' }), 'CONNECTION_AMBIGUOUS', /could go by a, b: name one/],
      [two.notify(['slack'], { message: 'm' }, { connections: ['a', 'b'] }), 'CONNECTION_AMBIGUOUS', /a, b/],
      [two.notify(['teams', 'pagerduty'], { message: 'm' }), 'CONNECTION_UNKNOWN', /no connection of type pagerduty/],
      [
        two.notify(['slack'], { message: 'm' }, { connections: ['c'] }),
        'CONNECTION_UNKNOWN',
        /"c".*there are: a, b, t/,
      ],
      [two.notify(['slack'], { message: 'm' }, { connections: ['t'] }), 'CONNECTION_UNKNOWN', /"t" is of type teams/],
      [two.notify(['slack'], { message: 'm' }, { connections: ['toString'] }), 'CONNECTION_UNKNOWN', /toString/],
    ];
    for (const [running, code, message] of refusals) await assert.rejects(running, fails(code, message));
    assert.equal(target.asked.length, start, 'nothing is sent where one channel leads nowhere');
    await two.close();
  });

  test('goes out by the one guard', async () => {
    const strict = makeNotify(
      { ...connectionsAt(target.url), mail: { type: 'smtp', host: '127.0.0.1', from: 'a@b.c' } },
      { allow: [] },
    );
    const start = target.connections();
    for (const channel of ['slack', 'teams', 'pagerduty', 'webhook', 'email'] as const) {
      await assert.rejects(
        strict.notify([channel], { message: 'm', to: 'a@b.c' }),
        fails('OUTBOUND_REFUSED', /outbound/),
      );
    }
    assert.equal(target.connections(), start);
    await strict.close();
  });
});
