/**
 * Checks requests against the schemas of the contract and says what is wrong with them.
 *
 * It stops at the first mistake on purpose: collecting them all would let a large wrong body cost far more than its
 * size. Only query strings are coerced; nothing is ever removed.
 */
import { Ajv2020, type ErrorObject } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import type { FastifySchemaCompiler } from 'fastify';
import type { ProblemErrorAnswer } from '../contract/problem.ts';
import { isObject } from '../kit/json.ts';
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

export function openValidation(): FastifySchemaCompiler<object> {
  const exact = openAjv(false);
  const coercing = openAjv(true);
  return ({ schema, httpPart }) => {
    const isValid = (httpPart === 'body' ? exact : coercing).compile(schema);
    const place = places[httpPart ?? ''] ?? 'body';
    return (value: unknown) => {
      if (isValid(value)) {
        // After coercion: 1e999 has become a number that passes every bound.
        const found = httpPart === 'body' ? undefined : findFlaw(value);
        return found ? { error: refusal({ ...found, in: place }) } : { value };
      }
      const [error] = isValid.errors ?? [];
      return { error: refusal(error ? errorAnswer(error, place) : unknownError(place)) };
    };
  };
}

function openAjv(coerceTypes: boolean): Ajv2020 {
  const ajv = new Ajv2020({
    coerceTypes,
    useDefaults: true,
    discriminator: true,
    verbose: true,
    allowUnionTypes: true,
  });
  // The package is CommonJS: its types name the default, its module is the function.
  (addFormats as unknown as (target: Ajv2020) => void)(ajv);
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
        code: params['error'] === 'tag' ? 'FIELD_MISSING' : 'VALUE_INVALID',
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

function fieldsOf(error: ErrorObject): string[] {
  const properties: unknown = error.parentSchema?.['properties'];
  return isObject(properties) ? Object.keys(properties) : [];
}

const allowedTexts = (params: Record<string, unknown>): string[] => (params['allowedValues'] as unknown[]).map(String);
