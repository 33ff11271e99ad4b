/**
 * Signatures as Standard Webhooks has them: HMAC-SHA256 over `id.timestamp.body`, so that a receiver can tell who sent
 * a message, that it is not an old one sent again, and, by its id, that it was seen before.
 */
import { createHmac } from 'node:crypto';
import { StepFailure } from '../connector.ts';
import type { OutgoingHeaders } from '../outbound.ts';

export interface Message {
  /** The same however often the message is sent. */
  readonly id: string;
  readonly body: Uint8Array;
  readonly nowMs: number;
}

/** A message that is not signed still has its id and its time. */
export function webhookHeaders({ id, body, nowMs }: Message, secrets: readonly string[]): OutgoingHeaders {
  const messageId = messageIdOf(id);
  const timestamp = String(Math.floor(nowMs / 1_000));
  const signatures = secrets.map((secret) => {
    const digest = createHmac('sha256', keyOf(secret))
      .update(`${messageId}.${timestamp}.`)
      .update(body)
      .digest('base64');
    return `v1,${digest}`;
  });
  return {
    'webhook-id': messageId,
    'webhook-timestamp': timestamp,
    ...(signatures.length === 0 ? {} : { 'webhook-signature': signatures.join(' ') }),
  };
}

/** A full stop separates what is signed, so none may stand in the id. */
export function messageIdOf(key: string): string {
  return encodeURIComponent(key).replaceAll('.', '%2E');
}

const base64Key = /^whsec_([A-Za-z0-9+/_-]+={0,2})$/;

/**
 * `whsec_` begins a key in base64; any other secret is its own bytes. Of what is no base64 only a part would count, or
 * nothing: anybody could sign with that.
 */
function keyOf(secret: string): Buffer {
  if (!secret.startsWith('whsec_')) return Buffer.from(secret);
  const [, key] = base64Key.exec(secret) ?? [];
  if (key !== undefined) return Buffer.from(key, 'base64');
  throw new StepFailure('REQUEST_INVALID', 'a secret that begins with whsec_ must go on with a key in base64', {
    retryable: false,
  });
}
