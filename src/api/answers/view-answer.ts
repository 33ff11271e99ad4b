/** One row of a list of executions. */
import type { ExecutionSummaryAnswer } from '../../contract/executions.ts';
import type { StoredView } from '../../storage/views.ts';
import { isoTime, isoTimeOrNull, secondsOrNull } from './time.ts';

export function viewAnswer(view: StoredView): ExecutionSummaryAnswer {
  return {
    execution_id: view.executionId,
    workflow_id: view.workflow,
    workflow_name: view.workflow,
    version: view.version,
    status: view.status,
    run: view.run,
    created_at: isoTime(view.createdAt),
    started_at: isoTimeOrNull(view.startedAt),
    completed_at: isoTimeOrNull(view.endedAt),
    duration: view.endedAt === null ? null : secondsOrNull(view.endedAt - (view.startedAt ?? view.createdAt)),
    tags: [...view.tags],
    parent_execution_id: view.parent,
    labels: view.labels,
    error: view.errorCode === null ? null : { code: view.errorCode, message: view.errorMessage ?? '' },
  };
}
