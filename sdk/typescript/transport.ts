import { type ClientRequest, Agent as HttpAgent, request as httpRequest, type IncomingMessage } from 'node:http';
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https';
import { ApiError, apiErrorOf } from './api-error.ts';

/**
 * HTTP with kept connections: one request, one answer, no retry (its callers know what may be repeated).
 *
 * Built on `node:http` rather than `fetch`: about twice the requests per second on one core. Rejects with `ApiError`
 * alone: the server's own, or `UNREACHABLE` (status 0) where no whole answer came, `ABORTED` where the caller gave up.
 */
export interface Transport {
  /** Reads the whole answer. `body` is sent as JSON, or as it is where it is a text. */
  send(call: Call): Promise<Answer>;
  /** Gives the answer's stream once its head is there; the caller reads or destroys it. */
  open(call: Call): Promise<IncomingMessage>;
  close(): void;
}

export interface Call {
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE';
  /** From the server's root: `/api/v1/…`. */
  readonly path: string;
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
  readonly signal?: AbortSignal | undefined;
  /** Silence on the connection that counts as no answer. Default 30 s; 0 waits for ever. */
  readonly timeoutMs?: number;
}

export interface Answer {
  readonly status: number;
  readonly headers: IncomingMessage['headers'];
  /** Parsed JSON; the text itself where it is no JSON; null where there is none. */
  readonly body: unknown;
}

export interface TransportOptions {
  /** Where the platform listens: `http://localhost:8080`, a path prefix allowed. */
  readonly server: string;
  readonly token?: string | undefined;
  /** For a token that reaches more than one; any other is answered by 404. */
  readonly workspace?: string | undefined;
  /** Connections open at once. Default 64. */
  readonly connectionsMax?: number;
}

const timeoutDefaultMs = 30_000;
/** Bytes of one answer; a longer one is refused rather than held. */
const answerBytesMax = 256 * 1024 * 1024;

export function openTransport(options: TransportOptions): Transport {
  const base = parseServer(options.server);
  const isSecure = base.protocol === 'https:';
  const pool = { keepAlive: true, maxSockets: options.connectionsMax ?? 64, scheduling: 'lifo' as const };
  const agent = isSecure ? new HttpsAgent(pool) : new HttpAgent(pool);
  const headers: Record<string, string> = { accept: 'application/json' };
  if (options.token) headers['authorization'] = `Bearer ${options.token}`;
  if (options.workspace) headers['x-magicflow-workspace'] = options.workspace;
  const target = {
    protocol: base.protocol,
    hostname: base.hostname.replace(/^\[|\]$/g, ''),
    port: base.port,
    agent,
  };
  const prefix = base.pathname.replace(/\/$/, '');
  const start = (call: Call, body: string | undefined): ClientRequest =>
    (isSecure ? httpsRequest : httpRequest)({
      ...target,
      method: call.method,
      path: prefix + call.path,
      headers: { ...headers, ...bodyHeaders(call.body, body), ...call.headers },
      ...(call.signal ? { signal: call.signal } : {}),
    });
  const open = async (call: Call): Promise<IncomingMessage> => {
    const body = textOf(call.body);
    return await answerTo(start(call, body), { call, body, server: base.origin });
  };
  return {
    open,
    async send(call) {
      const response = await open(call);
      const text = await readText(response, call, base.origin);
      const status = response.statusCode ?? 0;
      if (status >= 400) throw apiErrorOf({ status, headers: response.headers, text });
      return { status, headers: response.headers, body: parseBody(text) };
    },
    close: () => agent.destroy(),
  };
}

/** Throws TypeError where the text is no http(s) URL. */
export function parseServer(server: string): URL {
  const url = URL.canParse(server) ? new URL(server) : undefined;
  if (url === undefined || (url.protocol !== 'http:' && url.protocol !== 'https:')) {
    throw new TypeError(`"${server}" is no server address: write it like http://localhost:8080`);
  }
  return url;
}

const textOf = (body: unknown): string | undefined =>
  body === undefined ? undefined : typeof body === 'string' ? body : JSON.stringify(body);

function bodyHeaders(body: unknown, text: string | undefined): Record<string, string | number> {
  if (text === undefined) return {};
  return {
    'content-type': typeof body === 'string' ? 'application/yaml' : 'application/json',
    'content-length': Buffer.byteLength(text),
  };
}

interface Sent {
  readonly call: Call;
  readonly body: string | undefined;
  readonly server: string;
}

function answerTo(request: ClientRequest, { call, body, server }: Sent): Promise<IncomingMessage> {
  const timeoutMs = call.timeoutMs ?? timeoutDefaultMs;
  return new Promise((resolve, reject) => {
    request.on('response', resolve);
    request.on('error', (error) => reject(noAnswer(error, call, server)));
    if (timeoutMs > 0) {
      request.setTimeout(timeoutMs, () => request.destroy(new Error(`no answer within ${timeoutMs} ms`)));
    }
    request.end(body);
  });
}

function readText(response: IncomingMessage, call: Call, server: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let sizeBytes = 0;
    response.on('data', (chunk: Buffer) => {
      sizeBytes += chunk.length;
      if (sizeBytes > answerBytesMax) response.destroy(new Error(`the answer is longer than ${answerBytesMax} bytes`));
      else chunks.push(chunk);
    });
    response.on('error', (error) => reject(noAnswer(error, call, server)));
    response.on('close', () => {
      if (response.complete) resolve(Buffer.concat(chunks, sizeBytes).toString('utf8'));
      else reject(noAnswer(new Error('the connection closed before the answer was whole'), call, server));
    });
  });
}

function noAnswer(cause: Error, call: Call, server: string): ApiError {
  if (call.signal?.aborted) return new ApiError({ status: 0, code: 'ABORTED', message: 'the caller gave up', cause });
  // Node joins the failures of several addresses into one error without a text of its own.
  const first = cause instanceof AggregateError ? (cause.errors[0] as unknown) : cause;
  const reason = first instanceof Error ? first.message : String(first);
  return new ApiError({ status: 0, code: 'UNREACHABLE', message: `no answer from ${server}: ${reason}`, cause: first });
}

function parseBody(text: string): unknown {
  if (text === '') return null;
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return text;
  }
}

/** True where the request cannot have reached the server. */
export function wasNeverSent(error: ApiError): boolean {
  const code: unknown = error.cause instanceof Error && 'code' in error.cause ? error.cause.code : undefined;
  return code === 'ECONNREFUSED' || code === 'ENOTFOUND' || code === 'EAI_AGAIN' || code === 'EHOSTUNREACH';
}
