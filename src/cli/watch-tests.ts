import { watch } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import type { CliIo, ExitCode } from './command.ts';

/** Editors write a file in several steps. */
const settleMs = 50;

/**
 * Runs again after each change to a YAML file in these folders, until the user stops it. What goes wrong with one run is
 * told, and the next one comes all the same.
 */
export async function watchTests(
  { folders, run, told }: { folders: readonly string[]; run: () => Promise<ExitCode>; told: (error: unknown) => void },
  io: CliIo,
): Promise<ExitCode> {
  let code: ExitCode = 0;
  let isChanged = true;
  let wake = (): void => undefined;
  const note = (): void => {
    isChanged = true;
    wake();
  };
  for (const folder of new Set(folders)) void follow(resolve(io.directory, folder), io.stop, note);
  io.stop.addEventListener('abort', () => wake(), { once: true });
  while (!io.stop.aborted) {
    if (isChanged) {
      isChanged = false;
      await new Promise((done) => setTimeout(done, settleMs));
      code = await run().catch((error: unknown) => {
        told(error);
        return 1;
      });
      io.out('waiting for a change (Ctrl-C ends it)');
    } else {
      await new Promise<void>((resume) => {
        wake = resume;
        // What came between the look and here.
        if (isChanged || io.stop.aborted) resume();
      });
    }
  }
  return code;
}

async function follow(folder: string, stop: AbortSignal, note: () => void): Promise<void> {
  try {
    for await (const { filename } of watch(folder, { signal: stop })) {
      if (filename !== null && /\.ya?ml$/.test(filename)) note();
    }
  } catch {
    // It was stopped, or the folder is gone: then its files change no more.
  }
}

/** The folders that hold these files. */
export const foldersOf = (paths: readonly string[]): readonly string[] => [
  ...new Set(paths.map((path) => dirname(path))),
];
