/**
 * `npm run build`: the package as it is published: JS in `dist/` beside `bin/`, types for its entries.
 *
 * Every program, thread and child process is one file, with what they share in files beside it: the server's modules and
 * Fastify's take longer to find one by one than to read. All lie in one folder, so that a file finds the thread it starts
 * beside itself, as in the sources. Other dependencies stay outside and are loaded when they are first needed.
 */
import { spawnSync } from 'node:child_process';
import { globSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { basename } from 'node:path';
import { build } from 'esbuild';

const root = new URL('..', import.meta.url).pathname;
const dist = `${root}dist`;

/** Asked for by Fastify only where it is told to bring its own; it is not. */
const neverLoaded = ['@fastify/ajv-compiler', '@fastify/fast-json-stringify-compiler', 'light-my-request'];

rmSync(dist, { recursive: true, force: true });
makeTypes();
const bundled = await Promise.all(groups().map(bundle));
writeFileSync(`${dist}/LICENSES.txt`, licensesOf(bundled.flat()));

function makeTypes(): void {
  const compiler = ['node_modules/typescript/bin/tsc', '-p', 'tsconfig.types.json'];
  const { status } = spawnSync(process.execPath, compiler, { cwd: root, stdio: 'inherit' });
  if (status !== 0) process.exit(status ?? 1);
}

/** Returns the files that went in. */
async function bundle(files: readonly string[]): Promise<readonly string[]> {
  const { metafile } = await build({
    absWorkingDir: root,
    entryPoints: Object.fromEntries(files.map((file) => [basename(file, '.ts'), file])),
    outdir: dist,
    bundle: true,
    splitting: true,
    format: 'esm',
    platform: 'node',
    target: 'node20',
    external: [...Object.keys(manifestOf('.').dependencies).filter((name) => name !== 'fastify'), ...neverLoaded],
    // CommonJS inside an ES module asks for Node's own modules by `require`.
    banner: {
      js: "import { createRequire as makeRequire } from 'node:module';\nconst require = makeRequire(import.meta.url);",
    },
    metafile: true,
    logLevel: 'warning',
  });
  return Object.keys(metafile.inputs);
}

/**
 * What is loaded together: the program, the entries for other programs, every thread and child process (files named so).
 * Groups share nothing: the fewer files a start has to find, the sooner it is ready.
 */
function groups(): readonly (readonly string[])[] {
  const sdk = ['executor', 'client', 'webhook'].map((name) => `sdk/typescript/${name}.ts`);
  const apart = globSync('src/**/*-{worker,process}.ts', { cwd: root });
  const all = [['src/main.ts'], ['src/library.ts', ...sdk], ...apart.map((file) => [file])];
  const names = all.flat().map((file) => basename(file));
  if (new Set(names).size < names.length) throw new Error(`two entries have one name: ${names.join(', ')}`);
  return all;
}

interface Manifest {
  readonly dependencies: Readonly<Record<string, string>>;
  readonly license: string;
}

function manifestOf(folder: string): Manifest {
  return JSON.parse(readFileSync(`${root}${folder}/package.json`, 'utf8')) as Manifest;
}

/** The licences of what is bundled. */
function licensesOf(files: readonly string[]): string {
  const packages = new Set(files.flatMap((file) => /^.*node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(file)?.[0] ?? []));
  const texts = [...packages].sort().map((folder) => {
    const file = readdirSync(`${root}${folder}`).find((name) => /^licen[cs]e/i.test(name));
    const text =
      file === undefined ? `License: ${manifestOf(folder).license}` : readFileSync(`${root}${folder}/${file}`, 'utf8');
    return `${folder.slice('node_modules/'.length)}\n\n${text.trim()}\n`;
  });
  return texts.join(`\n${'-'.repeat(80)}\n\n`);
}
