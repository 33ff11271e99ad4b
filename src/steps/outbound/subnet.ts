import { BlockList, isIP } from 'node:net';

/** A test whether an address lies in one of these subnets (`10.0.0.0/8`, `fc00::/7`). Other texts lie in none. */
export function insideOf(...subnets: readonly string[]): (address: string) => boolean {
  // One list a family: a list that holds ::ffff:0:0/96 would hold every IPv4 address too.
  const lists = { 4: new BlockList(), 6: new BlockList() };
  for (const subnet of subnets) {
    const [network = '', bits = ''] = subnet.split('/');
    if (isIP(network) === 4) lists[4].addSubnet(network, Number(bits), 'ipv4');
    else lists[6].addSubnet(network, Number(bits), 'ipv6');
  }
  return (address) => {
    const plain = withoutZone(address);
    const family = isIP(plain);
    if (family === 4) return lists[4].check(plain, 'ipv4');
    return family === 6 && lists[6].check(plain, 'ipv6');
  };
}

/** `fe80::1%eth0` is fe80::1 at one interface. */
export const withoutZone = (address: string): string => address.replace(/%.*$/, '');

/** `10.0.0.0/8` with no host bits out of range, as `insideOf` takes it. */
export function isSubnet(text: string): boolean {
  const [, network = '', bits = ''] = /^([^/]+)\/(\d{1,3})$/.exec(text) ?? [];
  const family = isIP(network);
  return family !== 0 && Number(bits) <= (family === 4 ? 32 : 128);
}
