/** A task as it stands on the wire, and as a registered function sees it. */
export interface WireTask {
  readonly task_id: string;
  readonly lease_token: string;
  readonly execution_id: string;
  readonly workflow: string;
  readonly version: string;
  readonly step: string;
  readonly function: string;
  readonly attempt: number;
  readonly input: unknown;
  readonly deadline?: string | null;
  readonly lease_expires_at: string;
  readonly idempotency_key: string;
  readonly traceparent?: string;
}

export interface WireError {
  readonly code: string;
  readonly message: string;
  readonly retryable: boolean;
  readonly details?: unknown;
}

export type WireResult = { readonly task_id: string; readonly lease_token: string } & (
  | { readonly status: 'completed'; readonly output: unknown }
  | { readonly status: 'failed'; readonly error: WireError }
);

/** What a function is told about the work in its hands. */
export interface Task {
  readonly id: string;
  readonly executionId: string;
  readonly workflow: string;
  readonly version: string;
  /** The step's path and visit. */
  readonly step: string;
  readonly function: string;
  /** From 1. */
  readonly attempt: number;
  /** When the attempt times out; undefined without a timeout. */
  readonly deadline: Date | undefined;
  /** The same for every delivery of one step visit: hand it on to whatever must not happen twice. */
  readonly idempotencyKey: string;
  /** W3C trace context. */
  readonly traceparent: string | undefined;
  /**
   * Aborts when the result is no longer wanted: cancelled, lease lost, out of time, or the executor stops. Its `reason` is
   * an Error with `code` CANCELLED, TIMEOUT or STOPPING.
   */
  readonly signal: AbortSignal;
  /**
   * Tells how far it is, for whoever looks at the step while it runs: any JSON of at most `progressBytesMax`. The last one
   * counts and is sent within a second or with the next heartbeat; nothing keeps it once the task has ended. Throws a
   * TypeError for what is too long or no JSON.
   */
  progress(value: unknown): void;
}

/** What the platform takes of one progress: bytes of its JSON text in UTF-8. */
export const progressBytesMax = 4_096;

/** Does the work: what it returns (JSON; undefined is null) is the step's response, what it throws the step's error. */
export type TaskFunction<Input = never, Output = unknown> = (input: Input, task: Task) => Output | Promise<Output>;

/** Thrown by a function where another attempt cannot help. */
export class NonRetryable extends Error {
  override readonly name = 'NonRetryable';
  readonly retryable = false;
  readonly code: string;
  readonly details: unknown;

  constructor(message: string, options: { code?: string; details?: unknown; cause?: unknown } = {}) {
    super(message, { cause: options.cause });
    this.code = options.code ?? 'EXECUTOR_ERROR';
    this.details = options.details;
  }
}

/** Why a task's signal aborts. */
export class TaskStopped extends Error {
  override readonly name = 'TaskStopped';
  readonly code: 'CANCELLED' | 'TIMEOUT' | 'STOPPING';

  constructor(code: TaskStopped['code'], message: string) {
    super(message);
    this.code = code;
  }
}
