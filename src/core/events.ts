import type { Json, JsonObject } from '../kit/json.ts';
import type { ChildEvent, ChildTarget, ParentLink } from './child-events.ts';
import type { DeadLetterReason } from './dead-letter.ts';
import type { StepError } from './errors.ts';
import type { ExecutionTurn } from './execution-turn.ts';
import type { TaskLimits } from './task-limits.ts';

/**
 * What a journal holds: everything that happened to one execution and every decision taken about it.
 *
 * Times stand in the record that carries the events. A `step` is a path (`checks.fraud.score`); with its visit it
 * names one pass of the flow through that step, with its attempt one try of that pass. Events are frozen once
 * released: a field may be added, never change its meaning.
 */
export type ExecutionEvent =
  | ExecutionStarted
  | { readonly type: 'execution.admitted' }
  /** It is let through its workflow's limit; `queued`: to wait for its workspace's, as it was once. */
  | { readonly type: 'execution.permitted'; readonly queued?: true }
  | { readonly type: 'execution.paused' }
  | { readonly type: 'execution.resumed' }
  /** What follows was asked of many executions at once. */
  | { readonly type: 'execution.operated'; readonly id: string; readonly by: string; readonly operation: string }
  /** Somebody has looked at the dead letter and lets it be. */
  | { readonly type: 'execution.dead_letter_discarded'; readonly by: string }
  | { readonly type: 'execution.deadline_ignored' }
  | { readonly type: 'execution.closing'; readonly closing: Closing }
  | { readonly type: 'compensation.started'; readonly undos: readonly Undo[] }
  | { readonly type: 'compensation.advanced'; readonly failed: boolean }
  | ExecutionClosed
  /** The run was out of time: what ran is cancelled, and a new run is due. */
  | { readonly type: 'execution.retrying'; readonly dueAt: number }
  | { readonly type: 'execution.retried'; readonly run: number; readonly deadlineAt?: number }
  | { readonly type: 'rule.fired'; readonly rule: number; readonly step: string }
  | SignalReceived
  | FrameOpened
  | FrameClosed
  | FrameReopened
  | FrameDeferred
  | LoopOpened
  | LoopFolded
  /** A move grew long: the loop goes on in the move after it. */
  | { readonly type: 'loop.deferred'; readonly step: string }
  | { readonly type: 'loop.continued'; readonly step: string }
  /** A retry of the execution goes on inside a loop that had failed: with these rounds first. */
  | { readonly type: 'loop.resumed'; readonly step: string; readonly again: readonly number[] }
  | JournalElided
  | StepScheduled
  | StepEntered
  | StepWaiting
  | StepAttempted
  | { readonly type: 'step.redelivered'; readonly step: string; readonly delivery: number }
  | { readonly type: 'step.cancel_requested'; readonly step: string }
  | { readonly type: 'step.claimed'; readonly step: string }
  /** Its limits let the attempt through. */
  | { readonly type: 'step.permitted'; readonly step: string }
  | StepRetrying
  | StepCompleted
  | StepFailed
  | StepSkipped
  | StepReused
  | { readonly type: 'step.cancelled'; readonly step: string; readonly outcome?: 'unknown' }
  /** A fallback ran in its place, or a rule or timeout action let it pass. */
  | { readonly type: 'step.replaced'; readonly step: string; readonly by?: string }
  | { readonly type: 'human.claimed'; readonly step: string; readonly by: string }
  | { readonly type: 'human.unclaimed'; readonly step: string; readonly by: string }
  /** Nobody answered in time: the next ones are asked. */
  | { readonly type: 'human.escalated'; readonly step: string; readonly assignees: readonly string[] }
  | HumanAnswered
  | ChildEvent;

export interface ExecutionStarted {
  readonly type: 'execution.started';
  readonly workspace: string;
  readonly workflow: string;
  readonly version: string;
  /** Content hash of the definition and its context. */
  readonly definition: string;
  readonly input: Json;
  readonly metadata: JsonObject;
  readonly tags: readonly string[];
  readonly labels: { readonly [label: string]: string };
  /** Seed of every random number that decisions of this execution use. */
  readonly seed: number;
  readonly priority: number;
  /** True: it waits for an admission slot, or in line for its workflow's limit. */
  readonly queued: boolean;
  readonly turn?: ExecutionTurn;
  readonly inLine?: true;
  readonly parent?: ParentLink;
  /** Milliseconds since the epoch. */
  readonly deadlineAt?: number;
  /** It takes up the execution `of` at the step `from`, with its variables. */
  readonly rerun?: { readonly of: string; readonly from: string; readonly vars: JsonObject };
}

export type Outcome = 'completed' | 'failed' | 'cancelled' | 'timed_out' | 'compensated';

/** How an execution will end once what is in flight has settled and compensation has run. */
export interface Closing {
  readonly outcome: Outcome;
  readonly error?: StepError;
  /** Names of steps; absent: the `compensate` blocks of the completed steps, last first. */
  readonly steps?: readonly string[];
}

/** One step to run for compensation, and the completed step that it undoes where it belongs to one. */
export interface Undo {
  readonly step: string;
  readonly undoes?: string;
}

export interface ExecutionClosed {
  readonly type: 'execution.closed';
  readonly status: Outcome;
  readonly output?: Json;
  readonly error?: StepError;
  readonly warnings?: readonly { readonly code: string; readonly message: string; readonly pointer: string }[];
  readonly deadLetter?: true;
  /** Absent in older journals: a rule. */
  readonly deadLetterReason?: DeadLetterReason;
}

export interface SignalReceived {
  readonly type: 'signal.received';
  readonly id: string;
  readonly name: string;
  readonly payload: Json;
  /** What a wait may ask for beside the name. */
  readonly key?: string;
}

/** A list of steps begins to run: `list` is its place in the definition, `frame` its identity in this execution. */
export interface FrameOpened {
  readonly type: 'frame.opened';
  readonly frame: string;
  readonly list: string;
  readonly owner?: string;
  /** Of a round of a loop: its place, from 0. */
  readonly index?: number;
}

export interface FrameClosed {
  readonly type: 'frame.closed';
  readonly frame: string;
  readonly status: 'completed' | 'failed' | 'cancelled';
  readonly error?: StepError;
  /** The list's own output mapping; absent: the output of its last completed step. */
  readonly result?: Json;
}

/** A retry goes on inside a list that had failed. */
export interface FrameReopened {
  readonly type: 'frame.reopened';
  readonly frame: string;
}

/** A move grew long: the list goes on with `next` in the move after it. */
export interface FrameDeferred {
  readonly type: 'frame.deferred';
  readonly frame: string;
  readonly next: string;
}

/** A loop begins, with what its fields gave. */
export interface LoopOpened {
  readonly type: 'loop.opened';
  readonly step: string;
  /** Rounds there will be; absent with `while` and `until`, and for a stream. */
  readonly total?: number;
  /** Of a stream: the path of the loop whose results it takes as they come. */
  readonly source?: string;
  /** Rounds at once. */
  readonly batch: number;
  /** Rounds there may be. */
  readonly roundsMax: number;
  /** Rounds that may fail; absent where any failure ends the loop. */
  readonly tolerated?: number;
  readonly vars?: JsonObject;
}

export interface RoundFailure {
  readonly index: number;
  readonly code: string;
  readonly message: string;
}

/** Rounds `from` to `to` (without it) have ended; what is kept of them stands here, and their own events may go. */
export interface LoopFolded {
  readonly type: 'loop.folded';
  readonly step: string;
  readonly from: number;
  readonly to: number;
  readonly results: readonly Json[];
  readonly failures: readonly RoundFailure[];
  /** The highest visit of a step in them: the next one counts on, so that no idempotency key comes twice. */
  readonly visits: number;
  /** Events of theirs, about: they do not count against the journal's limit. */
  readonly events: number;
  /** What their validate steps found. */
  readonly quality?: QualityByStep;
}

/** Events of folded rounds stood here; the numbers of those behind are as they were. */
export interface JournalElided {
  readonly type: 'journal.elided';
  readonly count: number;
}

/** What led the flow to a step; rules are not looked at after any but `flow`. */
export type Origin = 'flow' | 'handler' | 'rule' | 'fallback' | 'compensation';

interface Arrival {
  readonly step: string;
  readonly name: string;
  readonly kind: string;
  readonly frame: string;
  readonly visit: number;
  readonly origin: Origin;
  /** The path of the failed step that led here; with origin `fallback` the one it stands in for. */
  readonly after?: string;
  /** The path of the step that led here, where that is not the last one of its list to complete. */
  readonly previous?: string;
}

/** Work for an executor. The input is absent where it is the execution's own. */
export interface StepScheduled extends Arrival {
  readonly type: 'step.scheduled';
  readonly input?: Json;
  readonly task: TaskSpec;
  /** When waiting for an executor ends the attempt. */
  readonly queueDeadlineAt?: number;
}

/** The executor of what the server carries out itself; no executor of a user can bear the name. */
export const serverExecutor = '$server';

export interface TaskSpec {
  readonly executor: string;
  readonly function: string;
  readonly timeoutMs?: number;
  readonly heartbeatMs?: number;
  readonly queueTimeoutMs?: number;
  readonly idempotencyKey?: string;
  /** What its circuit breaker watches, where that is not the function. */
  readonly target?: string;
  /** Its result may be taken from an earlier call: of the same key, or without one of the same step and input. */
  readonly cache?: { readonly ttlMs: number; readonly key?: string };
  /** What lets each attempt through. */
  readonly limits?: TaskLimits;
}

/** A step that runs inside the core: a container, or one that ends in the same move. */
export interface StepEntered extends Arrival {
  readonly type: 'step.entered';
  readonly input?: Json;
  readonly deadlineAt?: number;
  /** It calls another workflow. */
  readonly child?: ChildTarget;
}

export interface StepWaiting extends Arrival, Waits {
  readonly type: 'step.waiting';
  readonly input?: Json;
  readonly deadlineAt?: number;
}

/** What a step waits for. */
export interface Waits {
  /** The earliest time that ends the wait. */
  readonly dueAt?: number;
  readonly signal?: string;
  /** Where that is more than one signal by its name, or one time. */
  readonly awaits?: readonly Awaited[];
  readonly human?: HumanAsked;
}

/** One thing that a step waits for: a time, or signals. */
export interface Awaited {
  /** Where it is one of several: what the output calls it. */
  readonly name?: string;
  readonly dueAt?: number;
  readonly signal?: string;
  readonly key?: string;
  /** Absent: the first. */
  readonly take?: 'all' | number;
}

/** A person is asked. */
export interface HumanAsked {
  readonly title: string;
  /** Names of people or groups; empty: whoever may answer. */
  readonly assignees: readonly string[];
  readonly dueAt?: number;
  /** What the fields of the form hold at first. */
  readonly defaults?: JsonObject;
  /** In the order of their times. */
  readonly escalations?: readonly Escalation[];
}

export interface Escalation {
  readonly dueAt: number;
  readonly assignees: readonly string[];
}

/** The next attempt begins. */
export interface StepAttempted extends Waits {
  readonly type: 'step.attempted';
  readonly step: string;
  readonly attempt: number;
  readonly queueDeadlineAt?: number;
  /** Of a wait or container: when this attempt times out. */
  readonly deadlineAt?: number;
}

/** An attempt failed and another one is due. */
export interface StepRetrying {
  readonly type: 'step.retrying';
  readonly step: string;
  readonly attempt: number;
  readonly dueAt: number;
  readonly error: StepError;
  /** The attempt was in an executor's hands and nobody knows what it did. */
  readonly outcome?: 'unknown';
}

export interface StepCompleted {
  readonly type: 'step.completed';
  readonly step: string;
  readonly output: Json;
  /** Variables that the step sets. */
  readonly vars?: JsonObject;
  /** When the executor took the task, where that is known. */
  readonly startedAt?: number;
  /** The signal that a wait took. */
  readonly signal?: string;
  /** Those that it took, where it asked for several. */
  readonly signals?: readonly string[];
  /** The output is the fallback response to this error. */
  readonly insteadOf?: StepError;
  readonly quality?: Quality;
  /** The result of an earlier call; nobody was asked. */
  readonly cached?: true;
}

/** Of a validate step: how many items passed each rule and how many failed it. */
export type Quality = { readonly [rule: string]: readonly [passed: number, failed: number] };

/** Of all validate steps of a name together. */
export type QualityByStep = { readonly [step: string]: Quality };

export interface StepFailed {
  readonly type: 'step.failed';
  readonly step: string;
  readonly status: 'failed' | 'timed_out';
  readonly error: StepError;
  /** The attempt was in an executor's hands and nobody knows what it did. */
  readonly outcome?: 'unknown';
  readonly startedAt?: number;
  readonly quality?: Quality;
}

/** A step that an earlier execution did and this one takes over. */
export interface StepReused extends Arrival {
  readonly type: 'step.reused';
  readonly status: 'completed' | 'skipped';
  readonly input: Json;
  readonly output: Json;
}

export interface StepSkipped extends Arrival {
  readonly type: 'step.skipped';
}

export interface HumanAnswered {
  readonly type: 'human.answered';
  readonly step: string;
  /** Who, by the name of the token. */
  readonly by: string;
  readonly outcome: string;
  readonly answer: Json;
  readonly comment?: string;
  /** Of the request: a repeat is refused. */
  readonly id?: string;
}
