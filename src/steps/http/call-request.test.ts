import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { JsonObject } from '../../kit/json.ts';
import { makeCall } from '../make-call.ts';
import { fails } from '../outbound/make-asking.ts';
import type { Services } from '../services.ts';
import { callRequest } from './call-request.ts';

const services: Services = {
  crm: {
    baseUrl: 'https://crm.example/api/v1',
    headers: { 'X-Tenant': 'acme', 'X-Session-Token': 'config-token' },
    auth: { basic: { username: 'bot', password: 'hunter2!' } },
    timeoutMs: 3_000,
  },
  plain: { baseUrl: 'http://plain.internal:8080' },
};
const made = (request: JsonObject, settings: JsonObject = {}) => callRequest(makeCall(request, settings), services);

describe('the request of an http step', () => {
  test('has the address with the query added to its own', () => {
    const query = { q: 'a b', list: [1, 2], none: null, deep: { x: 1 } };
    const { url, method, body } = made({ url: 'https://a.example/x?y=1', query });
    assert.equal(url.href, 'https://a.example/x?y=1&q=a+b&list=1&list=2&deep=%7B%22x%22%3A1%7D');
    assert.deepEqual([method, body], ['GET', undefined]);
  });

  test('carries the idempotency key unless it only reads, and the trace always', () => {
    for (const method of ['POST', 'PUT', 'PATCH', 'DELETE']) {
      const { headers } = made({ url: 'https://a.example' }, { method });
      assert.equal(headers['idempotency-key'], 'exec_1/ask#1', method);
    }
    for (const method of ['GET', 'HEAD', 'OPTIONS']) {
      const { headers } = made({ url: 'https://a.example' }, { method });
      assert.equal(headers['idempotency-key'], undefined, method);
      assert.match(headers['traceparent'] ?? '', /^00-/);
    }
    const own = made({ url: 'https://a.example', headers: { 'Idempotency-Key': 'mine' } }, { method: 'POST' });
    assert.equal(own.headers['idempotency-key'], 'mine');
    const odd = makeCall({ url: 'https://a.example' }, { method: 'POST' }, { idempotencyKey: 'bücher 7' });
    assert.equal(callRequest(odd, services).headers['idempotency-key'], 'b%C3%BCcher%207');
  });

  test('has headers as they are written: null leaves one out, numbers are texts', () => {
    const { headers } = made({ url: 'https://a.example', headers: { 'X-A': 1, 'X-B': null, Accept: 'text/csv' } });
    assert.deepEqual([headers['x-a'], headers['x-b'], headers['accept']], ['1', undefined, 'text/csv']);
    for (const name of ['Host', 'content-length', 'Transfer-Encoding', 'connection']) {
      assert.throws(
        () => made({ url: 'https://a.example', headers: { [name]: 'x' } }),
        fails('REQUEST_INVALID', /header/),
      );
    }
    assert.throws(() => made({ url: 'https://a.example', headers: { 'x-a': { b: 1 } } }), fails('REQUEST_INVALID'));
  });

  test('signs in as the step says', () => {
    const authOf = (auth: JsonObject) => made({ url: 'https://a.example', auth }).headers;
    assert.equal(authOf({ bearer: 't' })['authorization'], 'Bearer t');
    assert.equal(authOf({ basic: { username: 'u', password: '' } })['authorization'], 'Basic dTo=');
    assert.equal(authOf({ apiKey: { value: 'k' } })['x-api-key'], 'k');
    assert.equal(authOf({ apiKey: { header: 'X-Own', value: 'k' } })['x-own'], 'k');
    for (const bearer of [null, '']) assert.throws(() => authOf({ bearer }), fails('REQUEST_INVALID', /auth\.bearer/));
    assert.throws(() => authOf({ apiKey: { value: '' } }), fails('REQUEST_INVALID', /auth\.apiKey/));
    assert.throws(() => authOf({ basic: { username: 'u', password: 7 } }), fails('REQUEST_INVALID', /auth\.basic/));
  });

  test('refuses what is no address', () => {
    for (const url of ['', '/path', 'a.example', null, 7, 'http://', 'https://a b/']) {
      assert.throws(() => made({ url }), fails('URL_INVALID', /"url" gave/));
    }
    assert.throws(() => made({ url: 'https://a.example', query: 'x=1' }), fails('REQUEST_INVALID'));
  });
});

describe('the request at a configured service', () => {
  test('has its address, headers, credentials and time limit', () => {
    const call = makeCall({ endpoint: '/users?x=1', headers: { 'x-tenant': 'other' } }, { service: 'crm' });
    const { url, headers, serviceTimeoutMs } = callRequest(call, services);
    assert.equal(url.href, 'https://crm.example/api/v1/users?x=1');
    assert.equal(headers['authorization'], `Basic ${Buffer.from('bot:hunter2!').toString('base64')}`);
    assert.deepEqual([headers['x-tenant'], headers['x-session-token']], ['other', 'config-token']);
    assert.equal(serviceTimeoutMs, 3_000);
  });

  test('hides what was configured as a secret, and nothing else', () => {
    const call = makeCall({}, { service: 'crm' });
    callRequest(call, services);
    assert.deepEqual(new Set(call.hidden), new Set(['hunter2!', 'bot:hunter2!', 'config-token']));
  });

  test('joins endpoints with and without slashes', () => {
    const joined: readonly (readonly [endpoint: string | null | number, path: string])[] = [
      ['', '/api/v1'],
      [null, '/api/v1'],
      ['/', '/api/v1/'],
      ['users', '/api/v1/users'],
      ['/users/', '/api/v1/users/'],
      ['?q=1', '/api/v1?q=1'],
      [7, '/api/v1/7'],
      ['a/../b', '/api/v1/b'],
      ['//evil.example/x', '/api/v1//evil.example/x'],
      ['https://evil.example', '/api/v1/https://evil.example'],
      ['@evil.example', '/api/v1/@evil.example'],
    ];
    for (const [endpoint, path] of joined) {
      const { url } = made({ endpoint }, { service: 'crm' });
      assert.equal(url.href, `https://crm.example${path}`, String(endpoint));
    }
    assert.equal(made({ endpoint: ':9/x' }, { service: 'plain' }).url.href, 'http://plain.internal:8080/:9/x');
  });

  test('does not climb out of the base address', () => {
    for (const endpoint of [
      '../admin',
      '/..',
      '/../v2',
      'a/../../v2',
      '%2e%2e/admin',
      '..\\admin',
      '/users/../../../x',
    ]) {
      assert.throws(() => made({ endpoint }, { service: 'crm' }), fails('URL_INVALID', /leads out of/), endpoint);
    }
  });

  test('is told by name where it is not configured', () => {
    assert.throws(() => made({}, { service: 'erp' }), fails('SERVICE_UNKNOWN', /"erp".*there are: crm, plain/));
    assert.throws(() => callRequest(makeCall({}, { service: 'x' }), {}), fails('SERVICE_UNKNOWN', /there are: none/));
    assert.throws(() => made({}, { service: 'constructor' }), fails('SERVICE_UNKNOWN'));
  });

  test('may lend its credentials to an address of its own, and to no other', () => {
    const { headers } = made({ url: 'https://crm.example/files/1' }, { auth: 'crm' });
    assert.match(headers['authorization'] ?? '', /^Basic /);
    for (const url of ['https://evil.example/', 'http://crm.example/', 'https://crm.example:444/']) {
      assert.throws(
        () => made({ url }, { auth: 'crm' }),
        fails('REQUEST_INVALID', /go to https:\/\/crm\.example alone/),
      );
    }
  });

  test('takes the credentials of the step over those of the service', () => {
    const { headers } = made({ auth: { bearer: 'mine' } }, { service: 'crm' });
    assert.equal(headers['authorization'], 'Bearer mine');
  });
});
