/**
 * What kind of address an address is, where it is none that the public internet gives out.
 *
 * Default deny: an IPv6 address counts as public only inside 2000::/3, and there not where it carries an IPv4 address.
 */
import { isIP } from 'node:net';
import { insideOf, withoutZone } from './subnet.ts';

/** The first row that holds an address names it. */
const kinds: readonly (readonly [kind: string, isInside: (address: string) => boolean])[] = [
  [
    'a metadata service',
    insideOf(
      '169.254.169.254/32',
      '169.254.170.2/32',
      '169.254.170.23/32',
      '100.100.100.200/32',
      '168.63.129.16/32',
      '192.0.0.192/32',
      'fd00:ec2::/32',
      'fd20:ce::254/128',
      'fe80::a9fe:a9fe/128',
      // 169.254.169.254 as IPv6 writes it: what a name that an operator allows may resolve to.
      ...['::ffff:a9fe:a9fe/128', '::a9fe:a9fe/128', '64:ff9b::a9fe:a9fe/128', '2002:a9fe:a9fe::/48'],
    ),
  ],
  ['a loopback address', insideOf('127.0.0.0/8', '::1/128')],
  ['an address of this host', insideOf('0.0.0.0/8', '::/128')],
  ['a private address', insideOf('10.0.0.0/8', '172.16.0.0/12', '192.168.0.0/16', 'fc00::/7')],
  ['a shared address (CGNAT)', insideOf('100.64.0.0/10')],
  ['a link-local address', insideOf('169.254.0.0/16', 'fe80::/10')],
  ['a multicast address', insideOf('224.0.0.0/4', 'ff00::/8')],
  ['a reserved address', insideOf('240.0.0.0/4', '192.0.0.0/24', '192.88.99.0/24', '198.18.0.0/15')],
  [
    'an address for documentation',
    insideOf('192.0.2.0/24', '198.51.100.0/24', '203.0.113.0/24', '2001:db8::/32', '3fff::/20'),
  ],
  ['an IPv4 address inside IPv6', insideOf('::/96', '::ffff:0:0/96', '::ffff:0:0:0/96')],
  ['a NAT64 address', insideOf('64:ff9b::/96', '64:ff9b:1::/48')],
  ['a 6to4 or Teredo address', insideOf('2002::/16', '2001::/32')],
  ['a reserved address', insideOf('2001::/23')],
];

const isPublicRange = insideOf('0.0.0.0/0', '2000::/3');

/** What speaks against an address; undefined for one of the public internet. */
export function kindOf(address: string): string | undefined {
  const found = kinds.find(([, isInside]) => isInside(address));
  if (found) return found[0];
  if (isIP(withoutZone(address)) === 0) return 'no address';
  return isPublicRange(address) ? undefined : 'a reserved address';
}

/** Gives out credentials of the machine to whoever asks: a subnet that an operator allows does not mean it. */
export const isMetadata = (address: string): boolean => kindOf(address) === kinds[0]?.[0];
