import { type Fields, optional, required } from '../fields/field.ts';
import { choice, oneOrMore, text } from '../fields/kind.ts';
import { handedOver } from './handed-over.ts';
import { commonFields } from './step-fields.ts';
import { laterType } from './step-type.ts';

/** `notify`: tells people. */
export const notifyType = laterType({
  name: 'notify',
  doc: 'Tells people.',
  common: commonFields,
  own: {
    channel: required(
      ['channel', 'channels'],
      oneOrMore(choice('slack', 'email', 'pagerduty', 'teams', 'webhook')),
      'By which way.',
    ),
    to: optional(['to', 'recipients'], oneOrMore(handedOver), 'Whom.'),
    subject: optional('subject', handedOver, 'In a line.'),
    message: required('message', handedOver, 'What.'),
    connection: optional('connection', text, 'A configured connection.'),
  } satisfies Fields,
});
