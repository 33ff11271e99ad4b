import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import type { Service } from './service.ts';

const run = promisify(execFile);
/** A slow mirror, or another installation that has the lock. */
const installDeadlineMs = 600_000;

/** Where the service's programs lie, once they are there; rejects with what to do where this machine cannot get them. */
export async function findOrInstall({ title, packages, find }: Service, log: (line: string) => void): Promise<string> {
  const found = find();
  if (found !== undefined) return found;
  if (process.platform !== 'linux' || process.getuid?.() !== 0) {
    throw new Error(`${title} is not installed: as root on Debian, run "apt-get install ${packages.join(' ')}"`);
  }
  log(`installing ${packages.join(' ')} …`);
  try {
    await apt('update');
    await apt('install', '--yes', '--no-install-recommends', ...packages);
  } catch (error) {
    const { message, stderr = '' } = error as Error & { stderr?: string };
    throw new Error(`${title} could not be installed: ${message} ${stderr.slice(-500)}`.trim());
  }
  const installed = find();
  if (installed === undefined)
    throw new Error(`${title} was installed, but its programs are not where Debian has them`);
  return installed;
}

async function apt(...words: readonly string[]): Promise<void> {
  // At run level 1 packages start no servers of their own.
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive', RUNLEVEL: '1' };
  await run('apt-get', ['-o', 'DPkg::Lock::Timeout=300', ...words], { env, timeout: installDeadlineMs });
}
