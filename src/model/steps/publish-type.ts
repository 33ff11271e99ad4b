import { type Fields, optional, required } from '../fields/field.ts';
import { choice, record, text } from '../fields/kind.ts';
import { handedOver } from './handed-over.ts';
import { commonFields } from './step-fields.ts';
import { laterType } from './step-type.ts';

/** `publish`: sends a message to a broker. */
export const publishType = laterType({
  name: 'publish',
  aliases: ['message_queue'],
  doc: 'Sends a message.',
  common: commonFields,
  own: {
    broker: optional('broker', choice('kafka', 'redis', 'rabbitmq', 'nats'), 'Default: the configured one.'),
    connection: optional('connection', text, 'A configured connection.'),
    topic: required(['topic', 'queue', 'subject', 'channel'], handedOver, 'Where to.'),
    key: optional(['key', 'routing_key'], handedOver, 'Messages of one key keep their order.'),
    message: optional(['message', 'payload', 'body'], handedOver, 'What. Default: the input.'),
    headers: optional('headers', record(text, handedOver), 'Headers.'),
  } satisfies Fields,
});
