/** Reads documents: small ones at once, large ones in a worker, so that no text holds up the node. */
import { Worker } from 'node:worker_threads';
import { Fault } from '../kit/fault.ts';
import { type Parsed, parseDocuments } from '../model/parse.ts';
import { parseInlineMax } from './limits.ts';

/** A parse that takes longer is ended. */
const parseTimeoutMs = 5_000;

export function parseBeside(text: string, file: string | undefined): Promise<Parsed> {
  const options = file === undefined ? {} : { file };
  if (text.length <= parseInlineMax) return Promise.resolve(parseDocuments(text, options));
  return new Promise((resolve, reject) => {
    const extension = import.meta.url.endsWith('.ts') ? 'ts' : 'js';
    const script = new URL(`./parse-worker.${extension}`, import.meta.url);
    const worker = new Worker(script, { workerData: { text, options } });
    const timer = setTimeout(() => finish(() => reject(tooSlow())), parseTimeoutMs);
    const finish = (answer: () => void): void => {
      clearTimeout(timer);
      answer();
      void worker.terminate();
    };
    worker.once('message', (parsed: Parsed) => finish(() => resolve(parsed)));
    worker.once('error', (error) => finish(() => reject(new Fault('INTERNAL', 'the parser failed', { cause: error }))));
  });
}

function tooSlow(): Fault {
  return new Fault(
    'DEFINITION_INVALID',
    `the text takes longer than ${parseTimeoutMs / 1_000} s to read: make it smaller`,
  );
}
