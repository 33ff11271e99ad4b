/** Plays seeds in a process of their own, by the same command that a person would use. */
import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { Summary } from './run-seeds.ts';

/** `root`: the checkout to play in; by default this one. Standard error is passed through. */
export function runBeside(args: readonly string[], root = new URL('../../', import.meta.url)): Promise<Summary> {
  const script = fileURLToPath(new URL('dev/sim.ts', root));
  const child = spawn(process.execPath, [script, '--json', ...args], { stdio: ['ignore', 'pipe', 'inherit'] });
  let text = '';
  child.stdout.setEncoding('utf8').on('data', (part: string) => {
    text += part;
  });
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code) => {
      if (text === '') reject(new Error(`the simulation ended with ${code} and said nothing`));
      else resolve(JSON.parse(text) as Summary);
    });
  });
}
