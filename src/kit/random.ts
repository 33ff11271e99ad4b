/** Randomness as a capability. Uniform in [0, 1). */
export interface Random {
  next(): number;
}

/** From the platform's cryptographic source, drawn in blocks: good for ids and tokens too. */
export const systemRandom: Random = openSystemRandom();

function openSystemRandom(): Random {
  const block = new Uint32Array(1_024);
  let used = block.length;
  return {
    next() {
      if (used === block.length) {
        crypto.getRandomValues(block);
        used = 0;
      }
      const drawn = block[used] ?? 0;
      used += 1;
      return drawn / 2 ** 32;
    },
  };
}

/** A reproducible stream (splitmix32 over a 32-bit seed): the same seed gives the same numbers on every machine. */
export function seededRandom(seed: number): Random {
  let state = seed >>> 0;
  return {
    next() {
      state = (state + 0x9e3779b9) >>> 0;
      let mixed = state;
      mixed = Math.imul(mixed ^ (mixed >>> 16), 0x21f0aaad);
      mixed = Math.imul(mixed ^ (mixed >>> 15), 0x735a2d97);
      return ((mixed ^ (mixed >>> 15)) >>> 0) / 2 ** 32;
    },
  };
}
