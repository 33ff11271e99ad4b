/** What happened in a run, in order: its hash tells two runs apart, its tail tells why one failed. */
export interface Trace {
  note(line: string): void;
  hash(): string;
  tail(): readonly string[];
}

const tailMax = 20_000;

export function openTrace(now: () => number, startMs: number): Trace {
  const lines: string[] = [];
  let count = 0;
  let low = 0x811c9dc5;
  let high = 0x1234567;
  return {
    note(line) {
      for (let index = 0; index < line.length; index += 1) {
        const unit = line.charCodeAt(index);
        low = Math.imul(low ^ unit, 0x01000193);
        high = Math.imul(high ^ unit, 0x85ebca6b);
      }
      low = Math.imul(low ^ (now() - startMs), 0x01000193);
      lines[count % tailMax] = `${((now() - startMs) / 1_000).toFixed(3).padStart(9)} ${line}`;
      count += 1;
    },
    hash: () => `${count}-${(low >>> 0).toString(16)}${(high >>> 0).toString(16)}`,
    tail: () => (count < tailMax ? lines : [...lines.slice(count % tailMax), ...lines.slice(0, count % tailMax)]),
  };
}
