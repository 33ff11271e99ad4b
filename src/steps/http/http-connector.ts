/** `http`: calls an HTTP endpoint and brings back `{status, headers, body}`. */
import type { Clock } from '../../kit/clock.ts';
import type { JsonObject } from '../../kit/json.ts';
import type { Random } from '../../kit/random.ts';
import type { Connector, ConnectorCall } from '../connector.ts';
import { placeOf } from '../outbound/exchange.ts';
import { redirectsMax } from '../outbound/limits.ts';
import type { Outbound, OutboundAnswer, OutboundRequest } from '../outbound.ts';
import type { Services } from '../services.ts';
import { decodeBody, readableBody } from './body.ts';
import { callRequest } from './call-request.ts';
import { compileExpectation, type HttpResponse, type Judge } from './expectation.ts';
import { deadlineGraceMs } from './limits.ts';
import { compilePagination, type Pagination, readPages } from './pages.ts';

export interface HttpDeps {
  readonly outbound: Outbound;
  readonly services: Services;
  readonly clock: Clock;
  readonly random: Random;
}

/** What the settings of a step mean: the same object for every execution of its version. */
interface Plan {
  readonly judge: Judge;
  readonly pagination: Pagination | undefined;
}

export function openHttpConnector(deps: HttpDeps): Connector {
  const plans = new WeakMap<JsonObject, Plan>();

  function planOf(settings: JsonObject): Plan {
    const known = plans.get(settings);
    if (known) return known;
    const plan = { judge: compileExpectation(deps, settings), pagination: compilePagination(deps, settings) };
    plans.set(settings, plan);
    return plan;
  }

  return {
    async run(call) {
      const { judge, pagination } = planOf(call.settings);
      const { serviceTimeoutMs, ...request } = callRequest(call, deps.services);
      const bounded: OutboundRequest = {
        ...request,
        signal: call.signal,
        redirectsMax: call.settings['followRedirects'] === true ? redirectsMax : 0,
        timeoutMs: timeoutOf(call, serviceTimeoutMs, deps.clock),
      };
      const ask = async (page: OutboundRequest) => {
        const answer = await deps.outbound.request(page);
        const place = placeOf(page);
        const response = responseOf(answer, place);
        judge(response, { place, statusText: answer.statusText });
        return { response, url: answer.url };
      };
      if (pagination) return readPages(ask, bounded, pagination);
      return { ...(await ask(bounded)).response };
    },
  };
}

/** The engine times the step and aborts the call; here only the service's own limit fails it. */
export function timeoutOf({ deadlineAt }: ConnectorCall, serviceTimeoutMs: number | undefined, clock: Clock): number {
  const leftMs = deadlineAt === undefined ? Number.POSITIVE_INFINITY : deadlineAt - clock.nowMs() + deadlineGraceMs;
  return Math.min(leftMs, serviceTimeoutMs ?? Number.POSITIVE_INFINITY);
}

export function responseOf({ status, headers, body }: OutboundAnswer, place: string): HttpResponse {
  const named = headers['content-type'];
  const contentType = typeof named === 'string' ? named : '';
  // What goes wrong is often told in another form than what goes right: the status counts, not the form.
  const decoded = status < 400 ? decodeBody(body, contentType, place) : readableBody(body, contentType);
  return { status, headers: headers as JsonObject, body: decoded };
}
