/** What is no HTTP, or did not become any in time: answered on the bare socket, which is then closed. */
import { STATUS_CODES } from 'node:http';
import type { Socket } from 'node:net';
import { Fault, type FaultCode } from '../kit/fault.ts';
import { problemOf, problemType } from './problem.ts';

const reasons: Readonly<Record<string, readonly [FaultCode, string]>> = {
  HPE_HEADER_OVERFLOW: ['HEADERS_TOO_LARGE', 'the request line and headers are larger than 16 KiB: send less in them'],
  ERR_HTTP_REQUEST_TIMEOUT: ['REQUEST_TIMED_OUT', 'the request was not sent whole in time: send it again'],
};
const nonsense = ['HTTP_INVALID', 'this is no valid HTTP/1.1 request: look at its first lines'] as const;

export function refuseBrokenRequest(
  error: NodeJS.ErrnoException,
  socket: { destroyed: boolean } & Pick<Socket, 'end' | 'destroy'>,
): void {
  if (socket.destroyed || error.code === 'ECONNRESET') {
    socket.destroy();
    return;
  }
  const [code, message] = reasons[error.code ?? ''] ?? nonsense;
  const { status, body } = problemOf(new Fault(code, message), 'none');
  const text = JSON.stringify(body);
  const head = [
    `HTTP/1.1 ${status} ${STATUS_CODES[status]}`,
    `Content-Type: ${problemType}`,
    `Content-Length: ${Buffer.byteLength(text)}`,
    'Connection: close',
  ];
  socket.end(`${head.join('\r\n')}\r\n\r\n${text}`);
}
