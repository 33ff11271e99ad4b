/**
 * The constants of SHA-2, computed as FIPS 180-4 defines them instead of listed: 64 bits of the fractional parts of
 * roots of the first primes. The 32-bit algorithms take the upper halves.
 */

export interface Sha2Constants {
  /** Upper and lower halves of the initial hash, from square roots. */
  readonly initial: readonly number[];
  /** Upper halves of the round constants, from cube roots. */
  readonly high: readonly number[];
  readonly low: readonly number[];
}

let known: Sha2Constants | undefined;

/** Computed on first use (less than a millisecond), then kept. */
export function sha2Constants(): Sha2Constants {
  known ??= compute();
  return known;
}

function compute(): Sha2Constants {
  const primes = firstPrimes(80);
  const rounds = primes.map((prime) => fractionOfRoot(prime, 3n));
  return {
    initial: primes.slice(0, 8).flatMap((prime) => halves(fractionOfRoot(prime, 2n))),
    high: rounds.map((word) => halves(word)[0]),
    low: rounds.map((word) => halves(word)[1]),
  };
}

function firstPrimes(count: number): readonly bigint[] {
  const primes: bigint[] = [];
  for (let candidate = 2n; primes.length < count; candidate += 1n) {
    if (primes.every((prime) => candidate % prime !== 0n)) primes.push(candidate);
  }
  return primes;
}

/** The first 64 bits after the point of the root, found by bisection on whole numbers. */
function fractionOfRoot(value: bigint, degree: bigint): bigint {
  const target = value << (64n * degree);
  let [low, high] = [0n, 1n << 70n];
  while (high - low > 1n) {
    const middle = (low + high) >> 1n;
    if (middle ** degree <= target) low = middle;
    else high = middle;
  }
  return BigInt.asUintN(64, low);
}

function halves(word: bigint): [number, number] {
  return [Number(word >> 32n), Number(BigInt.asUintN(32, word))];
}
