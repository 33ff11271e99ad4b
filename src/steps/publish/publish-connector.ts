/**
 * `publish`: puts a message into a topic of the broker, and brings back `{message_id, topic, position}`.
 *
 * The message's id is the idempotency key of the step's visit: whatever is sent again, after a retry or a crash between
 * the sending and the record of it, has the same. The broker keeps the message before the step completes.
 */
import type { Message } from '../../broker/broker.ts';
import type { BrokerOnDemand } from '../../broker/drivers.ts';
import type { Clock } from '../../kit/clock.ts';
import { Fault, type FaultCode } from '../../kit/fault.ts';
import type { Json, JsonObject } from '../../kit/json.ts';
import { isTopicName, topicNameRule } from '../../kit/topic-name.ts';
import { type Connector, type ConnectorCall, StepFailure } from '../connector.ts';
import { cloudEventOf } from './cloud-event.ts';
import { keyOf, messageHeaders } from './message-parts.ts';

export interface PublishDeps {
  readonly broker: BrokerOnDemand;
  readonly clock: Clock;
}

export function openPublishConnector({ broker, clock }: PublishDeps): Connector {
  return {
    async run(call) {
      requireBroker(call.settings, broker.type);
      const message = messageOf(call, clock.nowMs());
      try {
        const { position } = await (await broker.open()).publish(message);
        return { message_id: message.id, topic: message.topic, position };
      } catch (error) {
        throw failureOf(error);
      }
    },
  };
}

/** Another broker than the configured one cannot be reached from here. */
function requireBroker({ broker }: JsonObject, configured: string): void {
  if (broker === undefined || broker === configured) return;
  throw new StepFailure(
    'BROKER_NOT_CONFIGURED',
    `the step asks for ${String(broker)}, and messaging.type of the configuration is ${configured}: leave "broker" out`,
    { retryable: false },
  );
}

function messageOf(call: ConnectorCall, nowMs: number): Message {
  const { workspace, idempotencyKey: id, request, settings } = call;
  const topic = topicOf(request['topic'] ?? null);
  const key = Object.hasOwn(request, 'key') ? keyOf(request['key'] ?? null) : undefined;
  const content = request['message'] ?? null;
  const made =
    settings['format'] === 'raw' ? rawBody(content) : cloudEventOf(call, { topic, key, data: content, nowMs });
  const headers = { traceparent: call.traceparent, 'content-type': made.type, ...messageHeaders(request['headers']) };
  return { workspace, topic, id, ...(key === undefined ? {} : { key }), headers, body: made.text };
}

function rawBody(content: Json): { readonly type: string; readonly text: string } {
  if (typeof content === 'string') return { type: 'text/plain; charset=utf-8', text: content };
  return { type: 'application/json', text: JSON.stringify(content) };
}

function topicOf(written: Json): string {
  if (typeof written === 'string' && isTopicName(written)) return written;
  const shown = (JSON.stringify(written) ?? '').slice(0, 100);
  throw new StepFailure('TOPIC_INVALID', `"topic" gave ${shown}, it must be ${topicNameRule}`, { retryable: false });
}

/** What another try with the same message cannot mend. */
const final: ReadonlySet<FaultCode> = new Set(['TOPIC_INVALID', 'MESSAGE_TOO_LARGE']);

function failureOf(error: unknown): unknown {
  if (!Fault.is(error)) return error;
  const code = error.code === 'DATA_LOCKED' || error.code === 'SHUTTING_DOWN' ? 'BROKER_UNREACHABLE' : error.code;
  return new StepFailure(code, error.message, { retryable: !final.has(error.code), cause: error });
}
