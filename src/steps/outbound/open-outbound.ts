import type { Clock } from '../../kit/clock.ts';
import { StepFailure } from '../connector.ts';
import type { Outbound, OutboundAnswer, OutboundRequest } from '../outbound.ts';
import { openAgents } from './agents.ts';
import { exchange, placeOf } from './exchange.ts';
import { type GuardDeps, openGuard } from './guard.ts';
import { requestTimeoutDefaultMs, responseBytesMax } from './limits.ts';
import { redirected } from './redirect.ts';

/** The one way out, over these rules. */
export function openOutbound(deps: GuardDeps & { readonly clock: Clock }): Outbound {
  const guard = openGuard(deps);
  const agents = openAgents(guard);
  const exchanging = { agents, clock: deps.clock, responseBytesMax: deps.rules.responseBytesMax ?? responseBytesMax };

  async function request({ redirectsMax = 0, timeoutMs = requestTimeoutDefaultMs, ...first }: OutboundRequest) {
    const endAt = deps.clock.monotonicMs() + timeoutMs;
    let next: OutboundRequest = first;
    for (let hops = 0; ; hops += 1) {
      requireAddressable(next);
      const leftMs = Math.max(0, endAt - deps.clock.monotonicMs());
      const answer: OutboundAnswer = await exchange(exchanging, { ...next, timeoutMs, leftMs });
      const onwards = redirectsMax === 0 ? undefined : redirected(next, answer);
      if (onwards === undefined) return answer;
      if (hops === redirectsMax) throw tooManyRedirects(first, redirectsMax);
      next = onwards;
    }
  }

  return { ...guard, request, close: async () => agents.close() };
}

/** A password in an address would be kept and logged with it. */
function requireAddressable({ url, method }: OutboundRequest): void {
  const fault =
    url.protocol !== 'http:' && url.protocol !== 'https:'
      ? `it begins with ${url.protocol}, only http: and https: are called`
      : url.username !== '' || url.password !== ''
        ? 'it holds a user or a password: give them by "auth"'
        : undefined;
  if (fault === undefined) return;
  const place = placeOf({ method, url });
  throw new StepFailure('URL_INVALID', `the address of ${place} is not called: ${fault}`, { retryable: false });
}

function tooManyRedirects(request: OutboundRequest, redirectsMax: number): StepFailure {
  const message = `${placeOf(request)} led on more than ${redirectsMax} times`;
  return new StepFailure('HTTP_REDIRECTS_EXCEEDED', message, { retryable: false });
}
