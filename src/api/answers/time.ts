/** Times and durations as answers give them: ISO 8601 in UTC, seconds with millisecond precision. */
export function isoTime(ms: number): string {
  if (ms !== last.ms) last = { ms, text: new Date(ms).toISOString() };
  return last.text;
}

/** What one call hands out or tells of has mostly come about in one millisecond. */
let last = { ms: Number.NaN, text: '' };

export const isoTimeOrNull = (ms: number | null | undefined): string | null =>
  ms === undefined || ms === null ? null : isoTime(ms);

export const seconds = (ms: number): number => Math.round(ms) / 1_000;

export const secondsOrNull = (ms: number | null | undefined): number | null =>
  ms === undefined || ms === null ? null : seconds(ms);
