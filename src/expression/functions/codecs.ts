/**
 * Functions that turn values into texts and back, and digests.
 *
 * What decodes refuses NUL: the mark of a secret's reference starts with it (`secretMark`), and an encoded input
 * must not be able to spell one.
 */
import { isObject } from '../../kit/json.ts';
import { digest, isAlgorithm } from '../digest.ts';
import { failed } from '../run.ts';
import { type Builtin, builtin, type Call } from './call.ts';

export const codecFunctions: Readonly<Record<string, Builtin>> = {
  parse_json: builtin(1, 1, parseJson),
  base64: builtin(1, 1, encode),
  base64_decode: builtin(1, 1, decode),
  hash: builtin(2, 2, hash),
};

function parseJson(call: Call): unknown {
  const text = call.text(0);
  call.run.admitText(text.length);
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return failed('parse_json() was given a text that is no JSON');
  }
  call.run.admitValue(value);
  if (text.includes('\\u0000') && holds(value, isNul)) failNul('parse_json');
  if (holds(value, isInfinite)) return failed('parse_json() was given a number that is too large');
  return value;
}

/** Its caller has bounded the depth. */
function holds(value: unknown, isIt: (found: unknown) => boolean): boolean {
  if (Array.isArray(value)) return value.some((item) => holds(item, isIt));
  if (!isObject(value)) return isIt(value);
  return Object.entries(value).some(([name, item]) => isIt(name) || holds(item, isIt));
}

const isNul = (found: unknown): boolean => typeof found === 'string' && found.includes('\0');
/** `1e999`: a journal would have null in its place, and a replay another value than the first run. */
const isInfinite = (found: unknown): boolean => typeof found === 'number' && !Number.isFinite(found);

function failNul(name: string): never {
  return failed(`${name}() was given a text that holds NUL`);
}

/** The UTF-8 bytes of the text in base 64, with padding. */
function encode(call: Call): string {
  const bytes = new TextEncoder().encode(call.text(0));
  call.run.admitText(bytes.length * 1.4);
  let binary = '';
  for (const byte of bytes) binary += String.fromCharCode(byte);
  return btoa(binary);
}

/** The text whose UTF-8 bytes these are; the URL-safe alphabet is read too, padding may be left out. */
function decode(call: Call): string {
  const encoded = call.text(0).replaceAll('-', '+').replaceAll('_', '/');
  call.run.admitText(encoded.length);
  try {
    const bytes = Uint8Array.from(atob(encoded), (character) => character.charCodeAt(0));
    const text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
    return text.includes('\0') ? failNul('base64_decode') : text;
  } catch (cause) {
    if (cause instanceof Error && cause.name === 'ExpressionFault') throw cause;
    return failed('base64_decode() was given a text that is no base 64 of UTF-8');
  }
}

/** The digest of the UTF-8 bytes of a text, in lower-case hexadecimal. */
function hash(call: Call): string {
  const algorithm = call.text(0).toLowerCase().replace('-', '');
  const text = call.text(1);
  if (!isAlgorithm(algorithm))
    return failed(`hash() knows md5, sha1, sha256 and sha512, not ${JSON.stringify(call.text(0))}`);
  call.run.spend(1 + (text.length >> 1));
  return digest(algorithm, new TextEncoder().encode(text));
}
