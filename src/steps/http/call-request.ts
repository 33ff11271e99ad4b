/**
 * The request that a step means: where to, by which headers, with what body.
 *
 * The credentials of a configured service go to that service alone: a workflow cannot send them to an address of its
 * own choosing, and an endpoint cannot climb out of the service's base address.
 */
import { isObject, type Json, type JsonObject } from '../../kit/json.ts';
import { type ConnectorCall, StepFailure } from '../connector.ts';
import type { OutboundRequest, OutgoingHeaders } from '../outbound.ts';
import type { Service, Services } from '../services.ts';
import { appendFields, encodeBody } from './body.ts';
import { credentialsOf, headersOf } from './credentials.ts';

export interface CallRequest extends OutboundRequest {
  /** The configured service's, where there is one. */
  readonly serviceTimeoutMs: number | undefined;
}

type Call = Pick<ConnectorCall, 'request' | 'settings' | 'idempotencyKey' | 'traceparent' | 'hide'>;

export function callRequest(call: Call, services: Services): CallRequest {
  const { request, settings } = call;
  const service = serviceOf(services, settings['service']);
  const lender = serviceOf(services, settings['auth']);
  const url = service ? endpointUrl(service, request['endpoint']) : addressOf(request['url']);
  appendFields(url.searchParams, fieldsOf(request['query']));
  if (lender) requireOwnOrigin(lender, url, String(settings['auth']));
  const own = credentialsOf(request['auth']);
  const auth = request['auth'] === undefined ? ((lender ?? service)?.auth ?? {}) : own;
  const given = { ...configuredHeaders(service, call.hide), ...writtenHeaders(request['headers']) };
  const method = String(settings['method'] ?? 'GET');
  const encoded = encodeBody(request['body'], given['content-type']);
  return {
    method,
    url,
    headers: {
      accept: 'application/json, text/*;q=0.9, */*;q=0.8',
      'user-agent': 'magicflow',
      traceparent: call.traceparent,
      ...(safeMethods.has(method) ? {} : { 'idempotency-key': headerText(call.idempotencyKey) }),
      ...(encoded ? { 'content-type': encoded.contentType } : {}),
      ...headersOf(auth, call.hide),
      ...given,
    },
    ...(encoded ? { body: encoded.bytes } : {}),
    serviceTimeoutMs: service?.timeoutMs,
  };
}

const safeMethods: ReadonlySet<string> = new Set(['GET', 'HEAD', 'OPTIONS']);

/** A key may hold any text; a header holds visible ASCII. */
export function headerText(text: string): string {
  return /^[\x21-\x7e]+$/.test(text) ? text : encodeURIComponent(text);
}

function serviceOf(services: Services, name: Json | undefined): Service | undefined {
  if (typeof name !== 'string') return undefined;
  if (Object.hasOwn(services, name)) return services[name];
  const known = Object.keys(services).join(', ') || 'none';
  throw new StepFailure(
    'SERVICE_UNKNOWN',
    `there is no service "${name}": configure it under services (there are: ${known})`,
    { retryable: false },
  );
}

export function addressOf(given: Json | undefined): URL {
  if (typeof given === 'string' && URL.canParse(given)) return new URL(given);
  const found = typeof given === 'string' ? `"${given.slice(0, 200)}"` : JSON.stringify(given ?? null);
  throw invalidUrl(`"url" gave ${found}, which is no address like https://host/path`);
}

function endpointUrl({ baseUrl }: Service, endpoint: Json | undefined): URL {
  const base = new URL(baseUrl);
  const path = endpoint === undefined || endpoint === null ? '' : String(endpoint);
  const joint = path === '' || /^[/?]/.test(path) ? '' : '/';
  const url = new URL(`${baseUrl.replace(/\/$/, '')}${joint}${path}`);
  const folder = base.pathname.replace(/\/$/, '');
  const isInside = url.pathname === base.pathname || url.pathname === folder || url.pathname.startsWith(`${folder}/`);
  if (url.origin === base.origin && isInside) return url;
  throw invalidUrl(`"endpoint" leads out of the service's base address ${base.origin}${base.pathname}`);
}

function requireOwnOrigin({ baseUrl }: Service, url: URL, name: string): void {
  const { origin } = new URL(baseUrl);
  if (url.origin === origin) return;
  throw new StepFailure(
    'REQUEST_INVALID',
    `the credentials of the service "${name}" go to ${origin} alone, not to ${url.origin}`,
    { retryable: false },
  );
}

function invalidUrl(message: string): StepFailure {
  return new StepFailure('URL_INVALID', message, { retryable: false });
}

function fieldsOf(query: Json | undefined): JsonObject {
  if (query === undefined || query === null) return {};
  if (isObject(query)) return query as JsonObject;
  throw new StepFailure('REQUEST_INVALID', 'the query must be an object of parameters', { retryable: false });
}

function configuredHeaders(service: Service | undefined, hide: (secret: string) => void): OutgoingHeaders {
  const headers = Object.entries(service?.headers ?? {});
  for (const [name, value] of headers) if (secretName.test(name)) hide(value);
  return Object.fromEntries(headers.map(([name, value]) => [name.toLowerCase(), value]));
}

/** Other headers (a tenant, a language) may hold words that answers are full of. */
const secretName = /auth|cookie|key|pass|secret|signature|token/i;

/** Headers of one connection, and those that this program works out itself. */
const ownHeaders: ReadonlySet<string> = new Set([
  'host',
  'content-length',
  'transfer-encoding',
  'connection',
  'keep-alive',
  'proxy-connection',
  'upgrade',
  'te',
  'trailer',
  'expect',
]);

/** As a step writes them; null leaves one out. */
export function writtenHeaders(headers: Json | undefined): OutgoingHeaders {
  const entries = Object.entries((headers ?? {}) as JsonObject).filter(([, value]) => value !== null);
  return Object.fromEntries(
    entries.map(([written, value]) => {
      const name = written.toLowerCase();
      if (ownHeaders.has(name)) throw invalidHeader(written, 'is set by the server itself: leave it out');
      if (typeof value === 'object') throw invalidHeader(written, 'must be a text');
      return [name, String(value)];
    }),
  );
}

function invalidHeader(name: string, fault: string): StepFailure {
  return new StepFailure('REQUEST_INVALID', `the header "${name}" ${fault}`, { retryable: false });
}
