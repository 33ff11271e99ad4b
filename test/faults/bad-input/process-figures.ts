/** What a process takes of the machine, as Linux tells it. */
import { readdirSync, readFileSync } from 'node:fs';

export interface ProcessFigures {
  readonly rssMiB: number;
  /** The most it ever was. */
  readonly peakMiB: number;
  readonly descriptors: number;
}

export function figuresOf(pid: number): ProcessFigures {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  const mebibytes = (name: string): number =>
    Number(new RegExp(`^${name}:\\s+(\\d+) kB$`, 'm').exec(status)?.[1]) / 1_024;
  return {
    rssMiB: mebibytes('VmRSS'),
    peakMiB: mebibytes('VmHWM'),
    descriptors: readdirSync(`/proc/${pid}/fd`).length,
  };
}
