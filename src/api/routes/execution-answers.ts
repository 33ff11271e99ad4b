/** One execution as an answer, with what is not in its state: who holds its tasks, and the steps of its version. */
import type { ExecutionDetailAnswer } from '../../contract/executions.ts';
import type { ExecutionState } from '../../core/state.ts';
import { executionAnswer } from '../answers/execution-answer.ts';
import type { ApiDeps } from '../http-app.ts';
import { openStepNames, type VersionRef } from '../step-names.ts';

export interface StepsPage {
  readonly offset: number;
  readonly limit: number;
}

/** Rejects with EXECUTION_NOT_FOUND. */
export type ExecutionAnswers = (
  place: { readonly workspace: string; readonly executionId: string },
  page: StepsPage,
) => Promise<ExecutionDetailAnswer>;

export function openExecutionAnswers({ engine, clock }: ApiDeps): ExecutionAnswers {
  const stepNames = openStepNames(engine.versions);

  const answer = (state: Readonly<ExecutionState>, names: ReadonlySet<string>, page: StepsPage) =>
    executionAnswer({
      state,
      holder: (id, step) => engine.tasks.holder(id, step),
      stepNames: names,
      nowMs: clock.nowMs(),
      stepsOffset: page.offset,
      stepsLimit: page.limit,
    });

  return async ({ workspace, executionId }, page) => {
    const first = await engine.executions.read(workspace, executionId, (state) => {
      const names = stepNames.known(state.definition);
      return names ? { answer: answer(state, names, page) } : { version: versionOf(state) };
    });
    if (first.answer) return first.answer;
    // Once a version: its steps are read, and then the state again, which has moved on meanwhile.
    const names = await stepNames.read(first.version);
    return engine.executions.read(workspace, executionId, (state) => answer(state, names, page));
  };
}

const versionOf = ({ workspace, workflow, version, definition }: Readonly<ExecutionState>): VersionRef => ({
  workspace,
  workflow,
  version,
  definition,
});
