import { readdir } from 'node:fs/promises';
import { dirname, join, normalize, resolve } from 'node:path';
import type { CliIo } from './command.ts';
import { type DefinitionFile, isDefinition, readDefinitions } from './definition-files.ts';

/** Files that hold tests, and what lies around them. */
export interface TestedFiles {
  readonly files: readonly DefinitionFile[];
  /** Of those: the paths whose tests are meant. */
  readonly meant: ReadonlySet<string>;
}

/** True for a text that holds a test. */
export const isTest = (text: string): boolean => /^kind:\s*["']?WorkflowTest["']?\s*(#.*)?$/m.test(text);

/**
 * The files and folders that were named, and of each test the other YAML files of its folder and of the one around it:
 * there its workflow is looked for. Rejects where a path is not there.
 */
export async function readTested(paths: readonly string[], io: CliIo): Promise<TestedFiles> {
  const named = (await readDefinitions(paths, io)).map(({ path, text }) => ({ path: normalize(path), text }));
  const files = new Map(
    named
      .filter(({ text, path }) => paths.includes(path) || isDefinition(text) || isTest(text))
      .map((file) => [file.path, file]),
  );
  const meant = new Set(files.keys());
  const folders = new Set(
    named.filter(({ text }) => isTest(text)).flatMap(({ path }) => [dirname(path), join(dirname(path), '..')]),
  );
  for (const folder of folders) {
    for (const path of await yamlFilesIn(folder, io)) {
      if (files.has(path)) continue;
      const text = await io.readText(resolve(io.directory, path));
      if (isDefinition(text)) files.set(path, { path, text });
    }
  }
  return { files: [...files.values()], meant };
}

async function yamlFilesIn(folder: string, io: CliIo): Promise<readonly string[]> {
  const entries = await readdir(resolve(io.directory, folder), { withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile() && /\.ya?ml$/.test(entry.name))
    .map((entry) => join(folder, entry.name))
    .sort();
}
