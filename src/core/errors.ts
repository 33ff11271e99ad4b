import type { Json } from '../kit/json.ts';

/** Why a step or an execution failed, as users see it and expressions read it (`$.error`). */
export interface StepError {
  readonly code: string;
  readonly message: string;
  readonly details?: Json;
  /** The path of the step it came from. */
  readonly step?: string;
  readonly attempt?: number;
  /** False: no retry policy tries again. */
  readonly retryable?: boolean;
  /** The error that led here, where another one took its place (UNDEFINED_STEP). */
  readonly cause?: StepError;
}

/** Codes that the platform itself gives. Executors add their own. */
export const errorCodes = {
  TIMEOUT: 'an attempt took longer than its timeout',
  QUEUE_TIMEOUT: 'no executor took the task in time',
  CIRCUIT_OPEN: 'the circuit breaker of the target is open',
  UNDEFINED_STEP: 'the flow reached a step that the workflow does not define',
  TOO_MANY_VISITS: 'a jump back led to a step once more than its max_visits',
  TOO_MANY_ITERATIONS: 'a loop had a round more than its max_iterations',
  EXPRESSION_FAILED: 'an expression has no value',
  VALIDATION_FAILED: 'data breaks a rule of a validate step',
  LIMIT_EXCEEDED: 'a step was given more than it takes',
  OUTPUT_INVALID: 'a result is too large, is no JSON or breaks its schema',
  DELIVERIES_EXHAUSTED: 'an attempt was handed out too often without an answer',
  COMPENSATION_FAILED: 'at least one compensation step failed',
  EVENT_LIMIT_EXCEEDED: 'the journal reached its limit',
  WORKFLOW_TIMEOUT: 'the execution took longer than its timeout',
  RETURNED_ERROR: 'an error_handling rule returned an error',
  CANCELLED: 'the execution was cancelled',
  CHILD_FAILED: 'the workflow that a step called failed without an error of its own',
  CHILD_CANCELLED: 'somebody cancelled the workflow that a step called',
  CHILD_DEPTH_EXCEEDED: 'workflows call each other deeper than they may',
  WORKFLOW_NOT_FOUND: 'a step called a workflow that is not deployed',
  VERSION_NOT_FOUND: 'a step called a version that is not deployed',
  INPUT_INVALID: 'the input of a called workflow breaks its schema',
} as const;

export type ErrorCode = keyof typeof errorCodes;

/** Failures that another attempt cannot mend. */
const hopeless: ReadonlySet<string> = new Set<ErrorCode>([
  'UNDEFINED_STEP',
  'TOO_MANY_VISITS',
  'TOO_MANY_ITERATIONS',
  'EXPRESSION_FAILED',
  'VALIDATION_FAILED',
  'LIMIT_EXCEEDED',
  'EVENT_LIMIT_EXCEEDED',
  'DELIVERIES_EXHAUSTED',
  'CHILD_DEPTH_EXCEEDED',
  'INPUT_INVALID',
]);

/** What a step of the core fails with: thrown where it cannot go on. */
export class StepFault extends Error {
  override readonly name = 'StepFault';
  readonly error: StepError;

  constructor(code: ErrorCode, message: string) {
    super(message);
    this.error = { code, message };
  }
}

export function isRetryable(error: StepError): boolean {
  return error.retryable !== false && !hopeless.has(error.code);
}
