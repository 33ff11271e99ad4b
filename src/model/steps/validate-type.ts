import { compilePattern } from '../../expression/pattern.ts';
import type { QualityRule, QualityTest } from '../definition.ts';
import { expression, template } from '../fields/expression.ts';
import { type Fields, object, optional, type Read, required } from '../fields/field.ts';
import { choice, type Kind, list, oneOrMore, reportType, text } from '../fields/kind.ts';
import { memberPath } from '../fields/member-path.ts';
import { plainName } from '../fields/name.ts';
import { schema } from '../fields/schema.ts';
import { qualityRulesMax } from '../limits.ts';
import { type Purpose, purposes, type Sink } from '../sink.ts';
import { findEntry, isList, itemSpots, type Spot, textOf } from '../yaml/tree.ts';
import { reportExactlyOne } from './basic-types.ts';
import { recordedFields } from './step-fields.ts';
import { stepType } from './step-type.ts';

/** `validate`: checks data as a whole, and item by item by rules that are counted. */
const roots = ['item', 'index'];
const onItem: Purpose = { ...purposes.condition, roots };

const edge: Kind<number | string> = {
  expected: 'a number or a text, which may be an expression',
  read(spot, sink) {
    const value = template(purposes.value).read(spot, sink);
    if (value === undefined || typeof value === 'number' || typeof value === 'string') return value;
    return reportType(spot, sink, edge.expected);
  },
  schema: () => ({ type: ['number', 'string'] }),
};

const range: Kind<QualityTest> = built(
  object('a range', {
    field: required('field', memberPath, 'Which member.'),
    min: optional('min', edge, 'The least, included: a number or a text, or an expression that gives one.'),
    max: optional('max', edge, 'The most, included.'),
  } satisfies Fields),
  ({ field, min, max }, spot, sink) => {
    if (findEntry(spot, 'min') === undefined && findEntry(spot, 'max') === undefined) {
      sink.report('FIELD_MISSING', spot, 'a range needs "min" or "max"');
      return undefined;
    }
    return (
      field && { kind: 'range', field, ...(min === undefined ? {} : { min }), ...(max === undefined ? {} : { max }) }
    );
  },
);

const reference: Kind<QualityTest> = built(
  object('a reference', {
    field: required('field', memberPath, 'Which member.'),
    in: required('in', template(purposes.value), 'The list that must hold its value.'),
  } satisfies Fields),
  ({ field, in: known }) => field && known !== undefined && { kind: 'reference', field, in: known },
);

const pattern: Kind<string> = {
  expected: 'a regular expression (RE2 syntax)',
  read(spot, sink) {
    const source = text.read(spot, sink);
    const fault = source === undefined ? undefined : patternFault(source);
    if (fault !== undefined) sink.report('VALUE_INVALID', spot, fault);
    return fault === undefined ? source : undefined;
  },
  schema: () => ({ type: 'string', minLength: 1 }),
};

function patternFault(source: string): string | undefined {
  try {
    return compilePattern(source) ? undefined : `"${source.slice(0, 60)}" is no regular expression (RE2 syntax)`;
  } catch (fault) {
    return (fault as Error).message;
  }
}

const patterned: Kind<QualityTest> = built(
  object('a pattern', {
    field: required('field', memberPath, 'Which member.'),
    pattern: required('pattern', pattern, 'What is found in its text; ^ and $ are its ends.'),
  } satisfies Fields),
  ({ field, pattern: source }) => field && source && { kind: 'pattern', field, pattern: source },
);

const fieldsOf = (kind: 'unique' | 'required'): Kind<QualityTest> =>
  built(oneOrMore(memberPath, { max: 20 }), (fields) => ({ kind, fields }));

/** By the field that each stands in. */
const tests = {
  condition: optional('condition', expression(onItem), 'A test on `$.item`.'),
  range: optional('range', range, 'A member is between two values.'),
  unique: optional('unique', fieldsOf('unique'), 'No two items have the same value there.'),
  reference: optional('reference', reference, 'The value of a member is in a list.'),
  required: optional('required', fieldsOf('required'), 'Members are there and not null.'),
  pattern: optional('pattern', patterned, 'The text of a member matches.'),
} satisfies Fields;

const rule: Kind<QualityRule> = built(
  object('a quality rule', {
    name: required('name', plainName, 'The name it is counted by.'),
    ...tests,
    severity: optional('severity', choice('error', 'warning'), 'What breaking it means. Default error.'),
    message: optional('message', template({ ...purposes.value, roots }), 'For people.'),
  } satisfies Fields),
  (read, spot, sink) => {
    reportExactlyOne(spot, sink, Object.keys(tests), 'the rule');
    const test = testOf(read);
    const { name, severity = 'error', message } = read;
    return name && test && { name, severity, test, ...(message === undefined ? {} : { message }) };
  },
);

function testOf(read: Read<typeof tests>): QualityTest | undefined {
  if (read.condition !== undefined) return { kind: 'condition', condition: read.condition };
  return read.range ?? read.unique ?? read.reference ?? read.required ?? read.pattern;
}

/** The same rule, read further; what `make` leaves out has been reported. */
function built<A, B>(kind: Kind<A>, make: (read: A, spot: Spot, sink: Sink) => B | undefined | '' | false): Kind<B> {
  return {
    expected: kind.expected,
    read(spot, sink) {
      const read = kind.read(spot, sink);
      return read === undefined ? undefined : make(read, spot, sink) || undefined;
    },
    schema: () => kind.schema(),
  };
}

/** Names that the result counts schemas by. */
const schemaRules: ReadonlySet<string> = new Set(['schema', 'item_schema']);

export const validateType = stepType({
  name: 'validate',
  doc: 'Checks data against schemas and rules of quality.',
  common: recordedFields,
  own: {
    data: optional('data', template(purposes.value), 'What is checked: a list of items, or one. Default: the input.'),
    schema: optional('schema', schema, 'What the data must be as a whole.'),
    itemSchema: optional('item_schema', schema, 'What each item must be.'),
    rules: optional('rules', list(rule, { min: 1, max: qualityRulesMax }), 'Rules for each item, counted and shown.'),
    onInvalid: optional('on_invalid', choice('fail', 'continue'), 'What the step does then. Default fail.'),
  } satisfies Fields,
  draft({ rules = [], onInvalid = 'fail', ...own }, { spot, sink }) {
    const written = ['schema', 'item_schema', 'rules'].some((name) => findEntry(spot, name));
    if (!written) sink.report('FIELD_MISSING', spot, 'the step needs "rules", "schema" or "item_schema"');
    reportNames(spot, sink);
    return { build: (common) => ({ ...common, ...own, type: 'validate', rules, onInvalid }) };
  },
});

function reportNames(spot: Spot, sink: Sink): void {
  const rules = findEntry(spot, 'rules');
  if (!rules || !isList(rules)) return;
  const seen = new Set<string>();
  for (const each of itemSpots(rules)) {
    const named = findEntry(each, 'name');
    const name = named && textOf(named);
    if (!named || !name) continue;
    if (seen.has(name)) sink.report('NAME_DUPLICATE', named, `two rules are called "${name}": rename one`);
    if (schemaRules.has(name))
      sink.report('NAME_RESERVED', named, `the name "${name}" counts a schema: choose another`);
    seen.add(name);
  }
}
