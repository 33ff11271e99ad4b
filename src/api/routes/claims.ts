/**
 * Claims that may wait. The wait ends early when the caller goes away or the server closes; what was leased for a caller
 * who has gone is given back at once, ready for somebody else.
 */
import type { ServerResponse } from 'node:http';
import type { ClaimBodyRequest, TaskOut } from '../../contract/tasks.ts';
import type { ClaimRequest, HandedTask, TaskAnswer, TaskDesk, TaskResult } from '../../engine/engine.ts';
import { taskAnswer } from '../answers/task-answer.ts';
import type { Closing } from '../closing.ts';
import { defined } from '../defined.ts';
import { durationMs, waitMaxMs } from '../requests.ts';

export interface Claims {
  claim(request: ClaimRequest, response: ServerResponse): Promise<TaskOut[]>;
  /** With results; the answers stand in their order. */
  exchange(results: readonly TaskResult[], request: ClaimRequest, response: ServerResponse): Promise<ExchangedOut>;
}

export interface ExchangedOut {
  readonly answers: readonly TaskAnswer[];
  readonly tasks: TaskOut[];
}

export function openClaims(tasks: TaskDesk, closing: Closing): Claims {
  /** While a request waits, its signal says that nobody wants the answer any more. */
  async function whileWanted<T>(
    { waitMs }: ClaimRequest,
    response: ServerResponse,
    ask: (signal?: AbortSignal) => Promise<T>,
  ): Promise<T> {
    if (waitMs === 0) return await ask();
    const abort = new AbortController();
    const stop = (): void => abort.abort();
    const forget = closing.onClose(stop);
    response.once('close', stop);
    try {
      return await ask(abort.signal);
    } finally {
      response.off('close', stop);
      forget();
    }
  }

  async function handTo(
    response: ServerResponse,
    { workspace }: ClaimRequest,
    handed: readonly HandedTask[],
  ): Promise<TaskOut[]> {
    if (!response.destroyed) return handed.map(taskAnswer);
    if (handed.length > 0) await tasks.release(workspace, handed);
    return [];
  }

  return {
    async claim(request, response) {
      const handed = await whileWanted(request, response, (signal) => tasks.claim(request, signal));
      return await handTo(response, request, handed);
    },
    async exchange(results, request, response) {
      const { answers, tasks: handed } = await whileWanted(request, response, (signal) =>
        tasks.completeAndClaim(results, request, signal),
      );
      return { answers, tasks: await handTo(response, request, handed) };
    },
  };
}

/**
 * Refuses a wait that is no duration; call it before anything is done that a refusal would leave half done. `pointer`
 * says where the claim stands in the body.
 */
export function claimRequest(workspace: string, body: ClaimBodyRequest, pointer = ''): ClaimRequest {
  const { executor, worker_id: workerId, functions, max_tasks: maxTasks = 1, wait } = body;
  const waitMs = wait === undefined ? 0 : durationMs(wait, { in: 'body', pointer: `${pointer}/wait` }, waitMaxMs);
  return { workspace, executor, workerId, maxTasks, waitMs, ...defined({ functions }) };
}
