/** Resident memory of a process, from outside. */
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';

const pageBytes = 4_096;

export function residentMb(pid: number): number {
  try {
    const pages = Number(readFileSync(`/proc/${pid}/statm`, 'utf8').split(' ')[1]);
    return (pages * pageBytes) / 2 ** 20;
  } catch {
    return Number(execFileSync('ps', ['-o', 'rss=', '-p', String(pid)], { encoding: 'utf8' })) / 1_024;
  }
}

/** The most that the processes hold together while `work` runs. */
export async function peakResidentMb(pids: readonly number[], work: () => Promise<unknown>): Promise<number> {
  let peak = 0;
  const look = (): void => {
    peak = Math.max(peak, total(pids));
  };
  const watch = setInterval(look, 100);
  try {
    await work();
    look();
  } finally {
    clearInterval(watch);
  }
  return peak;
}

const total = (pids: readonly number[]): number => pids.reduce((sum, pid) => sum + residentMb(pid), 0);
