/**
 * Tokens kept in a file of the data folder, hashes only, readable by its owner alone. Replaced as a whole and made
 * durable before it counts, so that a crash leaves the old list or the new one.
 */
import { open, readFile, rename } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { StoredToken, TokenShelf } from '../auth/tokens.ts';
import { Fault } from '../kit/fault.ts';

const privateMode = 0o600;

export function openTokenFile(directory: string): TokenShelf {
  const path = join(directory, 'tokens.json');
  return {
    async load() {
      const text = await readText(path);
      if (text === undefined) return [];
      try {
        return JSON.parse(text) as StoredToken[];
      } catch (cause) {
        throw new Fault('CONFIG_INVALID', `${path} is no JSON: restore it, or remove it to begin with new tokens`, {
          cause,
        });
      }
    },
    save: (tokens) => writePrivately(path, `${JSON.stringify(tokens, null, 2)}\n`),
  };
}

/** Where a server leaves its first admin token for the command line on the same machine. */
export function adminTokenPath(directory: string): string {
  return join(directory, 'admin-token');
}

/** Writes beside the file, makes that durable, then puts it in its place. */
export async function writePrivately(path: string, text: string): Promise<void> {
  const beside = `${path}.new`;
  const file = await open(beside, 'w', privateMode);
  try {
    await file.writeFile(text);
    await file.sync();
  } finally {
    await file.close();
  }
  await rename(beside, path);
  const folder = await open(dirname(path), 'r');
  await folder.sync().finally(() => folder.close());
}

export async function readText(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}
