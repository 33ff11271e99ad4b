/** What a step expects of an answer, compiled once for all its executions, and the failures of answers that are not it. */
import { compileExpression } from '../../expression/compile.ts';
import { ExpressionFault, type Scope } from '../../expression/expression.ts';
import { assert } from '../../kit/assert.ts';
import type { Clock } from '../../kit/clock.ts';
import type { Json, JsonObject } from '../../kit/json.ts';
import type { Random } from '../../kit/random.ts';
import { compileSchema } from '../../model/json-schema.ts';
import { StepFailure } from '../connector.ts';
import { excerptMax } from './limits.ts';

/** An answer as expressions see it: `$.response`. */
export interface HttpResponse {
  readonly status: number;
  readonly headers: JsonObject;
  readonly body: Json;
}

/** A value taken from an answer. */
export type OfResponse = (response: HttpResponse) => Json;

export interface ExpressionDeps {
  readonly clock: Clock;
  readonly random: Random;
}

/** Of a text that the model has found sound. */
export function ofResponse({ clock, random }: ExpressionDeps, text: string): OfResponse {
  const compiled = compileExpression(text);
  assert(compiled.ok, `a deployed definition holds a bad expression: ${text}`);
  const { value } = compiled;
  return (response) => {
    const scope: Scope = {
      root: (name) => (name === 'response' || name === 'result' ? response : undefined),
      nowMs: clock.nowMs(),
      random: () => random.next(),
      env: () => undefined,
    };
    try {
      return value.evaluate(scope) as Json;
    } catch (error) {
      if (!(error instanceof ExpressionFault)) throw error;
      throw new StepFailure(error.code, `${text}: ${error.message}`, { retryable: false });
    }
  };
}

/** Throws the failure of an answer that is not what the step expects. */
export type Judge = (response: HttpResponse, answered: Answered) => void;

/** For messages and details. */
export interface Answered {
  readonly place: string;
  readonly statusText: string;
}

export function compileExpectation(deps: ExpressionDeps, settings: JsonObject): Judge {
  const {
    status = ['2xx'],
    schema,
    condition,
  } = (settings['expect'] ?? {}) as {
    status?: readonly string[];
    schema?: JsonObject | boolean;
    condition?: string;
  };
  const check = schema === undefined ? undefined : compileSchema(schema);
  const holds = condition === undefined ? undefined : ofResponse(deps, condition);
  return (response, answered) => {
    if (!status.some((range) => isIn(range, response.status)))
      throw statusFailure(response, answered, deps.clock.nowMs());
    const checked = check?.check(response.body);
    if (checked && !checked.ok) {
      const [first] = checked.errors;
      throw unexpected(`${answered.place} answered with another body than expected: ${first?.message}`, response, {
        errors: checked.errors.map(({ code, message, pointer }) => ({ code, message, pointer })),
      });
    }
    if (holds && !isTrue(holds(response))) {
      throw unexpected(`${answered.place} did not answer as expected: ${condition}`, response, {});
    }
  };
}

const isIn = (range: string, status: number): boolean =>
  range.endsWith('xx') ? Math.floor(status / 100) === Number(range[0]) : status === Number(range);

const isTrue = (value: Json): boolean => value !== null && value !== false && value !== 0 && value !== '';

function unexpected(message: string, { status, body }: HttpResponse, more: JsonObject): StepFailure {
  return new StepFailure('EXPECTATION_FAILED', message, { details: { status, body: excerpt(body), ...more } });
}

/** These may be better the next time; any other 4xx stays what it is. */
const passing: ReadonlySet<number> = new Set([408, 425, 429]);

export function statusFailure({ status, headers, body }: HttpResponse, answered: Answered, nowMs: number): StepFailure {
  const retryAfterMs = retryAfterOf(headers['retry-after'], nowMs);
  const location = headers['location'];
  const hint = status >= 300 && status < 400 ? ': write follow_redirects: true to go where it leads' : '';
  return new StepFailure(`HTTP_${status}`, `${answered.place} answered ${status} ${answered.statusText}${hint}`, {
    retryable: status >= 500 || passing.has(status),
    details: {
      status,
      body: excerpt(body),
      ...(retryAfterMs === undefined ? {} : { retry_after_ms: retryAfterMs }),
      ...(location === undefined ? {} : { location }),
    },
  });
}

/** Seconds or a date (RFC 9110, 10.2.3). */
function retryAfterOf(header: Json | undefined, nowMs: number): number | undefined {
  if (typeof header !== 'string') return undefined;
  if (/^\d{1,9}$/.test(header)) return Number(header) * 1_000;
  const at = Date.parse(header);
  return Number.isFinite(at) ? Math.max(0, at - nowMs) : undefined;
}

/** The body, or its beginning where it is long. */
function excerpt(body: Json): Json {
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  return text.length <= excerptMax ? body : `${text.slice(0, excerptMax).toWellFormed()}…`;
}
