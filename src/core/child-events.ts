/**
 * What crosses between an execution and the executions that its `workflow` steps start: the shapes. `child.ts` decides,
 * `evolve-child.ts` records, `admit-child.ts` refuses what comes late or twice.
 *
 * A *call* is one attempt of such a step; its id (`path#visit/attempt`) names the child for good, so that however often
 * a start, an end or a cancellation is delivered, it is about one child.
 */
import type { Json } from '../kit/json.ts';
import type { StepError } from './errors.ts';
import type { Outcome } from './events.ts';

/** Whom a step calls, as its journal keeps it. */
export interface ChildTarget {
  readonly workflow: string;
  /** Absent: the version that is active when the child starts. */
  readonly version?: string;
  /** The step completes once the child has started. */
  readonly isDetached?: true;
  /** The child goes on where its parent is cancelled. */
  readonly outlivesParent?: true;
}

/** Where an execution was started from, in its own journal. */
export interface ParentLink {
  readonly executionId: string;
  readonly step: string;
  readonly call: string;
  /** The outermost execution above it: whose trace it is a part of. */
  readonly root: string;
  /** How many executions above it wait for it. */
  readonly depth: number;
  readonly isDetached?: true;
}

/**
 * What an execution owes to, and wants of, one child. `starting`: its start is to be delivered. `running`: its end is
 * awaited. `cancelling`, `terminating`: that is to be delivered. `ending`: it was told, and its end is awaited.
 */
export type ChildPhase = 'starting' | 'running' | 'cancelling' | 'terminating' | 'ending';

export interface ChildCommand {
  readonly type: 'child';
  /** `child:` and the call. */
  readonly id: string;
  readonly call: string;
  readonly step: string;
  readonly target: ChildTarget;
  /** Milliseconds since the epoch; the child's id begins with it. */
  readonly openedAt: number;
  readonly phase: ChildPhase;
}

/** The end is to be told to the parent; outstanding in an execution that has ended. */
export interface ReportCommand {
  readonly type: 'report';
  readonly id: 'report';
}

/** Of the step that made the newest call. */
export interface ChildState {
  readonly target: ChildTarget;
  readonly execution: string | undefined;
  readonly version: string | undefined;
  /** The parent took its end. */
  readonly hasEnded: boolean;
}

interface Called {
  readonly call: string;
}

/** In the parent's journal, and what the child's says of its report. */
export type ChildEvent =
  | (Called & {
      readonly type: 'child.started';
      readonly step: string;
      readonly execution: string;
      readonly version: string;
    })
  /** It could not be started. */
  | (Called & { readonly type: 'child.refused'; readonly step: string })
  /** Its cancellation reached it. */
  | (Called & { readonly type: 'child.told'; readonly step: string })
  | ChildEnded
  | { readonly type: 'children.terminated' }
  /** `isTaken`: the parent took the result, now or earlier. Otherwise it had stopped waiting, or is not kept any more. */
  | { readonly type: 'execution.reported'; readonly isTaken: boolean };

export interface ChildEnded extends Called {
  readonly type: 'child.ended';
  readonly step: string;
  readonly execution: string;
  readonly status: Outcome;
  /** It completed behind the back of a step that had given it up. */
  readonly outcome?: 'unknown';
}

export type ChildFact =
  | (Called & { readonly type: 'child.started'; readonly execution: string; readonly version: string })
  | (Called & { readonly type: 'child.refused'; readonly error: StepError })
  | (Called & { readonly type: 'child.told' })
  | ChildEndedFact
  /** In the child: its report was delivered. */
  | { readonly type: 'reported'; readonly isTaken: boolean };

export interface ChildEndedFact extends Called {
  readonly type: 'child.ended';
  readonly execution: string;
  readonly status: Outcome;
  readonly output: Json;
  readonly error?: StepError;
}

export const childCommandId = (call: string): string => `child:${call}`;

/** Nobody has told the child to stop: the step that called it waits for it, or for its start. */
export const isAwaited = ({ phase }: ChildCommand): boolean => phase === 'starting' || phase === 'running';

/** Another execution waits for it, or did: it runs under the slot of that. */
export const runsInside = (parent: ParentLink | undefined): boolean =>
  parent !== undefined && parent.isDetached === undefined;

/** It goes on where its parent ends before it. */
export const mayGoOn = ({ target }: ChildCommand): boolean =>
  target.isDetached === true || target.outlivesParent === true;

/** Something is to be delivered to the child. */
export const isUndelivered = ({ phase }: ChildCommand): boolean => phase !== 'running' && phase !== 'ending';
