/** Times and durations as answers give them: ISO 8601 in UTC, seconds with millisecond precision. */
export function isoTime(ms: number): string {
  const second = Math.floor(ms / 1_000);
  if (second !== last.second) last = { second, text: new Date(ms).toISOString().slice(0, -'000Z'.length) };
  return `${last.text}${String(1_000 + Math.trunc(ms - second * 1_000)).slice(1)}Z`;
}

/** The times of one answer have mostly come about in one second. */
let last = { second: Number.NaN, text: '' };

export const isoTimeOrNull = (ms: number | null | undefined): string | null =>
  ms === undefined || ms === null ? null : isoTime(ms);

export const seconds = (ms: number): number => Math.round(ms) / 1_000;

export const secondsOrNull = (ms: number | null | undefined): number | null =>
  ms === undefined || ms === null ? null : seconds(ms);
