/** Credentials as headers. Whatever value is sent is hidden from what comes back. */
import { isObject, type Json, member } from '../../kit/json.ts';
import { StepFailure } from '../connector.ts';
import type { OutgoingHeaders } from '../outbound.ts';
import type { Credentials } from '../services.ts';

export function headersOf({ bearer, basic, apiKey }: Credentials, hide: (secret: string) => void): OutgoingHeaders {
  if (bearer !== undefined) {
    hide(bearer);
    return { authorization: `Bearer ${bearer}` };
  }
  if (basic) {
    const pair = `${basic.username}:${basic.password}`;
    hide(basic.password);
    hide(pair);
    return { authorization: `Basic ${Buffer.from(pair).toString('base64')}` };
  }
  if (!apiKey) return {};
  hide(apiKey.value);
  return { [(apiKey.header ?? 'X-API-Key').toLowerCase()]: apiKey.value };
}

/** Of a step, once its expressions are taken: every part must have come out as a text. */
export function credentialsOf(auth: Json | undefined): Credentials {
  if (auth === undefined) return {};
  const parts = isObject(auth)
    ? Object.values(auth).flatMap((part) => (isObject(part) ? Object.values(part) : [part]))
    : [auth];
  // A user or a password may be empty where the other one is the key.
  const proof = member(auth, 'bearer') ?? member(member(auth, 'apiKey'), 'value');
  if (parts.every((part) => typeof part === 'string') && proof !== '') return auth as Credentials;
  const kind = isObject(auth) ? Object.keys(auth)[0] : '';
  throw new StepFailure('REQUEST_INVALID', `"auth.${kind}" gave no text: see which of its expressions is empty`, {
    retryable: false,
    details: { given: typeof member(auth, kind ?? '') },
  });
}
