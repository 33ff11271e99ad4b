/**
 * All pages of an answer as one list.
 *
 * Where the next page is, the step's `next` takes from each answer: an address (credentials are left behind at another
 * origin) or an object of query parameters. Each page is a request of its own, with an idempotency key of its own.
 */
import { isObject, type Json, type JsonObject } from '../../kit/json.ts';
import { StepFailure } from '../connector.ts';
import { headersFor } from '../outbound/redirect.ts';
import type { OutboundRequest } from '../outbound.ts';
import { appendFields } from './body.ts';
import { type ExpressionDeps, type HttpResponse, type OfResponse, ofResponse } from './expectation.ts';
import { pagesDefault, pagesTextMax } from './limits.ts';

export interface Pagination {
  readonly next: OfResponse;
  readonly items: OfResponse;
  readonly pagesMax: number;
}

export function compilePagination(deps: ExpressionDeps, settings: JsonObject): Pagination | undefined {
  const written = settings['paginate'] as { next: string; items?: string; maxPages?: number } | undefined;
  if (!written) return undefined;
  return {
    next: ofResponse(deps, written.next),
    items: written.items === undefined ? ({ body }) => body : ofResponse(deps, written.items),
    pagesMax: written.maxPages ?? pagesDefault,
  };
}

/** One page, and where it came from after redirects. */
export type AskPage = (request: OutboundRequest) => Promise<{ response: HttpResponse; url: URL }>;

/** `{status, headers, body}` of the last page with the items of all as its body, `pages` and whether it is `complete`. */
export async function readPages(ask: AskPage, first: OutboundRequest, pagination: Pagination): Promise<Json> {
  const items: Json[] = [];
  let length = 0;
  let next: OutboundRequest = first;
  for (let pages = 1; ; pages += 1) {
    const { response, url } = await ask(next);
    const found = pagination.items(response) ?? [];
    length += JSON.stringify(found).length;
    if (length > pagesTextMax) throw tooLarge(pages);
    for (const item of [found].flat()) items.push(item);
    const lead = pagination.next(response);
    const isLast = lead === null || lead === '' || lead === false;
    if (isLast || pages === pagination.pagesMax) {
      return { ...response, body: items, pages, complete: isLast };
    }
    const nextUrl = nextUrlOf(lead, { asked: next.url, answered: url });
    next = { ...first, url: nextUrl, headers: pageHeaders(first, nextUrl, pages + 1) };
  }
}

function nextUrlOf(lead: Json, { asked, answered }: { asked: URL; answered: URL }): URL {
  if (isObject(lead)) {
    const url = new URL(asked);
    for (const name of Object.keys(lead)) url.searchParams.delete(name);
    appendFields(url.searchParams, lead);
    return url;
  }
  if (typeof lead === 'string' && /^(https?:\/\/|[/?.])/i.test(lead) && URL.canParse(lead, answered)) {
    return new URL(lead, answered);
  }
  throw new StepFailure(
    'RESPONSE_INVALID',
    `"paginate.next" gave ${JSON.stringify(lead).slice(0, 200)}, which is no address: for a query parameter write { name: value }`,
    { retryable: false },
  );
}

function pageHeaders({ headers, url }: OutboundRequest, nextUrl: URL, page: number) {
  const key = headers['idempotency-key'];
  const kept = headersFor(nextUrl, headers, url);
  return key === undefined ? kept : { ...kept, 'idempotency-key': `${key}/page-${page}` };
}

function tooLarge(pages: number): StepFailure {
  const message = `${pages} pages hold more than ${pagesTextMax} characters of JSON: lower max_pages, or take less by "items"`;
  return new StepFailure('RESPONSE_TOO_LARGE', message, { retryable: false });
}
