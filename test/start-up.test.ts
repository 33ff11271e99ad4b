/**
 * What a start loads, held small: every module that is loaded before somebody needs it costs each start its time and each
 * idle server its memory. What is for some requests only comes by `await import()`, or by `createRequire` where it must
 * come at once.
 */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { test } from 'node:test';

const root = new URL('../', import.meta.url).pathname;
/** The program, and what it loads by name on every start. */
const loadedAtStart = ['src/main.ts', 'src/cli/start.ts', 'src/app/config.ts', 'src/app/start.ts'];
const store = 'src/storage/sqlite/sqlite-store.ts';

interface Loaded {
  /** Files, by the file that imports them first. */
  readonly files: ReadonlyMap<string, string>;
  readonly packages: ReadonlyMap<string, string>;
}

/** Everything that these files load before they run. Imports of types load nothing. */
function loadedBy(entries: readonly string[]): Loaded {
  const files = new Map(entries.map((entry) => [entry, entry]));
  const packages = new Map<string, string>();
  for (const file of files.keys()) {
    for (const specifier of valueImportsOf(readFileSync(root + file, 'utf8'))) {
      if (specifier.startsWith('node:')) continue;
      const path = normalize(join(dirname(file), specifier));
      const found = specifier.startsWith('.') ? files : packages;
      const name = specifier.startsWith('.') ? path : specifier;
      if (!found.has(name)) found.set(name, file);
    }
  }
  return { files, packages };
}

function valueImportsOf(text: string): string[] {
  const statements = text.matchAll(/^(?:import|export) (?!type )(?:([^;]*?) from )?'([^']+)'/gm);
  return [...statements].flatMap(([, clause = '', specifier = '']) =>
    /^\{\s*(?:type \w+(?: as \w+)?,?\s*)+\}$/.test(clause) ? [] : [specifier],
  );
}

const started = loadedBy([...loadedAtStart, store]);

test('a start loads one package, the one that serves HTTP', () => {
  assert.deepEqual(Object.fromEntries(started.packages), { fastify: 'src/api/server.ts' });
});

test('a start loads neither the language nor its compilers', () => {
  const late = ['model/parse.ts', 'model/yaml/source.ts', 'expression/compile.ts', 'core/compile/compile-program.ts'];
  const found = late.filter((file) => started.files.has(`src/${file}`));
  assert.deepEqual(
    found.map((file) => `${file} by ${started.files.get(`src/${file}`)}`),
    [],
  );
  assert.ok(started.files.has('src/engine/moves/mailbox.ts') && started.files.has('src/storage/sqlite/connection.ts'));
});

test('an import of a value is told from one of types', () => {
  const text = `import type { A } from './a.ts';
import { type B, type C as D } from './b.ts';
import {
  type E,
  f,
} from './e.ts';
import './side-effect.ts';
import g from 'g';
export { h } from './h.ts';
const i = await import('./i.ts');`;
  assert.deepEqual(valueImportsOf(text), ['./e.ts', './side-effect.ts', 'g', './h.ts']);
});
