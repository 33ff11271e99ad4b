/** Sends requests as they are written: no path is normalised, no header added but those that HTTP needs. */
import { Agent, request } from 'node:http';
import { performance } from 'node:perf_hooks';
import type { BadRequest } from './bad-case.ts';

export interface WireAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly text: string;
  readonly ms: number;
}

export interface Wire {
  send(given: BadRequest): Promise<WireAnswer>;
  /** Ends its connections. */
  close(): void;
}

/** An answer that takes longer is a failure, on however busy a machine. */
export const answerMaxMs = 10_000;

export function openWire(url: string): Wire {
  const { hostname, port } = new URL(url);
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  return {
    send: ({ method, path, headers, body }) =>
      new Promise((resolve, reject) => {
        const began = performance.now();
        const length = body === undefined ? {} : { 'content-length': Buffer.byteLength(body) };
        const outgoing = request(
          { agent, hostname, port, method, path, headers: { ...headers, ...length }, timeout: answerMaxMs },
          (incoming) => {
            const parts: Buffer[] = [];
            incoming.on('data', (part: Buffer) => parts.push(part));
            incoming.on('error', reject);
            incoming.on('end', () => {
              const { statusCode: status = 0, headers: answered } = incoming;
              const text = Buffer.concat(parts).toString('utf8');
              resolve({ status, headers: answered, text, ms: performance.now() - began });
            });
          },
        );
        outgoing.on('timeout', () =>
          outgoing.destroy(new Error(`no answer to ${method} ${path} in ${answerMaxMs} ms`)),
        );
        outgoing.on('error', reject);
        outgoing.end(body);
      }),
    close: () => agent.destroy(),
  };
}
