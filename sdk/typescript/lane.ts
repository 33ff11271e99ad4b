import { ApiError } from './api-error.ts';
import { nextTurn } from './bell.ts';
import type { Completed, TaskAnswer } from './desk.ts';
import { failed } from './outcome.ts';
import type { Finished, Worker } from './worker.ts';

/**
 * Delivers results, batch after batch, and takes new tasks in the same call.
 *
 * What becomes of a result: accepted or stale, it is done; no answer, or a server in trouble, it goes back to the front and
 * is sent again after a pause, for as long as it takes; refused for what it holds, it is sent alone, then as the failure
 * OUTPUT_INVALID, and reported if even that is refused.
 */
export async function deliverResults(worker: Worker): Promise<void> {
  while (!worker.ended.signal.aborted) {
    if (worker.results.length === 0) {
      await worker.bell.next();
      continue;
    }
    await nextTurn();
    await worker.deliveryPause();
    const batch = worker.results.splice(0, worker.batchMax);
    if (batch.length === 0) continue;
    worker.inDelivery += batch.length;
    try {
      await deliver(worker, batch);
      worker.noteDelivery();
    } catch (error) {
      worker.noteDelivery(error);
    }
    worker.inDelivery -= batch.length;
    worker.bell.ring();
  }
}

/** Rejects where results of the batch are back in the queue. */
async function deliver(worker: Worker, batch: readonly Finished[]): Promise<void> {
  const name = batch.at(-1)?.held.executor ?? '';
  const maxTasks = worker.room;
  const wish = maxTasks > 0 ? worker.wish(name, maxTasks, 0) : undefined;
  const results = batch.map(({ result }) => result);
  worker.reserved += maxTasks;
  let answer: Completed;
  try {
    answer = await worker.options.desk.complete(results, { wish, signal: worker.ended.signal });
  } catch (error) {
    if (isRefused(error)) return await deliverEach(worker, batch);
    worker.results.unshift(...batch);
    throw error;
  } finally {
    worker.reserved -= maxTasks;
  }
  worker.take(answer, name);
  settle(worker, batch, answer.answers);
}

/** Rejects where an answer is missing; those results are back in the queue. */
function settle(worker: Worker, batch: readonly Finished[], answers: readonly TaskAnswer[]): void {
  const byId = new Map(answers.map((answer) => [answer.task_id, answer]));
  const unanswered = batch.filter(({ held }) => !byId.has(held.wire.task_id));
  for (const { held } of batch) {
    const answer = byId.get(held.wire.task_id);
    if (answer === undefined) continue;
    worker.holdings.remove(held);
    if (!answer.accepted) {
      const { function: name, task_id, attempt } = held.wire;
      const message = `the result of ${name} (task ${task_id}, attempt ${attempt}) came too late`;
      worker.options.report(new ApiError({ status: 200, code: answer.code ?? 'STALE_LEASE', message }));
    }
  }
  if (unanswered.length === 0) return;
  worker.results.unshift(...unanswered);
  const message = `the server left ${unanswered.length} results without an answer`;
  throw new ApiError({ status: 200, code: 'ANSWER_INVALID', message });
}

/** The request itself is at fault: sending it again would change nothing. */
function isRefused(error: unknown): boolean {
  return ApiError.is(error) && [400, 413, 415, 422].includes(error.status);
}

/** Finds the ones at fault. Rejects where results are back in the queue because the server is in trouble. */
async function deliverEach(worker: Worker, batch: readonly Finished[]): Promise<void> {
  for (const [index, finished] of batch.entries()) {
    try {
      const { answers } = await worker.options.desk.complete([finished.result], { signal: worker.ended.signal });
      settle(worker, [finished], answers);
    } catch (error) {
      if (isRefused(error)) replaceResult(worker, finished, error);
      else {
        const missing = ApiError.is(error, 'ANSWER_INVALID') ? index + 1 : index;
        worker.results.unshift(...batch.slice(missing));
        throw error;
      }
    }
  }
}

function replaceResult(worker: Worker, { held, result }: Finished, error: unknown): void {
  worker.options.report(error);
  const reason = error instanceof Error ? error.message : String(error);
  const isReplaced = result.status === 'failed' && result.error.code === 'OUTPUT_INVALID';
  if (isReplaced) return worker.holdings.remove(held);
  const message = `the server refused the result: ${reason}`;
  worker.results.push({ held, result: failed(held.wire, { code: 'OUTPUT_INVALID', message, retryable: false }) });
}
