import { type Fields, optional, required } from '../fields/field.ts';
import { choice, oneOrMore } from '../fields/kind.ts';
import { plainName } from '../fields/name.ts';
import type { Sink } from '../sink.ts';
import { findEntry, isList, itemSpots, type Spot, textOf } from '../yaml/tree.ts';
import { connectorStep } from './connector.ts';
import { handedOver } from './handed-over.ts';
import { commonFields } from './step-fields.ts';
import { stepType } from './step-type.ts';

/** `notify`: tells people. */
export const notifyType = stepType({
  name: 'notify',
  doc: 'Tells people.',
  common: commonFields,
  inheritsRetry: true,
  own: {
    channels: required(
      ['channel', 'channels'],
      oneOrMore(choice('slack', 'email', 'pagerduty', 'teams', 'webhook')),
      'By which ways.',
    ),
    to: optional(['to', 'recipients'], oneOrMore(handedOver), 'Whom: addresses of an email.'),
    subject: optional('subject', handedOver, 'In a line.'),
    message: required('message', handedOver, 'What: a text, or an object in the words of the channel.'),
    severity: optional('severity', choice('info', 'warning', 'error', 'critical'), 'How bad it is. Default error.'),
    connections: optional(
      ['connection', 'connections'],
      oneOrMore(plainName),
      'Configured connections. Default: the only one of the kind that a channel needs.',
    ),
  } satisfies Fields,
  draft({ channels = [], to, subject, message, severity = 'error', connections }, { spot, sink }) {
    reportDoubles(spot, sink);
    if (channels.includes('email') && to === undefined)
      sink.report('FIELD_MISSING', spot, 'a notify step by email needs "to": the addresses');
    return {
      build: (common) =>
        connectorStep(common, 'notify', {
          request: { to, subject, message },
          settings: { channels, severity, connections },
          target: (connections ?? channels).join(' '),
        }),
    };
  },
});

function reportDoubles(spot: Spot, sink: Sink): void {
  const list = findEntry(spot, 'channels') ?? findEntry(spot, 'channel');
  if (list === undefined || !isList(list)) return;
  const seen = new Set<string>();
  for (const item of itemSpots(list)) {
    const channel = textOf(item) ?? '';
    if (seen.has(channel)) sink.report('VALUE_INVALID', item, `the channel "${channel}" stands here twice: keep one`);
    seen.add(channel);
  }
}
