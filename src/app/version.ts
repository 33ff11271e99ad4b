import { readFileSync } from 'node:fs';

/** The version of this program: that of its package, found from the source tree and from the built one. */
export const version: string = readVersion();

function readVersion(): string {
  for (const path of ['../../package.json', '../package.json']) {
    try {
      const parsed = JSON.parse(readFileSync(new URL(path, import.meta.url), 'utf8')) as {
        name?: string;
        version?: string;
      };
      if (parsed.name === 'magicflow' && parsed.version !== undefined) return parsed.version;
    } catch {
      // The other place is tried next.
    }
  }
  return 'unknown';
}
