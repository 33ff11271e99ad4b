/** Plants one defect into a copy of the program and lets the simulation look for it there. Nothing of it stays. */
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { runBeside } from '../run-beside.ts';
import type { Mutant } from './mutant.ts';

/** Seeds in which a defect must show itself. */
export const mutantSeedsMax = 1_000;

export interface Hunt {
  readonly mutant: Mutant;
  /** The first seed that found it; undefined where none did. */
  readonly seed: number | undefined;
  readonly message: string;
}

const root = new URL('../../../', import.meta.url);

/** How often the text stands in its file: once, or the table is out of date. */
export function countMatches({ file, find }: Mutant): number {
  return readFileSync(new URL(file, root), 'utf8').split(find).length - 1;
}

export async function huntMutant(mutant: Mutant): Promise<Hunt> {
  const folder = mkdtempSync(join(tmpdir(), 'magicflow-mutant-'));
  try {
    plant(mutant, folder);
    const copy = pathToFileURL(`${folder}/`);
    const summary = await runBeside(['--seeds', String(mutantSeedsMax), '--trace', '0', '--quiet'], copy);
    const [failure] = summary.failures;
    return { mutant, seed: failure?.seed, message: failure?.message.slice(0, 160) ?? '' };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function plant({ file, find, replace }: Mutant, folder: string): void {
  for (const part of ['src', 'test/sim', 'dev/sim.ts', 'package.json']) {
    cpSync(fileURLToPath(new URL(part, root)), join(folder, part), { recursive: true });
  }
  symlinkSync(fileURLToPath(new URL('node_modules', root)), join(folder, 'node_modules'));
  const target = join(folder, file);
  writeFileSync(
    target,
    readFileSync(target, 'utf8').replace(find, () => replace),
  );
}
