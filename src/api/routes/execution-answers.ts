/** One execution as an answer, with what is not in its state: who holds its tasks, and the steps of its version. */
import type { ExecutionDetailAnswer } from '../../contract/executions.ts';
import type { ExecutionState } from '../../core/state.ts';
import { executionAnswer } from '../answers/execution-answer.ts';
import type { ApiDeps } from '../http-app.ts';
import { openStepNames } from '../step-names.ts';

export interface StepsPage {
  readonly offset: number;
  readonly limit: number;
}

export type ExecutionAnswers = (state: Readonly<ExecutionState>, page: StepsPage) => Promise<ExecutionDetailAnswer>;

export function openExecutionAnswers({ engine, clock }: ApiDeps): ExecutionAnswers {
  const stepNames = openStepNames(engine.versions);
  return async (state, page) =>
    executionAnswer({
      state,
      holder: (id, step) => engine.tasks.holder(id, step),
      stepNames: await stepNames.of(state),
      nowMs: clock.nowMs(),
      stepsOffset: page.offset,
      stepsLimit: page.limit,
    });
}
