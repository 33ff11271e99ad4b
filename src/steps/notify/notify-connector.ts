/**
 * `notify`: tells people by one channel or several.
 *
 * One channel fails as itself. Of several, all are tried; where some fail, the step fails with NOTIFY_FAILED, whose
 * details say which were delivered. The journal keeps that, and the next attempt sends to the others alone.
 *
 * What that promises: a channel that was delivered is not sent to again by this process, and by another one not where
 * the last failure of the step tells of it. A process that dies between a delivery and the record of it sends again;
 * then PagerDuty makes one incident of both, a webhook has the same `webhook-id`, an email the same Message-ID, and
 * Slack and Teams show it twice.
 */
import type { Clock } from '../../kit/clock.ts';
import { isObject, type Json, type JsonObject, member } from '../../kit/json.ts';
import type { Connections } from '../connections.ts';
import { type Connector, type ConnectorCall, StepFailure } from '../connector.ts';
import { timeoutOf } from '../http/http-connector.ts';
import type { Outbound } from '../outbound.ts';
import { sendToSlack, sendToTeams } from './chat.ts';
import { sendToWebhook } from './generic.ts';
import { rememberedMax } from './limits.ts';
import type { Notice, SendDeps } from './notice.ts';
import { sendToPagerDuty } from './pagerduty.ts';
import { type Channel, type Route, routesOf } from './routes.ts';

export interface NotifyDeps {
  readonly outbound: Outbound;
  readonly connections: Connections;
  readonly clock: Clock;
}

type Sender = (deps: SendDeps, notice: Notice, connection: never) => Promise<JsonObject>;

const senders: Readonly<Record<Channel, () => Promise<Sender>>> = {
  slack: async () => sendToSlack,
  teams: async () => sendToTeams,
  pagerduty: async () => sendToPagerDuty,
  webhook: async () => sendToWebhook,
  // The one with a library behind it.
  email: async () => (await import('./email.ts')).sendByEmail,
};

interface NotifySettings {
  readonly channels: readonly Channel[];
  readonly connections?: readonly string[];
}

interface Failed extends Route {
  readonly failure: StepFailure;
}

export function openNotifyConnector({ outbound, connections, clock }: NotifyDeps): Connector {
  const sending: SendDeps = { outbound, nowMs: () => clock.nowMs() };

  async function send(call: ConnectorCall, { channel, connection }: Route): Promise<JsonObject> {
    const sender = await senders[channel]();
    const notice = noticeOf(call, channel, timeoutOf(call, undefined, clock));
    const outcome = await sender(sending, notice, connections[connection] as never);
    return { connection, ...outcome };
  }

  // What the journal does not tell: of attempts that timed out, or whose failure another one has replaced.
  const remembered = new Map<string, Record<string, Json>>();

  const nameOf = ({ executionId, idempotencyKey }: ConnectorCall): string => `${executionId} ${idempotencyKey}`;

  function deliveredOf(call: ConnectorCall): Record<string, Json> {
    const key = nameOf(call);
    const delivered = { ...deliveredBefore(call), ...remembered.get(key) };
    const [oldest] = remembered.keys();
    if (remembered.size >= rememberedMax && oldest !== undefined) remembered.delete(oldest);
    remembered.set(key, delivered);
    return delivered;
  }

  return {
    async run(call) {
      requireMessage(call.request);
      const { channels, connections: names = [] } = call.settings as unknown as NotifySettings;
      const routes = routesOf(connections, { channels, names });
      const delivered = deliveredOf(call);
      const failed: Failed[] = [];
      const open = routes.filter(({ channel }) => !Object.hasOwn(delivered, channel));
      await Promise.all(
        open.map(async (route) => {
          try {
            delivered[route.channel] = await send(call, route);
          } catch (error) {
            if (!(error instanceof StepFailure)) throw error;
            failed.push({ ...route, failure: error });
          }
        }),
      );
      const [first] = failed;
      if (first === undefined) {
        remembered.delete(nameOf(call));
        return { channels: delivered };
      }
      throw channels.length === 1 ? first.failure : partly(delivered, failed);
    },
  };
}

/** People would be told "null". */
function requireMessage({ message = null }: JsonObject): void {
  if (message !== null && message !== '') return;
  throw new StepFailure('REQUEST_INVALID', '"message" gave nothing: see which of its expressions is empty', {
    retryable: false,
  });
}

function deliveredBefore({ lastError }: ConnectorCall): JsonObject {
  const delivered = lastError?.code === 'NOTIFY_FAILED' ? member(lastError.details, 'delivered') : undefined;
  return isObject(delivered) ? (delivered as JsonObject) : {};
}

function partly(delivered: JsonObject, failed: readonly Failed[]): StepFailure {
  const told = failed.map(({ channel, failure }) => `${channel}: ${failure.message}`).join('; ');
  const entries = failed.map(({ channel, connection, failure }) => {
    const { code, message, retryable, details = null } = failure;
    return [channel, { connection, code, message, retryable, details }];
  });
  return new StepFailure('NOTIFY_FAILED', told, {
    retryable: failed.some(({ failure }) => failure.retryable),
    details: { delivered, failed: Object.fromEntries(entries) as JsonObject },
  });
}

function noticeOf(call: ConnectorCall, channel: Channel, timeoutMs: number): Notice {
  const { request, settings, executionId, step, signal, traceparent } = call;
  const { to, subject, message = null } = request;
  return {
    message,
    subject: subject === undefined || subject === null ? undefined : String(subject),
    to: [to ?? []].flat(2).map(String),
    severity: settings['severity'] as Notice['severity'],
    key: `${call.idempotencyKey}/${channel}`,
    executionId,
    step,
    signal,
    timeoutMs,
    traceparent,
    hide: (secret) => call.hide(secret),
  };
}
