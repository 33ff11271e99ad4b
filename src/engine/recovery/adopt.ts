/**
 * Tasks that got rows before their function was registered in this process: they are claimed and run like an executor
 * outside would, once, when the function comes. Where the store fails it is tried again: nobody else would take them.
 */

import type { Clock } from '../../kit/clock.ts';
import type { Local } from '../calls/local.ts';
import type { HandedTask, TaskResult } from '../engine.ts';
import { claimTasksMax } from '../limits.ts';
import { copyJson } from '../moves/storable.ts';
import type { Desk } from '../tasks/desk.ts';

/** How long a store that failed is left alone, in milliseconds. */
const retryMs = 1_000;

export interface AdoptDeps {
  readonly desk: Desk;
  readonly local: Local;
  readonly clock: Clock;
  readonly isClosing: () => boolean;
  readonly warn: (message: string, error: unknown) => void;
}

export function adoptRows(
  deps: AdoptDeps,
  target: { workspace: string; executor: string; functionName: string },
): void {
  adopt(deps, target).catch((error: unknown) => {
    if (deps.isClosing()) return;
    deps.warn('waiting tasks could not be taken over', error);
    deps.clock.schedule(retryMs, () => {
      if (!deps.isClosing()) adoptRows(deps, target);
    });
  });
}

async function adopt(
  deps: AdoptDeps,
  { workspace, executor, functionName }: { workspace: string; executor: string; functionName: string },
): Promise<void> {
  for (;;) {
    const tasks = await deps.desk.claim({
      workspace,
      executor,
      workerId: 'in-process',
      functions: [functionName],
      maxTasks: claimTasksMax,
      waitMs: 0,
    });
    if (tasks.length === 0) return;
    const results = await Promise.all(tasks.map((task) => run(deps, { workspace, executor, task })));
    await deps.desk.complete(workspace, results);
  }
}

async function run(
  deps: AdoptDeps,
  { workspace, executor, task }: { workspace: string; executor: string; task: HandedTask },
): Promise<TaskResult> {
  const { taskId, leaseToken, executionId, step, attempt, idempotencyKey, deadlineAt } = task;
  const call = deps.local.find(workspace, executor, task.function);
  const context = { executionId, step, attempt, idempotencyKey, deadlineAt, signal: new AbortController().signal };
  try {
    const output = (await call?.(copyJson(task.input), context)) ?? null;
    return { taskId, leaseToken, status: 'completed', output };
  } catch (thrown) {
    const message = thrown instanceof Error ? thrown.message : String(thrown);
    return { taskId, leaseToken, status: 'failed', error: { code: 'EXECUTOR_ERROR', message } };
  }
}
