/** One execution as callers see it, from its state. Pure; everything that is not in the state comes in beside it. */

import type { ExecutionDetailAnswer, StepAnswer } from '../../contract/executions.ts';
import { endedRounds } from '../../core/evolve/evolve-loop.ts';
import { type ExecutionState, inputOf, isEnded, type StepState, statusOf } from '../../core/state.ts';
import type { TaskDesk } from '../../engine/engine.ts';
import { humanTaskIdOf } from '../../engine/human-tasks/human-task-row.ts';
import { emptyObject, type Json } from '../../kit/json.ts';
import { isoTime, isoTimeOrNull, seconds } from './time.ts';

type State = Readonly<ExecutionState>;

export interface ExecutionView {
  readonly state: State;
  readonly holder: TaskDesk['holder'];
  /** Names of the steps of the workflow's own list that are no handlers; empty where the version is gone. */
  readonly stepNames: ReadonlySet<string>;
  readonly nowMs: number;
  readonly stepsOffset: number;
  readonly stepsLimit: number;
}

export function executionAnswer(view: ExecutionView): ExecutionDetailAnswer {
  const { state } = view;
  const startedAt = state.startedAt ?? state.createdAt;
  const hasBegun = state.startedAt !== undefined || state.endedAt !== undefined;
  return {
    execution_id: state.id,
    workflow_id: state.workflow,
    workflow_name: state.workflow,
    version: state.version,
    status: statusOf(state),
    run: state.run,
    rerun_of: state.rerun?.of ?? null,
    rerun_from: state.rerun?.from ?? null,
    created_at: isoTime(state.createdAt),
    started_at: isoTimeOrNull(state.startedAt),
    completed_at: isoTimeOrNull(state.endedAt),
    duration: hasBegun ? seconds(Math.max(0, (state.endedAt ?? view.nowMs) - startedAt)) : null,
    progress: progressOf(view),
    input: state.input,
    output: state.output ?? null,
    error: state.error ?? null,
    warnings: [...state.warnings],
    steps: stepAnswers(view),
    steps_total: state.steps.size,
    tags: [...state.tags],
    parent: state.parent ? { execution_id: state.parent.executionId, step: state.parent.step } : null,
    metadata: state.metadata,
  };
}

function stepAnswers(view: ExecutionView): StepAnswer[] {
  return [...view.state.steps.values().drop(view.stepsOffset).take(view.stepsLimit)].map((step) =>
    stepAnswer(view, step),
  );
}

function stepAnswer({ state, holder }: ExecutionView, step: StepState): StepAnswer {
  const held = step.status === 'running' && step.task ? holder(state.id, step.path) : undefined;
  const isUntaken = step.status === 'running' && step.task !== undefined && held === undefined;
  const startedAt = isUntaken ? undefined : (held?.since ?? step.startedAt);
  return {
    name: step.name,
    path: step.path,
    visit: step.visit,
    type: typeOf(step.kind),
    status: isUntaken ? 'pending' : step.status,
    attempt: step.attempt,
    started_at: isoTimeOrNull(startedAt),
    completed_at: isoTimeOrNull(step.endedAt),
    duration: step.endedAt === undefined ? null : seconds(Math.max(0, step.endedAt - (startedAt ?? step.scheduledAt))),
    input: inputOf(state, step),
    output: step.output ?? null,
    error: step.error ?? null,
    progress: held?.progress ?? null,
    ...(step.child ? { child_execution_id: step.child.execution ?? null } : {}),
    ...iterationsOf(state, step),
    ...(step.human ? { human_task_id: humanTaskIdOf(state.id, step.human) } : {}),
  };
}

/** As a workflow writes it: whoever carries out a transform by script bears a name of its own. */
const typeOf = (kind: string): string => (kind === 'script' ? 'transform' : kind);

function iterationsOf(state: State, { path }: StepState): Pick<StepAnswer, 'iterations'> {
  const loop = state.loops.get(path);
  if (!loop) return {};
  const { total = null, running, failures } = loop;
  const failed = failures.size;
  return { iterations: { total, running: running.size, succeeded: endedRounds(loop) - failed, failed } };
}

/** The workflow's own list counts, so that a hundred rounds of a loop are one step of progress. */
function progressOf({ state, stepNames }: ExecutionView): ExecutionDetailAnswer['progress'] {
  const isCounted = (step: StepState): boolean => stepNames.size === 0 || stepNames.has(step.name);
  const own = [...state.steps.values()].filter((step) => isOwnStep(state, step) && isCounted(step));
  const done = own.filter(isDone).length;
  const total = Math.max(stepNames.size, own.length);
  const share = total === 0 ? 0 : Math.floor((done / total) * 1_000) / 10;
  return {
    current_step: isEnded(state) ? null : currentStep(state),
    completed_steps: done,
    total_steps: total,
    percentage: state.status === 'completed' ? 100 : share,
  };
}

const isOwnStep = (state: State, step: StepState): boolean => state.frames.get(step.frame)?.owner === undefined;

const isDone = (step: StepState): boolean => step.status === 'completed' || step.status === 'skipped' || step.passed;

function currentStep(state: State): string | null {
  let current: string | null = null;
  for (const frame of state.frames.values()) {
    for (const path of frame.active) current = path;
  }
  return current;
}

/** The outputs of completed steps, by path. */
export function outputsByPath(state: State): Record<string, Json> {
  const outputs = emptyObject();
  for (const step of state.steps.values()) {
    if (step.status === 'completed') outputs[step.path] = step.output ?? null;
  }
  return outputs;
}
