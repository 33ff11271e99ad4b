/** One request and its whole answer, bounded in bytes and time. Redirects are answers here. */
import http from 'node:http';
import https from 'node:https';
import zlib from 'node:zlib';
import type { Clock } from '../../kit/clock.ts';
import { StepFailure } from '../connector.ts';
import type { OutboundAnswer, OutboundRequest } from '../outbound.ts';
import type { Agents } from './agents.ts';

export interface ExchangeDeps {
  readonly agents: Agents;
  readonly clock: Clock;
  readonly responseBytesMax: number;
}

export type Exchange = Omit<OutboundRequest, 'redirectsMax'> & {
  readonly timeoutMs: number;
  /** What is left of it. */
  readonly leftMs: number;
};

export async function exchange(deps: ExchangeDeps, request: Exchange): Promise<OutboundAnswer> {
  try {
    return await askOnce(deps, request);
  } catch (error) {
    if (!(error instanceof StaleConnection)) throw error;
    if (idempotent.has(request.method)) return askOnce(deps, request);
    throw failureOf(error.cause as Error, request);
  }
}

const idempotent: ReadonlySet<string> = new Set(['GET', 'HEAD', 'OPTIONS', 'PUT', 'DELETE']);

/** The server closed a kept connection just as it was taken: there was no answer, and perhaps no request. */
class StaleConnection extends Error {}

async function askOnce(deps: ExchangeDeps, request: Exchange): Promise<OutboundAnswer> {
  const { signal, timeoutMs, leftMs } = request;
  signal?.throwIfAborted();
  const stopping = new AbortController();
  const late = new StepFailure('HTTP_TIMEOUT', `${placeOf(request)} gave no whole answer within ${timeoutMs} ms`);
  const cancelTimer = deps.clock.schedule(leftMs, () => stopping.abort(late));
  const abort = (): void => stopping.abort(signal?.reason);
  signal?.addEventListener('abort', abort, { once: true });
  try {
    const incoming = await answerTo(deps.agents, request, stopping.signal);
    return await read(incoming, request, deps.responseBytesMax);
  } catch (error) {
    stopping.signal.throwIfAborted();
    // An answer that was not read to its end would hold its connection.
    stopping.abort();
    throw error instanceof StaleConnection ? error : failureOf(error as Error, request);
  } finally {
    cancelTimer();
    signal?.removeEventListener('abort', abort);
  }
}

function answerTo(agents: Agents, request: Exchange, signal: AbortSignal): Promise<http.IncomingMessage> {
  const { url, method, body } = request;
  const headers = { ...request.headers, ...lengthOf(request) };
  const open = url.protocol === 'https:' ? https.request : http.request;
  return new Promise((resolve, reject) => {
    const outgoing = open(url, { method, headers, signal, agent: agents.agentFor(url) });
    outgoing.once('response', resolve).on('error', (cause) => {
      reject(outgoing.reusedSocket ? new StaleConnection(cause.message, { cause }) : cause);
    });
    outgoing.end(body);
  });
}

function lengthOf({ method, body }: Exchange): Record<string, string> {
  if (body !== undefined) return { 'content-length': String(body.length) };
  return method === 'POST' || method === 'PUT' || method === 'PATCH' ? { 'content-length': '0' } : {};
}

async function read(incoming: http.IncomingMessage, request: Exchange, bytesMax: number): Promise<OutboundAnswer> {
  const tooLarge = (): StepFailure =>
    new StepFailure(
      'RESPONSE_TOO_LARGE',
      `${placeOf(request)} answered with more than ${bytesMax} bytes: ask for less, or raise outbound.max_response`,
      { retryable: false, details: { status: incoming.statusCode ?? 0, bytes_max: bytesMax } },
    );
  const hasBody = request.method !== 'HEAD' && incoming.statusCode !== 204 && incoming.statusCode !== 304;
  if (hasBody && Number(incoming.headers['content-length']) > bytesMax) throw tooLarge();
  const chunks: Buffer[] = [];
  let sizeBytes = 0;
  for await (const chunk of hasBody ? decompressed(incoming) : incoming) {
    sizeBytes += (chunk as Buffer).length;
    if (sizeBytes > bytesMax) throw tooLarge();
    chunks.push(chunk as Buffer);
  }
  return {
    status: incoming.statusCode ?? 0,
    statusText: incoming.statusMessage ?? '',
    headers: headersOf(incoming),
    body: Buffer.concat(chunks),
    url: request.url,
  };
}

function headersOf({ headers }: http.IncomingMessage): OutboundAnswer['headers'] {
  return Object.fromEntries(
    Object.entries(headers).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])),
  );
}

/** By what the answer says; where it says more than one way, or one that is not known, as it came. */
async function* decompressed(incoming: http.IncomingMessage): AsyncGenerator<Buffer> {
  const encoding = incoming.headers['content-encoding']?.trim().toLowerCase() ?? '';
  if (!Object.hasOwn(decompressors, encoding)) return yield* incoming;
  const stream = decompressors[encoding as keyof typeof decompressors]();
  let isEmpty = true;
  incoming.once('data', () => {
    isEmpty = false;
  });
  incoming.once('error', (error) => stream.destroy(error));
  incoming.once('aborted', () => stream.destroy(new Error('the answer broke off')));
  try {
    yield* incoming.pipe(stream);
  } catch (error) {
    // A whole body without a byte is empty and not torn, whatever it says of itself.
    if (!isEmpty || !incoming.complete) throw error;
  }
}

const decompressors = {
  gzip: zlib.createGunzip,
  'x-gzip': zlib.createGunzip,
  deflate: zlib.createInflate,
  br: zlib.createBrotliDecompress,
};

function failureOf(error: NodeJS.ErrnoException, request: Exchange): StepFailure {
  if (error instanceof StepFailure) return error;
  const { code = '' } = error;
  const place = placeOf(request);
  if (code.startsWith('HPE_') || code.startsWith('Z_') || code.startsWith('ERR__ERROR_FORMAT')) {
    return new StepFailure('RESPONSE_INVALID', `${place} did not answer as HTTP has it: ${error.message}`, {
      cause: error,
    });
  }
  if (code.startsWith('ERR_INVALID_') || code === 'ERR_UNESCAPED_CHARACTERS') {
    return new StepFailure('REQUEST_INVALID', `${place} cannot be asked: ${error.message}`, {
      retryable: false,
      cause: error,
    });
  }
  return new StepFailure('HTTP_UNREACHABLE', `${place} cannot be reached: ${reasonOf(error)}`, {
    details: { reason: code || error.name },
    cause: error,
  });
}

/** Of several addresses that were tried the reasons of each. */
function reasonOf(error: Error): string {
  if (error.name === 'TimeoutError') return 'no connection in time';
  // All that Node says of it.
  if (error.message === 'aborted') return 'the answer broke off';
  return error instanceof AggregateError
    ? error.errors.map((each) => (each as Error).message).join('; ')
    : error.message;
}

/** Without the query, which may hold what is nobody's business. */
export function placeOf({ method, url }: { method: string; url: URL }): string {
  return `${method} ${url.protocol}//${url.host}${url.pathname}`;
}
