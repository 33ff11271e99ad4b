/**
 * Reads documents: small ones at once, large ones in a worker, so that no text holds up the node.
 *
 * A text that a glance at its beginning refuses needs no worker. A worker is kept for the next text for a while, and never
 * keeps the process alive; one whose text takes too long is ended with it.
 */
import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { Fault } from '../../kit/fault.ts';
import { type Parsed, parseDocuments } from '../../model/parse.ts';
import { findRefusal } from '../../model/yaml/guard.ts';
import { parseGlanceTokens, parseInlineMax, parseWorkerIdleMs, parseWorkersMax } from '../limits.ts';

/** A parse that takes longer is ended. */
const parseTimeoutMs = 5_000;

interface Job {
  readonly text: string;
  readonly options: { readonly file?: string };
  readonly resolve: (parsed: Parsed) => void;
  readonly reject: (error: unknown) => void;
}

const waiting: Job[] = [];
/** With what ends each, and when. */
const idle = new Map<Worker, { readonly retire: () => void; readonly timer: NodeJS.Timeout }>();
let busy = 0;

export function parseBeside(text: string, file: string | undefined): Promise<Parsed> {
  const options = file === undefined ? {} : { file };
  const isQuick = text.length <= parseInlineMax || findRefusal(text, parseGlanceTokens) !== undefined;
  if (isQuick) return Promise.resolve(parseDocuments(text, options));
  return new Promise((resolve, reject) => {
    waiting.push({ text, options, resolve, reject });
    void next();
  });
}

async function next(): Promise<void> {
  const job = busy < parseWorkersMax ? waiting.shift() : undefined;
  if (job === undefined) return;
  busy += 1;
  try {
    job.resolve(await parseIn(takeIdle() ?? (await openWorker()), job));
  } catch (error) {
    job.reject(error);
  } finally {
    busy -= 1;
    void next();
  }
}

/** Resolves once it has loaded the parser, which may take longer than to parse. */
async function openWorker(): Promise<Worker> {
  const extension = import.meta.url.endsWith('.ts') ? 'ts' : 'js';
  const worker = new Worker(new URL(`./parse-worker.${extension}`, import.meta.url));
  await once(worker, 'message').catch((cause) => {
    throw broken(cause);
  });
  return worker;
}

async function parseIn(worker: Worker, { text, options }: Job): Promise<Parsed> {
  const late = new AbortController();
  const timer = setTimeout(() => late.abort(), parseTimeoutMs);
  worker.ref();
  worker.postMessage({ text, options });
  try {
    const [parsed] = (await once(worker, 'message', { signal: late.signal })) as [Parsed];
    keep(worker);
    return parsed;
  } catch (cause) {
    void worker.terminate();
    throw late.signal.aborted ? tooSlow() : broken(cause);
  } finally {
    clearTimeout(timer);
  }
}

/** One that dies with nothing to do is missed by nobody. */
function keep(worker: Worker): void {
  const retire = (): void => {
    forget(worker);
    void worker.terminate();
  };
  worker.unref();
  worker.once('error', retire);
  idle.set(worker, { retire, timer: setTimeout(retire, parseWorkerIdleMs).unref() });
}

function takeIdle(): Worker | undefined {
  const [worker] = idle.keys();
  if (worker) forget(worker);
  return worker;
}

function forget(worker: Worker): void {
  const kept = idle.get(worker);
  if (!kept) return;
  clearTimeout(kept.timer);
  worker.off('error', kept.retire);
  idle.delete(worker);
}

const broken = (cause: unknown): Fault => new Fault('INTERNAL', 'the parser failed', { cause });

function tooSlow(): Fault {
  return new Fault(
    'DEFINITION_INVALID',
    `the text takes longer than ${parseTimeoutMs / 1_000} s to read: make it smaller`,
  );
}
