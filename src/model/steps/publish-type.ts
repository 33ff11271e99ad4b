import type { Json } from '../../kit/json.ts';
import { isTopicName, topicNameRule } from '../../kit/topic-name.ts';
import { type Fields, optional, required } from '../fields/field.ts';
import { choice, type Kind, record, reportType, text } from '../fields/kind.ts';
import type { Sink } from '../sink.ts';
import { findEntry, type Spot } from '../yaml/tree.ts';
import { connectorStep } from './connector.ts';
import { handedOver } from './handed-over.ts';
import { commonFields } from './step-fields.ts';
import { stepType } from './step-type.ts';

/** A name, or an expression that gives one. */
const topicName: Kind<Json> = {
  ...handedOver,
  read(spot, sink) {
    const read = handedOver.read(spot, sink);
    if (read === undefined) return undefined;
    if (typeof read !== 'string') return reportType(spot, sink, 'the name of a topic');
    if (read.includes('$') || isTopicName(read)) return read;
    sink.report('VALUE_INVALID', spot, `"${spot.key}" must be ${topicNameRule}`);
    return undefined;
  },
  schema: () => ({ type: 'string', minLength: 1 }),
};

/** `publish`: sends a message to a broker. */
export const publishType = stepType({
  name: 'publish',
  aliases: ['message_queue'],
  doc: 'Sends a message to a topic of the broker.',
  common: commonFields,
  inheritsRetry: true,
  own: {
    broker: optional(
      ['broker', 'connection'],
      choice('embedded', 'kafka', 'redis', 'rabbitmq', 'nats'),
      'Which one; leave it out for the one that `messaging.type` of the configuration names.',
    ),
    topic: required(['topic', 'queue', 'subject', 'channel'], topicName, 'Where to.'),
    key: optional(['key', 'routing_key'], handedOver, 'Messages of one key keep their order.'),
    message: optional(['message', 'payload', 'body'], handedOver, 'What. Default: the input.'),
    headers: optional('headers', record(text, handedOver), 'Headers beside the message.'),
    format: optional(
      'format',
      choice('cloudevents', 'raw'),
      'The message as the data of a CloudEvent, or as it is. Default cloudevents.',
    ),
    eventType: optional('event_type', handedOver, 'The type of the CloudEvent. Default: the topic.'),
  } satisfies Fields,
  draft({ broker, topic, key, message, headers, format = 'cloudevents', eventType }, { spot, sink }) {
    reportIdleType(spot, sink, format);
    return {
      build: (common) =>
        connectorStep(common, 'publish', {
          request: { topic, key, message: message ?? common.input ?? '$.input', headers, event_type: eventType },
          settings: { broker, format },
        }),
    };
  },
});

function reportIdleType(spot: Spot, sink: Sink, format: string): void {
  const entry = format === 'raw' ? findEntry(spot, 'event_type') : undefined;
  if (entry) sink.report('FIELD_CONFLICT', entry, '"event_type" is of a CloudEvent, and "format" is raw: keep one');
}
