import type { LoopStep, StepList } from '../model/definition.ts';
import { amountOf, expressionOf, templateOf } from './compile-text.ts';
import type { LoopWork, ProgramList } from './program.ts';

export function compileLoop(step: LoopStep, list: ProgramList): LoopWork {
  return {
    kind: 'loop',
    list,
    iterateOver: optional(step.iterateOver),
    while: optional(step.while),
    until: optional(step.until),
    itemVariable: step.itemVariable,
    indexVariable: step.indexVariable,
    variables: Object.entries(step.variables ?? {}).map(([name, value]) => [name, templateOf(value)] as const),
    parallel: step.parallel,
    batchSize: amountOf(step.batchSize),
    maxIterations: amountOf(step.maxIterations),
    isTolerant: step.onItemError === 'continue',
    tolerated: toleratedOf(step.toleratedFailures),
    isFoldable: !canBeUndone(step.list),
  };
}

const optional = (text: string | undefined) => (text === undefined ? undefined : expressionOf(text));

function toleratedOf(tolerated: number | string | undefined): (total: number) => number {
  if (tolerated === undefined) return () => Number.POSITIVE_INFINITY;
  if (typeof tolerated === 'number') return () => tolerated;
  const share = Number.parseInt(tolerated, 10) / 100;
  return (total) => Math.floor(total * share);
}

/** Whether a step in the list, at any depth, names what undoes it. */
function canBeUndone(list: StepList): boolean {
  return list.steps.some((step) => {
    if (step.compensate !== undefined) return true;
    switch (step.type) {
      case 'loop':
        return canBeUndone(step.list);
      case 'parallel':
        return step.branches.some((branch) => canBeUndone(branch.list));
      case 'condition':
        return (
          step.cases.some((each) => canBeUndone(each.list)) || (step.otherwise ? canBeUndone(step.otherwise) : false)
        );
      default:
        return false;
    }
  });
}
