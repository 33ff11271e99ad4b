/** Durations as users write them: `500ms`, `15s`, `1h30m`, `7d`, or ISO 8601 (`PT15S`, `P1DT2H`). Milliseconds inside. */

const unitMs: Readonly<Record<string, number>> = {
  ms: 1,
  s: 1_000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
  w: 604_800_000,
};

/** The longest duration accepted anywhere: 100 years. */
export const durationMaxMs = 100 * 366 * 86_400_000;

const shortForm = /^(?:\d+(?:\.\d+)?(?:ms|s|m|h|d|w))+$/;
const isoForm = /^P(?:(\d+)W)?(?:(\d+)D)?(?:T(?=\d)(?:(\d+)H)?(?:(\d+)M)?(?:(\d+(?:\.\d+)?)S)?)?$/;

/** Milliseconds, or undefined where the text is no duration or a longer one than `durationMaxMs`. */
export function parseDuration(text: string): number | undefined {
  if (text.length > 64) return undefined;
  const totalMs = shortForm.test(text) ? shortFormMs(text) : isoFormMs(text);
  return totalMs === undefined || totalMs > durationMaxMs ? undefined : Math.round(totalMs);
}

function shortFormMs(text: string): number {
  let totalMs = 0;
  for (const [, amount, unit] of text.matchAll(/(\d+(?:\.\d+)?)(ms|s|m|h|d|w)/g)) {
    totalMs += Number(amount) * (unitMs[unit ?? ''] ?? 0);
  }
  return totalMs;
}

function isoFormMs(text: string): number | undefined {
  const match = isoForm.exec(text);
  if (!match || text === 'P') return undefined;
  const [, weeks, days, hours, minutes, seconds] = match;
  const parts = [weeks, days, hours, minutes, seconds];
  if (parts.every((part) => part === undefined)) return undefined;
  const units = ['w', 'd', 'h', 'm', 's'];
  return parts.reduce((totalMs, part, index) => totalMs + Number(part ?? 0) * (unitMs[units[index] ?? ''] ?? 0), 0);
}
