import { readFile } from 'node:fs/promises';
import { text as readAll } from 'node:stream/consumers';
import { environment } from './app/config.ts';
import { runCli } from './cli/cli.ts';
import type { CliIo } from './cli/command.ts';

/** The program: gives the command line its streams and the process its exit code. The one place that touches either. */
const stop = new AbortController();
let isListening = false;

/** Only a command that asks for it is told of signals; any other is ended by them as usual. */
function listenForStop(): AbortSignal {
  if (!isListening) {
    isListening = true;
    process.on('SIGINT', () => onSignal(130));
    process.on('SIGTERM', () => onSignal(143));
  }
  return stop.signal;
}

/** The second signal ends the program at once: a shutdown that hangs must not hold the terminal. */
function onSignal(exitCode: number): void {
  if (stop.signal.aborted) process.exit(exitCode);
  stop.abort();
}

// A reader that went away (`| head`) is no failure.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') process.exit(0);
  throw error;
});

const io: CliIo = {
  out: (line) => void process.stdout.write(`${line}\n`),
  err: (line) => void process.stderr.write(`${line}\n`),
  write: (text) => void process.stdout.write(text),
  readText: (path) => (path === '-' ? readAll(process.stdin) : readFile(path, 'utf8')),
  directory: process.cwd(),
  env: environment(),
  isTerminal: process.stdout.isTTY === true && !environment()['NO_COLOR'],
  get stop() {
    return listenForStop();
  },
};

process.exitCode = await runCli(process.argv.slice(2), io);
