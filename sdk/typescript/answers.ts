/** What the platform answers, as it stands on the wire (snake_case). Times are ISO 8601, durations seconds. */
export type ExecutionStatus =
  | 'queued'
  | 'running'
  | 'waiting'
  | 'paused'
  | 'completed'
  | 'failed'
  | 'cancelled'
  | 'timed_out'
  | 'compensating'
  | 'compensated';

const endedStatuses: ReadonlySet<string> = new Set(['completed', 'failed', 'cancelled', 'timed_out', 'compensated']);

/** True for a status that changes by nothing but `retry`. */
export const isEnded = (status: string): boolean => endedStatuses.has(status);

export interface ExecutionError {
  readonly code: string;
  readonly message: string;
  readonly details?: unknown;
  readonly step?: string;
  readonly attempt?: number;
  readonly retryable?: boolean;
}

/** The answer to a start. `output` and `error` are there once it ended within `wait`. */
export interface Started<Output = unknown> {
  readonly execution_id: string;
  readonly workflow_id: string;
  readonly workflow_name: string;
  readonly version: string;
  readonly status: ExecutionStatus;
  readonly created_at: string;
  readonly estimated_completion?: string;
  readonly tracking_url: string;
  readonly stream_url: string;
  readonly output?: Output;
  readonly error?: ExecutionError;
}

export interface StepAnswer {
  readonly name: string;
  readonly type: string;
  readonly status: string;
  readonly attempt: number;
  readonly started_at?: string;
  readonly completed_at?: string;
  readonly duration?: number;
  readonly input?: unknown;
  readonly output?: unknown;
  readonly error?: ExecutionError;
  /** What its executor told last; null unless it runs. */
  readonly progress?: unknown;
}

export interface Execution<Output = unknown> {
  readonly execution_id: string;
  readonly workflow_id: string;
  readonly workflow_name: string;
  readonly version: string;
  readonly status: ExecutionStatus;
  readonly created_at: string;
  readonly started_at?: string;
  readonly completed_at?: string;
  readonly duration?: number;
  readonly progress: {
    readonly current_step?: string | null;
    readonly completed_steps: number;
    readonly total_steps: number;
    readonly percentage: number;
  };
  readonly input: unknown;
  readonly output?: Output;
  readonly error?: ExecutionError;
  readonly steps: readonly StepAnswer[];
  readonly metadata?: Readonly<Record<string, unknown>>;
}

export interface Deployed {
  readonly id: string;
  readonly name: string;
  readonly version: string;
  readonly status: string;
  readonly validation_status: string;
  readonly diagnostics: readonly {
    readonly code: string;
    readonly severity: 'error' | 'warning';
    readonly message: string;
    readonly pointer?: string;
    readonly line?: number;
    readonly column?: number;
  }[];
  readonly endpoints?: Readonly<Record<string, string>>;
}

/** One event of a journal: `type` is `execution.*` or `step.*`. */
export interface JournalEvent {
  readonly position: number;
  readonly at: string;
  readonly type: string;
  readonly [member: string]: unknown;
}

/** Why an execution is where it is. */
export interface Explanation {
  readonly execution_id: string;
  readonly status: string;
  /** The one reason, in a sentence. */
  readonly summary: string;
  readonly reasons: readonly {
    readonly kind: string;
    readonly message: string;
    readonly step: string | null;
    readonly since: string | null;
    readonly until: string | null;
  }[];
  readonly reasons_total: number;
}
