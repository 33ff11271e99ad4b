import type { HeldTask } from './holdings.ts';
import { completed, errorOf, failed } from './outcome.ts';
import { progressBytesMax, type Task, type TaskFunction, TaskStopped, type WireResult } from './task.ts';

/**
 * Runs one task's function to a result. Never rejects.
 *
 * At the timeout the result is `TIMEOUT` at once, even if the function goes on regardless of its signal. A cancelled task
 * is waited for: its function may have something to put in order.
 */
export interface RunOptions {
  readonly run: TaskFunction<never> | undefined;
  /** This executor's own bound; the attempt's deadline counts too. */
  readonly timeoutMs: number | undefined;
  readonly showProgress: (progress: unknown) => void;
}

export async function runTask(held: HeldTask, { run, timeoutMs, showProgress }: RunOptions): Promise<WireResult> {
  const { wire, controller } = held;
  if (run === undefined) {
    const message = `this executor has no function "${wire.function}": register it, or mend the name in the workflow`;
    return failed(wire, { code: 'FUNCTION_NOT_REGISTERED', message, retryable: true });
  }
  const limitMs = Math.min(timeoutMs ?? Number.POSITIVE_INFINITY, held.timeLeftMs ?? Number.POSITIVE_INFINITY);
  const timer = Number.isFinite(limitMs) ? startTimer(limitMs, controller) : undefined;
  try {
    const answer = run(wire.input as never, taskOf(held, showProgress));
    return completed(wire, isPromise(answer) ? await (timer ? Promise.race([answer, timer.ran]) : answer) : answer);
  } catch (error) {
    return failed(wire, errorOf(error));
  } finally {
    timer?.stop();
  }
}

function isPromise(value: unknown): value is Promise<unknown> {
  return typeof value === 'object' && value !== null && 'then' in value && typeof value.then === 'function';
}

/** `ran` rejects when the time is over. */
function startTimer(limitMs: number, controller: AbortController): { ran: Promise<never>; stop(): void } {
  const { promise, reject } = pending();
  // A platform timer keeps 24.8 days; a longer limit is as good as that.
  const timer = setTimeout(
    () => {
      const reason = new TaskStopped('TIMEOUT', `the function took longer than ${Math.round(limitMs)} ms`);
      controller.abort(reason);
      reject(reason);
    },
    Math.min(limitMs, 2 ** 31 - 1),
  );
  return { ran: promise, stop: () => clearTimeout(timer) };
}

function pending(): { promise: Promise<never>; reject: (reason: Error) => void } {
  let reject: (reason: Error) => void = () => undefined;
  const promise = new Promise<never>((_, refuse) => {
    reject = refuse;
  });
  // The function may end without anyone waiting for the timer.
  promise.catch(() => undefined);
  return { promise, reject };
}

function taskOf({ wire, controller }: HeldTask, showProgress: (progress: unknown) => void): Task {
  return {
    id: wire.task_id,
    executionId: wire.execution_id,
    workflow: wire.workflow,
    version: wire.version,
    step: wire.step,
    function: wire.function,
    attempt: wire.attempt,
    deadline: wire.deadline ? new Date(wire.deadline) : undefined,
    idempotencyKey: wire.idempotency_key,
    traceparent: wire.traceparent,
    signal: controller.signal,
    progress: (value) => showProgress(checkedProgress(value)),
  };
}

/** Told here and now, to the code that said it: the platform would refuse a whole heartbeat for it. */
function checkedProgress(value: unknown): unknown {
  const text = jsonOf(value);
  const bytes = Buffer.byteLength(text);
  // A copy: what is told is what it was when it was told.
  if (bytes <= progressBytesMax) return JSON.parse(text);
  throw new TypeError(`progress takes ${bytes} bytes of JSON and may take ${progressBytesMax} bytes: say it shorter`);
}

function jsonOf(value: unknown): string {
  try {
    const text = JSON.stringify(value) as string | undefined;
    if (text !== undefined) return text;
  } catch {
    // A BigInt, or an object inside itself.
  }
  throw new TypeError('progress must be JSON: text, number, boolean, null, list or object');
}
