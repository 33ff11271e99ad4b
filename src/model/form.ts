import { deepEqual, isObject, type Json, type JsonObject } from '../kit/json.ts';
import type { Form, FormField, JsonSchema } from './definition.ts';

/**
 * What a form asks for, as the JSON Schema of its answer.
 *
 * An answer is an object with one member a field. A field that need not be filled in may be left out or null, as web
 * forms send it; a text that has to be is not empty. A file is small and stands in the answer, or is referred to.
 */
export function schemaOfForm(form: Form): JsonSchema {
  if ('schema' in form) return form.schema;
  return {
    type: 'object',
    properties: Object.fromEntries(form.fields.map((field) => [field.name, schemaOfField(field)])),
    required: form.fields.filter((field) => field.required).map((field) => field.name),
    additionalProperties: false,
  };
}

export function schemaOfField(field: FormField): JsonObject {
  const schema = filled(field);
  if (field.required) return schema;
  const values = schema['enum'];
  return Array.isArray(values) ? { enum: [...values, null] } : { ...schema, type: [schema['type'] as Json, 'null'] };
}

function filled({ type, required, options = [], min, max }: FormField): JsonObject {
  switch (type) {
    case 'text':
    case 'multiline':
      return { type: 'string', ...bounds({ minLength: min ?? (required ? 1 : undefined), maxLength: max }) };
    case 'number':
      return { type: 'number', ...bounds({ minimum: min, maximum: max }) };
    case 'boolean':
      return { type: 'boolean' };
    case 'date':
      return { type: 'string', format: 'date' };
    case 'select':
      return { enum: options.map((option) => option.value) };
    case 'file':
      return file;
  }
}

function bounds(given: Readonly<Record<string, number | undefined>>): JsonObject {
  return Object.fromEntries(Object.entries(given).filter(([, bound]) => bound !== undefined)) as JsonObject;
}

const file: JsonObject = {
  type: 'object',
  properties: {
    name: { type: 'string', minLength: 1 },
    type: { type: 'string' },
    /** Base64. */
    content: { type: 'string', pattern: '^[A-Za-z0-9+/]*={0,2}$' },
    url: { type: 'string', format: 'uri' },
  },
  required: ['name'],
  anyOf: [{ required: ['content'] }, { required: ['url'] }],
  additionalProperties: false,
};

/** Whether a value could be the answer to a field: the same rules, without compiling a schema for each. */
export function fitsField({ type, required, options = [], min, max }: FormField, value: Json): boolean {
  if (value === null) return !required;
  const isWithin = (size: number): boolean => size >= (min ?? size) && size <= (max ?? size);
  switch (type) {
    case 'text':
    case 'multiline':
      return typeof value === 'string' && isWithin([...value].length) && !(required && value === '');
    case 'number':
      return typeof value === 'number' && isWithin(value);
    case 'boolean':
      return typeof value === 'boolean';
    case 'date':
      return typeof value === 'string' && /^\d{4}-\d\d-\d\d$/.test(value) && !Number.isNaN(Date.parse(value));
    case 'select':
      return options.some((option) => deepEqual(option.value, value));
    case 'file':
      return isObject(value) && typeof value['name'] === 'string';
  }
}
