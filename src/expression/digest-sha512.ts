/** SHA-512 (FIPS 180-4). A 64-bit word is a pair of 32-bit halves, upper first: big integers would be far slower. */
import { sha2Constants } from './digest-constants.ts';

type Word = readonly [number, number];

const zero: Word = [0, 0];

export function sha512(bytes: Uint8Array): Uint8Array {
  const message = padded(bytes);
  const constants = sha2Constants();
  const rounds = constants.high.map((high, place): Word => [high, constants.low[place] ?? 0]);
  const state = Array.from(
    { length: 8 },
    (_, place): Word => [constants.initial[place * 2] ?? 0, constants.initial[place * 2 + 1] ?? 0],
  );
  for (let block = 0; block < message.byteLength; block += 128) {
    const mixed = compress(state, scheduleOf(message, block), rounds);
    mixed.forEach((word, place) => {
      state[place] = sum(state[place] ?? zero, word);
    });
  }
  return toBytes(state);
}

/** The message with a one bit, zeros and its length in bits (128 bits) up to whole blocks of 128 bytes. */
function padded(bytes: Uint8Array): DataView {
  const view = new DataView(new ArrayBuffer((((bytes.length + 16) >> 7) + 1) << 7));
  bytes.forEach((byte, place) => {
    view.setUint8(place, byte);
  });
  view.setUint8(bytes.length, 0x80);
  view.setBigUint64(view.byteLength - 8, BigInt(bytes.length) * 8n);
  return view;
}

function scheduleOf(message: DataView, block: number): readonly Word[] {
  const words: Word[] = [];
  for (let t = 0; t < 16; t += 1) words.push([message.getUint32(block + t * 8), message.getUint32(block + t * 8 + 4)]);
  for (let t = 16; t < 80; t += 1) {
    const early = words[t - 15] ?? zero;
    const late = words[t - 2] ?? zero;
    const small0 = xor(rotate(early, 1), rotate(early, 8), shift(early, 7));
    const small1 = xor(rotate(late, 19), rotate(late, 61), shift(late, 6));
    words.push(sum(sum(words[t - 16] ?? zero, small0), sum(words[t - 7] ?? zero, small1)));
  }
  return words;
}

function compress(state: readonly Word[], schedule: readonly Word[], rounds: readonly Word[]): readonly Word[] {
  let [a = zero, b = zero, c = zero, d = zero, e = zero, f = zero, g = zero, h = zero] = state;
  for (let t = 0; t < 80; t += 1) {
    const chosen: Word = [(e[0] & f[0]) ^ (~e[0] & g[0]), (e[1] & f[1]) ^ (~e[1] & g[1])];
    const majority: Word = [
      (a[0] & b[0]) ^ (a[0] & c[0]) ^ (b[0] & c[0]),
      (a[1] & b[1]) ^ (a[1] & c[1]) ^ (b[1] & c[1]),
    ];
    const sigma1 = xor(rotate(e, 14), rotate(e, 18), rotate(e, 41));
    const sigma0 = xor(rotate(a, 28), rotate(a, 34), rotate(a, 39));
    const first = sum(sum(h, sigma1), sum(chosen, sum(rounds[t] ?? zero, schedule[t] ?? zero)));
    [h, g, f, e, d, c, b, a] = [g, f, e, sum(d, first), c, b, a, sum(first, sum(sigma0, majority))];
  }
  return [a, b, c, d, e, f, g, h];
}

function sum(a: Word, b: Word): Word {
  const low = (a[1] >>> 0) + (b[1] >>> 0);
  return [(a[0] + b[0] + (low > 0xffffffff ? 1 : 0)) | 0, low | 0];
}

function xor(a: Word, b: Word, c: Word): Word {
  return [a[0] ^ b[0] ^ c[0], a[1] ^ b[1] ^ c[1]];
}

/** To the right. */
function rotate([high, low]: Word, bits: number): Word {
  if (bits > 32) return rotate([low, high], bits - 32);
  return [(high >>> bits) | (low << (32 - bits)), (low >>> bits) | (high << (32 - bits))];
}

function shift([high, low]: Word, bits: number): Word {
  return [high >>> bits, (low >>> bits) | (high << (32 - bits))];
}

function toBytes(words: readonly Word[]): Uint8Array {
  const view = new DataView(new ArrayBuffer(64));
  words.forEach(([high, low], place) => {
    view.setInt32(place * 8, high);
    view.setInt32(place * 8 + 4, low);
  });
  return new Uint8Array(view.buffer);
}
