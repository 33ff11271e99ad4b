/**
 * A definition in which the steps that a test answers for call the test instead of doing their work.
 *
 * Everything around the work stays as it is and is run by the engine: guards, inputs, retries, timeouts, fallbacks,
 * handlers, output mappings. Steps that call an executor or a service are not touched: what they call is replaced. Where
 * a test gives the outputs of a step, its output mapping goes.
 */
import type { Definition, Step, StepList } from '../model/definition.ts';

/** The executor of what a test answers in the place of a step's own work; no executor of a user can bear the name. */
export const stageExecutor = '$test';

export interface Answered {
  /** The test does its work. */
  isAnswered(step: Step): boolean;
  /** The test gives its output. */
  isGiven(step: Step): boolean;
}

export function substitute(definition: Definition, { isAnswered, isGiven }: Answered): Definition {
  const change = (step: Step): Step => {
    const isCalling = step.type === 'function' || step.type === 'connector';
    const changed = isCalling ? step : isAnswered(step) ? calling(step) : inside(step, list);
    return isGiven(step) ? withoutMapping(changed) : changed;
  };
  const list = (steps: StepList): StepList => ({ ...steps, steps: steps.steps.map(change) });
  return { ...definition, steps: list(definition.steps) };
}

/** Members of its own type stay: `on_timeout` still says where to go, the others mean nothing to a function. */
const calling = (step: Step): Step =>
  ({ ...step, type: 'function', executor: stageExecutor, function: step.name }) as Step;

function withoutMapping(step: Step): Step {
  const { output: _output, ...rest } = step;
  return rest as Step;
}

function inside(step: Step, list: (steps: StepList) => StepList): Step {
  switch (step.type) {
    case 'condition':
      return {
        ...step,
        cases: step.cases.map((each) => ({ ...each, list: list(each.list) })),
        ...(step.otherwise ? { otherwise: list(step.otherwise) } : {}),
      };
    case 'parallel':
      return { ...step, branches: step.branches.map((each) => ({ ...each, list: list(each.list) })) };
    case 'loop':
      return { ...step, list: list(step.list) };
    default:
      return step;
  }
}
