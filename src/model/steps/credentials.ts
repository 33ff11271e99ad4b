import { exactlyOne, type Fields, object, optional, required } from '../fields/field.ts';
import { text } from '../fields/kind.ts';
import { handedOver } from './handed-over.ts';

/** How a step signs in somewhere. */
export const credentials = exactlyOne('credentials', {
  bearer: optional('bearer', handedOver, 'A token, sent as `Authorization: Bearer …`.'),
  basic: optional(
    'basic',
    object('basic credentials', {
      username: required('username', handedOver, 'Who.'),
      password: required('password', handedOver, 'A secret.'),
    } satisfies Fields),
    'A user and a password.',
  ),
  apiKey: optional(
    'api_key',
    object('an API key', {
      header: optional('header', text, 'The name of the header. Default X-API-Key.'),
      value: required('value', handedOver, 'A secret.'),
    } satisfies Fields),
    'A key in a header of its own.',
  ),
} satisfies Fields);
