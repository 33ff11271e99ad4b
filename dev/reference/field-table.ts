/** An object of the published schema as a table: each field, those inside it after it. */
import { isObject, type Json, type JsonObject, member } from '../../src/kit/json.ts';

export interface FieldRow {
  readonly name: string;
  readonly aliases: readonly string[];
  readonly type: string;
  readonly needed: boolean;
  readonly doc: string;
}

/** Objects inside objects inside a field are named and not shown. */
const depthMax = 2;

export function fieldRows(schema: JsonObject, prefix = '', depth = 0): readonly FieldRow[] {
  const properties = Object.entries((schema['properties'] ?? {}) as JsonObject) as [string, JsonObject][];
  const needed = neededOf(schema);
  const aliasesOf = (name: string): readonly string[] =>
    properties.flatMap(([other, { description }]) =>
      String(description).startsWith(`Same as \`${name}\`.`) ? [other] : [],
    );
  return properties
    .filter(([, { description }]) => !String(description).startsWith('Same as `'))
    .flatMap(([name, field]) => [
      {
        name: `${prefix}${name}`,
        aliases: aliasesOf(name),
        type: typeOf(field),
        needed: needed.has(name),
        doc: String(field['description']),
      },
      ...(depth < depthMax ? insideOf(field, `${prefix}${name}`, depth + 1) : []),
    ]);
}

/** Of a field that may be needed by any of its names, the first stands for all. */
function neededOf(schema: JsonObject): ReadonlySet<string> {
  const byAlias = ((schema['allOf'] ?? []) as readonly JsonObject[]).flatMap(({ anyOf }) =>
    ((anyOf ?? []) as readonly JsonObject[]).flatMap(({ required }) => (required ?? []) as readonly string[]),
  );
  return new Set([...((schema['required'] ?? []) as readonly string[]), ...byAlias]);
}

function insideOf(field: JsonObject, name: string, depth: number): readonly FieldRow[] {
  if (isObject(field['properties'])) return fieldRows(field, `${name}.`, depth);
  const items = field['items'];
  if (isObject(items)) return insideOf(items as JsonObject, `${name}[]`, depth);
  const seen = new Set<string>();
  return ((field['anyOf'] ?? []) as readonly JsonObject[])
    .flatMap((each) => insideOf(each, name, depth))
    .filter((row) => !seen.has(row.name) && seen.add(row.name));
}

/** A type in a few words. */
function typeOf(schema: Json): string {
  const { $ref, anyOf, type, items } = (isObject(schema) ? schema : {}) as JsonObject;
  const choices = member(schema, 'enum') as readonly Json[] | undefined;
  if (typeof $ref === 'string') return typeOfReference($ref.replace('#/$defs/', ''));
  if (choices) return choices.map((each) => `\`${String(each)}\``).join(', ');
  if (Array.isArray(anyOf)) return [...new Set(anyOf.map(typeOf))].join(' or ');
  if (Array.isArray(type)) return type.includes('boolean') && type.length === 2 ? 'expression' : type.join(' or ');
  switch (type) {
    case 'array':
      return `list of ${typeOf(items ?? {})}`;
    case 'string':
      return JSON.stringify(member(schema, 'examples') ?? '').includes('15s') ? 'duration' : 'text';
    case 'integer':
      return `whole number${boundsOf(schema)}`;
    case 'number':
      return `number${boundsOf(schema)}`;
    case 'boolean':
      return 'true or false';
    case 'object':
      return 'object';
    default:
      return member(schema, 'const') === undefined ? 'any value' : `\`${String(member(schema, 'const'))}\``;
  }
}

function typeOfReference(name: string): string {
  if (name === 'steps') return 'list of steps';
  if (name === 'step' || name === 'handler') return 'a step';
  return `[${name.replace('-', ' ')}](README.md#${name})`;
}

function boundsOf(schema: Json): string {
  const [least, most] = [member(schema, 'minimum'), member(schema, 'maximum')];
  if (typeof most === 'number') return `, ${Number(least)} to ${most.toLocaleString('en')}`;
  return typeof least === 'number' ? ` from ${least}` : '';
}

/** `Default 5.` inside the words of a field goes into its own column. */
const defaultForm = / ?(?:Default:? )((?:[^.`]|\.\d|`[^`]*`)+)\.$/;

export function fieldTable(rows: readonly FieldRow[]): string {
  const lines = rows.map(({ name, aliases, type, needed, doc }) => {
    const byDefault = needed ? 'required' : (defaultForm.exec(doc)?.[1] ?? '');
    const names = [name, ...aliases].map((each) => `\`${each}\``).join(', ');
    return `| ${[names, type, byDefault, doc.replace(defaultForm, '')].map(cell).join(' | ')} |`;
  });
  return ['| field | type | default | |', '|---|---|---|---|', ...lines].join('\n');
}

const cell = (text: string): string => text.replaceAll('|', '\\|');
