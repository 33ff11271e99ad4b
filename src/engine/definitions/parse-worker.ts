import { parentPort } from 'node:worker_threads';
import { parseDocuments } from '../../model/parse.ts';

/** Says that it is ready, then reads one text after the other, as they are sent. */
parentPort?.on('message', ({ text, options }: { text: string; options: { file?: string } }) => {
  parentPort?.postMessage(parseDocuments(text, options));
});
parentPort?.postMessage('ready');
