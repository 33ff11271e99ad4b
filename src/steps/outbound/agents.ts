/** HTTP connections that the guard has opened; kept for the next request to the same origin. */
import http from 'node:http';
import https from 'node:https';
import type { Duplex } from 'node:stream';
import tls from 'node:tls';
import type { Guard } from './guard.ts';
import { connectTimeoutMs, keepAliveMs, keptSocketsMax } from './limits.ts';

export interface Agents {
  agentFor(url: URL): http.Agent;
  close(): void;
}

export function openAgents(guard: Guard): Agents {
  const options = { keepAlive: true, timeout: keepAliveMs, maxFreeSockets: keptSocketsMax };
  const plain = new http.Agent(options);
  const secure = new https.Agent(options);
  plain.createConnection = (given, done) => give(dial(given), done);
  secure.createConnection = (given, done) =>
    give(
      dial(given).then((socket) => secured(socket, given)),
      done,
    );

  function dial({ host, port }: http.ClientRequestArgs) {
    const target = { host: String(host).replace(/^\[|\]$/g, ''), port: Number(port) };
    return guard.connect(target, { signal: AbortSignal.timeout(connectTimeoutMs) });
  }

  return {
    agentFor: ({ protocol }) => (protocol === 'https:' ? secure : plain),
    close() {
      plain.destroy();
      secure.destroy();
    },
  };
}

/** `servername` is empty for an address, whose certificate must name the address. */
function secured(socket: Duplex, { host, servername }: https.RequestOptions): Duplex {
  return tls.connect({
    socket,
    host: host ?? '',
    ...(servername ? { servername } : {}),
    ALPNProtocols: ['http/1.1'],
    // The environment has no say in whether certificates are checked.
    rejectUnauthorized: true,
  });
}

function give(opening: Promise<Duplex>, done?: (error: Error | null, stream: Duplex) => void): undefined {
  opening.then(
    (stream) => done?.(null, stream),
    (error: Error) => done?.(error, undefined as unknown as Duplex),
  );
}
