import { parentPort, workerData } from 'node:worker_threads';
import { parseDocuments } from '../model/parse.ts';

const { text, options } = workerData as { text: string; options: { file?: string } };
parentPort?.postMessage(parseDocuments(text, options));
