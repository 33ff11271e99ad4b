import type { Json, JsonObject } from '../kit/json.ts';

/**
 * The normal form of a document of kind WorkflowTest: cases for one workflow. Times are milliseconds.
 *
 * Pointers in a report lead to the fields as they are written, and no field has an alias, so a member's pointer can be
 * written from its names.
 */
export interface WorkflowTest {
  readonly name: string;
  readonly description?: string;
  readonly workflow: string;
  readonly version?: string;
  /** Of every case that says nothing else. */
  readonly defaults: CaseSetting;
  readonly cases: readonly TestCase[];
}

/** What surrounds the workflow. */
export interface CaseSetting {
  /** When the virtual clock begins, in milliseconds since the epoch. */
  readonly clock?: number;
  /** Of every random number: ids, `uuid()`, jitter. */
  readonly seed?: number;
  readonly env?: Texts;
  readonly secrets?: Texts;
  /** By step, by path, by `executor/function`; of a workflow that a step calls, by `workflow:step`. */
  readonly mocks?: Mocks;
}

export type Texts = { readonly [name: string]: string };
export type Mocks = { readonly [step: string]: Mock };

export interface TestCase extends CaseSetting {
  readonly name: string;
  readonly description?: string;
  readonly input?: Json;
  readonly signals?: readonly TestSignal[];
  readonly humanTasks?: readonly TestAnswer[];
  readonly operations?: readonly TestOperation[];
  readonly expect: Expectations;
}

/** The step runs as it would, or answers calls from a list. */
export type Mock = 'passthrough' | readonly MockAnswer[];

/** One of: a response, an output, an error, or none at all until the attempt times out. */
export interface MockAnswer {
  /** The text of an expression: this answer is for the calls that it holds for, however many. */
  readonly when?: string;
  /** A template over the call. */
  readonly response?: Json;
  /** A template too: what the step gives, whatever its output mapping makes of a response. */
  readonly output?: Json;
  readonly error?: MockError;
  readonly timeout?: true;
  /** Milliseconds of virtual time before it comes. */
  readonly delay?: number;
}

export interface MockError {
  readonly code: string;
  readonly message?: string;
  readonly details?: Json;
  readonly retryable?: boolean;
}

export interface TestSignal {
  readonly name: string;
  /** Milliseconds after the start. Default 0. */
  readonly at?: number;
  readonly payload?: Json;
  readonly key?: string;
}

/** What a person answers. */
export interface TestAnswer {
  /** The name of a `human_task`, or its path. */
  readonly step: string;
  /** Milliseconds after the question. Default 0. */
  readonly after?: number;
  readonly answer?: Json;
  readonly outcome?: string;
  readonly by?: string;
  readonly comment?: string;
}

export const operationTypes = ['cancel', 'terminate', 'pause', 'resume', 'retry'] as const;

export interface TestOperation {
  readonly type: (typeof operationTypes)[number];
  /** Milliseconds after the start. Default 0. */
  readonly at?: number;
}

/** `refused`: there is no execution, the start was not accepted. */
export const expectedStatuses = [
  'completed',
  'failed',
  'cancelled',
  'timed_out',
  'compensated',
  'waiting',
  'paused',
  'refused',
] as const;

export interface Expectations {
  readonly status?: (typeof expectedStatuses)[number];
  readonly output?: Json;
  readonly outputIncludes?: Json;
  readonly error?: ExpectedError;
  /** Names or paths of the steps that begin, in their order. */
  readonly steps?: readonly string[];
  /** These begin, in this order, with others between them. */
  readonly stepsInclude?: readonly string[];
  readonly stepsExclude?: readonly string[];
  readonly outputs?: JsonObject;
  readonly outputsInclude?: JsonObject;
  readonly calls?: { readonly [step: string]: ExpectedCalls };
  readonly vars?: JsonObject;
  readonly duration?: ExpectedDuration;
  /** Texts of expressions. */
  readonly conditions?: readonly string[];
}

export interface ExpectedError {
  readonly code?: string;
  readonly message?: string;
  readonly step?: string;
  /** What they include. */
  readonly details?: Json;
}

export interface ExpectedCalls {
  readonly count?: number;
  /** Of every call. */
  readonly input?: Json;
  readonly inputIncludes?: Json;
  /** Of each call in turn. */
  readonly inputs?: readonly Json[];
}

/** Of virtual time. */
export interface ExpectedDuration {
  readonly exactly?: number;
  readonly atLeast?: number;
  readonly atMost?: number;
}
