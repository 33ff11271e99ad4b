import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { isMetadata, kindOf } from './address.ts';

/** Both ends of every range, and what lies beside it. */
const refused: readonly (readonly [kind: RegExp, ...addresses: string[]])[] = [
  [/loopback/, '127.0.0.0', '127.0.0.1', '127.255.255.255', '::1', '::1%lo'],
  [/this host/, '0.0.0.0', '0.255.255.255', '::'],
  [/private/, '10.0.0.0', '10.255.255.255', '172.16.0.0', '172.31.255.255', '192.168.0.0', '192.168.255.255'],
  [/private/, 'fc00::', 'fdff:ffff:ffff:ffff:ffff:ffff:ffff:ffff'],
  [/CGNAT/, '100.64.0.0', '100.127.255.255'],
  [/link-local/, '169.254.0.0', '169.254.255.255', 'fe80::', 'fe80::1%eth0', 'febf:ffff::1'],
  [/multicast/, '224.0.0.0', '239.255.255.255', 'ff00::', 'ff02::1', 'ffff::'],
  [/reserved/, '240.0.0.0', '255.255.255.255', '192.0.0.0', '192.88.99.1', '198.18.0.0', '198.19.255.255'],
  [/documentation/, '192.0.2.0', '198.51.100.255', '203.0.113.7', '2001:db8::1', '3fff:fff::'],
  [/IPv4 address inside IPv6/, '::ffff:127.0.0.1', '::ffff:8.8.8.8', '::127.0.0.1', '::7f00:2', '::ffff:0:7f00:1'],
  [/NAT64/, '64:ff9b::7f00:1', '64:ff9b::8.8.8.8', '64:ff9b:1::1'],
  [/6to4/, '2002::', '2002:7f00:1::', '2001::1', '2001:0:ffff::'],
  [/reserved/, '2001:1::1', '2001:2::', '100::', '4000::', 'fec0::1', 'e000::', '64:ff9a::1', '1fff::'],
  [/metadata/, '169.254.169.254', '169.254.170.2', '100.100.100.200', '168.63.129.16', '192.0.0.192'],
  [/metadata/, 'fd00:ec2::254', 'fd20:ce::254', 'fe80::a9fe:a9fe', '::ffff:169.254.169.254', '64:ff9b::a9fe:a9fe'],
  [/no address/, '', 'localhost', '127.1', '0x7f.0.0.1', '2130706433', '127.0.0.1.', '1.2.3', '::g', ' 8.8.8.8'],
];

const open = [
  ...['1.1.1.1', '8.8.8.8', '9.255.255.255', '11.0.0.0', '100.63.255.255', '100.128.0.0', '126.255.255.255'],
  ...['128.0.0.0', '169.253.255.255', '169.255.0.0', '172.15.255.255', '172.32.0.0', '192.0.1.0', '192.0.3.0'],
  ...['192.167.255.255', '192.169.0.0', '198.17.255.255', '198.20.0.0', '223.255.255.255', '168.63.129.15'],
  ...['2001:200::', '2001:4860:4860::8888', '2003::', '2606:4700::1111', '3ffe::', '3fff:1000::'],
];

describe('the kind of an address', () => {
  for (const [kind, ...addresses] of refused) {
    test(`${addresses.join(' ')} speaks against it: ${kind.source}`, () => {
      for (const address of addresses) assert.match(kindOf(address) ?? 'public', kind, address);
    });
  }

  test('is nothing to object to for the public internet', () => {
    for (const address of open) assert.equal(kindOf(address), undefined, address);
  });

  test('metadata services are known as such', () => {
    assert.deepEqual(['169.254.169.254', '169.254.1.1', '8.8.8.8'].map(isMetadata), [true, false, false]);
  });
});
