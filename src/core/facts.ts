import type { Json, JsonObject } from '../kit/json.ts';
import type { ChildFact, ParentLink } from './child-events.ts';
import type { StepError } from './errors.ts';
import type { ExecutionTurn } from './execution-turn.ts';
import type { Rerun } from './rerun.ts';

/**
 * What comes in from the world: the only cause of a move. `at` is milliseconds since the epoch by the store's clock.
 * A fact may come twice; `admit` refuses what is settled.
 */
export type Fact = { readonly at: number } & (
  | StartFact
  /** An admission slot is free for it. */
  | { readonly type: 'admitted' }
  | (AttemptOf<'task.completed'> & { readonly output: Json; readonly startedAt?: number; readonly cached?: true })
  | (AttemptOf<'task.failed'> & { readonly error: StepError; readonly startedAt?: number })
  | (AttemptOf<'task.timed_out'> & { readonly startedAt?: number })
  /** Nobody holds the attempt any more and no answer came: hand it out again, or give it up. */
  | AttemptOf<'task.lost'>
  /** Taken back after a cancel; `unknown`: it was in an executor's hands. */
  | (AttemptOf<'task.withdrawn'> & { readonly outcome: 'untouched' | 'unknown' })
  /** `isClaimed`: for the timer of a queue, whether an executor holds the attempt. */
  | { readonly type: 'timer'; readonly id: string; readonly isClaimed?: boolean }
  | { readonly type: 'continue'; readonly id: string }
  /** What it waits for in line is taken with this move. */
  | { readonly type: 'permitted'; readonly id: string }
  | SignalFact
  | (AttemptOf<'human.claimed' | 'human.unclaimed'> & Person)
  /** The answer fits its form: that was looked at before. */
  | (AttemptOf<'human.answered'> & Person & Answer)
  /** `isFromParent`: it counts only as long as the parent waits. */
  | ({ readonly type: 'cancel' | 'terminate'; readonly reason?: string; readonly isFromParent?: true } & Asked)
  | ({ readonly type: 'pause' } & Asked)
  | ({ readonly type: 'resume' } & Asked)
  | ({ readonly type: 'retry' } & Asked)
  /** Of a dead letter: it is looked at and may be. */
  | ({ readonly type: 'discard'; readonly by: string } & Asked)
  | ChildFact
);

export interface Asked {
  /** Of an operation on many executions: it moves each of them once, however often it comes. */
  readonly asked?: { readonly id: string; readonly by: string };
}

export interface StartFact {
  readonly type: 'start';
  readonly workspace: string;
  readonly input: Json;
  readonly metadata: JsonObject;
  readonly tags: readonly string[];
  readonly labels: { readonly [label: string]: string };
  readonly seed: number;
  readonly priority: number;
  readonly queued: boolean;
  /** The limit of its workflow; `inLine`: it waits for that. */
  readonly turn?: ExecutionTurn;
  readonly inLine?: true;
  /** Milliseconds; in place of the workflow's own. */
  readonly timeoutMs?: number;
  /** Takes up an earlier execution. */
  readonly rerun?: Rerun;
  readonly parent?: ParentLink;
  /** It was cancelled before it began: it ends in the move that starts it, so that nothing else can start it any more. */
  readonly stillborn?: string;
}

export interface SignalFact {
  readonly type: 'signal';
  /** A repeat is refused. */
  readonly id: string;
  readonly name: string;
  readonly payload: Json;
  readonly key?: string;
}

export interface Person {
  readonly by: string;
  /** True: also for what is assigned to others. */
  readonly isOperator: boolean;
}

export interface Answer {
  readonly outcome: string;
  readonly answer: Json;
  readonly comment?: string;
  /** Of the request: a repeat is refused. */
  readonly id?: string;
}

interface AttemptOf<Type extends string> {
  readonly type: Type;
  readonly step: string;
  readonly visit: number;
  readonly attempt: number;
}

export type AttemptFact = Extract<Fact, { type: `task.${string}` }>;
export type HumanFact = Extract<Fact, { type: `human.${string}` }>;
