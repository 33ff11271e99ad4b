/** Small C libraries that stand between a program and the system, built by the test that needs one. */
import { execFileSync } from 'node:child_process';

/** A reason to skip, or false. Under CI=true there is none: what cannot be built there is a failure. */
export function skipWithoutCompiler(): string | false {
  if (process.env['CI'] === 'true') return false;
  try {
    execFileSync('gcc', ['--version'], { stdio: 'ignore' });
    return false;
  } catch {
    return 'there is no gcc';
  }
}

/** Warnings are errors. */
export function buildPreload(source: URL, library: string): void {
  const flags = ['-O2', '-Wall', '-Wextra', '-Werror', '-shared', '-fPIC'];
  execFileSync('gcc', [...flags, '-o', library, source.pathname, '-ldl', '-lpthread']);
}
