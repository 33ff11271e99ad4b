import type { StepError } from '../core/errors.ts';
import type { ExecutionEvent } from '../core/events.ts';
import type { Asked } from '../core/facts.ts';
import type { ExecutionState } from '../core/state.ts';
import type { Json, JsonObject } from '../kit/json.ts';
import type { Form } from '../model/definition.ts';
import type { Diagnostic } from '../model/diagnostic.ts';
import type { StoredVersion, StoredWorkflow } from '../storage/catalog.ts';
import type { HumanTaskPage, HumanTaskQuery, StoredHumanTask } from '../storage/human-tasks.ts';
import type { QueueDepth } from '../storage/tasks.ts';
import type { Statistics, StatisticsQuery, ViewPage, ViewQuery } from '../storage/views.ts';
import type { BulkDesk } from './bulk/bulk-desk.ts';
import type { DeadLetterDesk } from './executions/dead-letters.ts';
import type { RetentionDesk } from './retention/sweeper.ts';

/**
 * The platform without its outside: what the HTTP API, the command line and library mode call.
 *
 * Every call names its workspace first; nothing of another one is ever seen. Calls reject with `Fault` for what a
 * caller can act on. Whatever a call has answered is durable.
 */
export interface Engine {
  readonly versions: Versions;
  readonly executions: Executions;
  readonly tasks: TaskDesk;
  readonly humanTasks: HumanTaskDesk;
  readonly bulk: BulkDesk;
  readonly retention: RetentionDesk;
  readonly deadLetters: DeadLetterDesk;
  readonly limits: LimitDesk;
  /** Functions that run in this process. */
  readonly local: LocalExecutors;
  health(): EngineHealth;
  /** Stops taking work, lets what is under way end until `deadlineMs` have passed, gives leases back, closes the store. */
  close(options?: { deadlineMs?: number }): Promise<void>;
}

export interface EngineHealth {
  /** False while the store refuses writes or the engine shuts down. */
  readonly ready: boolean;
  readonly reason?: string;
  /** Executions held in memory, moves waiting for the next commit, claims waiting for work. */
  readonly live: number;
  readonly pendingWrites: number;
  readonly waitingClaims: number;
  readonly counters: EngineCounters;
}

/** Since the start of the process. */
export interface EngineCounters {
  started: number;
  ended: Record<string, number>;
  commits: number;
  moves: number;
  conflicts: number;
  tasksHandedOut: number;
  staleResults: number;
  timersFired: number;
  recovered: number;
  /** By retention. */
  removed: number;
}

export interface Versions {
  /**
   * Deploys the documents of a text: each Workflow with the WorkflowContext that belongs to it. The version becomes
   * active. Rejects with DEFINITION_INVALID (its `detail.errors` are the diagnostics) or VERSION_CONFLICT.
   */
  deploy(workspace: string, text: string, options?: DeployOptions): Promise<Deployed>;
  /** Finds every problem and changes nothing. */
  validate(workspace: string, text: string, options?: DeployOptions): Promise<readonly Diagnostic[]>;
  /** The active version, or the one given. Rejects with WORKFLOW_NOT_FOUND or VERSION_NOT_FOUND. */
  get(workspace: string, name: string, version?: string): Promise<StoredVersion>;
  list(query: { workspace: string; text?: string; tag?: string; offset: number; limit: number }): Promise<{
    rows: readonly StoredWorkflow[];
    total: number;
  }>;
  history(workspace: string, name: string): Promise<readonly StoredVersion[]>;
  /** Moves the active pointer: promote and roll back. */
  activate(workspace: string, name: string, version: string): Promise<StoredVersion>;
  remove(workspace: string, name: string): Promise<void>;
}

export interface DeployOptions {
  /** A context given beside the workflow's text. */
  readonly context?: string;
  /** Warnings stop it too. */
  readonly strict?: boolean;
  readonly file?: string;
  /** In place of the one in the text. */
  readonly description?: string;
  /** Kept with the version and no part of its content: of a version that is there already both stay as they are. */
  readonly metadata?: JsonObject;
}

export interface Deployed {
  /** `added`: 201; `present`: the same content was there, 200. A context alone: `context`. */
  readonly result: 'added' | 'present' | 'context';
  readonly version: StoredVersion | undefined;
  readonly diagnostics: readonly Diagnostic[];
  /** With `context`: the name of the workflow that it belongs to. */
  readonly name: string;
}

export interface StartRequest {
  readonly workspace: string;
  readonly workflow: string;
  readonly version?: string;
  readonly input: unknown;
  readonly metadata?: JsonObject;
  readonly tags?: readonly string[];
  readonly idempotencyKey?: string;
  readonly timeoutMs?: number;
  /** 0 to 9, 9 first. Default 5. */
  readonly priority?: number;
  /** How long the key is remembered, where that is not the usual time. In milliseconds. */
  readonly keyLifetimeMs?: number;
}

export interface Started {
  readonly executionId: string;
  /** False where the idempotency key had started it before. */
  readonly isNew: boolean;
  readonly status: string;
  readonly workflow: string;
  readonly version: string;
  /** Milliseconds since the epoch. */
  readonly createdAt: number;
  /** Milliseconds since the epoch, from past runs; undefined where there are none. */
  readonly estimatedEndAt: number | undefined;
}

/** Why an execution is where it is. */
export interface Explanation {
  readonly status: string;
  /** The one reason, in a sentence. */
  readonly summary: string;
  /** The most telling first, at most 100. */
  readonly reasons: readonly Reason[];
  readonly reasonsTotal: number;
}

export interface Reason {
  readonly kind:
    | 'ended'
    | 'paused'
    | 'queued'
    /** A key that others hold, or a rate that is used up. */
    | 'limit'
    | 'no_executor'
    | 'breaker_open'
    /** What an executor holds was asked back; its answer or the end of its lease settles it. */
    | 'asked_back'
    | 'waiting_for_executor'
    | 'running'
    /** The execution of a workflow that a step called. */
    | 'child'
    | 'retry'
    | 'person'
    | 'signal'
    | 'timer'
    | 'deadline'
    | 'next_move';
  readonly message: string;
  readonly step?: string | undefined;
  /** Milliseconds since the epoch. */
  readonly since?: number | undefined;
  readonly until?: number | undefined;
}

export interface RerunRequest {
  readonly workspace: string;
  readonly executionId: string;
  /** A step of the workflow's own list. */
  readonly fromStep: string;
  /** In place of the earlier execution's. */
  readonly input?: unknown;
  /** In place of what these steps gave, by their names. */
  readonly outputs?: Readonly<Record<string, unknown>>;
  readonly idempotencyKey?: string;
  readonly keyLifetimeMs?: number;
  readonly metadata?: JsonObject;
}

export interface Executions {
  /**
   * Durable once it resolves. Rejects with WORKFLOW_NOT_FOUND, VERSION_NOT_FOUND, INPUT_INVALID (`detail.errors`),
   * IDEMPOTENCY_KEY_REUSED, QUEUE_FULL (`detail.retryAfterSeconds`), SHUTTING_DOWN.
   */
  start(request: StartRequest): Promise<Started>;
  /**
   * Starts a new execution of the same version that takes up an ended one from a step: what was done before is taken
   * over. Rejects with EXECUTION_NOT_FOUND, STATE_CONFLICT where it has not ended, REQUEST_INVALID, and as `start` does.
   */
  rerun(request: RerunRequest): Promise<Started>;
  /**
   * What `project` makes of the state exactly as it is durable; it must not keep the state. Rejects with
   * EXECUTION_NOT_FOUND.
   */
  read<T>(workspace: string, executionId: string, project: (state: Readonly<ExecutionState>) => T): Promise<T>;
  /** Resolves once the execution has ended, or with undefined when `timeoutMs` (Infinity: no limit) have passed. */
  waitForEnd(workspace: string, executionId: string, timeoutMs: number): Promise<Readonly<ExecutionState> | undefined>;
  /** Rejects with EXECUTION_NOT_FOUND. */
  explain(workspace: string, executionId: string): Promise<Explanation>;
  list(query: ViewQuery): Promise<ViewPage>;
  statistics(query: StatisticsQuery): Promise<Statistics>;
  counts(workspace: string, workflow?: string): Promise<Readonly<Record<string, number>>>;
  /** Numbered events after a position, large values in place. */
  journal(
    workspace: string,
    executionId: string,
    page: { after: number; limit: number },
  ): Promise<readonly NumberedEvent[]>;
  /** Calls back after each durable move with the position it reached. Returns how to stop. */
  watch(executionId: string, listener: (position: number, isEnded: boolean) => void): () => void;
  /** Rejects with STATE_CONFLICT where the operation does not fit the execution's state. */
  operate(workspace: string, executionId: string, operation: Operation): Promise<Readonly<ExecutionState>>;
}

export interface NumberedEvent {
  readonly position: number;
  readonly at: number;
  readonly event: ExecutionEvent;
}

export type Operation =
  | ({ readonly type: 'cancel' | 'terminate'; readonly reason?: string } & Asked)
  | ({ readonly type: 'pause' | 'resume' | 'retry' } & Asked)
  /** Of a dead letter: whoever looked at it lets it be. */
  | ({ readonly type: 'discard'; readonly by: string } & Asked)
  /** `id` makes a repeat harmless. */
  | {
      readonly type: 'signal';
      readonly name: string;
      readonly payload: Json;
      readonly key?: string;
      readonly id?: string;
    };

/** Shared limits as they are used now. */
export interface LimitDesk {
  /** Keys that are held or waited for, in the order of their names; with `key` that one, where it is. */
  list(query: {
    workspace: string;
    key?: string | undefined;
    after?: string | undefined;
    limit: number;
  }): Promise<LimitPage>;
}

export interface LimitPage {
  readonly uses: readonly LimitUse[];
  readonly hasMore: boolean;
}

export interface LimitUse {
  readonly key: string;
  readonly held: number;
  readonly waiting: number;
  /** At most 100. `step` is undefined where the execution itself holds the key. */
  readonly holders: readonly {
    readonly executionId: string;
    readonly step: string | undefined;
    readonly attempt: number | undefined;
    readonly until: number | undefined;
  }[];
}

/** Where people find what they are asked, and answer. */
export interface HumanTaskDesk {
  list(query: HumanTaskQuery): Promise<HumanTaskPage>;
  /** This and the calls below reject with HUMAN_TASK_NOT_FOUND. */
  get(workspace: string, humanTaskId: string): Promise<HumanTaskDetail>;
  /**
   * From then on the task is answered by its claimer alone. This and the calls below reject with FORBIDDEN where the task
   * is somebody else's, and with STATE_CONFLICT where it is over or another has claimed it.
   */
  claim(caller: Caller, humanTaskId: string): Promise<HumanTaskDetail>;
  /** An operator may take the task from whoever claimed it. */
  unclaim(caller: Caller, humanTaskId: string): Promise<HumanTaskDetail>;
  /** Durable once it resolves. Rejects with ANSWER_INVALID (`detail.errors`) where it does not fit; then nothing has moved. */
  complete(caller: Caller, humanTaskId: string, answer: AnswerRequest): Promise<HumanTaskDetail>;
}

/** Who acts: the name and the rights of a token. */
export interface Caller {
  readonly workspace: string;
  readonly name: string;
  /** May act for people whose tasks they are. */
  readonly isOperator: boolean;
}

export interface AnswerRequest {
  readonly answer: Json | undefined;
  readonly outcome: string | undefined;
  readonly comment?: string;
  /** Makes a repeat harmless. */
  readonly id?: string;
}

export interface HumanTaskDetail extends StoredHumanTask {
  readonly description: string | undefined;
  readonly form: Form | undefined;
  readonly outcomes: readonly string[];
  /** What the step got; null where the execution has gone on and asked again. */
  readonly input: Json;
}

/** Where executors outside this process take work and bring results. */
export interface TaskDesk {
  /** Waits up to `waitMs` for at least one task. `signal` ends the wait early (the caller went away). */
  claim(request: ClaimRequest, signal?: AbortSignal): Promise<readonly HandedTask[]>;
  /** One answer per result, in their order. Never rejects for a stale lease. */
  complete(workspace: string, results: readonly TaskResult[]): Promise<readonly TaskAnswer[]>;
  /**
   * Brings results and takes work in the same call: first what follows from the results themselves. It waits for work
   * only where there is none yet. Rejects where the results cannot be recorded; then it has taken nothing.
   */
  completeAndClaim(results: readonly TaskResult[], request: ClaimRequest, signal?: AbortSignal): Promise<Exchanged>;
  heartbeat(workspace: string, tasks: readonly Heartbeat[]): Promise<readonly HeartbeatAnswer[]>;
  /** Gives tasks back, ready for another worker at once. One answer per task, in their order. */
  release(workspace: string, tasks: readonly { taskId: string; leaseToken: string }[]): Promise<readonly TaskAnswer[]>;
  /** When somebody last asked for tasks of an executor's function, since the start. */
  lastAskedFor(workspace: string, executor: string, functionName: string): number | undefined;
  /** Who works on a step right now. Undefined where nobody holds it. */
  holder(executionId: string, step: string): Holder | undefined;
  depths(): Promise<readonly QueueDepth[]>;
}

export interface ClaimRequest {
  readonly workspace: string;
  readonly executor: string;
  readonly workerId: string;
  /** Only tasks of these functions. */
  readonly functions?: readonly string[];
  readonly maxTasks: number;
  readonly waitMs: number;
}

export interface HandedTask {
  readonly taskId: string;
  readonly leaseToken: string;
  readonly executionId: string;
  readonly workflow: string;
  readonly version: string;
  readonly step: string;
  readonly function: string;
  readonly attempt: number;
  readonly input: Json;
  /** Milliseconds since the epoch; undefined without a timeout. */
  readonly deadlineAt: number | undefined;
  readonly leaseExpiresAt: number;
  readonly idempotencyKey: string;
  /** W3C trace context. */
  readonly traceparent: string;
}

export type TaskResult = { readonly taskId: string; readonly leaseToken: string } & (
  | { readonly status: 'completed'; readonly output: unknown }
  | { readonly status: 'failed'; readonly error: StepError }
);

export interface TaskAnswer {
  readonly taskId: string;
  readonly accepted: boolean;
  /** Where it is not accepted; the same for a task that never was, so that a stranger learns nothing. */
  readonly code?: 'STALE_LEASE';
}

/** Answers stand in the order of the results. */
export interface Exchanged {
  readonly answers: readonly TaskAnswer[];
  readonly tasks: readonly HandedTask[];
}

export interface Heartbeat {
  readonly taskId: string;
  readonly leaseToken: string;
  /** For people who look: kept in memory as long as the lease, and no longer. Absent: what was told before stays. */
  readonly progress?: Json;
}

export interface Holder {
  /** When it was claimed, in milliseconds since the epoch. */
  readonly since: number;
  readonly worker: string;
  /** What the worker told last; undefined where it told nothing. */
  readonly progress: Json | undefined;
}

export interface HeartbeatAnswer {
  readonly taskId: string;
  readonly leaseExpiresAt: number;
  /** True for a lost lease too. */
  readonly cancelRequested: boolean;
  /** Where the lease is lost. */
  readonly code?: 'STALE_LEASE';
}

export interface LocalExecutors {
  /** Registers a function of an executor in a workspace; replaces an earlier one of that name. */
  register(workspace: string, executor: string, functionName: string, run: LocalFunction): void;
}

export type LocalFunction = (input: Json, task: LocalTask) => unknown;

export interface LocalTask {
  readonly executionId: string;
  readonly step: string;
  readonly attempt: number;
  readonly idempotencyKey: string;
  readonly deadlineAt: number | undefined;
  /** Aborted when the result is no longer wanted. */
  readonly signal: AbortSignal;
}
