import type { Step, StepList } from './definition.ts';

/** Every step of a list and of the lists inside it, outer ones first. */
export function* allSteps({ steps }: StepList): Generator<Step> {
  for (const step of steps) {
    yield step;
    for (const inner of listsOf(step)) yield* allSteps(inner);
  }
}

function listsOf(step: Step): readonly StepList[] {
  switch (step.type) {
    case 'condition':
      return [...step.cases.map(({ list }) => list), ...(step.otherwise ? [step.otherwise] : [])];
    case 'parallel':
      return step.branches.map(({ list }) => list);
    case 'loop':
      return [step.list];
    case 'function':
    case 'connector':
    case 'transform':
    case 'validate':
    case 'aggregate':
    case 'wait':
    case 'fail':
    case 'human_task':
    case 'workflow':
      return [];
  }
}
