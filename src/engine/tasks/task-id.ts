import type { StoredTask } from '../../storage/tasks.ts';
import type { ReadyTask } from './ready-queue.ts';

/** The id under which an attempt is handed to executors: `exec_…/path#visit/attempt`. */
export function taskIdOf(executionId: string, attempt: string): string {
  return `${executionId}/${attempt}`;
}

export interface TaskName {
  readonly executionId: string;
  /** Id of the attempt, and of its command in the execution. */
  readonly id: string;
  readonly step: string;
  readonly visit: number;
  readonly attempt: number;
}

/** Undefined for a text that names no task. */
export function parseTaskId(taskId: string): TaskName | undefined {
  const match = /^([^/]+)\/(([^/#]+)#(\d+)\/(\d+))$/.exec(taskId);
  const [, executionId, id, step, visit, attempt] = match ?? [];
  if (executionId === undefined || id === undefined || step === undefined) return undefined;
  return { executionId, id, step, visit: Number(visit), attempt: Number(attempt) };
}

export function readyTaskOf(row: StoredTask): ReadyTask {
  const attempt = row.taskId.slice(row.executionId.length + 1);
  return { taskId: row.taskId, executionId: row.executionId, attempt, function: row.function, rank: row.rank };
}
