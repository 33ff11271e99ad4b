/**
 * The files of a run: tests, and the workflows that lie beside them.
 *
 * A workflow is looked for in the folder of the test, then in the folder around it, so that tests may have a folder of
 * their own. Folders know nothing of each other otherwise: two of them may hold workflows of one name.
 */
import { posix } from 'node:path';
import type { Definition } from '../model/definition.ts';
import type { Diagnostic } from '../model/diagnostic.ts';
import { type Parsed, type ParsedTest, parseDocuments } from '../model/parse.ts';
import { placesIn } from '../model/yaml/find-place.ts';
import type { Place } from '../model/yaml/place.ts';

export interface TestFile {
  readonly path: string;
  readonly text: string;
}

export interface FoundTest {
  readonly file: string;
  readonly parsed: ParsedTest;
  place(pointer: string): Place;
}

export interface FoundWorkflow {
  readonly file: string;
  readonly definition: Definition;
}

export interface Library {
  readonly tests: readonly FoundTest[];
  /** Of the texts that hold tests. */
  readonly diagnostics: readonly Diagnostic[];
  /** Every version of a workflow that a file of this folder sees, ascending. */
  find(file: string, workflow: string): readonly FoundWorkflow[];
  /** The errors that keep a workflow of that name from being found. */
  errorsOf(file: string, workflow: string): readonly Diagnostic[];
  /** Names of the workflows that a file sees. */
  names(file: string): readonly string[];
  /** The contexts that a file sees. */
  contexts(file: string): readonly Parsed['contexts'][number]['context'][];
}

interface Shelf {
  readonly file: string;
  readonly parsed: Parsed;
}

export function openLibrary(files: readonly TestFile[]): Library {
  const shelves = files.map(({ path, text }) => ({ file: path, text, parsed: parseDocuments(text, { file: path }) }));

  /** The folder itself, then the one around it. */
  const around = (file: string): readonly (readonly Shelf[])[] => {
    const folder = folderOf(file);
    const outer = posix.normalize(posix.join(folder, '..'));
    return [folder, outer].map((each) => shelves.filter((shelf) => folderOf(shelf.file) === each));
  };

  const foundIn = (seen: readonly Shelf[], name: string): FoundWorkflow[] =>
    seen.flatMap(({ file, parsed }) =>
      parsed.workflows.flatMap(({ definition, hasErrors }) =>
        definition?.name === name && !hasErrors ? [{ file, definition }] : [],
      ),
    );

  return {
    tests: shelves.flatMap(({ file, text, parsed }) => {
      const placeOf = placesIn(text);
      return parsed.tests.map((test) => ({
        file,
        parsed: test,
        place: (pointer: string) => placeOf(test.document, pointer),
      }));
    }),
    diagnostics: shelves.filter(({ parsed }) => parsed.tests.length > 0).flatMap(({ parsed }) => parsed.diagnostics),
    find(file, name) {
      const found = around(file).map((seen) => foundIn(seen, name));
      return (found.find((each) => each.length > 0) ?? []).sort((a, b) => byVersion(a.definition, b.definition));
    },
    errorsOf(file, name) {
      const [shelf] = around(file).flatMap((seen) =>
        seen.filter(({ parsed }) => parsed.workflows.some((each) => each.name === name && each.hasErrors)),
      );
      return shelf?.parsed.diagnostics.filter(({ severity }) => severity === 'error') ?? [];
    },
    names: (file) => [
      ...new Set(
        around(file).flatMap((seen) =>
          seen.flatMap(({ parsed }) => parsed.workflows.flatMap(({ name }) => name ?? [])),
        ),
      ),
    ],
    contexts: (file) =>
      around(file).flatMap((seen) => seen.flatMap(({ parsed }) => parsed.contexts.map(({ context }) => context))),
  };
}

const folderOf = (file: string): string => posix.normalize(posix.dirname(file.replaceAll('\\', '/')));

function byVersion(a: Definition, b: Definition): number {
  const [left, right] = [a, b].map(({ version }) => version.split('.').map(Number));
  for (const [index, part] of (left ?? []).entries()) {
    const difference = part - (right?.[index] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}
