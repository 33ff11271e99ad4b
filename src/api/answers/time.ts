/** Times and durations as answers give them: ISO 8601 in UTC, seconds with millisecond precision. */
export const isoTime = (ms: number): string => new Date(ms).toISOString();

export const isoTimeOrNull = (ms: number | null | undefined): string | null =>
  ms === undefined || ms === null ? null : isoTime(ms);

export const seconds = (ms: number): number => Math.round(ms) / 1_000;

export const secondsOrNull = (ms: number | null | undefined): number | null =>
  ms === undefined || ms === null ? null : seconds(ms);
