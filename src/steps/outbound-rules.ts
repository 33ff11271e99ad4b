/**
 * Where this server may connect to: what an operator allows, and the rules for everything else.
 *
 * An allow entry is an address (`127.0.0.1`, `::1`), a subnet (`10.0.0.0/8`), a host name (`api.internal`) or all names
 * below one (`*.internal.example.com`); with a port (`127.0.0.1:8080`, `[::1]:8080`) it allows that port alone. Without
 * an entry only public addresses are connected to, at the ports that the rules name.
 */
import { isIP } from 'node:net';
import { domainToASCII } from 'node:url';
import { Fault } from '../kit/fault.ts';
import { isMetadata, kindOf } from './outbound/address.ts';
import { insideOf, isSubnet, withoutZone } from './outbound/subnet.ts';

export interface OutboundRules {
  /** Allow entries: what may be reached besides the public internet. */
  readonly allow?: readonly string[];
  /** Ports of public addresses. Default 80, 443, 8080 and 8443. */
  readonly ports?: readonly number[];
  /** Bytes of one answer. Default 10 MiB. */
  readonly responseBytesMax?: number;
  /** Addresses of a name; rejects where there is none. Default: the system's resolver. */
  readonly resolve?: Resolve;
}

export type Resolve = (host: string) => Promise<readonly string[]>;

export const httpPorts: readonly number[] = [80, 443, 8080, 8443];

/** One address that a name may mean. */
export interface Destination {
  /** As it was asked for: a name, or an address. */
  readonly host: string;
  readonly address: string;
  readonly port: number;
}

/** Why a destination is refused; undefined where it is not. `ports`: those that public addresses need no entry for. */
export type Judge = (destination: Destination, ports?: readonly number[]) => string | undefined;

/** Throws CONFIG_INVALID for an entry that cannot be read. */
export function openJudge({ allow = [], ports: rulePorts = httpPorts }: OutboundRules): Judge {
  const entries = allow.map(requireEntry);
  return ({ host, address, port }, ports = rulePorts) => {
    const asked = { host: plainHost(host), address: withoutZone(address), port };
    const allowing = entries.filter((entry) => entry.fits(asked));
    // The credentials of a machine are given out by name alone.
    if (isMetadata(address)) return allowing.some((entry) => entry.isOneAddress) ? undefined : kindOf(address);
    if (allowing.length > 0) return undefined;
    const kind = kindOf(address);
    if (kind !== undefined) return kind;
    return ports.includes(port) ? undefined : `port ${port}, which is none of ${ports.join(', ')}`;
  };
}

export interface AllowEntry {
  readonly isOneAddress: boolean;
  fits(destination: Destination): boolean;
}

function requireEntry(text: string): AllowEntry {
  const entry = parseAllowEntry(text);
  if (entry) return entry;
  throw new Fault('CONFIG_INVALID', `outbound.allow: "${text}" must be ${allowEntryExpected}`);
}

export const allowEntryExpected =
  'an address, a subnet, a host or *.host, each but a subnet with a port if wanted, like "127.0.0.1:8080"';

/** Undefined for a text that is no entry. */
export function parseAllowEntry(text: string): AllowEntry | undefined {
  if (isSubnet(text)) {
    const isInside = insideOf(text);
    return { isOneAddress: false, fits: ({ address }) => isInside(address) };
  }
  const [place, portText] = splitPort(text);
  const wanted = portText === undefined ? undefined : Number(portText);
  if (wanted !== undefined && (wanted < 1 || wanted > 65_535)) return undefined;
  const isAtPort = ({ port }: Destination): boolean => wanted === undefined || port === wanted;
  const family = isIP(place);
  if (family !== 0) {
    const isThere = insideOf(`${place}/${family === 4 ? 32 : 128}`);
    return { isOneAddress: true, fits: (asked) => isAtPort(asked) && isThere(asked.address) };
  }
  const name = plainHost(place.replace(/^\*\./, ''));
  if (!/^(?!-)[a-z0-9_-]+(\.[a-z0-9_-]+)*$/.test(name) || /(^|\.)(\d+|0x[0-9a-f]*)$/.test(name)) return undefined;
  const isNamed = place.startsWith('*.')
    ? (host: string): boolean => host.endsWith(`.${name}`)
    : (host: string): boolean => host === name;
  return { isOneAddress: false, fits: (asked) => isAtPort(asked) && isNamed(asked.host) };
}

/** A bare IPv6 address holds colons and no port. */
function splitPort(text: string): readonly [place: string, port: string | undefined] {
  if (isIP(text) === 6) return [text, undefined];
  const [, address, place = '', port] = /^(?:\[([^\]]+)\]|([^:[\]]+))(?::(\d{1,5}))?$/.exec(text) ?? [];
  return [isIP(address ?? '') === 6 ? (address ?? '') : place, port];
}

/** Names as DNS compares them. */
export function plainHost(host: string): string {
  const text = host.toLowerCase().replace(/\.$/, '');
  return isIP(text) === 0 ? domainToASCII(text) || text : text;
}
