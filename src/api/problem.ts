/**
 * Errors as RFC 9457 problems: one shape for every answer that is not a success.
 *
 * A `Fault` brings its code and its message. Errors of the HTTP layer are mapped to the same codes. Anything else is a
 * defect: it is told as INTERNAL without a word of its message, which may hold what no caller should read.
 */
import type { ProblemAnswer, ProblemErrorAnswer } from '../contract/problem.ts';
import { Fault, type FaultCode, faults } from '../kit/fault.ts';
import { isObject, member } from '../kit/json.ts';

export interface ProblemReply {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: ProblemAnswer;
}

export const problemType = 'application/problem+json; charset=utf-8';

/** Problems told in one answer; a body with more of them is told the first. */
const errorsMax = 100;

export function problemOf(error: unknown, requestId: string): ProblemReply {
  const { code, message, detail } = describe(error);
  const errors = errorsIn(detail);
  return {
    status: faults[code],
    headers: headersFor(code, detail),
    body: {
      type: `/api/docs#${code}`,
      title: titleOf(code),
      status: faults[code],
      detail: message,
      code,
      request_id: requestId,
      ...(errors.length > 0 ? { errors } : {}),
    },
  };
}

/** `WORKFLOW_NOT_FOUND` → `Workflow not found`. */
export function titleOf(code: string): string {
  const words = code.toLowerCase().replaceAll('_', ' ');
  return words.charAt(0).toUpperCase() + words.slice(1);
}

interface Described {
  readonly code: FaultCode;
  readonly message: string;
  readonly detail: Readonly<Record<string, unknown>>;
}

/** Reasons that operators may tell callers, although they are not the callers' fault. */
const tellable: ReadonlySet<FaultCode> = new Set(['STORE_UNREACHABLE', 'STORE_FULL', 'SHUTTING_DOWN']);

function describe(error: unknown): Described {
  if (!Fault.is(error)) return describeForeign(error);
  // An execution that retention removed answers like one that never was.
  const code = error.code === 'EXECUTION_GONE' ? 'EXECUTION_NOT_FOUND' : error.code;
  const isOwn = faults[code] >= 500 && !tellable.has(code);
  return isOwn ? internal : { code, message: error.message, detail: error.detail };
}

const internal: Described = {
  code: 'INTERNAL',
  message: 'something went wrong inside; try again, and give the request_id to whoever runs this server',
  detail: {},
};

const foreign: Readonly<Record<string, readonly [FaultCode, string]>> = {
  FST_ERR_CTP_INVALID_MEDIA_TYPE: ['MEDIA_TYPE_UNSUPPORTED', 'send the body as Content-Type: application/json'],
  FST_ERR_CTP_BODY_TOO_LARGE: ['BODY_TOO_LARGE', 'the body is larger than this route takes; send less at once'],
  FST_ERR_CTP_INVALID_CONTENT_LENGTH: ['BODY_INVALID', 'the body is not as long as Content-Length says'],
  FST_ERR_BAD_URL: ['ROUTE_NOT_FOUND', 'the path is no valid percent-encoded UTF-8'],
  FST_ERR_MAX_PARAM_LENGTH: ['ROUTE_NOT_FOUND', 'a part of the path is longer than any name or id'],
};

const byStatus: Readonly<Record<number, FaultCode>> = {
  404: 'ROUTE_NOT_FOUND',
  405: 'METHOD_NOT_ALLOWED',
  406: 'NOT_ACCEPTABLE',
  413: 'BODY_TOO_LARGE',
  415: 'MEDIA_TYPE_UNSUPPORTED',
};

function describeForeign(error: unknown): Described {
  if (!(error instanceof Error)) return internal;
  const known = foreign[String(member(error, 'code'))];
  if (known) return { code: known[0], message: known[1], detail: {} };
  const status = member(error, 'statusCode');
  if (typeof status !== 'number' || status < 400 || status >= 500) return internal;
  return { code: byStatus[status] ?? 'BODY_INVALID', message: error.message, detail: {} };
}

function headersFor(code: FaultCode, detail: Readonly<Record<string, unknown>>): Record<string, string> {
  const retryAfter = detail['retryAfterSeconds'];
  if (typeof retryAfter === 'number') return { 'retry-after': String(Math.max(1, Math.ceil(retryAfter))) };
  if (faults[code] === 429 || faults[code] === 503) return { 'retry-after': '1' };
  const allow = detail['allow'];
  return code === 'METHOD_NOT_ALLOWED' && typeof allow === 'string' ? { allow } : {};
}

function errorsIn(detail: Readonly<Record<string, unknown>>): ProblemErrorAnswer[] {
  const errors = detail['errors'];
  if (!Array.isArray(errors)) return [];
  return errors.slice(0, errorsMax).filter(isObject).map(errorAnswer);
}

function errorAnswer(error: Record<string, unknown>): ProblemErrorAnswer {
  const answer: ProblemErrorAnswer = {
    code: String(error['code'] ?? 'VALUE_INVALID'),
    message: String(error['message'] ?? ''),
    pointer: String(error['pointer'] ?? ''),
  };
  for (const name of ['in', 'severity', 'file'] as const) {
    if (typeof error[name] === 'string') answer[name] = error[name];
  }
  for (const name of ['line', 'column'] as const) {
    if (typeof error[name] === 'number') answer[name] = error[name];
  }
  return answer;
}

/** Refuses a value whose JSON text is longer than what is kept of it. */
export function refuseLong(value: unknown, { bytesMax, pointer }: { bytesMax: number; pointer: string }): void {
  const bytes = Buffer.byteLength(JSON.stringify(value));
  if (bytes <= bytesMax) return;
  const message = `it may take ${bytesMax} bytes of JSON and takes ${bytes}; say it shorter`;
  throw refusal({ code: 'VALUE_INVALID', message, pointer, in: 'body' });
}

/** One refused value of a request, as a fault. */
export function refusal(error: ProblemErrorAnswer): Fault {
  const place = error.pointer === '' ? '' : ` at ${error.pointer}`;
  return new Fault('REQUEST_INVALID', `the ${error.in ?? 'body'} is refused${place}: ${error.message}`, {
    detail: { errors: [error] },
  });
}
