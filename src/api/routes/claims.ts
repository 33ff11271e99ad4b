/**
 * Claims that may wait. The wait ends early when the caller goes away or the server closes; what was leased for a caller
 * who has gone is given back at once, ready for somebody else.
 */
import type { ServerResponse } from 'node:http';
import type { ClaimBodyRequest, TaskOut } from '../../contract/tasks.ts';
import type { ClaimRequest, HandedTask, TaskDesk } from '../../engine/engine.ts';
import { taskAnswer } from '../answers/task-answer.ts';
import type { Closing } from '../closing.ts';
import { defined } from '../defined.ts';
import { durationMs, waitMaxMs } from '../requests.ts';

export type Claim = (
  body: ClaimBodyRequest,
  caller: { workspace: string; response: ServerResponse },
) => Promise<TaskOut[]>;

export function openClaims(tasks: TaskDesk, closing: Closing): Claim {
  return async (body, { workspace, response }) => {
    const request = claimRequest(workspace, body);
    const handed = request.waitMs === 0 ? await tasks.claim(request) : await claimWaiting(request, response);
    if (!response.destroyed) return handed.map(taskAnswer);
    if (handed.length > 0) await tasks.release(workspace, handed);
    return [];
  };

  async function claimWaiting(request: ClaimRequest, response: ServerResponse): Promise<readonly HandedTask[]> {
    const abort = new AbortController();
    const stop = (): void => abort.abort();
    const forget = closing.onClose(stop);
    response.once('close', stop);
    try {
      return await tasks.claim(request, abort.signal);
    } finally {
      response.off('close', stop);
      forget();
    }
  }
}

/** Refuses a wait that is no duration; call it before anything is done that a refusal would leave half done. */
export function claimRequest(workspace: string, body: ClaimBodyRequest): ClaimRequest {
  const { executor, worker_id: workerId, functions, max_tasks: maxTasks = 1, wait } = body;
  const waitMs = wait === undefined ? 0 : durationMs(wait, { in: 'body', pointer: '/wait' }, waitMaxMs);
  return { workspace, executor, workerId, maxTasks, waitMs, ...defined({ functions }) };
}
