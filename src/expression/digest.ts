/**
 * md5, sha1, sha256 and sha512 without `node:crypto`: expressions are evaluated at once and in browsers too, where the
 * platform's digests are asynchronous. For fingerprints of user data, not for passwords.
 */
import { sha2Constants } from './digest-constants.ts';
import { sha512 } from './digest-sha512.ts';

export type Algorithm = 'md5' | 'sha1' | 'sha256' | 'sha512';

const algorithms: Readonly<Record<Algorithm, (bytes: Uint8Array) => Uint8Array>> = { md5, sha1, sha256, sha512 };

export function isAlgorithm(name: string): name is Algorithm {
  return Object.hasOwn(algorithms, name);
}

/** Lower-case hexadecimal. */
export function digest(algorithm: Algorithm, bytes: Uint8Array): string {
  return Array.from(algorithms[algorithm](bytes), (byte) => byte.toString(16).padStart(2, '0')).join('');
}

/** The message with a one bit, zeros and its length in bits (64 bits) up to whole blocks of 64 bytes. */
function padded(bytes: Uint8Array, isLittleEndian: boolean): DataView {
  const view = new DataView(new ArrayBuffer((((bytes.length + 8) >> 6) + 1) << 6));
  bytes.forEach((byte, place) => {
    view.setUint8(place, byte);
  });
  view.setUint8(bytes.length, 0x80);
  view.setBigUint64(view.byteLength - 8, BigInt(bytes.length) * 8n, isLittleEndian);
  return view;
}

function toBytes(words: Uint32Array, isLittleEndian: boolean): Uint8Array {
  const view = new DataView(new ArrayBuffer(words.length * 4));
  words.forEach((word, place) => {
    view.setUint32(place * 4, word, isLittleEndian);
  });
  return new Uint8Array(view.buffer);
}

/** A typed array read at places that are in it by construction. */
function at(words: Uint32Array | readonly number[], place: number): number {
  return words[place] ?? 0;
}

function rotateLeft(word: number, bits: number): number {
  return (word << bits) | (word >>> (32 - bits));
}

/** RFC 1321. */
function md5(bytes: Uint8Array): Uint8Array {
  const message = padded(bytes, true);
  const state = Uint32Array.of(0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476);
  const constants = Array.from({ length: 64 }, (_, round) => Math.floor(Math.abs(Math.sin(round + 1)) * 2 ** 32));
  for (let block = 0; block < message.byteLength; block += 64) {
    let [a = 0, b = 0, c = 0, d = 0] = state;
    for (let round = 0; round < 64; round += 1) {
      const [mixed, word] = md5Round(round, [b, c, d]);
      const sum = a + mixed + at(constants, round) + message.getUint32(block + word * 4, true);
      [a, d, c, b] = [d, c, b, b + rotateLeft(sum, at(md5Shifts, (round >> 4) * 4 + (round % 4)))];
    }
    add(state, [a, b, c, d]);
  }
  return toBytes(state, true);
}

const md5Shifts: readonly number[] = [7, 12, 17, 22, 5, 9, 14, 20, 4, 11, 16, 23, 6, 10, 15, 21];

/** The mixing function of a round and the place of the word it takes. */
function md5Round(round: number, [b, c, d]: readonly [number, number, number]): readonly [number, number] {
  if (round < 16) return [(b & c) | (~b & d), round];
  if (round < 32) return [(d & b) | (~d & c), (5 * round + 1) % 16];
  if (round < 48) return [b ^ c ^ d, (3 * round + 5) % 16];
  return [c ^ (b | ~d), (7 * round) % 16];
}

function add(state: Uint32Array, words: readonly number[]): void {
  words.forEach((word, place) => {
    state[place] = at(state, place) + word;
  });
}

/** FIPS 180-4. */
function sha1(bytes: Uint8Array): Uint8Array {
  const message = padded(bytes, false);
  const state = Uint32Array.of(0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476, 0xc3d2e1f0);
  const schedule = new Uint32Array(80);
  for (let block = 0; block < message.byteLength; block += 64) {
    for (let t = 0; t < 80; t += 1) {
      const mixed = at(schedule, t - 3) ^ at(schedule, t - 8) ^ at(schedule, t - 14) ^ at(schedule, t - 16);
      schedule[t] = t < 16 ? message.getUint32(block + t * 4) : rotateLeft(mixed, 1);
    }
    let [a = 0, b = 0, c = 0, d = 0, e = 0] = state;
    for (let t = 0; t < 80; t += 1) {
      const [mixed, constant] = sha1Round(t, [b, c, d]);
      const sum = (rotateLeft(a, 5) + mixed + e + constant + at(schedule, t)) | 0;
      [e, d, c, b, a] = [d, c, rotateLeft(b, 30), a, sum];
    }
    add(state, [a, b, c, d, e]);
  }
  return toBytes(state, false);
}

function sha1Round(t: number, [b, c, d]: readonly [number, number, number]): readonly [number, number] {
  if (t < 20) return [(b & c) | (~b & d), 0x5a827999];
  if (t < 40) return [b ^ c ^ d, 0x6ed9eba1];
  if (t < 60) return [(b & c) | (b & d) | (c & d), 0x8f1bbcdc];
  return [b ^ c ^ d, 0xca62c1d6];
}

/** FIPS 180-4. */
function sha256(bytes: Uint8Array): Uint8Array {
  const message = padded(bytes, false);
  const { initial, high } = sha2Constants();
  const state = Uint32Array.from(initial.filter((_, place) => place % 2 === 0));
  const schedule = new Uint32Array(64);
  for (let block = 0; block < message.byteLength; block += 64) {
    for (let t = 0; t < 64; t += 1) schedule[t] = t < 16 ? message.getUint32(block + t * 4) : extended(schedule, t);
    let [a = 0, b = 0, c = 0, d = 0, e = 0, f = 0, g = 0, h = 0] = state;
    for (let t = 0; t < 64; t += 1) {
      const sigma1 = rotateLeft(e, 26) ^ rotateLeft(e, 21) ^ rotateLeft(e, 7);
      const first = (h + sigma1 + ((e & f) ^ (~e & g)) + at(high, t) + at(schedule, t)) | 0;
      const sigma0 = rotateLeft(a, 30) ^ rotateLeft(a, 19) ^ rotateLeft(a, 10);
      const second = (sigma0 + ((a & b) ^ (a & c) ^ (b & c))) | 0;
      [h, g, f, e, d, c, b, a] = [g, f, e, (d + first) | 0, c, b, a, (first + second) | 0];
    }
    add(state, [a, b, c, d, e, f, g, h]);
  }
  return toBytes(state, false);
}

function extended(schedule: Uint32Array, t: number): number {
  const early = at(schedule, t - 15);
  const late = at(schedule, t - 2);
  const small0 = rotateLeft(early, 25) ^ rotateLeft(early, 14) ^ (early >>> 3);
  const small1 = rotateLeft(late, 15) ^ rotateLeft(late, 13) ^ (late >>> 10);
  return (at(schedule, t - 16) + small0 + at(schedule, t - 7) + small1) | 0;
}
