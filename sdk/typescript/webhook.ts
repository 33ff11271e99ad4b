/**
 * For who receives the webhooks of a workflow: whether a request is genuine and fresh.
 *
 * ```ts
 * const { id } = verifyWebhook({ headers: request.headers, body: rawBody, secret: process.env.WEBHOOK_SECRET });
 * if (await alreadySeen(id)) return; // the same message may come twice
 * ```
 *
 * The body must be the bytes as they came, not a parsed and printed copy. Signatures follow Standard Webhooks, so the
 * libraries of that standard verify them too.
 */
import { createHmac, timingSafeEqual } from 'node:crypto';

export interface WebhookRequest {
  readonly headers: Headers | Readonly<Record<string, string | readonly string[] | undefined>>;
  readonly body: string | Uint8Array;
  /** The secret of the step; several while secrets are being changed. */
  readonly secret: string | readonly string[];
  /** How old or how far ahead a message may be. Default five minutes. */
  readonly toleranceMs?: number;
  /** Default: now. Milliseconds since the epoch. */
  readonly nowMs?: number;
}

export interface VerifiedWebhook {
  /** The same however often the message is sent: remember it for the tolerance, and longer where twice would harm. */
  readonly id: string;
  readonly sentAt: Date;
}

export type WebhookFault = 'HEADER_MISSING' | 'TIMESTAMP_INVALID' | 'TOO_OLD' | 'FROM_THE_FUTURE' | 'SIGNATURE_WRONG';

export class WebhookError extends Error {
  override readonly name = 'WebhookError';
  readonly code: WebhookFault;

  constructor(code: WebhookFault, message: string) {
    super(message);
    this.code = code;
  }
}

const toleranceDefaultMs = 300_000;

/** Throws WebhookError for a request that should be answered with 401. */
export function verifyWebhook(request: WebhookRequest): VerifiedWebhook {
  const { body, secret, toleranceMs = toleranceDefaultMs, nowMs = Date.now() } = request;
  const id = headerOf(request, 'webhook-id');
  const timestamp = headerOf(request, 'webhook-timestamp');
  const given = headerOf(request, 'webhook-signature').split(' ');
  const secrets = [secret].flat();
  if (secrets.length === 0 || secrets.includes(''))
    throw new TypeError('verifyWebhook needs a secret that is not empty');
  const expected = secrets.map((each) => signatureOf({ id, timestamp, body }, each));
  const isSigned = given.some((signature) => expected.some((right) => isSame(signature, right)));
  if (!isSigned) throw new WebhookError('SIGNATURE_WRONG', 'the signature is not of this body and this secret');
  return { id, sentAt: requireFresh(timestamp, nowMs, toleranceMs) };
}

function headerOf({ headers }: WebhookRequest, name: string): string {
  const found = headers instanceof Headers ? headers.get(name) : findHeader(headers, name);
  if (typeof found === 'string' && found !== '') return found;
  throw new WebhookError('HEADER_MISSING', `the request has no ${name} header: it is no signed webhook`);
}

function findHeader(headers: Readonly<Record<string, string | readonly string[] | undefined>>, name: string) {
  const [, value] = Object.entries(headers).find(([each]) => each.toLowerCase() === name) ?? [];
  return typeof value === 'object' ? value[0] : value;
}

function signatureOf(
  { id, timestamp, body }: { id: string; timestamp: string; body: string | Uint8Array },
  secret: string,
): string {
  return `v1,${createHmac('sha256', keyOf(secret)).update(`${id}.${timestamp}.`).update(body).digest('base64')}`;
}

const base64Key = /^whsec_([A-Za-z0-9+/_-]+={0,2})$/;

/** Of what is no base64 only a part would count, or nothing: anybody could sign with that. */
function keyOf(secret: string): Buffer {
  if (!secret.startsWith('whsec_')) return Buffer.from(secret);
  const [, key] = base64Key.exec(secret) ?? [];
  if (key === undefined) throw new TypeError('a secret that begins with whsec_ must go on with a key in base64');
  return Buffer.from(key, 'base64');
}

function isSame(given: string, right: string): boolean {
  const [a, b] = [Buffer.from(given), Buffer.from(right)];
  return a.length === b.length && timingSafeEqual(a, b);
}

function requireFresh(timestamp: string, nowMs: number, toleranceMs: number): Date {
  if (!/^\d{1,12}$/.test(timestamp))
    throw new WebhookError('TIMESTAMP_INVALID', 'webhook-timestamp is no time in seconds');
  const sentMs = Number(timestamp) * 1_000;
  if (nowMs - sentMs > toleranceMs)
    throw new WebhookError('TOO_OLD', 'the webhook is too old: it may be one sent again');
  if (sentMs - nowMs > toleranceMs)
    throw new WebhookError('FROM_THE_FUTURE', 'the webhook is from the future: compare the clocks of both machines');
  return new Date(sentMs);
}
