/** A human task as callers see it. */
import type { FormFieldAnswer, HumanTaskAnswer, HumanTaskSummaryAnswer } from '../../contract/human-tasks.ts';
import type { HumanTaskDetail } from '../../engine/engine.ts';
import { member } from '../../kit/json.ts';
import type { FormField } from '../../model/definition.ts';
import { schemaOfForm } from '../../model/form.ts';
import type { StoredHumanTask } from '../../storage/human-tasks.ts';
import { isoTime, isoTimeOrNull } from './time.ts';

export function humanTaskSummary(task: StoredHumanTask): HumanTaskSummaryAnswer {
  return {
    id: task.humanTaskId,
    execution_id: task.executionId,
    workflow_name: task.workflow,
    version: task.version,
    step: task.step,
    visit: task.visit,
    attempt: task.attempt,
    title: task.title,
    status: task.status as HumanTaskSummaryAnswer['status'],
    assignees: [...task.assignees],
    claimed_by: task.claimedBy,
    escalations: task.escalations,
    created_at: isoTime(task.createdAt),
    due_at: isoTimeOrNull(task.dueAt),
    completed_at: isoTimeOrNull(task.endedAt),
    outcome: task.answer?.outcome ?? null,
    answered_by: task.answer?.by ?? null,
  };
}

export function humanTaskAnswer(task: HumanTaskDetail): HumanTaskAnswer {
  const { form, answer } = task;
  return {
    ...humanTaskSummary(task),
    description: task.description ?? null,
    fields: form && 'fields' in form ? form.fields.map((field) => fieldAnswer(field, task)) : [],
    answer_schema: form ? schemaOfForm(form) : null,
    outcomes: [...task.outcomes],
    input: task.input,
    answer: answer?.answer ?? null,
    comment: answer?.comment ?? null,
  };
}

function fieldAnswer({ required, options, ...field }: FormField, { defaults }: HumanTaskDetail): FormFieldAnswer {
  return {
    ...field,
    required: required ?? false,
    ...(options ? { options: options.map((option) => ({ ...option })) } : {}),
    default: member(defaults, field.name) ?? null,
  };
}
