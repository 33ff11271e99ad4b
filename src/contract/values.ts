/**
 * The small schemas that requests and answers are made of. Names are snake_case, times ISO 8601 in UTC, durations
 * numbers in seconds with millisecond precision. A schema with a `title` becomes a named component of the OpenAPI document.
 *
 * Objects of requests are closed, so that a misspelt field is refused instead of ignored.
 */
import type { Static, TProperties, TSchemaOptions } from 'typebox';
import type { JsonObject } from '../kit/json.ts';
import { Type } from './type.ts';

/** An object of a request: any other member is refused. */
export const closed = <P extends TProperties>(properties: P, options: TSchemaOptions = {}) =>
  Type.Object(properties, { ...options, additionalProperties: false });

export const AnyJson = (description: string) => Type.Unknown({ description });

export const AnyObject = (description: string) =>
  Type.Unsafe<JsonObject>({ type: 'object', additionalProperties: true, description });

export const Time = (description: string) => Type.String({ format: 'date-time', description });

export const TimeOrNull = (description: string) =>
  Type.Unsafe<string | null>({ type: ['string', 'null'], format: 'date-time', description });

export const TextOrNull = (description: string) =>
  Type.Unsafe<string | null>({ type: ['string', 'null'], description });

export const NumberOrNull = (description: string) =>
  Type.Unsafe<number | null>({ type: ['number', 'null'], description });

export const IntegerOrNull = (description: string) =>
  Type.Unsafe<number | null>({ type: ['integer', 'null'], description });

/** `500ms`, `15s`, `1h30m`, `PT15S`. The handler reads it and refuses what is no duration. */
export const DurationText = (description: string) =>
  Type.String({ minLength: 1, maxLength: 64, description, examples: ['20s'] });

export const ExecutionError = Type.Object(
  {
    code: Type.String(),
    message: Type.String(),
    details: Type.Optional(AnyJson('Whatever the executor or the workflow adds.')),
    step: Type.Optional(Type.String({ description: 'Path of the step it came from.' })),
    attempt: Type.Optional(Type.Integer()),
    retryable: Type.Optional(Type.Boolean()),
    cause: Type.Optional(AnyJson('The error that led here, of the same shape.')),
  },
  { title: 'ExecutionError' },
);
export type ExecutionErrorAnswer = Static<typeof ExecutionError>;

export const ExecutionErrorOrNull = Type.Unsafe<ExecutionErrorAnswer | null>({
  anyOf: [{ type: 'null' }, ExecutionError],
  description: 'Null where nothing failed.',
});

export const Pagination = Type.Object(
  {
    page: IntegerOrNull('Counts from 1; null where the page was asked for by cursor.'),
    limit: Type.Integer(),
    total: IntegerOrNull('How many match in all; null where they were not counted (add `count=true`).'),
    has_more: Type.Boolean(),
    next_cursor: TextOrNull('Give it back as `cursor` for the next page.'),
  },
  { title: 'Pagination' },
);

export const Page = Type.Integer({ minimum: 1, maximum: 100_000, description: 'Counts from 1.' });
export const Limit = (maximum: number) =>
  Type.Integer({ minimum: 1, maximum, default: 50, description: 'Rows a page.' });
/** Of an event in a journal. */
export const Position = (options: TSchemaOptions) =>
  Type.Integer({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER, ...options });

export const Empty = closed({}, { title: 'Empty' });
