/**
 * API tokens: `mf_`, 52 characters of randomness (260 bits), 6 of checksum, so that a scanner for leaked secrets can
 * tell a token from noise. Only the SHA-256 of a token is ever kept; a token of full entropy needs no slow hash.
 */
import { hash, randomBytes, timingSafeEqual } from 'node:crypto';

const alphabet = '0123456789abcdefghjkmnpqrstvwxyz';
const tokenForm = /^mf_([0-9a-hjkmnp-tv-z]{52})([0-9a-hjkmnp-tv-z]{6})$/;

export function makeToken(): string {
  const body = letters(randomBytes(52));
  return `mf_${body}${checksum(body)}`;
}

/** False for a mistyped or cut token. Says nothing about whether it opens anything. */
export function isTokenSound(token: string): boolean {
  const match = tokenForm.exec(token);
  return match?.[1] !== undefined && checksum(match[1]) === match[2];
}

/** The SHA-256 as 64 hexadecimal digits. */
export function hashToken(token: string): string {
  return hash('sha256', token, 'hex');
}

/** Takes the same time wherever two hashes differ. */
export function areHashesEqual(a: string, b: string): boolean {
  return a.length === b.length && timingSafeEqual(Buffer.from(a), Buffer.from(b));
}

function checksum(body: string): string {
  return letters(hash('sha256', body, 'buffer')).slice(0, 6);
}

function letters(bytes: Uint8Array): string {
  let text = '';
  for (const byte of bytes) text += alphabet[byte & 31];
  return text;
}
