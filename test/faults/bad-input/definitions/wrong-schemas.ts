/** JSON Schemas that are none, or that ask for what is not to be had; each as the value of `input_schema`. */
import type { WrongValue } from './wrong-values.ts';

const invalid = (marked: string, below: string): WrongValue => ['SCHEMA_INVALID', marked, below];

/** Keywords and a value that each must not have. */
const wrongKeywords: Readonly<Record<string, readonly string[]>> = {
  type: ['strin', '1', 'null', '[]', 'String'],
  properties: ['7', '[a]', 'text'],
  required: ['email', '[a, a]', '7'],
  minLength: ['-1', '1.5', '"1"'],
  maxLength: ['-1', 'null', '[1]'],
  minimum: ['"1"', 'true', '[1]'],
  maximum: ['"1"', 'null'],
  exclusiveMinimum: ['true', '"0"'],
  exclusiveMaximum: ['true'],
  multipleOf: ['0', '-1', '"2"'],
  pattern: ['7', '"("', '"(?=a)"', '"(a)\\\\1"', '"(?<!a)b"', '"["', '"a{2,1}"', '"*"'],
  items: ['7', 'text'],
  prefixItems: ['[]', '7', '{}'],
  minItems: ['-1', '"1"', '0.5'],
  maxItems: ['-1', 'true'],
  uniqueItems: ['1', '"yes"'],
  contains: ['7'],
  minContains: ['-1'],
  additionalProperties: ['7', 'text'],
  patternProperties: ['7', '[a]'],
  propertyNames: ['7'],
  minProperties: ['-1', '"1"'],
  maxProperties: ['-1'],
  dependentRequired: ['7', '[a]'],
  dependentSchemas: ['7'],
  allOf: ['{}', '[]', '7'],
  anyOf: ['{}', '[]'],
  oneOf: ['7', '[]'],
  not: ['7'],
  if: ['text'],
  enum: ['7', 'text'],
  format: ['7', '[email]'],
  title: ['7'],
  description: ['[a]'],
  $ref: ['7', '"https://example.com/a.json"', '"other.json#/a"'],
  $defs: ['7', '[a]'],
  $schema: ['"http://json-schema.org/draft-04/schema#"', '"nonsense"'],
  deprecated: ['1'],
  readOnly: ['"no"'],
};

const nested: readonly WrongValue[] = [
  invalid('{properties: {a: «text}}', '/properties/a'),
  invalid('{properties: {a: {type: «text}}}', '/properties/a/type'),
  invalid('{properties: {a: {properties: {b: {minLength: «-1}}}}}', '/properties/a/properties/b/minLength'),
  invalid('{items: {type: «text}}', '/items/type'),
  invalid('{allOf: [{}, {type: «text}]}', '/allOf/1/type'),
  invalid('{$defs: {a: {pattern: «"("}}}', '/$defs/a/pattern'),
  invalid('{patternProperties: {"(": «{}}}', '/patternProperties/('),
  invalid('{type: [«strin]}', '/type/0'),
  invalid('{type: [string, «7]}', '/type/1'),
  invalid('{required: [a, «1]}', '/required/1'),
  invalid('{not: {required: «a}}', '/not/required'),
  invalid('{properties: {"a/b": {type: «text}}}', '/properties/a~1b/type'),
  invalid('«{$ref: "#/$defs/nobody"}', ''),
];

export const schemaValues: readonly WrongValue[] = [
  ['TYPE_WRONG', '«text'],
  ['TYPE_WRONG', '«7'],
  ['TYPE_WRONG', '«null'],
  ['TYPE_WRONG', '«[a]'],
  ...Object.entries(wrongKeywords).flatMap(([keyword, values]) =>
    values.map((value) => invalid(`{${keyword}: «${value}}`, `/${keyword}`)),
  ),
  ...nested,
];
