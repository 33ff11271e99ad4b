/**
 * What the platform answers when it cannot do what was asked, and what a client sees when there was no answer.
 *
 * `status` is the HTTP status, or 0 where no answer came (`UNREACHABLE`): the request may or may not have been done.
 */
export interface ProblemError {
  readonly code: string;
  readonly message: string;
  /** JSON pointer into what was sent. */
  readonly pointer?: string;
  readonly line?: number;
  readonly column?: number;
}

export interface ApiErrorDetail {
  readonly status: number;
  readonly code: string;
  readonly message: string;
  readonly requestId?: string | undefined;
  readonly errors?: readonly ProblemError[];
  /** How long the server asked to wait. */
  readonly retryAfterMs?: number | undefined;
  readonly cause?: unknown;
}

export class ApiError extends Error {
  override readonly name = 'ApiError';
  readonly status: number;
  /** A word: `WORKFLOW_NOT_FOUND`, `INPUT_INVALID`, `UNREACHABLE` … */
  readonly code: string;
  readonly requestId: string | undefined;
  /** Each problem of a definition or an input; empty where there are none. */
  readonly errors: readonly ProblemError[];
  readonly retryAfterMs: number | undefined;

  constructor(detail: ApiErrorDetail) {
    super(detail.message, { cause: detail.cause });
    this.status = detail.status;
    this.code = detail.code;
    this.requestId = detail.requestId;
    this.errors = detail.errors ?? [];
    this.retryAfterMs = detail.retryAfterMs;
  }

  /** Another try may succeed: no answer, too many requests, or a fault of the server. */
  get isPassing(): boolean {
    return this.status === 0 || this.status === 429 || this.status >= 500;
  }

  static is(value: unknown, code?: string): value is ApiError {
    return (
      value instanceof Error && value.name === 'ApiError' && (code === undefined || (value as ApiError).code === code)
    );
  }
}

/** The error that an answer with a status of 400 or more means. */
export function apiErrorOf(answer: { status: number; headers: Record<string, unknown>; text: string }): ApiError {
  const problem = parseProblem(answer.text);
  const code = typeof problem['code'] === 'string' ? problem['code'] : `HTTP_${answer.status}`;
  const said = problem['detail'] ?? problem['title'] ?? answer.text.slice(0, 200);
  const requestId = problem['request_id'] ?? answer.headers['x-request-id'];
  return new ApiError({
    status: answer.status,
    code,
    message: typeof said === 'string' && said !== '' ? said : `the server answered ${answer.status}`,
    requestId: typeof requestId === 'string' ? requestId : undefined,
    errors: Array.isArray(problem['errors']) ? (problem['errors'] as ProblemError[]) : [],
    retryAfterMs: parseRetryAfter(answer.headers['retry-after']),
  });
}

function parseProblem(text: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
  } catch {
    return {};
  }
}

/** `Retry-After` as seconds or as a date, in milliseconds from now. */
export function parseRetryAfter(header: unknown): number | undefined {
  if (typeof header !== 'string' || header === '') return undefined;
  const seconds = Number(header);
  if (Number.isFinite(seconds)) return Math.max(0, seconds * 1_000);
  const at = Date.parse(header);
  return Number.isNaN(at) ? undefined : Math.max(0, at - Date.now());
}
