/** What follows from an answer that leads elsewhere. */
import { StepFailure } from '../connector.ts';
import type { OutboundAnswer, OutboundRequest, OutgoingHeaders } from '../outbound.ts';

const leading: ReadonlySet<number> = new Set([301, 302, 303, 307, 308]);

/** The next request; undefined where the answer leads nowhere. */
export function redirected(request: OutboundRequest, answer: OutboundAnswer): OutboundRequest | undefined {
  const { location } = answer.headers;
  if (!leading.has(answer.status) || typeof location !== 'string') return undefined;
  if (!URL.canParse(location, request.url)) {
    throw new StepFailure('RESPONSE_INVALID', `${request.url.origin} led to something that is no address`);
  }
  const url = new URL(location, request.url);
  const { body: _body, ...bare } = request;
  const becomesGet =
    answer.status === 303 ? request.method !== 'HEAD' : answer.status < 303 && request.method === 'POST';
  const next: OutboundRequest = becomesGet
    ? { ...bare, method: 'GET', headers: withoutBody(request.headers), url }
    : { ...request, url };
  return { ...next, headers: headersFor(url, next.headers, request.url) };
}

/** At another origin nothing is sent that could be a credential: any header may be one. */
export function headersFor(url: URL, headers: OutgoingHeaders, from: URL): OutgoingHeaders {
  return url.origin === from.origin ? headers : pick(headers, (name) => harmless.has(name));
}

const harmless: ReadonlySet<string> = new Set([
  'accept',
  'accept-language',
  'content-type',
  'idempotency-key',
  'traceparent',
  'user-agent',
]);

const withoutBody = (headers: OutgoingHeaders): OutgoingHeaders =>
  pick(headers, (name) => !name.startsWith('content-'));

function pick(headers: OutgoingHeaders, isKept: (name: string) => boolean): OutgoingHeaders {
  return Object.fromEntries(Object.entries(headers).filter(([name]) => isKept(name)));
}
