/** An HTTP server that a test's workflows call: it remembers what it was asked and answers as the test says. */
import { once } from 'node:events';
import http from 'node:http';
import https from 'node:https';
import type { AddressInfo } from 'node:net';

export interface Asked {
  readonly method: string;
  /** With the query. */
  readonly path: string;
  readonly headers: http.IncomingHttpHeaders;
  readonly body: string;
  /** The caller went away before it was answered. */
  isAborted: boolean;
}

export interface HttpTarget {
  readonly url: string;
  readonly port: number;
  readonly asked: Asked[];
  /** Connections accepted so far. */
  connections(): number;
  /** From the next request on. */
  answer: Answering;
  close(): Promise<void>;
}

export type Answering = (response: http.ServerResponse, asked: Asked) => unknown;

/** Answers with JSON. */
export const json =
  (body: unknown, status = 200, headers: Readonly<Record<string, string>> = {}): Answering =>
  (response) =>
    response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(body));

export interface TargetOptions {
  readonly port?: number;
  readonly host?: string;
  readonly tls?: https.ServerOptions;
}

export async function openHttpTarget(answer: Answering, options: TargetOptions = {}): Promise<HttpTarget> {
  const { port: wanted = 0, host = '127.0.0.1', tls } = options;
  const server = tls ? https.createServer(tls) : http.createServer();
  let connections = 0;
  server.on('connection', () => {
    connections += 1;
  });
  server.on('request', (request: http.IncomingMessage, response: http.ServerResponse) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const { method = '', url: path = '', headers } = request;
      const asked: Asked = { method, path, headers, body: Buffer.concat(chunks).toString(), isAborted: false };
      target.asked.push(asked);
      response.on('close', () => {
        asked.isAborted = !response.writableEnded;
      });
      target.answer(response, asked);
    });
  });
  server.listen(wanted, host);
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const target: HttpTarget = {
    url: `${tls ? 'https' : 'http'}://${host}:${port}`,
    port,
    asked: [],
    connections: () => connections,
    answer,
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
  return target;
}
