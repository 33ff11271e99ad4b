/** Channels that are an HTTP endpoint which takes JSON. Their addresses are secrets, so no message shows them. */
import type { Json, JsonObject } from '../../kit/json.ts';
import { type HttpResponse, statusFailure } from '../http/expectation.ts';
import { responseOf } from '../http/http-connector.ts';
import { placeOf } from '../outbound/exchange.ts';
import type { OutgoingHeaders } from '../outbound.ts';
import type { Notice, SendDeps } from './notice.ts';

export interface Post {
  readonly url: string;
  readonly body: Json;
  readonly headers?: (body: Uint8Array) => OutgoingHeaders;
}

export async function post({ outbound, nowMs }: SendDeps, notice: Notice, given: Post): Promise<HttpResponse> {
  const url = new URL(given.url);
  notice.hide(given.url);
  notice.hide(url.pathname);
  const body = Buffer.from(JSON.stringify(given.body));
  const request = {
    method: 'POST',
    url,
    headers: {
      'user-agent': 'magicflow',
      'content-type': 'application/json',
      traceparent: notice.traceparent,
      ...given.headers?.(body),
    },
    body,
    signal: notice.signal,
    timeoutMs: notice.timeoutMs,
  };
  const answer = await outbound.request(request);
  const response = responseOf(answer, placeOf(request));
  if (answer.status >= 200 && answer.status < 300) return response;
  throw statusFailure(response, { place: placeOf(request), statusText: answer.statusText }, nowMs());
}

/** What is recorded of a post that was taken. */
export const taken = ({ status }: HttpResponse): JsonObject => ({ status });
