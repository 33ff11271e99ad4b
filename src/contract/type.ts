/**
 * The builders of schemas: TypeBox's types, and the JSON Schema that TypeBox makes of them, as plain objects.
 *
 * TypeBox itself is 373 modules of a type system at run time, which nothing here asks: every start would load them. The
 * compiler reads its types alone; `type.test.ts` holds these builders against it.
 */
import type { Type as TypeBox } from 'typebox';

type Builder =
  | 'Array'
  | 'Boolean'
  | 'Enum'
  | 'Integer'
  | 'Literal'
  | 'Null'
  | 'Number'
  | 'Object'
  | 'Optional'
  | 'String'
  | 'Union'
  | 'Unknown'
  | 'Unsafe';

type Schema = Readonly<Record<string, unknown>>;

/** Members of objects that may be absent. A mark beside the schema, so that it is not part of what is published. */
const optional = new WeakSet<Schema>();

function markOptional(schema: Schema): Schema {
  const marked = { ...schema };
  optional.add(marked);
  return marked;
}

function objectOf(properties: Readonly<Record<string, Schema>>, options: Schema = {}): Schema {
  const required = Object.entries(properties).flatMap(([name, schema]) => (optional.has(schema) ? [] : [name]));
  return { type: 'object', ...(required.length > 0 ? { required } : {}), properties, ...options };
}

const builders: Readonly<Record<Builder, (...given: never[]) => Schema>> = {
  Array: (items: Schema, options: Schema = {}) => ({ type: 'array', items, ...options }),
  Boolean: (options: Schema = {}) => ({ type: 'boolean', ...options }),
  Enum: (values: readonly string[], options: Schema = {}) => ({ enum: values, ...options }),
  Integer: (options: Schema = {}) => ({ type: 'integer', ...options }),
  Literal: (value: unknown, options: Schema = {}) => ({ type: typeof value, const: value, ...options }),
  Null: (options: Schema = {}) => ({ type: 'null', ...options }),
  Number: (options: Schema = {}) => ({ type: 'number', ...options }),
  Object: objectOf,
  Optional: markOptional,
  String: (options: Schema = {}) => ({ type: 'string', ...options }),
  Union: (anyOf: readonly Schema[], options: Schema = {}) => ({ anyOf, ...options }),
  Unknown: (options: Schema = {}) => options,
  Unsafe: (schema: Schema) => schema,
};

export const Type = builders as unknown as Pick<typeof TypeBox, Builder>;
