/**
 * Texts that nobody would write, for parsers: sound ones with pieces cut out, doubled, swapped and put in, rows of pieces,
 * and noise. The same seed gives the same texts.
 */
import { type Random, seededRandom } from '../../src/kit/random.ts';

export interface Fuzzed {
  readonly name: string;
  /** Texts that the parser takes, or nearly. */
  readonly corpus: readonly string[];
  /** What its language is made of. */
  readonly pieces: readonly string[];
  /** Gives the text to the parser and looks at what it answers; throws where that breaks a promise. */
  check(text: string): void;
}

export interface Report {
  readonly cases: number;
  /** Of one case, as this thread has worked on it: what else the machine does meanwhile does not count. */
  readonly p999Ms: number;
  readonly slowestMs: number;
  /** Of all. */
  readonly totalMs: number;
}

/** Throws at the first text that breaks a promise, and names it. */
export function fuzz({ name, corpus, pieces, check }: Fuzzed, cases: number, seed: number): Report {
  const nextText = openTexts(seededRandom(seed), corpus, pieces);
  const times = new Float64Array(cases);
  for (let index = 0; index < cases; index += 1) {
    const text = nextText();
    const before = process.threadCpuUsage();
    try {
      check(text);
    } catch (cause) {
      throw new Error(`${name}, case ${index} of seed ${seed}: ${JSON.stringify(text)}`, { cause });
    }
    const { user, system } = process.threadCpuUsage(before);
    times[index] = (user + system) / 1_000;
  }
  const totalMs = times.reduce((sum, ms) => sum + ms, 0);
  times.sort();
  return { cases, p999Ms: times[Math.floor(cases * 0.999)] ?? 0, slowestMs: times[cases - 1] ?? 0, totalMs };
}

/** What breaks what was written with one alphabet in mind. */
const noise = [
  ...['\0', '\t', '\n', '\r', '\u2028', '\ufeff', '\u202e', '\ud800', '\udfff', '😀', 'é', 'ß', '\\', '"', "'", '`'],
  ...['__proto__', 'constructor', '1e400', '-0', '9'.repeat(30), 'a'.repeat(70), '('.repeat(40), '['.repeat(40)],
];

function openTexts(random: Random, corpus: readonly string[], pieces: readonly string[]): () => string {
  const below = (count: number): number => Math.floor(random.next() * count);
  const pick = (list: readonly string[]): string => list[below(list.length)] ?? '';
  const piece = (): string => (below(8) === 0 ? pick(noise) : pick(pieces));
  const row = (): string => Array.from({ length: 1 + below(12) }, piece).join('');

  function edited(text: string): string {
    const at = below(text.length + 1);
    const end = Math.min(text.length, at + below(12));
    const [before, part, after] = [text.slice(0, at), text.slice(at, end), text.slice(end)];
    switch (below(6)) {
      case 0:
        return before + after;
      case 1:
        return before + part + part + after;
      case 2:
        return before + piece() + after;
      case 3:
        return before + piece() + part + after;
      case 4: {
        const other = pick(corpus);
        return before + other.slice(below(other.length + 1));
      }
      default:
        return before + String.fromCharCode(below(below(4) === 0 ? 0x1_0000 : 0x80)) + after;
    }
  }

  return () => {
    const kind = below(10);
    if (kind === 0) return String.fromCharCode(...Array.from({ length: below(40) }, () => below(0x1_0000)));
    if (kind <= 2) return row();
    let text = pick(corpus);
    for (let edits = 1 + below(4); edits > 0; edits -= 1) text = edited(text);
    return text;
  };
}
