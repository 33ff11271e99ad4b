/**
 * Bodies as values. What goes out: an object as JSON or, by its content type, as a form; a text as it is; `{base64,
 * content_type}` as bytes. What comes in: JSON as its value, text as text, and everything else as `{base64,
 * content_type, size}`, the same that can be sent on.
 */
import { isObject, type Json, member } from '../../kit/json.ts';
import { StepFailure } from '../connector.ts';
import { binaryBytesMax } from './limits.ts';

export interface Encoded {
  readonly bytes: Uint8Array;
  /** Of the body itself, where the step sets none. */
  readonly contentType: string;
}

/** Undefined where there is nothing to send. */
export function encodeBody(body: Json | undefined, contentType: string | undefined): Encoded | undefined {
  if (body === undefined || body === null) return undefined;
  if (typeof body === 'string') return encoded(body, contentType ?? 'text/plain; charset=utf-8');
  const base64 = member(body, 'base64');
  const ownType = member(body, 'content_type');
  if (typeof base64 === 'string' && typeof ownType === 'string') {
    return { bytes: Buffer.from(base64, 'base64'), contentType: contentType ?? ownType };
  }
  if (isForm(contentType)) return encoded(formOf(body), contentType ?? '');
  return encoded(JSON.stringify(body), contentType ?? 'application/json');
}

const encoded = (text: string, contentType: string): Encoded => ({ bytes: Buffer.from(text), contentType });

const isForm = (contentType: string | undefined): boolean =>
  contentType?.toLowerCase().startsWith('application/x-www-form-urlencoded') === true;

/** Lists give a field several times, objects are written as JSON, null is left out. */
export function formOf(fields: Json): string {
  if (!isObject(fields)) {
    throw new StepFailure('REQUEST_INVALID', 'a form is an object of fields', { retryable: false });
  }
  const form = new URLSearchParams();
  appendFields(form, fields);
  return form.toString();
}

export function appendFields(form: URLSearchParams, fields: object): void {
  for (const [name, value] of Object.entries(fields)) {
    for (const item of [value].flat()) {
      if (item !== null) form.append(name, typeof item === 'object' ? JSON.stringify(item) : String(item));
    }
  }
}

/** Rejects with RESPONSE_INVALID for JSON that is none, and RESPONSE_TOO_LARGE for bytes that a journal cannot keep. */
export function decodeBody(bytes: Buffer, contentType: string, place: string): Json {
  if (bytes.length === 0) return null;
  const [type = ''] = contentType.toLowerCase().split(';', 1);
  if (/[/+]json$/.test(type.trim())) return parseJson(bytes, place);
  const text = textOf(bytes, type.trim(), contentType);
  if (text !== undefined) return text;
  if (bytes.length > binaryBytesMax) {
    throw new StepFailure(
      'RESPONSE_TOO_LARGE',
      `${place} answered with ${bytes.length} bytes that are no text: at most ${binaryBytesMax} are kept`,
      { retryable: false },
    );
  }
  return {
    base64: bytes.toString('base64'),
    content_type: contentType || 'application/octet-stream',
    size: bytes.length,
  };
}

/** The same of an answer that failed: whatever can be read of it. */
export function readableBody(bytes: Buffer, contentType: string): Json {
  try {
    return decodeBody(bytes, contentType, '');
  } catch {
    return bytes.toString('utf8').replaceAll('\0', '');
  }
}

function parseJson(bytes: Buffer, place: string): Json {
  try {
    return JSON.parse(bytes.toString('utf8').replace(/^\uFEFF/, '')) as Json;
  } catch (cause) {
    throw new StepFailure('RESPONSE_INVALID', `${place} says that it answers with JSON, and does not`, {
      details: { reason: (cause as Error).message, body: bytes.subarray(0, 200).toString('utf8').toWellFormed() },
      cause,
    });
  }
}

const textTypes =
  /^text\/|[/+]xml$|^application\/(x-www-form-urlencoded|javascript|ecmascript|graphql|yaml|x-yaml|x-ndjson|jsonl)$/;

/** Undefined for bytes that are no text: by their type, or, where they have none, by what they are. */
function textOf(bytes: Buffer, type: string, contentType: string): string | undefined {
  if (type !== '' && !textTypes.test(type)) return undefined;
  const [, charset = 'utf-8'] = /charset="?([^";\s]+)/i.exec(contentType) ?? [];
  try {
    const text = new TextDecoder(charset, { fatal: true }).decode(bytes);
    return text.includes('\0') ? undefined : text;
  } catch {
    return undefined;
  }
}
