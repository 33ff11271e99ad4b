/** Tasks as executors see them. */
import type { TaskOut } from '../../contract/tasks.ts';
import type { HandedTask } from '../../engine/engine.ts';
import { isoTime, isoTimeOrNull } from './time.ts';

export function taskAnswer(task: HandedTask): TaskOut {
  return {
    task_id: task.taskId,
    lease_token: task.leaseToken,
    execution_id: task.executionId,
    workflow: task.workflow,
    version: task.version,
    step: task.step,
    function: task.function,
    attempt: task.attempt,
    input: task.input,
    deadline: isoTimeOrNull(task.deadlineAt),
    lease_expires_at: isoTime(task.leaseExpiresAt),
    idempotency_key: task.idempotencyKey,
    traceparent: task.traceparent,
  };
}
