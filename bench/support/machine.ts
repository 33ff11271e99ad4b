/** What a figure depends on, so that two results can be told apart or compared. */
import { closeSync, fdatasyncSync, openSync, readFileSync, writeSync } from 'node:fs';
import { arch, cpus, platform, release, totalmem } from 'node:os';
import { join } from 'node:path';
import { version } from '../../src/app/version.ts';
import { median } from './statistics.ts';

export interface Machine {
  readonly processor: string;
  readonly cores: number;
  readonly memoryGb: number;
  readonly system: string;
  readonly node: string;
  readonly sqlite: string;
  readonly magicflow: string;
  /** Microseconds to make 4 KiB durable in the folder that is measured. */
  readonly syncMicros: number;
}

export function describeMachine(folder: string): Machine {
  return {
    processor: cpus()[0]?.model ?? 'unknown',
    cores: cpus().length,
    memoryGb: Math.round(totalmem() / 2 ** 30),
    system: `${platform()} ${arch()} ${release()}${distribution()}`,
    node: process.versions.node,
    sqlite: process.versions['sqlite'] ?? 'unknown',
    magicflow: version,
    syncMicros: syncMicros(join(folder, 'sync-probe')),
  };
}

function distribution(): string {
  try {
    const name = /^PRETTY_NAME="(.*)"$/m.exec(readFileSync('/etc/os-release', 'utf8'))?.[1];
    return name === undefined ? '' : ` (${name})`;
  } catch {
    return '';
  }
}

function syncMicros(path: string): number {
  const file = openSync(path, 'w');
  const page = Buffer.alloc(4_096, 1);
  const times = Array.from({ length: 101 }, () => {
    const begun = performance.now();
    writeSync(file, page, 0, page.length, 0);
    fdatasyncSync(file);
    return (performance.now() - begun) * 1_000;
  });
  closeSync(file);
  return Math.round(median(times));
}
