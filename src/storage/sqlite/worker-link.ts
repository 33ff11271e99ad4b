/**
 * A line to a worker thread that may die. Requests are answered in order; when the thread dies, every request that
 * waits rejects with STORE_UNREACHABLE (its result is unknown) and the next request starts a new thread. The first request
 * starts the first one. It keeps the process alive only while a request waits, and while it ends.
 */
import { Worker } from 'node:worker_threads';
import type { Fault } from '../../kit/fault.ts';
import { closedFault, faultOf } from './sqlite-faults.ts';
import type { Reply, Request } from './worker-protocol.ts';

export interface WorkerLink {
  /** Resolves to the answer; rejects with the fault that the thread reports, or that its death is. */
  call(request: Exclude<Request, { kind: 'close' }>): Promise<unknown>;
  /** Starts the thread ahead of the first request: it takes tens of milliseconds. */
  warm(): void;
  /** Resolves when the earlier requests are answered and the thread has ended. */
  close(): Promise<void>;
}

interface Waiting {
  resolve(answer: unknown): void;
  reject(fault: Fault): void;
}

/** Starts a thread of this folder; `name` is its file without extension, which differs between source and build. */
export function startWorker(name: string, workerData: unknown): Worker {
  const extension = import.meta.url.slice(import.meta.url.lastIndexOf('.'));
  // Flags of this process are about its own main script (`--eval`, `--input-type`); a worker must not read them.
  return new Worker(new URL(`./${name}${extension}`, import.meta.url), { workerData, execArgv: [] });
}

export function linkWorker(start: () => Worker): WorkerLink {
  let thread: Thread | undefined;
  let isClosed = false;
  const alive = (): Thread => {
    if (!thread?.isAlive()) thread = startThread(start);
    return thread;
  };
  return {
    call: (request) => (isClosed ? Promise.reject(closedFault()) : alive().call(request)),
    warm: () => void alive(),
    async close() {
      if (isClosed) return await thread?.ended;
      isClosed = true;
      await thread?.close();
    },
  };
}

interface Thread {
  isAlive(): boolean;
  readonly ended: Promise<void>;
  call(request: Request): Promise<unknown>;
  close(): Promise<void>;
}

function startThread(start: () => Worker): Thread {
  const worker = start();
  const waiting: Waiting[] = [];
  let death = 'its thread ended';
  let isAlive = true;
  let isClosing = false;
  const ended = Promise.withResolvers<void>();
  worker.unref();

  worker.on('message', ({ failure, answer }: Reply) => {
    const first = waiting.shift();
    if (waiting.length === 0 && !isClosing) worker.unref();
    if (failure) first?.reject(faultOf(failure));
    else first?.resolve(answer);
  });
  worker.on('error', (error) => {
    death = error instanceof Error ? error.message : String(error);
  });
  worker.on('exit', () => {
    isAlive = false;
    for (const each of waiting.splice(0)) each.reject(faultOf({ code: 'STORE_UNREACHABLE', message: death }));
    ended.resolve();
  });

  return {
    isAlive: () => isAlive,
    ended: ended.promise,
    call(request) {
      const { promise, resolve, reject } = Promise.withResolvers<unknown>();
      waiting.push({ resolve, reject });
      if (waiting.length === 1) worker.ref();
      worker.postMessage(request);
      return promise;
    },
    close() {
      if (!isAlive) return ended.promise;
      isClosing = true;
      worker.ref();
      worker.postMessage({ kind: 'close' } satisfies Request);
      return ended.promise;
    },
  };
}
