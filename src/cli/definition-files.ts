import { readdir, stat } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import type { CliIo } from './command.ts';

/** Files of definitions: those named, and every YAML file below the folders named, in the order of their paths. */
export interface DefinitionFile {
  readonly path: string;
  readonly text: string;
}

/** Rejects where a path is not there. */
export async function readDefinitions(paths: readonly string[], io: CliIo): Promise<readonly DefinitionFile[]> {
  const files: DefinitionFile[] = [];
  for (const path of paths) {
    for (const found of await findFiles(path, io))
      files.push({ path: found, text: await io.readText(placeOf(found, io)) });
  }
  return files;
}

/** `-` is what comes in by stdin. */
const placeOf = (path: string, io: CliIo): string => (path === '-' ? path : resolve(io.directory, path));

async function findFiles(path: string, io: CliIo): Promise<readonly string[]> {
  if (path === '-' || !(await stat(placeOf(path, io))).isDirectory()) return [path];
  const entries = await readdir(resolve(io.directory, path), { recursive: true, withFileTypes: true });
  return entries
    .filter(
      (entry) =>
        entry.isFile() &&
        /\.ya?ml$/.test(entry.name) &&
        !/(^|[\\/])(node_modules|\.git)([\\/]|$)/.test(entry.parentPath),
    )
    .map((entry) => join(path, entry.parentPath.slice(resolve(io.directory, path).length), entry.name))
    .sort();
}

/** True for a text that holds a workflow or a context; a folder may hold other YAML too, and tests, which are no part of a deploy. */
export const isDefinition = (text: string): boolean => /^kind:\s*["']?Workflow(Context)?["']?\s*(#.*)?$/m.test(text);
