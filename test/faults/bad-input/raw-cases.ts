/** What is no HTTP, or hardly: bytes on a bare socket. Each gets an answer and is hung up on. */
import { connect } from 'node:net';
import { answerMaxMs } from './wire.ts';

export interface RawCase {
  readonly title: string;
  readonly bytes: string;
  readonly status: number;
  readonly code: string;
}

const host = 'Host: localhost\r\n';
const broken = { status: 400, code: 'HTTP_INVALID' } as const;

export const rawCases: readonly RawCase[] = [
  { title: 'nonsense', bytes: 'nonsense\r\n\r\n', ...broken },
  { title: 'TLS', bytes: '\u0016\u0003\u0001\u0002\u0000\u0001\u0000\u0001\u00fc\u0003\u0003', ...broken },
  { title: 'HTTP/2', bytes: 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', ...broken },
  { title: 'another version', bytes: `GET /ready HTTP/9.9\r\n${host}\r\n`, ...broken },
  { title: 'a method of nobody', bytes: `FROB /ready HTTP/1.1\r\n${host}\r\n`, ...broken },
  { title: 'a method in small letters', bytes: `get /ready HTTP/1.1\r\n${host}\r\n`, ...broken },
  { title: 'a space in the path', bytes: `GET /rea dy HTTP/1.1\r\n${host}\r\n`, ...broken },
  { title: 'a header without a colon', bytes: `GET /ready HTTP/1.1\r\n${host}nonsense\r\n\r\n`, ...broken },
  { title: 'a header with a NUL', bytes: `GET /ready HTTP/1.1\r\n${host}a: b\u0000c\r\n\r\n`, ...broken },
  { title: 'a header name with a space', bytes: `GET /ready HTTP/1.1\r\n${host}a b: c\r\n\r\n`, ...broken },
  {
    title: 'a length that is no number',
    bytes: `POST /api/v1/workflows HTTP/1.1\r\n${host}Content-Length: x\r\n\r\n`,
    ...broken,
  },
  {
    title: 'a negative length',
    bytes: `POST /api/v1/workflows HTTP/1.1\r\n${host}Content-Length: -1\r\n\r\n`,
    ...broken,
  },
  {
    title: 'two lengths',
    bytes: `POST /api/v1/workflows HTTP/1.1\r\n${host}Content-Length: 1\r\nContent-Length: 2\r\n\r\nab`,
    ...broken,
  },
  {
    title: 'a length and chunks',
    bytes: `POST /api/v1/workflows HTTP/1.1\r\n${host}Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`,
    ...broken,
  },
  { title: 'no host', bytes: 'GET /ready HTTP/1.1\r\nConnection: close\r\n\r\n', ...broken },
  {
    title: 'a header of 20,000 letters',
    bytes: `GET /ready HTTP/1.1\r\n${host}a: ${'x'.repeat(20_000)}\r\n\r\n`,
    status: 431,
    code: 'HEADERS_TOO_LARGE',
  },
  {
    title: 'a path of 20,000 letters',
    bytes: `GET /${'x'.repeat(20_000)} HTTP/1.1\r\n${host}\r\n`,
    status: 431,
    code: 'HEADERS_TOO_LARGE',
  },
  {
    title: 'the form that proxies use',
    bytes: `GET http://localhost/nowhere HTTP/1.1\r\n${host}Connection: close\r\n\r\n`,
    status: 404,
    code: 'ROUTE_NOT_FOUND',
  },
  {
    title: 'a star',
    bytes: `OPTIONS * HTTP/1.1\r\n${host}Connection: close\r\n\r\n`,
    status: 404,
    code: 'ROUTE_NOT_FOUND',
  },
];

export interface RawAnswer {
  readonly status: number;
  readonly code: unknown;
}

/** The first answer on a connection of its own; rejects where none comes. */
export function sendRaw(url: string, bytes: string): Promise<RawAnswer> {
  const { hostname, port } = new URL(url);
  return new Promise((resolve, reject) => {
    const socket = connect({ host: hostname, port: Number(port) });
    let text = '';
    socket.setEncoding('latin1').setTimeout(answerMaxMs, () => socket.destroy(new Error('no answer in time')));
    socket.on('data', (part: string) => {
      text += part;
    });
    socket.on('error', reject);
    socket.on('close', () => {
      const status = Number(/^HTTP\/1\.1 (\d{3}) /.exec(text)?.[1]);
      const body = /\{.*\}/s.exec(text)?.[0] ?? '{}';
      resolve({ status, code: (JSON.parse(body) as { code?: unknown }).code });
    });
    socket.on('connect', () => socket.write(Buffer.from(bytes, 'latin1')));
  });
}
