/** The row of a human task: a projection of what its step holds, written with every move that changes it. */
import { createHash } from 'node:crypto';
import type { ExecutionState, HumanTask } from '../../core/state.ts';
import type { HumanTaskRow } from '../../storage/store.ts';

/**
 * The same for the same attempt, so that a replay names it alike. It begins like its execution's id, which is made of
 * time, so that the store's pages stay warm.
 */
export function humanTaskIdOf(executionId: string, { step, visit, attempt }: HumanTask): string {
  const hash = createHash('sha256').update(`${executionId}/${step}#${visit}/${attempt}`).digest('hex').slice(0, 16);
  return `human_${executionId.replace(/^exec_/, '')}_${hash}`;
}

export function humanTaskRow(state: ExecutionState, task: HumanTask): HumanTaskRow {
  const { step, name, visit, attempt, title, status, assignees, answer } = task;
  return {
    humanTaskId: humanTaskIdOf(state.id, task),
    position: state.position,
    workflow: state.workflow,
    version: state.version,
    step,
    name,
    visit,
    attempt,
    title,
    status,
    assignees,
    claimedBy: task.claimedBy ?? null,
    escalations: task.escalated,
    createdAt: task.createdAt,
    dueAt: task.dueAt ?? null,
    endedAt: task.endedAt ?? null,
    defaults: task.defaults ?? null,
    answer: answer
      ? { by: answer.by, outcome: answer.outcome, answer: answer.answer, comment: answer.comment ?? null }
      : null,
  };
}
