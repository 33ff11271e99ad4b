import assert from 'node:assert/strict';
import type http from 'node:http';
import { after, before, describe, test } from 'node:test';
import tls from 'node:tls';
import zlib from 'node:zlib';
import { certificate, certificateKey } from '../../../test/support/certificate.ts';
import { type HttpTarget, openHttpTarget } from '../../../test/support/http-target.ts';
import { ask, fails, makeOutbound } from './make-asking.ts';

type Answer = (response: http.ServerResponse, rest: string) => unknown;

const compressed =
  (encoding: string, body: Buffer): Answer =>
  (response) =>
    response.setHeader('content-encoding', encoding).end(body);

/** By the first part of the path. */
const answers: Readonly<Record<string, Answer>> = {
  hello: (response) => response.writeHead(200, { 'set-cookie': ['a=1', 'b=2'], 'x-one': 'two' }).end('hello'),
  gzip: compressed('gzip', zlib.gzipSync('squeezed')),
  br: compressed('br', zlib.brotliCompressSync('squeezed')),
  deflate: compressed('deflate', zlib.deflateSync('squeezed')),
  bomb: compressed('gzip', zlib.gzipSync(Buffer.alloc(4_000_000))),
  torn: compressed('gzip', Buffer.from('no gzip at all')),
  cut: compressed('gzip', zlib.gzipSync('squeezed').subarray(0, 5)),
  nothing: (response, encoding) => response.setHeader('content-encoding', encoding).end(),
  'no-chunk': (response, encoding) => {
    response.setHeader('content-encoding', encoding).flushHeaders();
    response.end();
  },
  large: (response, size) => response.setHeader('content-length', size).end(Buffer.alloc(Number(size), 'x')),
  chunked: (response, size) => {
    response.write(Buffer.alloc(1));
    response.end(Buffer.alloc(Number(size) - 1));
  },
  broken: (response) => {
    response.writeHead(200, { 'content-length': '100' }).write('half');
    setImmediate(() => response.destroy());
  },
  silent: () => undefined,
  dripping: (response) => {
    response.write('x');
    const timer = setInterval(() => response.write('x'), 10);
    response.on('close', () => clearInterval(timer));
  },
  nonsense: (response) => response.socket?.end('this is no HTTP\r\n\r\n'),
  status: (response, status) => response.writeHead(Number(status)).end(),
};

describe('a request that goes out', () => {
  let target: HttpTarget;
  const outbound = makeOutbound();
  before(async () => {
    target = await openHttpTarget((response, { path }) => {
      const [name = '', ...rest] = path.replace(/\?.*/, '').slice(1).split('/');
      answers[name]?.(response, rest.join('/'));
    });
  });
  after(async () => {
    await outbound.close();
    await target.close();
  });
  const get = (path: string, more: Parameters<typeof ask>[2] = {}, by = outbound) =>
    ask(by, `${target.url}/${path}`, more);

  test('brings back status, headers and bytes', async () => {
    const answer = await get('hello');
    assert.deepEqual([answer.status, answer.statusText, answer.body.toString()], [200, 'OK', 'hello']);
    assert.deepEqual([answer.headers['x-one'], answer.headers['set-cookie']], ['two', ['a=1', 'b=2']]);
    assert.equal((await get('status/503')).status, 503);
    assert.equal((await get('hello', { method: 'HEAD' })).body.length, 0);
  });

  test('sends method, headers and body as they are given', async () => {
    await get('hello?x=1', { method: 'PATCH', headers: { 'x-a': 'b' }, body: Buffer.from('text') });
    const last = target.asked.at(-1);
    assert.deepEqual([last?.method, last?.path, last?.body], ['PATCH', '/hello?x=1', 'text']);
    assert.deepEqual([last?.headers['x-a'], last?.headers['content-length']], ['b', '4']);
    await get('hello', { method: 'POST' });
    assert.equal(target.asked.at(-1)?.headers['content-length'], '0');
  });

  test('is refused before it is sent where the rules do not allow it', async () => {
    const before = target.connections();
    const strict = makeOutbound({ allow: [], resolve: async () => ['127.0.0.1'] });
    await assert.rejects(get('hello', {}, strict), fails('OUTBOUND_REFUSED', /127\.0\.0\.1/));
    await assert.rejects(
      ask(strict, `http://localhost.:${target.port}/`),
      fails('OUTBOUND_REFUSED', /behind "localhost\."/),
    );
    assert.equal(target.connections(), before);
  });

  test('takes http and https alone, and no passwords in addresses', async () => {
    for (const url of ['ftp://127.0.0.1/', 'file:///etc/passwd', 'data:,x', 'gopher://127.0.0.1/']) {
      await assert.rejects(ask(outbound, url), fails('URL_INVALID', /only http: and https:/));
    }
    await assert.rejects(ask(outbound, 'http://a:b@127.0.0.1/'), fails('URL_INVALID', /give them by "auth"/));
  });

  test('does not ask the environment for a proxy', async () => {
    const proxy = await openHttpTarget((response) => response.end());
    const names = ['http_proxy', 'HTTP_PROXY', 'https_proxy', 'ALL_PROXY', 'NODE_USE_ENV_PROXY'];
    for (const name of names) process.env[name] = name === 'NODE_USE_ENV_PROXY' ? '1' : proxy.url;
    try {
      assert.equal((await get('hello', {}, makeOutbound())).body.toString(), 'hello');
    } finally {
      for (const name of names) delete process.env[name];
      await proxy.close();
    }
    assert.equal(proxy.connections(), 0);
  });

  test('decompresses what comes compressed', async () => {
    for (const encoding of ['gzip', 'br', 'deflate']) assert.equal((await get(encoding)).body.toString(), 'squeezed');
    for (const path of ['torn', 'cut']) await assert.rejects(get(path), fails('RESPONSE_INVALID'));
  });

  test('takes an empty body for empty, whatever it is said to be compressed by', async () => {
    for (const encoding of ['gzip', 'br', 'deflate']) {
      for (const path of ['nothing', 'no-chunk']) assert.equal((await get(`${path}/${encoding}`)).body.length, 0);
    }
  });

  test('takes as many bytes as the rules say and not one more, however they come', async () => {
    const small = makeOutbound({ responseBytesMax: 1_000 });
    assert.equal((await get('large/1000', {}, small)).body.length, 1_000);
    assert.equal((await get('chunked/1000', {}, small)).body.length, 1_000);
    for (const path of ['large/1001', 'chunked/1001', 'bomb']) {
      await assert.rejects(get(path, {}, small), fails('RESPONSE_TOO_LARGE', /outbound\.max_response/));
    }
    await assert.rejects(get(`chunked/${10 * 1024 * 1024 + 1}`), fails('RESPONSE_TOO_LARGE'));
  });

  test('ends at its deadline, also where bytes keep dripping in', async () => {
    for (const path of ['silent', 'dripping']) {
      await assert.rejects(get(path, { timeoutMs: 40 }), fails('HTTP_TIMEOUT', /within 40 ms/));
    }
  });

  test('ends at once when it is aborted', async () => {
    const controller = new AbortController();
    const asking = get('silent', { signal: controller.signal });
    const reason = new Error('not wanted');
    setTimeout(() => controller.abort(reason), 20);
    await assert.rejects(asking, reason);
    await assert.rejects(get('silent', { signal: controller.signal }), reason);
  });

  test('says what went wrong below HTTP', async () => {
    await assert.rejects(get('broken'), fails('HTTP_UNREACHABLE', /the answer broke off/));
    await assert.rejects(get('nonsense'), fails('RESPONSE_INVALID'));
    await assert.rejects(get('hello', { headers: { 'x-a': 'b\r\nc: d' } }), fails('REQUEST_INVALID'));
    const gone = await openHttpTarget(() => undefined);
    await gone.close();
    await assert.rejects(ask(outbound, gone.url), fails('HTTP_UNREACHABLE', /ECONNREFUSED/));
    const nameless = makeOutbound({
      resolve: async () => {
        throw Object.assign(new Error('getaddrinfo ENOTFOUND nowhere.example'), { code: 'ENOTFOUND' });
      },
    });
    await assert.rejects(ask(nameless, 'http://nowhere.example/'), fails('HTTP_UNREACHABLE', /ENOTFOUND/));
  });

  test('keeps connections for the next request to the same origin', async () => {
    const own = makeOutbound();
    const before = target.connections();
    for (let count = 0; count < 5; count += 1) await get('hello', {}, own);
    assert.equal(target.connections(), before + 1);
    await own.close();
  });

  test('is repeated where a kept connection had been closed, unless the method changes something', async () => {
    const seen = new Set<unknown>();
    // Every connection answers once and meets the next request with a reset, as a server that restarted does.
    const server = await openHttpTarget((response) => {
      if (seen.has(response.socket)) return response.socket?.resetAndDestroy();
      seen.add(response.socket);
      return response.end('ok');
    });
    const own = makeOutbound();
    await ask(own, server.url);
    assert.equal((await ask(own, server.url)).body.toString(), 'ok');
    assert.equal(server.asked.length, 3);
    await assert.rejects(ask(own, server.url, { method: 'POST' }), fails('HTTP_UNREACHABLE'));
    assert.equal(server.asked.length, 4);
    await own.close();
    await server.close();
  });

  test('checks the certificate of who answers, whatever the environment says', async () => {
    const server = await openHttpTarget((response) => response.end('safe'), {
      tls: { key: certificateKey, cert: certificate },
    });
    const named = makeOutbound({ resolve: async () => ['127.0.0.1'] });
    const trusted = tls.getCACertificates('default');
    process.env['NODE_TLS_REJECT_UNAUTHORIZED'] = '0';
    try {
      await assert.rejects(ask(outbound, server.url), fails('HTTP_UNREACHABLE', /self-signed/));
      tls.setDefaultCACertificates([certificate]);
      assert.equal((await ask(outbound, server.url)).body.toString(), 'safe');
      assert.equal((await ask(named, `https://mail.test:${server.port}/`)).body.toString(), 'safe');
      await assert.rejects(ask(named, `https://other.test:${server.port}/`), fails('HTTP_UNREACHABLE', /altnames/));
    } finally {
      delete process.env['NODE_TLS_REJECT_UNAUTHORIZED'];
      tls.setDefaultCACertificates(trusted);
      await server.close();
    }
  });
});
