import type { Json, JsonObject } from '../kit/json.ts';

/**
 * The normal form of a workflow version: aliases resolved, defaults left out, every list of steps explicit.
 *
 * It is plain JSON on purpose: it is hashed (with its context), stored, compared and sent to other nodes. Two texts
 * that mean the same have the same normal form. Nothing in here is compiled; `core/program.ts` does that once a version.
 */
export interface Definition {
  readonly name: string;
  /** `1.2.3`, without a leading `v`. */
  readonly version: string;
  readonly description?: string;
  readonly tags?: readonly string[];
  readonly owner?: string;
  readonly createdBy?: string;
  readonly labels?: JsonObject;
  readonly annotations?: JsonObject;
  readonly inputSchema?: JsonSchema;
  readonly outputSchema?: JsonSchema;
  /** A template: the execution's output. */
  readonly output?: Json;
  readonly timeout?: Timing;
  readonly timeoutAction?: TimeoutAction;
  readonly fallbackStep?: string;
  /** A template. */
  readonly fallbackResponse?: Json;
  readonly retry?: RetryPolicy;
  readonly errorHandling?: ErrorHandling;
  readonly runtimeValidation?: { readonly output?: 'warn' | 'fail' };
  readonly retention?: Retention;
  /** Other workflows by the names that steps call them by. */
  readonly includes?: Includes;
  readonly steps: StepList;
  readonly concurrency?: WorkflowConcurrency;
  /** 0 to 9, 9 first. */
  readonly priority?: number;
  /** Fields that are checked and kept now and act in a later release: triggers, metrics, alerts, security. */
  readonly reserved?: JsonObject;
}

export type Includes = { readonly [alias: string]: Include };

export interface Include {
  readonly workflow: string;
  /** Where the text gives none, a deploy writes down the version that is active then. */
  readonly version?: string;
}

/** How long executions are kept once they have ended. In place of what the server's configuration says. */
export interface Retention {
  readonly completedMs?: number;
  /** Those that ended in any other way. */
  readonly failedMs?: number;
}

export type JsonSchema = JsonObject | boolean;

/** Milliseconds, or the text of an expression that gives a duration (text or milliseconds) when the step is scheduled. */
export type Timing = number | string;

/** A whole number, or the text of an expression that gives one. */
export type Amount = number | string;

export type TimeoutAction = 'cancel_and_cleanup' | 'retry' | 'fallback' | 'ignore';

/** A list of steps and how it flows. Handlers stand in the list too, and are never fallen into. */
export interface StepList {
  readonly flow: 'sequence' | 'graph';
  readonly steps: readonly Step[];
}

export interface RetryPolicy {
  readonly maxAttempts?: number;
  readonly backoff?: 'fixed' | 'linear' | 'exponential';
  readonly initialDelay?: Timing;
  readonly maxDelay?: Timing;
  readonly multiplier?: number;
  readonly jitter?: boolean;
  /** Error codes, `PREFIX_*`, or conditions on `$.error` (a text that holds `$`). */
  readonly retryOn?: readonly string[];
  readonly giveUpOn?: readonly string[];
}

export interface CircuitBreaker {
  readonly failureThreshold?: number;
  /** 0 to 1. */
  readonly failureRateThreshold?: number;
  readonly windowMs?: number;
  readonly minimumCalls?: number;
  readonly recoveryTimeoutMs?: number;
  readonly halfOpenMaxCalls?: number;
}

export interface ErrorHandling {
  readonly rules: readonly ErrorRule[];
  /** `compensation` of the object form: names of steps to run for a `compensate` action without steps of its own. */
  readonly compensation?: readonly string[];
  readonly deadLetter?: JsonObject;
}

export interface ErrorRule {
  /** The text of an expression. */
  readonly condition: string;
  readonly action: ErrorAction;
}

export type ErrorAction =
  /** `message`, `details`: templates. */
  | { readonly type: 'return_error'; readonly code?: string; readonly message?: Json; readonly details?: Json }
  /** `steps`: names; undefined means the `compensate` blocks of the completed steps, last first. */
  | { readonly type: 'compensate'; readonly steps?: readonly string[] }
  | { readonly type: 'retry' }
  | { readonly type: 'goto'; readonly step: string }
  | { readonly type: 'ignore' }
  | { readonly type: 'fail'; readonly code?: string; readonly message?: Json; readonly details?: Json }
  | { readonly type: 'dead_letter' };

export interface StepCommon {
  readonly name: string;
  readonly description?: string;
  /** Only ever named by `on_failure`, `fallback_step`, an action or a compensation: never fallen into. */
  readonly handler: boolean;
  /** The guard: the text of an expression. */
  readonly when?: string;
  readonly dependsOn?: readonly string[];
  readonly timeout?: Timing;
  readonly timeoutAction?: TimeoutAction;
  readonly queueTimeout?: Timing;
  readonly heartbeatTimeout?: Timing;
  /** Step fields over the workflow's, merged field by field; a list is tried in order. */
  readonly retry?: readonly RetryPolicy[];
  readonly maxVisits?: number;
  /** Expressions (templates) by variable name, taken when the step completes. */
  readonly set?: { readonly [variable: string]: Json };
  readonly fallbackStep?: string;
  /** A template. */
  readonly fallbackResponse?: Json;
  readonly circuitBreaker?: CircuitBreaker;
  /** A template. */
  readonly idempotencyKey?: Json;
  /** Templates. */
  readonly input?: Json;
  readonly output?: Json;
  /** A step's name, or the reserved `end`. */
  readonly onSuccess?: string;
  readonly onFailure?: string;
  /** Names of the steps (handlers in the same list) that undo this one. */
  readonly compensate?: readonly string[];
  readonly cache?: StepCache;
  readonly rateLimit?: RateLimit;
  readonly concurrency?: ConcurrencyLimit;
  readonly metadata?: JsonObject;
  /** Fields that are checked and kept now and act in a later release. */
  readonly reserved?: JsonObject;
}

/** So many calls in a period. */
export interface RateLimit {
  readonly limit: number;
  /** Milliseconds. */
  readonly per: number;
  /** A template: what all that name it share. Absent: the step's own. */
  readonly key?: Json;
}

/** So many at once. */
export interface ConcurrencyLimit {
  readonly limit: number;
  /** A template: what all that name it share. Absent: the step's own. */
  readonly key?: Json;
  readonly onLimit?: 'queue' | 'reject';
}

export interface WorkflowConcurrency {
  readonly limit: number;
  /** A template. Absent: the workflow's own. */
  readonly key?: Json;
  readonly onLimit?: 'queue' | 'reject' | 'cancel_running' | 'cancel_new';
}

/** Of a step that calls something: its result is taken from an earlier call that was the same. */
export interface StepCache {
  /** A template. Absent: the version, the step and its input; else what steps of that name share. */
  readonly key?: Json;
  /** Milliseconds. */
  readonly ttl: number;
}

export type Step =
  | FunctionStep
  | ConnectorStep
  | TransformStep
  | ValidateStep
  | AggregateStep
  | ConditionStep
  | ParallelStep
  | LoopStep
  | WaitStep
  | HumanTaskStep
  | FailStep
  | WorkflowStep;

export interface FunctionStep extends StepCommon {
  readonly type: 'function';
  readonly executor: string;
  readonly function: string;
}

/** A step that the server carries out itself: an HTTP call, a query, a message, a script. */
export interface ConnectorStep extends StepCommon {
  readonly type: 'connector';
  /** Its name in the table of connectors: `http`, `database`, … */
  readonly connector: string;
  /** Templates: what the connector gets. */
  readonly request: JsonObject;
  /** As written. */
  readonly settings: JsonObject;
  /** A template: what the circuit breaker watches, an address or a name. Absent: the connector. */
  readonly target?: Json;
  /** Members of the request that do not tell one call from another: the time, a random number. */
  readonly incidental?: readonly string[];
}

export interface TransformStep extends StepCommon {
  readonly type: 'transform';
  /** A template. */
  readonly mapping: Json;
}

/** Checks data: as a whole by `schema`, item by item by `itemSchema` and the rules. */
export interface ValidateStep extends StepCommon {
  readonly type: 'validate';
  /** A template. Absent: the step's input. */
  readonly data?: Json;
  readonly schema?: JsonSchema;
  readonly itemSchema?: JsonSchema;
  readonly rules: readonly QualityRule[];
  readonly onInvalid: 'fail' | 'continue';
}

export interface QualityRule {
  readonly name: string;
  readonly severity: 'error' | 'warning';
  readonly test: QualityTest;
  /** A template. */
  readonly message?: Json;
}

/** A `field` is names of members with dots between them. */
export type QualityTest =
  | { readonly kind: 'condition'; readonly condition: string }
  /** `min`, `max`: a number or a template. */
  | { readonly kind: 'range'; readonly field: string; readonly min?: number | string; readonly max?: number | string }
  | { readonly kind: 'unique' | 'required'; readonly fields: readonly string[] }
  /** `in`: a template. */
  | { readonly kind: 'reference'; readonly field: string; readonly in: Json }
  | { readonly kind: 'pattern'; readonly field: string; readonly pattern: string };

export interface AggregateStep extends StepCommon {
  readonly type: 'aggregate';
  /** A template. */
  readonly items: Json;
  readonly groupBy: readonly string[];
  readonly statistics: { readonly [name: string]: Statistic };
}

/** Without a `field`: of the items themselves. */
export type Statistic = { readonly field?: string } & (
  | { readonly function: 'count' | 'sum' | 'avg' | 'min' | 'max' | 'distinct' | 'first' | 'last' }
  | { readonly function: 'percentile'; readonly percentile: number }
  | { readonly function: 'list'; readonly limit?: number }
);

/** The first case that holds is run; `when` of a case is the text of an expression. */
export interface ConditionStep extends StepCommon {
  readonly type: 'condition';
  readonly cases: readonly ConditionCase[];
  readonly otherwise?: StepList;
}

export interface ConditionCase {
  readonly when: string;
  readonly list: StepList;
}

export interface ParallelStep extends StepCommon {
  readonly type: 'parallel';
  readonly branches: readonly Branch[];
  readonly failFast: boolean;
  readonly waitFor: 'all' | 'any' | number;
}

export interface Branch {
  readonly name: string;
  readonly list: StepList;
  /** A template: the branch's result instead of its last completed step's output. */
  readonly output?: Json;
}

/** Exactly one of `iterateOver`, `while` and `until` is there; each is the text of an expression. */
export interface LoopStep extends StepCommon {
  readonly type: 'loop';
  readonly list: StepList;
  readonly iterateOver?: string;
  /** The loop of the same list whose results it takes as they come: `iterateOver` leads to them. */
  readonly streamFrom?: string;
  readonly while?: string;
  readonly until?: string;
  readonly itemVariable: string;
  readonly indexVariable: string;
  /** Templates by variable name, taken when the loop begins. */
  readonly variables?: { readonly [variable: string]: Json };
  readonly parallel: boolean;
  readonly batchSize?: Amount;
  readonly maxIterations?: Amount;
  readonly onItemError: 'fail' | 'continue';
  /** A number of rounds, or a share of the items like `10%`. */
  readonly toleratedFailures?: number | string;
}

/** One thing that a step may wait for: a time, or signals. */
export interface Awaitable {
  readonly duration?: Timing;
  /** An ISO 8601 time, or the text of an expression that gives one (or milliseconds since the epoch). */
  readonly until?: string;
  readonly signal?: string;
  /** With `signal`: a template; only signals sent under this key are taken. */
  readonly key?: Json;
  /** With `signal`: all that are there, or so many; absent: the first. A text is an expression. */
  readonly take?: 'all' | number | string;
  /** With `signal`: which payloads are taken; the text of an expression that sees the payload as `$.signal`. */
  readonly condition?: string;
}

export interface WaitStep extends StepCommon, Awaitable {
  readonly type: 'wait';
  /** Instead of one: whichever comes first. */
  readonly any?: readonly (Awaitable & { readonly name: string })[];
}

export interface HumanTaskStep extends StepCommon {
  readonly type: 'human_task';
  /** Templates. */
  readonly title?: Json;
  /** Templates, each of a name or of a list of them; absent: whoever may answer. */
  readonly assignees?: readonly Json[];
  /** What an answer holds; absent: anything. */
  readonly form?: Form;
  /** What an answer may say beside the form; absent: `completed` or `rejected`. */
  readonly outcomes?: readonly string[];
  readonly due?: Timing;
  readonly escalation?: readonly { readonly after: Timing; readonly assignees: readonly Json[] }[];
  readonly onTimeout?: string;
}

export type Form = { readonly fields: readonly FormField[] } | { readonly schema: JsonSchema };

export interface FormField {
  readonly name: string;
  readonly type: 'text' | 'multiline' | 'number' | 'boolean' | 'date' | 'select' | 'file';
  readonly label?: string;
  readonly description?: string;
  readonly required?: boolean;
  /** Of a select. */
  readonly options?: readonly FormOption[];
  /** Of a number: its bounds; of a text: those of its length. */
  readonly min?: number;
  readonly max?: number;
  /** A template. */
  readonly default?: Json;
}

export interface FormOption {
  readonly value: Json;
  readonly label?: string;
}

export interface FailStep extends StepCommon {
  readonly type: 'fail';
  readonly code: string;
  /** Templates. */
  readonly message?: Json;
  readonly details?: Json;
}

/** Runs another workflow as an execution of its own. */
export interface WorkflowStep extends StepCommon {
  readonly type: 'workflow';
  /** A name under `includes`, or of a workflow. */
  readonly workflow: string;
  /** Absent: the active one when the step runs. */
  readonly version?: string;
  /** Absent: the step waits for the end. */
  readonly mode?: 'detached';
  /** What becomes of it where this execution is cancelled. Absent: it is cancelled too. */
  readonly onParentCancel?: 'abandon';
}
