/** Every way this system can refuse or fail a request, with the HTTP status it maps to. */
export const faults = {
  HTTP_INVALID: 400,
  BODY_INVALID: 400,
  INPUT_INVALID: 422,
  CURSOR_INVALID: 400,
  UNAUTHENTICATED: 401,
  FORBIDDEN: 403,
  ROUTE_NOT_FOUND: 404,
  WORKFLOW_NOT_FOUND: 404,
  VERSION_NOT_FOUND: 404,
  EXECUTION_NOT_FOUND: 404,
  EXECUTION_GONE: 404,
  TOKEN_NOT_FOUND: 404,
  WORKSPACE_NOT_FOUND: 404,
  HUMAN_TASK_NOT_FOUND: 404,
  BULK_OPERATION_NOT_FOUND: 404,
  DEAD_LETTER_NOT_FOUND: 404,
  METHOD_NOT_ALLOWED: 405,
  NOT_ACCEPTABLE: 406,
  VERSION_CONFLICT: 409,
  IDEMPOTENCY_KEY_REUSED: 409,
  STATE_CONFLICT: 409,
  JOURNAL_CONFLICT: 409,
  REQUEST_TIMED_OUT: 408,
  PRECONDITION_FAILED: 412,
  BODY_TOO_LARGE: 413,
  MEDIA_TYPE_UNSUPPORTED: 415,
  DEFINITION_INVALID: 422,
  REQUEST_INVALID: 422,
  ANSWER_INVALID: 422,
  LIMIT_EXCEEDED: 422,
  TOPIC_INVALID: 422,
  MESSAGE_TOO_LARGE: 422,
  HEADERS_TOO_LARGE: 431,
  QUEUE_FULL: 429,
  RATE_LIMITED: 429,
  CONCURRENCY_LIMIT: 429,
  STREAMS_EXHAUSTED: 429,
  CONFIG_INVALID: 500,
  DRIVER_NOT_AVAILABLE: 500,
  INTERNAL: 500,
  STORE_UNREACHABLE: 503,
  STORE_FULL: 507,
  BROKER_UNREACHABLE: 503,
  BROKER_FULL: 507,
  SHUTTING_DOWN: 503,
  DATA_LOCKED: 503,
} as const;

export type FaultCode = keyof typeof faults;

/**
 * An expected failure: something a caller can act on. The message says what, where and what to do.
 *
 * Broken invariants are not faults. They go through `assert`.
 */
export class Fault extends Error {
  override readonly name = 'Fault';
  readonly code: FaultCode;
  readonly detail: Readonly<Record<string, unknown>>;

  constructor(code: FaultCode, message: string, options: { detail?: Record<string, unknown>; cause?: unknown } = {}) {
    super(message, { cause: options.cause });
    this.code = code;
    this.detail = options.detail ?? {};
  }

  get status(): number {
    return faults[this.code];
  }

  /** Safe across bundles and workers, where `instanceof` is not. */
  static is(value: unknown, code?: FaultCode): value is Fault {
    return value instanceof Error && value.name === 'Fault' && (code === undefined || (value as Fault).code === code);
  }
}
