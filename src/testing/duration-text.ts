const units = [
  ['d', 86_400_000],
  ['h', 3_600_000],
  ['m', 60_000],
  ['s', 1_000],
  ['ms', 1],
] as const;

/** `1d2h`, `1s500ms`, `0s`: as it may be written in a document. */
export function durationText(durationMs: number): string {
  let left = durationMs;
  let text = '';
  for (const [unit, unitMs] of units) {
    const amount = Math.floor(left / unitMs);
    if (amount > 0) text += `${amount}${unit}`;
    left -= amount * unitMs;
  }
  return text === '' ? '0s' : text;
}
