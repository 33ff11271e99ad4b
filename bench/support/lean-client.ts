/**
 * HTTP/1.1 on one kept socket with as little work as possible, so that a load takes its machine's time for the server.
 *
 * One call at a time per connection. Only what this server sends is understood: a status line and a body of stated
 * length. Anything else, and any status of 400 or more, rejects the call.
 */
import { connect, type Socket } from 'node:net';

export interface Connection {
  /** `body` is JSON text. Resolves with the text of the answer. */
  send(method: 'GET' | 'POST', path: string, body?: string): Promise<string>;
  close(): void;
}

export interface Target {
  readonly port: number;
  readonly token: string;
}

const headEnd = Buffer.from('\r\n\r\n');

export function openConnection({ port, token }: Target): Promise<Connection> {
  const shared = `Host: localhost:${port}\r\nAuthorization: Bearer ${token}\r\nContent-Type: application/json\r\n`;
  return new Promise((resolve, reject) => {
    const socket = connect({ port, host: '127.0.0.1', noDelay: true });
    const answers = readAnswers(socket);
    socket.once('error', reject);
    socket.once('connect', () =>
      resolve({
        send(method, path, body = '') {
          socket.write(
            `${method} ${path} HTTP/1.1\r\n${shared}Content-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
          );
          return answers();
        },
        close: () => socket.destroy(),
      }),
    );
  });
}

/** Returns how to wait for the next answer. */
function readAnswers(socket: Socket): () => Promise<string> {
  let waiting: PromiseWithResolvers<string> | undefined;
  let received: Buffer = Buffer.alloc(0);
  socket.on('data', (chunk: Buffer) => {
    received = received.length === 0 ? chunk : Buffer.concat([received, chunk]);
    const answer = parseAnswer(received);
    if (answer === undefined) return;
    received = Buffer.alloc(0);
    if (answer.status < 400) waiting?.resolve(answer.body);
    else waiting?.reject(new Error(`the server answered ${answer.status}: ${answer.body}`));
  });
  socket.on('close', () => waiting?.reject(new Error('the server closed the connection')));
  return () => {
    waiting = Promise.withResolvers();
    return waiting.promise;
  };
}

function parseAnswer(received: Buffer): { status: number; body: string } | undefined {
  const end = received.indexOf(headEnd);
  if (end < 0) return undefined;
  const head = received.toString('latin1', 0, end);
  const length = Number(/content-length: (\d+)/i.exec(head)?.[1] ?? Number.NaN);
  if (Number.isNaN(length)) throw new Error(`an answer without a length: ${head}`);
  const from = end + headEnd.length;
  if (received.length < from + length) return undefined;
  return { status: Number(head.slice(9, 12)), body: received.toString('utf8', from, from + length) };
}

/** As many connections as callers. */
export function openConnections(target: Target, count: number): Promise<readonly Connection[]> {
  return Promise.all(Array.from({ length: count }, () => openConnection(target)));
}
