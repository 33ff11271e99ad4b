import { type Fields, optional, required } from '../fields/field.ts';
import { record, text } from '../fields/kind.ts';
import { handedOver, httpMethod } from './handed-over.ts';
import { commonFields } from './step-fields.ts';
import { laterType } from './step-type.ts';

/** `webhook`: posts to an HTTP endpoint, signed. */
export const webhookType = laterType({
  name: 'webhook',
  doc: 'Posts to an HTTP endpoint, signed.',
  common: commonFields,
  own: {
    url: required('url', handedOver, 'The address.'),
    method: optional('method', httpMethod, 'Default POST.'),
    headers: optional('headers', record(text, handedOver), 'Headers.'),
    body: optional(['body', 'payload'], handedOver, 'Default: the input.'),
    secret: optional('secret', handedOver, 'Signs the body.'),
  } satisfies Fields,
});
