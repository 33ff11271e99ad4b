import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { type HttpTarget, openHttpTarget } from '../../../test/support/http-target.ts';
import { ask, fails, makeOutbound } from './make-asking.ts';

describe('a request that is redirected', () => {
  const outbound = makeOutbound();
  let target: HttpTarget;
  let other: HttpTarget;
  before(async () => {
    other = await openHttpTarget((response) => response.end('other'));
    target = await openHttpTarget((response, { path }) => {
      const [, status, location = ''] = /^\/to\/(\d+)\/(.*)$/.exec(path) ?? [];
      if (status === undefined) return response.end('here');
      return response.writeHead(Number(status), { location: decodeURIComponent(location) }).end();
    });
  });
  after(async () => {
    await outbound.close();
    await target.close();
    await other.close();
  });
  const to = (status: number, location: string) => `${target.url}/to/${status}/${encodeURIComponent(location)}`;
  const follow = { redirectsMax: 3 };

  test('is not followed unless it is asked for', async () => {
    const answer = await ask(outbound, to(302, other.url));
    assert.deepEqual([answer.status, answer.headers['location'], other.asked.length], [302, other.url, 0]);
  });

  test('is followed as the status says, to relative addresses too', async () => {
    const ways: readonly (readonly [status: number, method: string, then: string, body: string])[] = [
      [301, 'POST', 'GET', ''],
      [302, 'POST', 'GET', ''],
      [303, 'PUT', 'GET', ''],
      [303, 'HEAD', 'HEAD', ''],
      [307, 'POST', 'POST', 'b'],
      [308, 'PUT', 'PUT', 'b'],
      [301, 'PUT', 'PUT', 'b'],
    ];
    for (const [status, method, then, sent] of ways) {
      const body = method === 'HEAD' ? {} : { body: Buffer.from('b') };
      const headers = { 'content-type': 'text/plain' };
      const answer = await ask(outbound, to(status, '/here'), { method, headers, ...body, ...follow });
      const last = target.asked.at(-1);
      assert.deepEqual([answer.status, last?.method, last?.path, last?.body], [200, then, '/here', sent]);
      assert.equal(last?.headers['content-type'], sent === '' && then === 'GET' ? undefined : 'text/plain');
      assert.equal(answer.url.pathname, '/here');
    }
  });

  test('takes nothing that could be a credential to another origin, and keeps it at its own', async () => {
    const secret = { authorization: 'Bearer s', cookie: 'c', 'x-api-key': 'k', 'proxy-authorization': 'p' };
    const headers = { ...secret, accept: 'text/plain', traceparent: 't' };
    await ask(outbound, to(307, other.url), { headers, ...follow });
    const arrived = other.asked.at(-1)?.headers ?? {};
    assert.deepEqual(
      Object.keys(secret).filter((name) => Object.hasOwn(arrived, name)),
      [],
    );
    assert.deepEqual([arrived.accept, arrived['traceparent']], ['text/plain', 't']);
    await ask(outbound, to(307, '/here'), { headers, ...follow });
    assert.equal(target.asked.at(-1)?.headers.authorization, 'Bearer s');
  });

  test('is judged anew at each hop', async () => {
    const before = other.connections();
    const strict = makeOutbound({ allow: [`127.0.0.1:${target.port}`] });
    for (const location of [other.url, `//127.0.0.1:${other.port}`, `http://2130706433:${other.port}/`]) {
      await assert.rejects(ask(strict, to(302, location), follow), fails('OUTBOUND_REFUSED'));
    }
    await assert.rejects(
      ask(strict, to(302, 'file:///etc/passwd'), follow),
      fails('URL_INVALID', /GET file:\/\/\/etc\/passwd is not called/),
    );
    await assert.rejects(ask(strict, to(302, 'http://a:b@127.0.0.1/'), follow), fails('URL_INVALID'));
    await assert.rejects(ask(strict, to(302, 'http://'), follow), fails('RESPONSE_INVALID'));
    assert.equal(other.connections(), before);
  });

  test('ends after as many hops as allowed', async () => {
    let count = 0;
    const round = await openHttpTarget((response) => {
      count += 1;
      response.writeHead(302, { location: '/' }).end();
    });
    await assert.rejects(ask(outbound, round.url, follow), fails('HTTP_REDIRECTS_EXCEEDED', /more than 3 times/));
    assert.equal(count, 4);
    await round.close();
  });
});
