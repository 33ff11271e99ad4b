import type { Json, JsonObject } from '../kit/json.ts';

/**
 * What the server does for a step by itself: it calls a service, asks a database, sends a message, runs a script.
 *
 * A connector carries out one attempt and knows nothing of the flow: retries, timeouts, breakers, fallbacks and the
 * journal are the engine's. The same attempt may be carried out twice (after a crash), so whatever it changes outside
 * is sent with the idempotency key. It rejects with `StepFailure` for what the flow can act on; it stops soon after
 * `signal` is aborted; it keeps nothing of the call.
 */
export interface Connector {
  run(call: ConnectorCall): Promise<Json>;
  /** Lets go of pools, workers and sockets. */
  close?(): Promise<void>;
}

export interface ConnectorCall {
  readonly workspace: string;
  readonly executionId: string;
  /** Path of the step. */
  readonly step: string;
  readonly attempt: number;
  /** The same for every delivery and attempt of one visit of the step. */
  readonly idempotencyKey: string;
  /** The step's `request`, its expressions taken and its secrets in place. Its own copy. */
  readonly request: JsonObject;
  /** The step's `settings`, as they are written in the definition. */
  readonly settings: JsonObject;
  /** Milliseconds since the epoch; the attempt times out then. */
  readonly deadlineAt: number | undefined;
  /** Aborted when the attempt timed out or its result is no longer wanted. */
  readonly signal: AbortSignal;
  /** W3C trace context. */
  readonly traceparent: string;
  /** What the attempt before failed with, also where it was made by another process. */
  readonly lastError: { readonly code: string; readonly details?: Json } | undefined;
  /** Names a secret that is not the workflow's, as of a configured service: no answer or error brings it into a journal. */
  hide(secret: string): void;
}

/** By the name that the normal form of a step gives (`http`, `database`, …). */
export type Connectors = Readonly<Record<string, Connector>>;

/** A failure of an attempt that the flow can act on: its code is what `retry_on`, `on_failure` and rules see. */
export class StepFailure extends Error {
  override readonly name = 'StepFailure';
  readonly code: string;
  readonly details: Json | undefined;
  /** False: no retry policy tries again. */
  readonly retryable: boolean;

  constructor(code: string, message: string, options: { details?: Json; retryable?: boolean; cause?: unknown } = {}) {
    super(message, { cause: options.cause });
    this.code = code;
    this.details = options.details;
    this.retryable = options.retryable ?? true;
  }
}
