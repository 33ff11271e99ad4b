import { emptyObject } from '../../kit/json.ts';
import type { Form, FormField } from '../definition.ts';
import { template } from '../fields/expression.ts';
import { type Fields, object, optional, type Read, required } from '../fields/field.ts';
import { boolean, choice, either, json, type Kind, list, map, number, text } from '../fields/kind.ts';
import { plainName } from '../fields/name.ts';
import { schema } from '../fields/schema.ts';
import { fitsField } from '../form.ts';
import { formFieldsMax, formOptionsMax } from '../limits.ts';
import { purposes, type Sink } from '../sink.ts';
import { findEntry, isList, isMap, itemSpots, type Spot, textOf } from '../yaml/tree.ts';

/** The form of a human task: a list of fields, or a JSON Schema. */
const option = either(
  (spot) => isMap(spot),
  object('an option', {
    value: required('value', json, 'What the answer holds.'),
    label: optional('label', text, 'For people.'),
  } satisfies Fields),
  map(json, (value) => ({ value })),
);

const anyNumber = number({ min: -1e15, max: 1e15 });

const fieldFields = {
  name: required('name', plainName, 'The member of the answer.'),
  type: required(
    'type',
    choice('text', 'number', 'boolean', 'date', 'select', 'multiline', 'file'),
    'How it is asked.',
  ),
  label: optional('label', text, 'For people.'),
  description: optional('description', text, 'More for people.'),
  required: optional('required', boolean, 'Whether an answer must have it. Default false.'),
  options: optional('options', list(option, { min: 1, max: formOptionsMax }), 'With select.'),
  min: optional('min', anyNumber, 'Of a number, or of the length of a text.'),
  max: optional('max', anyNumber, 'Of a number, or of the length of a text.'),
  default: optional('default', template(purposes.value), 'What stands there at first.'),
} satisfies Fields;

const field: Kind<FormField> = {
  ...object('a field of a form', fieldFields),
  read(spot, sink) {
    const read = object('a field of a form', fieldFields).read(spot, sink);
    if (read?.name === undefined || read.type === undefined) return undefined;
    const { options, name, type, ...rest } = read;
    const given = options?.map(({ value = null, ...more }) => ({ value, ...more }));
    const found: FormField = { ...rest, name, type, ...(given === undefined ? {} : { options: given }) };
    if (isSound(read, spot, sink)) reportDefault(found, spot, sink);
    return found;
  },
};

const bounded: ReadonlySet<string> = new Set(['text', 'multiline', 'number']);

/** Fields of a field that belong to its type, and bounds that something fits between. */
function isSound({ type, options, min, max }: Read<typeof fieldFields>, spot: Spot, sink: Sink): boolean {
  const foreign = type === 'select' ? [] : ['options'];
  if (!bounded.has(type ?? '')) foreign.push('min', 'max');
  const entries = foreign.flatMap((name) => findEntry(spot, name) ?? []);
  for (const entry of entries) sink.report('FIELD_CONFLICT', entry, `a ${type} field has no "${entry.key}": remove it`);
  const isEmpty = type === 'select' && options === undefined && findEntry(spot, 'options') === undefined;
  if (isEmpty) sink.report('FIELD_MISSING', spot, 'a select field needs "options": what there is to choose from');
  const isCrossed = min !== undefined && max !== undefined && min > max;
  if (isCrossed) sink.report('VALUE_INVALID', findEntry(spot, 'max') ?? spot, `"max" is ${max}, below "min", ${min}`);
  return entries.length === 0 && !isEmpty && !isCrossed;
}

/** A default that holds no expression is judged like an answer. */
function reportDefault(found: FormField, spot: Spot, sink: Sink): void {
  const entry = findEntry(spot, 'default');
  if (entry === undefined || found.default === undefined || JSON.stringify(found.default).includes('$')) return;
  if (fitsField(found, found.default)) return;
  sink.report('VALUE_INVALID', entry, `a ${found.type} field takes no such answer: give it one that it takes`);
}

const fields: Kind<readonly FormField[]> = {
  ...list(field, { min: 1, max: formFieldsMax }),
  read(spot, sink) {
    reportDoubles(spot, sink);
    return list(field, { min: 1, max: formFieldsMax }).read(spot, sink);
  },
};

function reportDoubles(spot: Spot, sink: Sink): void {
  if (!isList(spot)) return;
  const seen = emptyObject<true>();
  for (const item of itemSpots(spot)) {
    const entry = findEntry(item, 'name');
    const name = entry && textOf(entry);
    if (entry === undefined || name === undefined) continue;
    if (seen[name]) sink.report('NAME_DUPLICATE', entry, `two fields are called "${name}": rename one`);
    seen[name] = true;
  }
}

/** Words one of which every useful schema holds; without them an object is probably meant as fields by their names. */
const schemaWords = ['type', 'properties', '$ref', 'enum', 'const', 'anyOf', 'oneOf', 'allOf'];

const answerSchema: Kind<Form> = {
  ...map(schema, (found) => ({ schema: found })),
  read(spot, sink) {
    if (isMap(spot) && !schemaWords.some((word) => findEntry(spot, word) !== undefined)) {
      const message = `"${spot.key}" must be a list of fields ({name, type, …}), or a JSON Schema with "type"`;
      sink.report('VALUE_INVALID', spot, message);
      return undefined;
    }
    const found = schema.read(spot, sink);
    return found === undefined ? undefined : { schema: found };
  },
};

export const form: Kind<Form> = either(
  (spot) => isList(spot),
  map(fields, (found) => ({ fields: found })),
  answerSchema,
);
