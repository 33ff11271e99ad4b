import { type Kind, reportLength, reportType } from '../fields/kind.ts';
import { stepsMax } from '../limits.ts';
import { isList, itemSpots } from '../yaml/tree.ts';
import type { DraftList, DraftStep } from './draft.ts';

/** A list of steps. Steps written inside its steps' `compensate` blocks join it at its end. */
export const stepList: Kind<DraftList> = {
  expected: 'a list of steps',
  read(spot, sink) {
    if (!isList(spot)) return reportType(spot, sink, stepList.expected);
    if (!reportLength(spot, sink, { min: 1, max: stepsMax })) return undefined;
    const written = itemSpots(spot).map((item) => sink.readStep(item, sink));
    return { spot, steps: [...written, ...written.flatMap(hoistedOf)] };
  },
  schema: () => ({ $ref: '#/$defs/steps' }),
};

/** Every step that joins the list of `step`, those inside its own hoisted steps too. */
export const hoistedOf = (step: DraftStep): readonly DraftStep[] =>
  step.hoisted.flatMap((each) => [each, ...hoistedOf(each)]);
