/**
 * Checks requests against the schemas of the contract and says what is wrong with them.
 *
 * It stops at the first mistake on purpose: collecting them all would let a large wrong body cost far more than its
 * size. Numbers and truths in query strings are read where they are written plainly; nothing is ever removed. A schema is
 * compiled, and the compiler loaded, by the first request that needs it: compiled together they were a third of a start,
 * for routes that few servers see called.
 */
import { createRequire } from 'node:module';
import type { Ajv2020, ErrorObject, ValidateFunction } from 'ajv/dist/2020.js';
import type { FastifySchemaCompiler } from 'fastify';
import type { ProblemErrorAnswer } from '../contract/problem.ts';
import { isObject, member } from '../kit/json.ts';
import { didYouMean } from '../model/suggest.ts';
import { findFlaw } from './flaw.ts';
import { pointerToken } from './pointer.ts';
import { refusal } from './problem.ts';

const places: Readonly<Record<string, string>> = {
  body: 'body',
  querystring: 'query',
  params: 'path',
  headers: 'headers',
};

const load = createRequire(import.meta.url);

export function openValidation(): FastifySchemaCompiler<object> {
  const ajv = onFirstCall(openAjv);
  return ({ schema, httpPart }) => {
    const compiled = onFirstCall((): ValidateFunction => ajv().compile(schema));
    const place = places[httpPart ?? ''] ?? 'body';
    return (given: unknown) => {
      const isValid = compiled();
      const value = httpPart === 'querystring' ? readPlainly(given, schema) : given;
      if (isValid(value)) {
        // Bodies have been looked at before.
        const found = httpPart === 'body' ? undefined : findFlaw(value);
        return found ? { error: refusal({ ...found, in: place }) } : { value };
      }
      const [error] = isValid.errors ?? [];
      return { error: refusal(error ? errorAnswer(error, place) : unknownError(place)) };
    };
  };
}

/** What a query string can only write as a text. A blank, 0x10 or 1e3 is no number here: nobody wrote it as one. */
function readPlainly(query: unknown, schema: object): unknown {
  const properties: unknown = (schema as Record<string, unknown>)['properties'];
  if (!isObject(query) || !isObject(properties)) return query;
  const read = Object.entries(query).map(([name, text]) => [
    name,
    readText(text, member(member(properties, name), 'type')),
  ]);
  return Object.fromEntries(read);
}

function readText(text: unknown, type: unknown): unknown {
  if (typeof text !== 'string') return text;
  if (type === 'integer' && /^-?\d+$/.test(text)) return Number(text);
  return type === 'boolean' && (text === 'true' || text === 'false') ? text === 'true' : text;
}

function onFirstCall<T>(make: () => T): () => T {
  let made: { readonly value: T } | undefined;
  return () => {
    made ??= { value: make() };
    return made.value;
  };
}

function openAjv(): Ajv2020 {
  const { Ajv2020: Ajv } = load('ajv/dist/2020.js') as typeof import('ajv/dist/2020.js');
  const addFormats = load('ajv-formats') as (target: Ajv2020) => void;
  const ajv = new Ajv({
    useDefaults: true,
    discriminator: true,
    verbose: true,
    allowUnionTypes: true,
  });
  addFormats(ajv);
  return ajv;
}

const unknownError = (place: string): ProblemErrorAnswer => ({
  code: 'VALUE_INVALID',
  message: 'it does not fit its schema',
  pointer: '',
  in: place,
});

function errorAnswer(error: ErrorObject, place: string): ProblemErrorAnswer {
  const at = (name: unknown): string => `${error.instancePath}/${pointerToken(String(name))}`;
  const { params } = error;
  switch (error.keyword) {
    case 'additionalProperties': {
      const name = String(params['additionalProperty']);
      const message = `there is no field ${JSON.stringify(name)}${didYouMean(name, fieldsOf(error))}`;
      return { code: 'FIELD_UNKNOWN', message, pointer: at(name), in: place };
    }
    case 'required':
      return {
        code: 'FIELD_MISSING',
        message: `the field ${JSON.stringify(params['missingProperty'])} is missing`,
        pointer: at(params['missingProperty']),
        in: place,
      };
    case 'discriminator':
      return {
        code: params['error'] === 'mapping' ? 'VALUE_INVALID' : isAbsent(params) ? 'FIELD_MISSING' : 'TYPE_WRONG',
        message: `${JSON.stringify(params['tag'])} must be "completed" or "failed"`,
        pointer: at(params['tag']),
        in: place,
      };
    case 'enum': {
      const allowed = (params['allowedValues'] as unknown[]).map((value) => JSON.stringify(value));
      const message = `it must be one of ${allowed.join(', ')}${didYouMean(String(error.data), allowedTexts(params))}`;
      return { code: 'VALUE_INVALID', message, pointer: error.instancePath, in: place };
    }
    default:
      return {
        code: error.keyword === 'type' ? 'TYPE_WRONG' : 'VALUE_INVALID',
        message: `it ${error.message ?? 'does not fit its schema'}`,
        pointer: error.instancePath,
        in: place,
      };
  }
}

const isAbsent = (params: Record<string, unknown>): boolean => params['tagValue'] === undefined;

function fieldsOf(error: ErrorObject): string[] {
  const properties: unknown = error.parentSchema?.['properties'];
  return isObject(properties) ? Object.keys(properties) : [];
}

const allowedTexts = (params: Record<string, unknown>): string[] => (params['allowedValues'] as unknown[]).map(String);
