import type { RetryPolicy, Step, StepCommon, StepList } from '../definition.ts';
import type { Link, Use } from '../sink.ts';
import type { Spot } from '../yaml/tree.ts';

/**
 * Steps as read, before the flow is known. Whether a step is a handler, and whether the names it uses lead anywhere, can
 * be said only when the whole document has been read; `build` then gives the normal form.
 */
export interface DraftStep {
  /** Empty where the document gives none (which is reported). */
  readonly name: string;
  readonly spot: Spot;
  /** Where the name stands, or the step if it has none. */
  readonly nameSpot: Spot;
  readonly onSuccess: string | undefined;
  readonly maxVisits: number | undefined;
  readonly dependsOn: readonly string[];
  /** Written inside an action or a `compensate` block: a handler whatever else names it. */
  readonly isHoisted: boolean;
  readonly lists: readonly DraftList[];
  /** A loop: its steps are seen inside its rounds only. */
  readonly isLoop: boolean;
  /** A loop that takes the results of another one as they come: which, and where it says so. */
  readonly stream: { readonly source: string; readonly spot: Spot } | undefined;
  /** Why nothing can stream from it; undefined where something can. */
  readonly unstreamable: string | undefined;
  /** Names that expressions inside the loop's steps may read. */
  readonly loopNames: readonly string[];
  /** Names under `$.vars` that the step gives a value. */
  readonly variables: readonly string[];
  readonly links: readonly Link[];
  readonly uses: readonly Use[];
  /** Steps written inside its `compensate` block: they join its list. */
  readonly hoisted: readonly DraftStep[];
  /** The normal form. Called only where no problem stands in the way. */
  build(finish: Finish): Step;
}

export interface Finish {
  isHandler(name: string): boolean;
  list(draft: DraftList): StepList;
  /** The workflow's policy, under those of the steps. */
  readonly retry: RetryPolicy | undefined;
}

/** The steps of one list in the order written; hoisted ones follow. */
export interface DraftList {
  readonly spot: Spot;
  readonly steps: readonly DraftStep[];
}

export const isGraph = (list: DraftList): boolean => list.steps.some((step) => step.dependsOn.length > 0);

/** What a step type makes of its own fields. */
export interface OwnDraft {
  readonly lists?: readonly DraftList[];
  readonly isLoop?: boolean;
  readonly stream?: DraftStep['stream'];
  readonly unstreamable?: string | undefined;
  readonly loopNames?: readonly string[];
  readonly variables?: readonly string[];
  /** Whether it calls something, where its type alone does not tell. */
  readonly isCall?: boolean;
  /** A guard that the type's own table had to read. */
  readonly when?: string;
  build(common: StepCommon, finish: Finish): Step;
}
