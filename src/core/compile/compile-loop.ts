import type { LoopStep } from '../../model/definition.ts';
import { allSteps } from '../../model/step-lists.ts';
import type { LoopWork, ProgramList } from '../program.ts';
import { amountOf, expressionOf, templateOf } from './compile-text.ts';

export function compileLoop(step: LoopStep, list: ProgramList): LoopWork {
  return {
    kind: 'loop',
    list,
    iterateOver: optional(step.iterateOver),
    source: step.streamFrom,
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
    // What can be undone must be remembered.
    isFoldable: !allSteps(step.list).some(({ compensate }) => compensate !== undefined),
  };
}

const optional = (text: string | undefined) => (text === undefined ? undefined : expressionOf(text));

function toleratedOf(tolerated: number | string | undefined): (total: number) => number {
  if (tolerated === undefined) return () => Number.POSITIVE_INFINITY;
  if (typeof tolerated === 'number') return () => tolerated;
  const share = Number.parseInt(tolerated, 10) / 100;
  return (total) => Math.floor(total * share);
}
