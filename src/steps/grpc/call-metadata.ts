import { Metadata } from '@grpc/grpc-js';
import { isObject } from '../../kit/json.ts';
import type { ConnectorCall } from '../connector.ts';
import { headerText } from '../http/call-request.ts';
import { credentialsOf, headersOf } from '../http/credentials.ts';
import { invalidCall } from './grpc-failure.ts';

/** What is sent with a call: the trace, the key that makes it once, and what the step says. Throws GRPC_REQUEST_INVALID. */
export function metadataOf({ traceparent, idempotencyKey, request, hide }: ConnectorCall): Metadata {
  const metadata = new Metadata();
  metadata.set('traceparent', traceparent);
  metadata.set('idempotency-key', headerText(idempotencyKey));
  const { headers } = request;
  const all = { ...headersOf(credentialsOf(request['auth']), hide), ...(isObject(headers) ? headers : {}) };
  for (const [name, value] of Object.entries(all)) {
    const key = name.toLowerCase();
    if (!/^[0-9a-z_.-]{1,200}$/.test(key) || key.startsWith('grpc-'))
      throw invalid(name, 'cannot be the name of metadata');
    if (value === null) continue;
    if (typeof value === 'object' || typeof value === 'undefined') throw invalid(name, 'must be a text');
    if (key.endsWith('-bin')) metadata.set(key, Buffer.from(String(value), 'base64'));
    else if (/^[\x20-\x7e]*$/.test(String(value))) metadata.set(key, String(value));
    else throw invalid(name, 'may hold printable ASCII alone: end its name with -bin and give base64');
  }
  return metadata;
}

const invalid = (name: string, reason: string) => invalidCall('GRPC_REQUEST_INVALID', `"headers.${name}" ${reason}`);
