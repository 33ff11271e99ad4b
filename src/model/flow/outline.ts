import { nestingMax, stepsMax } from '../limits.ts';
import type { Sink } from '../sink.ts';
import type { DraftList, DraftStep } from '../steps/draft.ts';

/** The steps of a document by list and by name: what every check of the flow stands on. */
export interface PlacedStep {
  readonly step: DraftStep;
  readonly list: PlacedList;
  /** Place in its list, from 0. */
  readonly index: number;
  /** Its own lists of steps. */
  readonly lists: readonly PlacedList[];
}

export interface PlacedList {
  readonly draft: DraftList;
  /** The container it stands in; undefined for the root list. */
  readonly owner: PlacedStep | undefined;
  readonly steps: readonly PlacedStep[];
}

export interface Outline {
  readonly root: PlacedList;
  /** Every list, outer ones first. */
  readonly lists: readonly PlacedList[];
  readonly steps: readonly PlacedStep[];
  /** The first step of each name. */
  readonly byName: ReadonlyMap<string, PlacedStep>;
}

export function outlineOf(draft: DraftList): Outline {
  const lists: PlacedList[] = [];
  const steps: PlacedStep[] = [];
  const byName = new Map<string, PlacedStep>();

  const placeList = (list: DraftList, owner: PlacedStep | undefined): PlacedList => {
    const inside: PlacedStep[] = [];
    const placed: PlacedList = { draft: list, owner, steps: inside };
    lists.push(placed);
    list.steps.forEach((step, index) => {
      inside.push(placeStep(step, placed, index));
    });
    return placed;
  };
  const placeStep = (step: DraftStep, list: PlacedList, index: number): PlacedStep => {
    const nested: PlacedList[] = [];
    const placed: PlacedStep = { step, list, index, lists: nested };
    steps.push(placed);
    if (step.name !== '' && !byName.has(step.name)) byName.set(step.name, placed);
    for (const inner of step.lists) nested.push(placeList(inner, placed));
    return placed;
  };
  return { root: placeList(draft, undefined), lists, steps, byName };
}

/** Names that stand twice, and more steps or levels than there may be. */
export function checkOutline({ steps, lists, byName }: Outline, sink: Sink): void {
  for (const { step } of steps) {
    const first = byName.get(step.name)?.step;
    if (first !== undefined && first !== step) {
      sink.report('NAME_DUPLICATE', step.nameSpot, `two steps are called "${step.name}": rename one`);
    }
    for (const name of step.loopNames) {
      if (byName.has(name))
        sink.report(
          'NAME_DUPLICATE',
          step.spot,
          `"${name}" names a step and the item of the loop "${step.name}": rename one`,
        );
    }
  }
  const extra = steps[stepsMax];
  if (extra)
    sink.report(
      'LIMIT_EXCEEDED',
      extra.step.spot,
      `the workflow has ${steps.length} steps, at most ${stepsMax} are allowed: split it`,
    );
  const deep = lists.find((list) => depthOf(list) > nestingMax);
  if (deep)
    sink.report(
      'LIMIT_EXCEEDED',
      deep.draft.spot,
      `lists of steps stand more than ${nestingMax} levels inside each other: flatten them`,
    );
}

function depthOf(list: PlacedList): number {
  return list.owner === undefined ? 1 : 1 + depthOf(list.owner.list);
}
