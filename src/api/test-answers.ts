/** Holds answers against the schemas of their routes: for tests, because nothing checks answers while the server runs. */
import assert from 'node:assert/strict';
import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import { isObject } from '../kit/json.ts';
import type { DocumentedRoute } from './docs/openapi.ts';

export interface Answered {
  readonly method: string;
  readonly url: string;
  readonly status: number;
  readonly body: unknown;
}

/** Fails where an answer does not fit its schema, or holds a member that its schema does not name. */
export type CheckAnswer = (answered: Answered) => void;

export function openAnswerCheck(routes: readonly DocumentedRoute[]): CheckAnswer {
  const ajv = new Ajv2020({ strict: false });
  (addFormats as unknown as (target: Ajv2020) => void)(ajv);
  const compiled = new Map<object, ValidateFunction>();
  const validatorOf = (schema: object): ValidateFunction => {
    const found = compiled.get(schema) ?? ajv.compile(closed(schema) as object);
    compiled.set(schema, found);
    return found;
  };
  return ({ method, url, status, body }) => {
    const path = (url.split('?')[0] ?? '').replace(/^\/api\/v2\//, '/api/v1/');
    const fits = (route: DocumentedRoute): boolean =>
      route.method === method && new RegExp(`^${route.url.replace(/:\w+/g, '[^/]+')}$`).test(path);
    const route = routes.find((each) => each.method === method && each.url === path) ?? routes.find(fits);
    const responses = route?.schema['response'] as Readonly<Record<string, object>> | undefined;
    const schema = responses?.[status];
    if (schema === undefined) return;
    const isValid = validatorOf(schema);
    assert.ok(isValid(body), `${method} ${url}: ${ajv.errorsText(isValid.errors)}`);
  };
}

/** The same, and no member beside those that are named. */
function closed(schema: unknown): unknown {
  if (Array.isArray(schema)) return schema.map(closed);
  if (!isObject(schema)) return schema;
  const inner = Object.fromEntries(Object.entries(schema).map(([name, value]) => [name, closed(value)]));
  return 'properties' in schema ? { additionalProperties: false, ...inner } : inner;
}
