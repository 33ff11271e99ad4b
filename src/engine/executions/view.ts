/** The view row of an execution: a projection of its whole state, so that any row can be rebuilt from its journal. */
import { addQuality } from '../../core/quality-counts.ts';
import { type ExecutionState, isEnded, type StepState, statusOf } from '../../core/state.ts';
import type { DeadLetter, StepSummary, ViewRow } from '../../storage/store.ts';

const searchTextMax = 1_000;

export function viewOf(state: ExecutionState): ViewRow {
  return {
    position: state.position,
    workflow: state.workflow,
    version: state.version,
    status: statusOf(state),
    run: state.run,
    parent: state.parent?.executionId ?? null,
    createdAt: state.createdAt,
    startedAt: state.startedAt ?? null,
    endedAt: state.endedAt ?? null,
    tags: state.tags,
    labels: state.labels,
    errorCode: state.error?.code ?? null,
    errorMessage: state.error?.message ?? null,
    deadLetter: deadLetterOf(state),
    searchText: searchText(state),
    steps: isEnded(state) ? summariesOf(state) : [],
  };
}

function summariesOf({ steps, qualityFolded }: ExecutionState): ViewRow['steps'] {
  const all = [...steps.values()];
  if (all.length <= stepSummariesMax && qualityFolded.size === 0) return all.map(summaryOf);
  const counts = new Map(qualityFolded);
  for (const { name, quality } of all.slice(stepSummariesMax)) if (quality) addQuality(counts, name, quality);
  return [
    ...all.slice(0, stepSummariesMax).map(summaryOf),
    ...[...counts].map(([step, quality]) => ({ step, quality })),
  ];
}

function deadLetterOf(state: ExecutionState): DeadLetter | null {
  if (!state.deadLetter) return null;
  const reason = state.deadLetterReason ?? 'rule';
  const path = state.error?.step;
  const step = path === undefined ? undefined : state.steps.get(path);
  if (!step) return { reason, ...(path === undefined ? {} : { step: path }) };
  const { attempt, deliveries, task } = step;
  const called = task && { executor: task.executor, function: task.function, deliveries };
  return { reason, step: step.path, attempt, ...called };
}

/** Steps beyond this are left out of an execution's part in step statistics, but for what they checked. */
const stepSummariesMax = 500;

function summaryOf(step: StepState): StepSummary {
  const durationMs = step.endedAt === undefined ? 0 : step.endedAt - (step.startedAt ?? step.scheduledAt);
  const quality = step.quality === undefined ? {} : { quality: step.quality };
  return { step: step.name, status: step.status, durationMs, attempts: step.attempt, ...quality };
}

function searchText(state: ExecutionState): string {
  const values = Object.values(state.metadata).filter((value) => typeof value === 'string');
  return [state.id, state.workflow, ...state.tags, ...values].join(' ').slice(0, searchTextMax);
}
