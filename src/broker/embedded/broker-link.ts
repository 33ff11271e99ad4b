/**
 * The line to the broker's thread: while one list of operations is being made durable, the next one collects.
 *
 * When the thread dies, whoever waits learns BROKER_UNREACHABLE (what became of it is unknown, and a repeat is harmless),
 * and the next operation starts a new thread. It keeps the process alive only while somebody waits.
 */
import { Worker } from 'node:worker_threads';
import { Fault } from '../../kit/fault.ts';
import type { Given, Gives, Kind, Outcome, Request } from './broker-operations.ts';
import type { BrokerThreadSettings } from './broker-worker.ts';

export interface BrokerLink {
  call<K extends Kind>(kind: K, given: Given<K>): Promise<Gives<K>>;
  /** After what was asked before. */
  close(): Promise<void>;
}

interface Waiting {
  readonly request: Request;
  resolve(value: unknown): void;
  reject(fault: Fault): void;
}

/** Operations that share a transaction. */
const batchMax = 500;

export function linkBroker(settings: BrokerThreadSettings): BrokerLink {
  const queue: Waiting[] = [];
  let underWay: Waiting[] = [];
  let worker: Worker | undefined;
  let isClosed = false;
  let ended = Promise.withResolvers<void>();

  function start(): Worker {
    const extension = import.meta.url.slice(import.meta.url.lastIndexOf('.'));
    const started = new Worker(new URL(`./broker-worker${extension}`, import.meta.url), {
      workerData: settings,
      execArgv: [],
    });
    let death = 'its thread ended';
    ended = Promise.withResolvers();
    started.on('message', (outcomes: readonly Outcome[]) => {
      const answered = underWay;
      underWay = [];
      for (const [index, each] of answered.entries()) settle(each, outcomes[index] ?? gone(death));
      send();
    });
    started.on('error', (error) => {
      death = error instanceof Error ? error.message : String(error);
    });
    started.on('exit', () => {
      worker = undefined;
      const lost = underWay;
      underWay = [];
      for (const each of lost) settle(each, gone(death));
      ended.resolve();
      send();
    });
    return started;
  }

  function send(): void {
    if (underWay.length > 0) return;
    if (queue.length === 0) {
      if (isClosed) worker?.postMessage('close');
      else worker?.unref();
      return;
    }
    worker ??= start();
    worker.ref();
    underWay = queue.splice(0, batchMax);
    worker.postMessage(underWay.map(({ request }) => request));
  }

  return {
    call(kind, given) {
      if (isClosed) return Promise.reject(new Fault('SHUTTING_DOWN', 'the broker is closed'));
      const { promise, resolve, reject } = Promise.withResolvers<unknown>();
      queue.push({ request: { kind, given } as Request, resolve, reject });
      send();
      return promise as Promise<never>;
    },
    async close() {
      const isFirst = !isClosed;
      isClosed = true;
      if (!worker) return;
      worker.ref();
      if (isFirst) send();
      await ended.promise;
    },
  };
}

const gone = (death: string): Outcome => ({
  fault: { code: 'BROKER_UNREACHABLE', message: `the embedded broker: ${death}` },
});

function settle(waiting: Waiting, outcome: Outcome): void {
  if ('value' in outcome) waiting.resolve(outcome.value);
  else waiting.reject(new Fault(outcome.fault.code, outcome.fault.message));
}
