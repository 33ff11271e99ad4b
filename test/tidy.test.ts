/** Style that a program can see: import walls, sizes, names. See CONTRIBUTING.md. */
import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import { basename, dirname, join, normalize } from 'node:path';
import { describe, test } from 'node:test';

/** Room -> rooms it may import. Everything else is a mistake, however convenient. */
const walls: Readonly<Record<string, readonly string[]>> = {
  kit: [],
  expression: ['kit'],
  model: ['kit', 'expression'],
  core: ['kit', 'expression', 'model'],
  storage: ['kit'],
  cache: ['kit'],
  broker: ['kit'],
  steps: ['kit', 'expression', 'model', 'broker'],
  engine: ['kit', 'expression', 'model', 'core', 'storage', 'cache', 'steps'],
  testing: ['kit', 'expression', 'model', 'core', 'storage', 'cache', 'broker', 'steps', 'engine'],
  auth: ['kit'],
  contract: ['kit'],
  api: ['kit', 'model', 'core', 'storage', 'broker', 'engine', 'contract', 'auth'],
  app: ['kit', 'model', 'core', 'storage', 'cache', 'broker', 'steps', 'engine', 'contract', 'auth', 'api'],
  cli: ['kit', 'model', 'contract', 'testing', 'app', 'sdk'],
};
/** Of these rooms others see the interface, never a driver; the registry alone knows them. */
const driverRooms = new Set(['storage', 'cache', 'broker', 'steps']);
const browserSafe = ['kit', 'expression', 'model', 'core', 'contract'];
const bannedNames = /\b(utils?|helpers?|common|misc|manager)\b/i;

interface Source {
  readonly path: string;
  readonly room: string;
  readonly text: string;
}

const everything = globSync([
  'src/**/*.ts',
  'sdk/**/*.ts',
  'test/**/*.ts',
  'bench/**/*.ts',
  'dev/**/*.ts',
  'examples/**/*.ts',
])
  .filter((path) => !path.includes('node_modules'))
  .map((path): Source => ({ path, room: path.split('/')[1] ?? '', text: readFileSync(path, 'utf8') }));
const isTest = ({ path }: Source): boolean =>
  /\.(test|conformance)\.ts$/.test(path) ||
  /\/(test-|sample-|naive-|make-)[^/]*\.ts$/.test(path) ||
  path.startsWith('test/');
const shipped = everything.filter((source) => source.path.startsWith('src/') && !isTest(source));

function importsOf(source: Source): string[] {
  const found = source.text.matchAll(/(?:from |import\(|import )'(\.[^']+|node:[^']+)'/g);
  return [...found].map(([, specifier = '']) =>
    specifier.startsWith('.') ? normalize(join(dirname(source.path), specifier)) : specifier,
  );
}

describe('the house', () => {
  test('imports point inward', () => {
    const wrong = shipped.flatMap((source) =>
      importsOf(source)
        .filter((target) => target.startsWith('src/') || target.startsWith('sdk/'))
        .filter((target) => !mayImport(source, target))
        .map((target) => `${source.path} must not import ${target}`),
    );
    assert.deepEqual(wrong, []);
  });

  test('the model, the expressions and the core run in a browser too: no node: imports', () => {
    const wrong = shipped
      .filter((source) => browserSafe.includes(source.room))
      .filter(
        (source) =>
          importsOf(source).some((target) => target.startsWith('node:')) ||
          /\bprocess\.[a-z]|\bBuffer\b/.test(source.text),
      )
      .map((source) => source.path);
    assert.deepEqual(wrong, []);
  });

  test('only the configuration reads the environment', () => {
    const wrong = shipped.filter((source) => source.text.includes('process.env') && !readsEnvironment.has(source.path));
    assert.deepEqual(
      wrong.map((source) => source.path),
      [],
    );
  });

  test('files are at most 500 lines, and 95 of 100 at most 300', () => {
    const sizes = everything.map((source) => ({ path: source.path, lines: source.text.split('\n').length - 1 }));
    assert.deepEqual(
      sizes.filter((file) => file.lines > 500),
      [],
    );
    const long = sizes.filter((file) => file.lines > 300);
    assert.ok(long.length <= sizes.length * 0.05, `${long.length} of ${sizes.length} files are longer than 300 lines`);
  });

  test('functions are at most 70 lines, not counting the functions inside them', () => {
    const long = shipped.flatMap((source) => longFunctions(source.text).map((name) => `${source.path}: ${name}`));
    assert.deepEqual(long, []);
  });

  test('files are named in kebab case, and none bears a name that says nothing', () => {
    const wrong = everything
      .map((source) => basename(source.path).replace(/(\.(test|conformance|fuzz))*\.tsx?$/, ''))
      .filter((name) => !/^[a-z0-9]+(-[a-z0-9]+)*$/.test(name) || bannedNames.test(name));
    assert.deepEqual(wrong, []);
  });

  test('no unfinished words and no tests switched off', () => {
    const unfinished = shipped
      .filter((source) => /\b(TODO|FIXME|XXX|HACK)\b/.test(source.text))
      .map((source) => source.path);
    const narrowed = everything
      .filter((source) => /\b(test|it|describe)\.(only|todo)\(/.test(source.text))
      .map((source) => source.path);
    assert.deepEqual(
      [...unfinished, ...narrowed].filter((path) => path !== 'test/tidy.test.ts'),
      [],
    );
  });
});

/** `app/config` is the door; library mode has no configuration and names its variables in its options. */
const readsEnvironment = new Set(['src/app/config.ts', 'src/app/environment.ts', 'src/library.ts', 'src/main.ts']);

function mayImport(source: Source, target: string): boolean {
  const isRoot = source.path.split('/').length === 2;
  if (isRoot) return true;
  const [top, room = ''] = target.split('/');
  if (top === 'sdk') return walls[source.room]?.includes('sdk') ?? false;
  if (room === source.room) return true;
  if (driverRooms.has(room) && target.split('/').length > 3) return false;
  return walls[source.room]?.includes(room) ?? false;
}

/** Named functions and methods whose own lines, less those of functions inside them, are more than 70. */
function longFunctions(text: string): string[] {
  const open: { name: string; indent: number; own: number }[] = [];
  const long: string[] = [];
  for (const line of text.split('\n')) {
    const indent = line.length - line.trimStart().length;
    const innermost = open.at(-1);
    if (innermost && line.trim() !== '' && indent <= innermost.indent && /^[})]/.test(line.trim())) {
      open.pop();
      if (innermost.own > 70) long.push(`${innermost.name} has ${innermost.own} lines`);
      continue;
    }
    const begins =
      /^\s*(?:export )?(?:async )?(?:function\*? (\w+)|(\w+)\([^;=]*\)[^;=]*\{$|const (\w+) = (?:async )?\(.*=> \{$)/.exec(
        line,
      );
    if (begins && line.trimEnd().endsWith('{') && !/^\s*(if|for|while|switch|catch)\b/.test(line)) {
      open.push({ name: begins[1] ?? begins[2] ?? begins[3] ?? '', indent, own: 0 });
    } else if (begins?.[1] !== undefined && !line.trimEnd().endsWith('}')) {
      open.push({ name: begins[1], indent, own: 0 });
    } else if (innermost) innermost.own += 1;
  }
  return long;
}
