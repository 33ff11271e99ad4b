/**
 * A script thread as the pool sees it: runs go in, answers come out, and a run that does not stop ends the thread.
 *
 * The engine stops most endless scripts by itself. A loop inside one of its own functions is never asked, so a run that
 * is not answered in time takes its thread with it; the runs behind it did not begin and are given back. A run changes
 * nothing outside, so one that is run twice after that gives the same.
 */
import { Worker } from 'node:worker_threads';
import { present } from '../../kit/assert.ts';
import type { GuestAnswer, GuestRun } from './guest.ts';
import { startMsMax, stopGraceMs } from './script-limits.ts';
import type { ThreadReply } from './script-worker.ts';
import type { WasmModule } from './web-assembly.ts';

export interface ThreadRun {
  readonly workspace: string;
  /** Taken when the thread gets it. */
  request(): GuestRun;
  settle(answer: GuestAnswer): void;
}

export interface ScriptThread {
  /** What it holds, the one that runs first. */
  readonly runs: readonly ThreadRun[];
  add(run: ThreadRun): void;
  /** Resolves when it has ended; its runs are not answered. */
  close(): Promise<void>;
}

export interface ThreadEvents {
  /** It has answered and can take more. */
  readonly free: () => void;
  /** It is gone; these runs were not begun. */
  readonly gone: (unbegun: readonly ThreadRun[]) => void;
}

export function startThread(module: WasmModule, events: ThreadEvents): ScriptThread {
  const runs: (ThreadRun & { readonly runMs: number })[] = [];
  let isReady = false;
  let isGone = false;
  let timer: ReturnType<typeof setTimeout> | undefined;
  const extension = import.meta.url.slice(import.meta.url.lastIndexOf('.'));
  const worker = new Worker(new URL(`./script-worker${extension}`, import.meta.url), {
    workerData: module,
    execArgv: [],
  });
  worker.unref();

  /** The one in front runs from now on. Its timer is what keeps the process alive until it is answered. */
  function watchFirst(): void {
    clearTimeout(timer);
    const [first] = runs;
    if (!first) return;
    if (isReady) timer = setTimeout(() => endWith({ kind: 'timeout' }), first.runMs + stopGraceMs);
    else timer = setTimeout(() => endWith(crashed('its thread does not start')), startMsMax);
  }

  /** The thread is lost with the run in front. */
  function endWith(answer: GuestAnswer): void {
    if (isGone) return;
    isGone = true;
    clearTimeout(timer);
    void worker.terminate();
    const [first, ...unbegun] = runs.splice(0);
    first?.settle(answer);
    events.gone(unbegun);
  }

  worker.on('message', (reply: ThreadReply) => {
    if (isGone) return;
    if (reply === 'ready') {
      isReady = true;
      return watchFirst();
    }
    const answered = present(runs.shift(), 'the run that was answered');
    watchFirst();
    answered.settle(reply);
    events.free();
  });
  worker.on('error', (error) => endWith(crashed(String(error))));
  worker.on('exit', () => endWith(crashed('its thread ended')));

  return {
    runs,
    add(run) {
      const request = run.request();
      runs.push({ ...run, runMs: request.runMs });
      worker.postMessage(request);
      if (runs.length === 1) watchFirst();
    },
    async close() {
      isGone = true;
      clearTimeout(timer);
      await worker.terminate();
    },
  };
}

function crashed(reason: string): GuestAnswer {
  return { kind: 'thrown', error: { code: 'SCRIPT_CRASHED', message: reason, stack: '', logs: '', details: '' } };
}
