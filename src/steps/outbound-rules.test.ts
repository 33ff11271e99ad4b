import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { Fault } from '../kit/fault.ts';
import { type Destination, httpPorts, openJudge, parseAllowEntry } from './outbound-rules.ts';

const to = (host: string, address: string, port = 80): Destination => ({ host, address, port });
const judge = (allow: readonly string[], destination: Destination) => openJudge({ allow })(destination);

describe('the judge of destinations', () => {
  test('lets public addresses pass at its ports, and names the others', () => {
    for (const port of httpPorts) assert.equal(judge([], to('a.example', '8.8.8.8', port)), undefined);
    assert.match(judge([], to('a.example', '8.8.8.8', 22)) ?? '', /port 22, which is none of 80, 443, 8080, 8443/);
    assert.match(judge([], to('a.example', '127.0.0.1')) ?? '', /loopback/);
  });

  test('takes other ports from who calls', () => {
    const mail = openJudge({});
    assert.equal(mail(to('a.example', '8.8.8.8', 25), [25, 587]), undefined);
    assert.match(mail(to('a.example', '8.8.8.8', 80), [25, 587]) ?? '', /port 80/);
  });

  const allowed: readonly (readonly [entry: string, ...destinations: Destination[]])[] = [
    ['127.0.0.1', to('x', '127.0.0.1', 80), to('x', '127.0.0.1', 22)],
    ['127.0.0.1:8081', to('x', '127.0.0.1', 8081)],
    ['::1', to('x', '::1', 9), to('x', '0:0::1')],
    ['[::1]:8081', to('x', '::1', 8081)],
    ['fe80::1', to('x', 'fe80::1%eth0')],
    ['10.0.0.0/8', to('x', '10.0.0.0', 5432), to('x', '10.255.255.255')],
    ['fd00::/8', to('x', 'fd12::1')],
    ['localhost:3000', to('localhost', '127.0.0.1', 3000), to('LOCALHOST.', '::1', 3000)],
    ['api.internal', to('api.internal', '10.1.2.3', 9000)],
    ['*.internal', to('a.internal', '10.1.2.3'), to('a.b.internal', '10.1.2.3'), to('A.Internal.', '10.1.2.3')],
    ['bücher.example', to('xn--bcher-kva.example', '10.0.0.1'), to('bücher.example', '10.0.0.1')],
    ['8.8.8.8:22', to('x', '8.8.8.8', 22)],
    ['169.254.169.254', to('x', '169.254.169.254')],
  ];
  for (const [entry, ...destinations] of allowed) {
    test(`"${entry}" allows what it names`, () => {
      for (const each of destinations) assert.equal(judge([entry], each), undefined, JSON.stringify(each));
    });
  }

  const notAllowed: readonly (readonly [entry: string, ...destinations: Destination[]])[] = [
    ['127.0.0.1:8081', to('x', '127.0.0.1', 8082), to('x', '127.0.0.2', 8081), to('x', '::1', 8081)],
    ['10.0.0.0/8', to('x', '11.0.0.1', 22), to('x', '9.255.255.255', 22), to('10.0.0.1', '192.168.0.1')],
    ['api.internal', to('b.api.internal', '10.1.2.3'), to('xapi.internal', '10.1.2.3'), to('10.1.2.3', '10.1.2.3')],
    ['*.internal', to('internal', '10.1.2.3'), to('xinternal', '10.1.2.3'), to('a.internal.evil.com', '10.1.2.3')],
    ['localhost:3000', to('localhost', '127.0.0.1', 3001), to('127.0.0.1', '127.0.0.1', 3000)],
    ['169.254.0.0/16', to('x', '169.254.169.254')],
    ['*.example.com', to('meta.example.com', '169.254.169.254'), to('m.example.com', '::ffff:a9fe:a9fe')],
    ['127.0.0.1', to('x', '::ffff:127.0.0.1')],
  ];
  for (const [entry, ...destinations] of notAllowed) {
    test(`"${entry}" allows nothing else`, () => {
      for (const each of destinations) assert.notEqual(judge([entry], each), undefined, JSON.stringify(each));
    });
  }

  test('refuses entries that cannot be read', () => {
    const bad = ['', '*', '*.', 'a b', 'http://x', '10.0.0.0/33', '10.0.0/8', 'fd00::/129', '127.0.0.1:0', 'x:99999'];
    for (const text of [...bad, '127.1', '0x7f.1', '[::1', '[10.0.0.1]:8', 'x:', 'a..b', '-x', '10.0.0.0/8:80']) {
      assert.equal(parseAllowEntry(text), undefined, text);
    }
    assert.throws(
      () => openJudge({ allow: ['*'] }),
      (error) => Fault.is(error, 'CONFIG_INVALID') && /outbound\.allow: "\*" must be an address/.test(error.message),
    );
  });
});
