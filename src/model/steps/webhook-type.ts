import { type Fields, optional, required } from '../fields/field.ts';
import { choice, oneOrMore, record, text } from '../fields/kind.ts';
import { connectorStep } from './connector.ts';
import { handedOver } from './handed-over.ts';
import { commonFields } from './step-fields.ts';
import { stepType } from './step-type.ts';

/** `webhook`: posts to an HTTP endpoint, signed. */
export const webhookType = stepType({
  name: 'webhook',
  doc: 'Posts to an HTTP endpoint, signed.',
  common: commonFields,
  inheritsRetry: true,
  own: {
    url: required('url', handedOver, 'The address.'),
    method: optional('method', choice('POST', 'PUT', 'PATCH'), 'How it is called. Default POST.'),
    headers: optional('headers', record(text, handedOver), 'Headers.'),
    body: optional(['body', 'payload'], handedOver, 'What is posted. Default: the input.'),
    secret: optional('secret', oneOrMore(handedOver), 'Signs the body; a list signs with each, to change secrets.'),
  } satisfies Fields,
  draft({ url, method = 'POST', headers, body, secret }) {
    return {
      build: (common) =>
        connectorStep(common, 'webhook', {
          request: { url, headers, body: body ?? common.input ?? '$.input', secret },
          settings: { method },
          target: url,
        }),
    };
  },
});
