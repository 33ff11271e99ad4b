import { Ajv, type ErrorObject, type Options, type ValidateFunction } from 'ajv';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { Fault } from '../kit/fault.ts';
import { canonicalJson, emptyObject, isObject, type Json, member } from '../kit/json.ts';
import type { JsonSchema } from './definition.ts';
import { schemaErrorsMax, valueDepthMax } from './limits.ts';
import { formats, freeFormats } from './schema/formats.ts';
import { messageOf } from './schema/message.ts';
import { normalizeSchema, type SchemaProblem } from './schema/normalize.ts';
import { compilePattern } from './schema/pattern.ts';

/**
 * Checks values against JSON Schema 2020-12 (the default) or draft-07 (by `$schema`).
 *
 * The work of a check is bounded by the value: patterns run on RE2, formats on bounded texts, `uniqueItems` by hashing.
 * Only own members count, so a value cannot borrow one from a prototype, and no reference leaves the schema.
 */
export interface SchemaCheck {
  /** The value with defaults filled in (the very value where the schema has none), or what is wrong with it. */
  check(value: unknown): SchemaOutcome;
}

export type SchemaOutcome =
  | { readonly ok: true; readonly value: Json }
  | { readonly ok: false; readonly errors: readonly SchemaError[] };

export interface SchemaError {
  /** The keyword that was broken: `REQUIRED`, `TYPE`, `MIN_LENGTH` … */
  readonly code: string;
  readonly message: string;
  /** JSON pointer into the value. */
  readonly pointer: string;
}

/** Compiles a schema; `required: true` on properties is understood. Throws Fault `DEFINITION_INVALID` where it is none. */
export function compileSchema(written: JsonSchema): SchemaCheck {
  const { schema, problems, validate } = prepare(written);
  if (validate === undefined) throw invalid(problems);
  const fillsDefaults = mentions(schema, 'default');
  return { check: (value) => check(value, validate, fillsDefaults) };
}

/** The same schema in normal form, with everything that is wrong in it. Pointers lead into the schema as written. */
export function examineSchema(written: Json): { schema: JsonSchema; problems: readonly SchemaProblem[] } {
  const { schema, problems } = prepare(written);
  return { schema: schema as JsonSchema, problems };
}

interface Prepared {
  readonly schema: Json;
  /** Empty if and only if `validate` is there. */
  readonly problems: readonly SchemaProblem[];
  readonly validate?: ValidateFunction;
}

function prepare(written: Json): Prepared {
  const { schema, problems } = normalizeSchema(written);
  const told = new Set(problems.map((problem) => problem.pointer));
  const all = [...problems, ...metaProblems(schema).filter((problem) => !told.has(problem.pointer))];
  if (all.length > 0) return { schema, problems: all };
  try {
    return { schema, problems: [], validate: compile(schema) };
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    return { schema, problems: [{ pointer: '', message }] };
  }
}

const dialects = {
  'https://json-schema.org/draft/2020-12/schema': '2020-12',
  'http://json-schema.org/draft-07/schema': 'draft-07',
} as const;

type Dialect = (typeof dialects)[keyof typeof dialects];

function dialectOf(schema: unknown): Dialect | undefined {
  const named = member(schema, '$schema');
  if (named === undefined) return '2020-12';
  const key = String(named)
    .replace(/#$/, '')
    .replace('https://json-schema.org/draft-07', 'http://json-schema.org/draft-07');
  return Object.hasOwn(dialects, key) ? dialects[key as keyof typeof dialects] : undefined;
}

const options: Options = {
  allErrors: true,
  verbose: true,
  strict: false,
  logger: false,
  useDefaults: true,
  ownProperties: true,
  validateFormats: true,
  formats: { ...formats, ...Object.fromEntries(freeFormats.map((name) => [name, true])) },
  code: { regExp: Object.assign((source: string) => compilePattern(source), { code: 'pattern' }) },
};

/** Compiled once, for judging schemas; it never sees a user's schema as a schema. */
const judges = new Map<Dialect, Ajv>();

function judgeOf(dialect: Dialect): Ajv {
  const known = judges.get(dialect);
  if (known) return known;
  const judge =
    dialect === 'draft-07'
      ? new Ajv({ ...options, useDefaults: false })
      : new Ajv2020({ ...options, useDefaults: false });
  judges.set(dialect, judge);
  return judge;
}

function metaProblems(schema: Json): readonly SchemaProblem[] {
  if (!isObject(schema) && typeof schema !== 'boolean')
    return [{ pointer: '', message: 'a schema must be an object, true or false' }];
  const dialect = dialectOf(schema);
  if (dialect === undefined) {
    return [{ pointer: '/$schema', message: `"$schema" must be one of ${Object.keys(dialects).join(', ')}` }];
  }
  const judge = judgeOf(dialect);
  const validate = judge.getSchema(
    dialect === 'draft-07' ? 'http://json-schema.org/draft-07/schema' : 'https://json-schema.org/draft/2020-12/schema',
  );
  if (validate === undefined || validate(schema) === true) return [];
  return firstPerPlace(validate.errors ?? []).map((error) => ({
    pointer: error.instancePath,
    message: messageOf(error),
  }));
}

/** One problem a place. Alternatives that fail are told by the one that came furthest, else by their first. */
function firstPerPlace(errors: readonly ErrorObject[]): ErrorObject[] {
  const byPlace = new Map<string, ErrorObject>();
  for (const error of errors) {
    if (!byPlace.has(error.instancePath)) byPlace.set(error.instancePath, error);
  }
  for (const { keyword, instancePath } of errors) {
    const isToldBelow = [...byPlace.keys()].some((place) => place.startsWith(`${instancePath}/`));
    if (keyword === 'anyOf' && isToldBelow) byPlace.delete(instancePath);
  }
  return [...byPlace.values()];
}

/** A fresh instance each: schemas of different workflows may bear the same `$id`. */
function compile(schema: Json): ValidateFunction {
  const bare: Options = { ...options, meta: false, validateSchema: false };
  const ajv = dialectOf(schema) === 'draft-07' ? new Ajv(bare) : new Ajv2020(bare);
  ajv.removeKeyword('uniqueItems');
  ajv.addKeyword({
    keyword: 'uniqueItems',
    type: 'array',
    schemaType: 'boolean',
    validate: hasUniqueItems,
    errors: false,
  });
  if (!isObject(schema)) return ajv.compile(schema as boolean);
  const { $schema: _dialect, ...rest } = schema;
  return ajv.compile(rest);
}

function hasUniqueItems(wanted: boolean, items: readonly unknown[]): boolean {
  return !wanted || new Set(items.map(canonicalJson)).size === items.length;
}

function mentions(schema: Json, keyword: string): boolean {
  if (Array.isArray(schema)) return schema.some((item) => mentions(item, keyword));
  return (
    isObject(schema) &&
    Object.entries(schema).some(([key, value]) => key === keyword || mentions(value as Json, keyword))
  );
}

function check(value: unknown, validate: ValidateFunction, fillsDefaults: boolean): SchemaOutcome {
  if (isTooDeep(value, valueDepthMax)) {
    return {
      ok: false,
      errors: [{ code: 'DEPTH', pointer: '', message: `the value has more than ${valueDepthMax} levels` }],
    };
  }
  const subject = fillsDefaults ? copy(value) : value;
  try {
    if (validate(subject)) return { ok: true, value: subject as Json };
  } catch (error) {
    // A schema that refers to itself without end overflows the stack; nothing else may be thrown here.
    if (!(error instanceof RangeError)) throw error;
    return { ok: false, errors: [{ code: 'SCHEMA', pointer: '', message: 'the schema refers to itself without end' }] };
  }
  return { ok: false, errors: (validate.errors ?? []).slice(0, schemaErrorsMax).map(errorOf) };
}

function errorOf(error: ErrorObject): SchemaError {
  const code = error.keyword.replaceAll(/[A-Z]/g, (letter) => `_${letter}`).toUpperCase();
  return { code, message: messageOf(error), pointer: error.instancePath };
}

function isTooDeep(value: unknown, levels: number): boolean {
  if (typeof value !== 'object' || value === null) return false;
  if (levels === 0) return true;
  return Object.values(value).some((each) => isTooDeep(each, levels - 1));
}

/** Defaults go into a copy, whose objects have no prototype to reach. */
function copy(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(copy);
  if (!isObject(value)) return value;
  const members = emptyObject<unknown>();
  for (const [name, each] of Object.entries(value)) members[name] = copy(each);
  return members;
}

function invalid(problems: readonly SchemaProblem[]): Fault {
  const [first] = problems;
  return new Fault('DEFINITION_INVALID', `the schema is invalid at "${first?.pointer}": ${first?.message}`, {
    detail: { problems },
  });
}
