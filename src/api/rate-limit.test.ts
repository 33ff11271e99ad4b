import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { systemClock } from '../kit/clock.ts';
import { bucketsMax, openRateLimiter, type RateLimit } from './rate-limit.ts';
import { type Answer, type CallOptions, openTestApi } from './test-api.ts';

const startMs = Date.UTC(2026, 0, 31, 12);

function standing() {
  const clock = { passedMs: 0, nowMs: () => startMs + clock.passedMs, monotonicMs: () => clock.passedMs };
  return clock;
}

describe('a bucket', () => {
  const limit: RateLimit = { requests: 3, taskRequests: undefined, perMs: 3_000 };

  test('lets through as many requests as it holds, and fills up again with time, never beyond', () => {
    const clock = standing();
    const limiter = openRateLimiter(limit, clock);
    const take = () => limiter.take('a', 'requests');
    assert.deepEqual(
      [1, 2, 3].map(() => take()?.remaining),
      [2, 1, 0],
    );
    assert.deepEqual(take(), { isAllowed: false, limit: 3, remaining: 0, fullAtMs: startMs + 3_000, waitMs: 1_000 });
    clock.passedMs = 999;
    assert.deepEqual([take()?.isAllowed, take()?.waitMs], [false, 1]);
    clock.passedMs = 1_000;
    assert.deepEqual([take()?.isAllowed, take()?.isAllowed], [true, false]);
    clock.passedMs = 3_600_000;
    assert.deepEqual(
      [1, 2, 3, 4].map(() => take()?.isAllowed),
      [true, true, true, false],
    );
  });

  test('lets through exactly its limit, however the period divides', () => {
    for (const requests of [1, 3, 7, 49, 600, 12_345]) {
      const limiter = openRateLimiter({ requests, taskRequests: undefined, perMs: 1_000 }, standing());
      let allowed = 0;
      while (limiter.take('a', 'requests')?.isAllowed) allowed += 1;
      assert.equal(allowed, requests);
    }
  });

  test('is one for each caller and kind, and none where nothing is limited', () => {
    const limiter = openRateLimiter({ requests: 1, taskRequests: 2, perMs: 1_000 }, standing());
    assert.equal(limiter.take('a', 'requests')?.isAllowed, true);
    assert.equal(limiter.take('a', 'requests')?.isAllowed, false);
    assert.equal(limiter.take('b', 'requests')?.isAllowed, true);
    assert.deepEqual(
      [1, 2, 3].map(() => limiter.take('a', 'tasks')?.isAllowed),
      [true, true, false],
    );
    assert.equal(openRateLimiter(limit, standing()).take('a', 'tasks'), undefined);
  });

  test('is forgotten once it is full, and the oldest where there are too many', () => {
    const clock = standing();
    const limiter = openRateLimiter({ requests: 2, taskRequests: undefined, perMs: 1_000 }, clock);
    for (let caller = 0; caller < bucketsMax; caller += 1) limiter.take(`c${caller}`, 'requests');
    assert.equal(limiter.size(), bucketsMax);
    limiter.take('c0', 'requests');
    limiter.take('one more', 'requests');
    assert.equal(limiter.size(), bucketsMax);
    assert.equal(limiter.take('c0', 'requests')?.isAllowed, false, 'what was used last is kept');
    clock.passedMs = 500;
    limiter.take('another', 'requests');
    assert.equal(limiter.size(), 2);
  });
});

describe('requests under a limit', () => {
  const rateLimit: RateLimit = { requests: 2, taskRequests: undefined, perMs: 60_000 };
  const open = async (more: { auth?: boolean; rateLimit?: RateLimit } = {}) => {
    const clock = standing();
    const api = await openTestApi({ clock: { ...systemClock, ...clock }, config: { rateLimit, ...more }, ...more });
    const list = (as: CallOptions['as'] = 'viewer') => api.call('GET /api/v1/workflows', undefined, { as });
    return { ...api, list };
  };
  const rate = ({ headers }: Answer) => ['limit', 'remaining', 'reset'].map((name) => headers[`x-ratelimit-${name}`]);

  test('carry what is left, and beyond it are refused with when to come again', async () => {
    const { list } = await open();
    const full = (seconds: number) => String(startMs / 1_000 + seconds);
    assert.deepEqual(rate(await list()), ['2', '1', full(30)]);
    assert.deepEqual(rate(await list()), ['2', '0', full(60)]);
    const refused = await list();
    assert.deepEqual([refused.status, refused.body['code']], [429, 'RATE_LIMITED']);
    assert.match(String(refused.headers['content-type']), /problem\+json/);
    assert.deepEqual([rate(refused), refused.headers['retry-after']], [['2', '0', full(60)], '30']);
    assert.equal((await list('operator')).status, 200);
  });

  test('carry it when they fail, too', async () => {
    const { call } = await open();
    const answer = await call('GET /api/v1/executions/exec_0009', undefined, { as: 'viewer' });
    assert.deepEqual([answer.status, rate(answer)[1]], [404, '1']);
  });

  test('of callers without a valid token count by their address', async () => {
    const { list } = await open();
    const statuses = [];
    for (let request = 0; request < 3; request += 1) statuses.push((await list('nobody')).status);
    assert.deepEqual(statuses, [401, 401, 429]);
    assert.equal((await list()).status, 200);
    const anonymous = await open({ auth: false });
    for (let request = 0; request < 2; request += 1) await anonymous.list('nobody');
    assert.equal((await anonymous.list('nobody')).status, 429);
  });

  test('do not hold up probes, pages and, unless they are told to, executors', async () => {
    const { call, list } = await open();
    for (let request = 0; request < 3; request += 1) await list('executor');
    for (const line of ['GET /health', 'GET /ready', 'GET /api/docs', 'GET /']) {
      const answer = await call(line, undefined, { as: 'executor' });
      assert.deepEqual([answer.status < 300, rate(answer)[0]], [true, undefined], line);
    }
    const claim = { executor: 'hello', worker_id: 'w' };
    assert.equal((await call('POST /api/v1/tasks/claim', claim, { as: 'executor' })).status, 200);
    const limited = await open({ rateLimit: { ...rateLimit, taskRequests: 1 } });
    const claimed = () => limited.call('POST /api/v1/tasks/claim', claim, { as: 'executor' });
    assert.deepEqual([(await claimed()).status, (await claimed()).status], [200, 429]);
    assert.equal((await limited.call('GET /api/v1/workflows', undefined, { as: 'admin' })).status, 200);
  });

  test('are not limited and carry nothing by default', async () => {
    const { call } = await openTestApi();
    const answer = await call('GET /api/v1/workflows');
    assert.deepEqual(rate(answer), [undefined, undefined, undefined]);
  });
});
