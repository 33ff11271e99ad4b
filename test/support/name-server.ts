/** A DNS server for tests, over UDP, that answers A and AAAA as a test says and may change its mind at every question. */
import { createSocket } from 'node:dgram';
import { Resolver } from 'node:dns/promises';
import { once } from 'node:events';
import { isIP } from 'node:net';

export interface NameServer {
  /** Names asked for so far, one entry a question. */
  readonly asked: string[];
  /** A resolver that asks this server alone. */
  resolve(host: string): Promise<readonly string[]>;
  close(): void;
}

/** Addresses of a name in lower case; undefined says that there is no such name. */
export type Zone = (name: string) => readonly string[] | undefined;

const typeA = 1;
const typeAaaa = 28;
const noSuchName = 3;

export async function openNameServer(zone: Zone): Promise<NameServer> {
  const socket = createSocket('udp4');
  const asked: string[] = [];
  socket.on('message', (message, { address, port }) => {
    const question = readQuestion(message);
    const addresses = zone(question.name);
    asked.push(question.name);
    socket.send(answerTo(message, question, addresses), port, address);
  });
  socket.bind(0, '127.0.0.1');
  await once(socket, 'listening');
  const resolver = new Resolver({ timeout: 1_000, tries: 1 });
  resolver.setServers([`127.0.0.1:${socket.address().port}`]);
  return {
    asked,
    async resolve(host) {
      const found = await Promise.allSettled([resolver.resolve4(host), resolver.resolve6(host)]);
      const addresses = found.flatMap((each) => (each.status === 'fulfilled' ? each.value : []));
      if (addresses.length === 0) throw Object.assign(new Error(`ENOTFOUND ${host}`), { code: 'ENOTFOUND' });
      return addresses;
    },
    close: () => socket.close(),
  };
}

interface Question {
  readonly name: string;
  readonly type: number;
  /** The place after it. */
  readonly end: number;
}

function readQuestion(message: Buffer): Question {
  const labels: string[] = [];
  let at = 12;
  for (let length = message[at] ?? 0; length > 0; length = message[at] ?? 0) {
    labels.push(message.toString('latin1', at + 1, at + 1 + length));
    at += length + 1;
  }
  return { name: labels.join('.').toLowerCase(), type: message.readUInt16BE(at + 1), end: at + 5 };
}

function answerTo(message: Buffer, { type, end }: Question, addresses: readonly string[] | undefined): Buffer {
  const family = type === typeA ? 4 : type === typeAaaa ? 6 : 0;
  const fitting = (addresses ?? []).filter((address) => isIP(address) === family);
  const header = Buffer.from(message.subarray(0, 12));
  header.writeUInt16BE(0x8180 | (addresses === undefined ? noSuchName : 0), 2);
  header.writeUInt16BE(1, 4);
  header.writeUInt16BE(fitting.length, 6);
  header.writeUInt32BE(0, 8);
  return Buffer.concat([header, message.subarray(12, end), ...fitting.map((address) => recordOf(address, type))]);
}

/** Of no lifetime, so that nobody keeps it. */
function recordOf(address: string, type: number): Buffer {
  const bytes = bytesOf(address);
  const head = Buffer.alloc(12);
  head.writeUInt16BE(0xc00c, 0);
  head.writeUInt16BE(type, 2);
  head.writeUInt16BE(1, 4);
  head.writeUInt16BE(bytes.length, 10);
  return Buffer.concat([head, bytes]);
}

function bytesOf(address: string): Buffer {
  if (isIP(address) === 4) return Buffer.from(address.split('.').map(Number));
  const groups = new URL(`http://[${address}]`).hostname.slice(1, -1).split('::');
  const [left = [], right = []] = groups.map((part) => (part === '' ? [] : part.split(':')));
  const zeros = Array.from({ length: 8 - left.length - right.length }, () => '0');
  return Buffer.concat([...left, ...zeros, ...right].map((group) => Buffer.from(group.padStart(4, '0'), 'hex')));
}
