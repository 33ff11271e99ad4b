/** `npm run example user-onboarding`: starts each executor of an example in a process of its own, until Ctrl-C. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, globSync, readFileSync } from 'node:fs';
import { basename } from 'node:path';

const [name = ''] = process.argv.slice(2);
const folder = new URL(`../examples/${name}/executors/`, import.meta.url).pathname;
if (name === '' || !existsSync(folder)) {
  const names = globSync('*', { cwd: new URL('../examples/', import.meta.url).pathname });
  console.error(`npm run example NAME, with one of: ${names.join(', ')}`);
  process.exit(2);
}

/** A server started in this folder leaves its token beside its data. */
const tokenFile = new URL('../data/admin-token', import.meta.url);
const token = process.env['MAGICFLOW_TOKEN'] ?? (existsSync(tokenFile) ? readFileSync(tokenFile, 'utf8').trim() : '');

const files = globSync('*.ts', { cwd: folder }).sort();
const children = files.map((file) =>
  spawn(process.execPath, ['--conditions=magicflow-source', `${folder}${file}`], {
    stdio: 'inherit',
    env: { ...process.env, MAGICFLOW_TOKEN: token },
  }),
);
console.log(`${name}: ${files.map((file) => basename(file, '.ts')).join(', ')} (Ctrl-C ends them)`);
const stop = (): void => {
  for (const child of children) child.kill('SIGTERM');
};
process.once('SIGINT', stop);
process.once('SIGTERM', stop);
await Promise.all(children.map((child) => once(child, 'exit')));
