import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { type HttpTarget, json, openHttpTarget } from '../../../test/support/http-target.ts';
import { systemClock } from '../../kit/clock.ts';
import { isObject, type Json, type JsonObject } from '../../kit/json.ts';
import { seededRandom } from '../../kit/random.ts';
import { type ConnectorCall, StepFailure } from '../connector.ts';
import { makeCall } from '../make-call.ts';
import { fails, makeOutbound } from '../outbound/make-asking.ts';
import { openHttpConnector } from './http-connector.ts';

describe('the http connector', () => {
  const outbound = makeOutbound();
  let target: HttpTarget;
  before(async () => {
    target = await openHttpTarget(json({ ok: true }));
  });
  after(async () => {
    await outbound.close();
    await target.close();
  });

  const open = (timeoutMs?: number) =>
    openHttpConnector({
      outbound,
      services: { slow: { baseUrl: target.url, ...(timeoutMs === undefined ? {} : { timeoutMs }) } },
      clock: systemClock,
      random: seededRandom(1),
    });
  const run = (settings: JsonObject = {}, request: JsonObject = {}, more: Partial<ConnectorCall> = {}) =>
    open().run(makeCall({ url: target.url, ...request }, settings, more)) as Promise<JsonObject>;
  async function failureOf(running: Promise<Json>): Promise<StepFailure> {
    const error = await running.then(
      () => assert.fail('it did not fail'),
      (thrown: unknown) => thrown,
    );
    assert.ok(error instanceof StepFailure, String(error));
    return error;
  }

  test('brings back status, headers and body', async () => {
    target.answer = json({ id: 7 }, 201, { 'x-one': 'two' });
    const { status, headers, body } = await run({ method: 'POST' }, { body: { a: 1 } });
    assert.deepEqual([status, body, isObject(headers) && headers['x-one']], [201, { id: 7 }, 'two']);
    assert.deepEqual([target.asked.at(-1)?.method, target.asked.at(-1)?.body], ['POST', '{"a":1}']);
  });

  test('fails by status, and says whether it may be better the next time', async () => {
    const retryable = [408, 425, 429, 500, 502, 503, 504, 599];
    for (const status of [300, 304, 400, 401, 403, 404, 409, 410, 418, 422, 451, ...retryable]) {
      target.answer = json({ problem: 'p' }, status);
      const failure = await failureOf(run());
      assert.equal(failure.code, `HTTP_${status}`);
      assert.equal(failure.retryable, retryable.includes(status), String(status));
      assert.deepEqual(failure.details, { status, body: status === 304 ? null : { problem: 'p' } });
    }
  });

  test('tells when a service wants to be asked again', async () => {
    target.answer = json(null, 429, { 'retry-after': '7' });
    const { details } = await failureOf(run());
    assert.equal(isObject(details) && details['retry_after_ms'], 7_000);
    target.answer = json(null, 503, { 'retry-after': new Date(Date.now() + 60_000).toUTCString() });
    const inMs = Number(((await failureOf(run())).details as JsonObject)['retry_after_ms']);
    assert.ok(inMs > 50_000 && inMs <= 60_000, String(inMs));
    target.answer = json(null, 503, { 'retry-after': 'soon' });
    assert.deepEqual((await failureOf(run())).details, { status: 503, body: null });
  });

  test('keeps the beginning of a long answer that failed, and reads one in another form than it claims', async () => {
    target.answer = (response) =>
      response.writeHead(500, { 'content-type': 'application/json' }).end('x'.repeat(9_000));
    const { code, details } = await failureOf(run());
    assert.equal(code, 'HTTP_500');
    assert.equal((details as { body: string }).body, `${'x'.repeat(8_192)}…`);
  });

  test('takes the statuses that the step expects', async () => {
    target.answer = json({ gone: true }, 404);
    assert.equal((await run({ expect: { status: ['2xx', '404'] } }))['status'], 404);
    target.answer = json({}, 200);
    await assert.rejects(run({ expect: { status: ['204'] } }), fails('HTTP_200'));
  });

  test('holds the body against the schema of the step', async () => {
    const settings = { expect: { schema: { type: 'object', required: ['id'] } } };
    target.answer = json({ id: 1 });
    assert.equal((await run(settings))['status'], 200);
    target.answer = json({ name: 'x' });
    const failure = await failureOf(run(settings));
    assert.equal(failure.code, 'EXPECTATION_FAILED');
    assert.deepEqual(failure.details, {
      status: 200,
      body: { name: 'x' },
      errors: [{ code: 'REQUIRED', message: 'the value needs "id"', pointer: '' }],
    });
  });

  test('holds the answer against the condition of the step', async () => {
    const settings = { expect: { condition: '$.response.status == 200 && $.response.body.state == "done"' } };
    target.answer = json({ state: 'done' });
    assert.equal((await run(settings))['status'], 200);
    target.answer = json({ state: 'busy' });
    const failure = await failureOf(run(settings));
    assert.deepEqual([failure.code, failure.retryable], ['EXPECTATION_FAILED', true]);
    target.answer = json({ state: 'x' });
    await assert.rejects(run({ expect: { condition: '$.response.body.state - 1' } }), fails('EXPRESSION_FAILED'));
  });

  test('follows redirects where the step says so', async () => {
    target.answer = (response, { path }) =>
      path === '/' ? response.writeHead(302, { location: '/there' }).end() : response.end('arrived');
    assert.equal((await run({ followRedirects: true }))['body'], 'arrived');
    const failure = await failureOf(run());
    assert.deepEqual([failure.code, failure.retryable], ['HTTP_302', false]);
    assert.match(failure.message, /follow_redirects: true/);
    assert.deepEqual(failure.details, { status: 302, body: null, location: '/there' });
  });

  test("fails after the time limit of its service, and leaves the step's own to the engine", async () => {
    target.answer = () => undefined;
    await assert.rejects(open(30).run(makeCall({}, { service: 'slow' })), fails('HTTP_TIMEOUT', /within 30 ms/));
    const controller = new AbortController();
    const running = run({}, {}, { signal: controller.signal, deadlineAt: Date.now() + 10 });
    setTimeout(() => controller.abort(new Error('the engine says so')), 40);
    await assert.rejects(running, /the engine says so/);
  });

  test('compiles what a step expects once for all its executions', async () => {
    target.answer = json({ ok: true });
    const connector = open();
    let read = 0;
    const settings = {
      get expect() {
        read += 1;
        return { condition: '$.response.body.ok' };
      },
    } as JsonObject;
    for (let count = 0; count < 3; count += 1) await connector.run(makeCall({ url: target.url }, settings));
    assert.equal(read, 1);
  });
});
