/** `webhook`: posts a body, signed, and brings back `{status, headers, body}`. */
import type { Clock } from '../../kit/clock.ts';
import type { Json, JsonObject } from '../../kit/json.ts';
import type { Random } from '../../kit/random.ts';
import { type Connector, StepFailure } from '../connector.ts';
import { encodeBody } from '../http/body.ts';
import { addressOf, writtenHeaders } from '../http/call-request.ts';
import { compileExpectation } from '../http/expectation.ts';
import { responseOf, timeoutOf } from '../http/http-connector.ts';
import { placeOf } from '../outbound/exchange.ts';
import type { Outbound } from '../outbound.ts';
import { webhookHeaders } from './signature.ts';

export interface WebhookDeps {
  readonly outbound: Outbound;
  readonly clock: Clock;
  readonly random: Random;
}

export function openWebhookConnector(deps: WebhookDeps): Connector {
  const judge = compileExpectation(deps, {});
  return {
    async run(call) {
      const { request, settings } = call;
      const given = writtenHeaders(request['headers']);
      const encoded = encodeBody(request['body'] ?? {}, given['content-type'] ?? 'application/json');
      const body = encoded?.bytes ?? Buffer.alloc(0);
      const sent = {
        method: String(settings['method'] ?? 'POST'),
        url: addressOf(request['url']),
        headers: {
          'user-agent': 'magicflow',
          traceparent: call.traceparent,
          'content-type': encoded?.contentType ?? 'application/json',
          ...given,
          ...webhookHeaders({ id: call.idempotencyKey, body, nowMs: deps.clock.nowMs() }, secretsOf(request)),
        },
        body,
        signal: call.signal,
        timeoutMs: timeoutOf(call, undefined, deps.clock),
      };
      const answer = await deps.outbound.request(sent);
      const response = responseOf(answer, placeOf(sent));
      judge(response, { place: placeOf(sent), statusText: answer.statusText });
      return { ...response };
    },
  };
}

/** An empty secret would sign with nothing and look signed. */
function secretsOf({ secret }: JsonObject): readonly string[] {
  const secrets: readonly Json[] = [secret ?? []].flat(2);
  return secrets.map((each) => {
    if (typeof each === 'string' && each !== '') return each;
    throw new StepFailure('REQUEST_INVALID', '"secret" gave no text: see which of its expressions is empty', {
      retryable: false,
    });
  });
}
