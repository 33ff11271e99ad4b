import { emptyObject, isObject, type Json, type JsonObject } from '../../kit/json.ts';
import { depthMax, patternsMax, subschemasMax } from '../limits.ts';
import { pointerPart } from '../yaml/tree.ts';
import { patternFault } from './pattern.ts';

/**
 * A schema as users write it to one that JSON Schema knows: `required: true` on a property becomes an entry of the
 * parent's `required`. On the way it finds what a meta-schema cannot say: patterns beyond RE2, references out of the
 * document, a property that would reach a prototype.
 */
export interface SchemaProblem {
  readonly message: string;
  /** Into the schema as written. */
  readonly pointer: string;
}

export interface NormalizedSchema {
  readonly schema: Json;
  readonly problems: readonly SchemaProblem[];
}

export function normalizeSchema(written: Json): NormalizedSchema {
  const problems: SchemaProblem[] = [];
  const schema = normalize(written, { pointer: '', depth: 1, problems, counts: { schemas: 0, patterns: 0 } });
  return { schema, problems };
}

interface Walk {
  readonly pointer: string;
  readonly depth: number;
  readonly problems: SchemaProblem[];
  readonly counts: { schemas: number; patterns: number };
}

/** Keywords whose value is a schema, a list of schemas, or either. */
const schemaKeywords: ReadonlySet<string> = new Set([
  'items',
  'additionalItems',
  'prefixItems',
  'unevaluatedItems',
  'contains',
  'additionalProperties',
  'propertyNames',
  'unevaluatedProperties',
  'not',
  'if',
  'then',
  'else',
  'allOf',
  'anyOf',
  'oneOf',
]);

/** Keywords whose value is an object of schemas. */
const tableKeywords: ReadonlySet<string> = new Set([
  'properties',
  'patternProperties',
  '$defs',
  'definitions',
  'dependentSchemas',
  'dependencies',
]);

const below = (walk: Walk, key: string | number): Walk => ({
  pointer: `${walk.pointer}/${pointerPart(key)}`,
  depth: walk.depth + 1,
  problems: walk.problems,
  counts: walk.counts,
});

function normalize(written: Json, walk: Walk): Json {
  if (walk.depth > depthMax) {
    walk.problems.push({ pointer: walk.pointer, message: `the schema has more than ${depthMax} levels: use "$defs"` });
    return true;
  }
  if (Array.isArray(written)) return written.map((item, index) => normalize(item, below(walk, index)));
  if (!isObject(written)) return written;
  walk.counts.schemas += 1;
  if (walk.counts.schemas > subschemasMax) {
    reportOnce(
      walk,
      walk.counts.schemas === subschemasMax + 1,
      `the schema holds more than ${subschemasMax} schemas: use "$defs"`,
    );
    return true;
  }
  const schema = written as JsonObject;
  const result = emptyObject<Json>();
  for (const [keyword, value] of Object.entries(schema)) {
    result[keyword] = normalizeKeyword(keyword, value, below(walk, keyword));
  }
  return withRequired(result, schema);
}

function normalizeKeyword(keyword: string, value: Json, walk: Walk): Json {
  reportKeyword(keyword, value, walk);
  if (schemaKeywords.has(keyword)) return normalize(value, walk);
  if (!tableKeywords.has(keyword) || !isObject(value)) return value;
  const table = emptyObject<Json>();
  for (const [name, schema] of Object.entries(value as JsonObject)) {
    const at = below(walk, name);
    if (name === '__proto__')
      walk.problems.push({ pointer: at.pointer, message: 'the name "__proto__" is reserved: choose another' });
    else if (keyword === 'patternProperties') reportPattern(name, at);
    table[name] =
      keyword === 'dependencies' && Array.isArray(schema) ? schema : withoutFlag(normalize(schema, at), keyword);
  }
  return table;
}

function reportKeyword(keyword: string, value: Json, walk: Walk): void {
  if (keyword === 'pattern' && typeof value === 'string') reportPattern(value, walk);
  if ((keyword === '$ref' || keyword === '$dynamicRef') && typeof value === 'string' && !value.startsWith('#')) {
    walk.problems.push({
      pointer: walk.pointer,
      message: `"${keyword}" must stay in the document ("#/$defs/…"), it is "${value}"`,
    });
  }
}

function reportPattern(source: string, walk: Walk): void {
  walk.counts.patterns += 1;
  if (walk.counts.patterns > patternsMax) {
    reportOnce(
      walk,
      walk.counts.patterns === patternsMax + 1,
      `the schema holds more than ${patternsMax} patterns: leave some out`,
    );
    return;
  }
  const message = patternFault(source);
  if (message !== undefined) walk.problems.push({ pointer: walk.pointer, message });
}

function reportOnce({ pointer, problems }: Walk, isFirst: boolean, message: string): void {
  if (isFirst) problems.push({ pointer, message });
}

/** The flag has moved to the parent. */
function withoutFlag(schema: Json, keyword: string): Json {
  if (keyword !== 'properties' || !isObject(schema) || typeof schema['required'] !== 'boolean') return schema;
  const { required: _flag, ...rest } = schema as JsonObject;
  return Object.assign(emptyObject(), rest);
}

function withRequired(result: Record<string, Json>, written: JsonObject): JsonObject {
  const properties = written['properties'];
  const listed = written['required'];
  if (!isObject(properties) || (listed !== undefined && !Array.isArray(listed) && typeof listed !== 'boolean'))
    return result;
  const flagged = Object.entries(properties as JsonObject).flatMap(([name, schema]) =>
    isObject(schema) && schema['required'] === true ? [name] : [],
  );
  if (flagged.length > 0) result['required'] = [...new Set([...(Array.isArray(listed) ? listed : []), ...flagged])];
  return result;
}
