/** What a client was promised: lines that are on the disk before they count. */
import { closeSync, fsyncSync, openSync, readFileSync, writeSync } from 'node:fs';

export interface Ledger {
  /** Durable when it returns. */
  add(lines: readonly string[]): void;
  readonly size: number;
  close(): void;
}

export function openLedger(path: string): Ledger {
  const descriptor = openSync(path, 'a');
  let size = 0;
  return {
    add(lines) {
      writeSync(descriptor, lines.map((line) => `${line}\n`).join(''));
      fsyncSync(descriptor);
      size += lines.length;
    },
    get size() {
      return size;
    },
    close: () => closeSync(descriptor),
  };
}

/** Whole lines only: what was being written when its writer died was never counted. */
export function readLedger(path: string, sizeBytes?: number): string[] {
  const text = readFileSync(path).subarray(0, sizeBytes).toString();
  return text.split('\n').slice(0, -1);
}
