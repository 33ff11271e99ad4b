import type { ErrorAction, ErrorHandling, ErrorRule } from '../definition.ts';
import { expression } from '../fields/expression.ts';
import { type Fields, fieldsSchema, object, optional, type Read, readFields, required } from '../fields/field.ts';
import { choice, either, jsonObject, type Kind, list, map, text } from '../fields/kind.ts';
import { stepReference } from '../fields/name.ts';
import { rulesMax } from '../limits.ts';
import { purposes } from '../sink.ts';
import { failureFields } from '../steps/basic-types.ts';
import { actionSteps, type NamedSteps } from '../steps/compensate.ts';
import type { DraftStep } from '../steps/draft.ts';
import { findEntry, isList, isMap, textOf } from '../yaml/tree.ts';

/**
 * `error_handling`: a list of rules, or `{rules, compensation, dead_letter}`. Steps written inside it are handlers of the
 * root list; what named them keeps their names.
 */
export interface DraftErrorHandling {
  readonly value: ErrorHandling;
  readonly hoisted: readonly DraftStep[];
}

interface DraftRule {
  readonly value: ErrorRule;
  readonly hoisted: readonly DraftStep[];
}

interface DraftAction {
  readonly value: ErrorAction;
  readonly hoisted: readonly DraftStep[];
}

const type = optional('type', text, 'What the action does.');

/** Fields and normal form by type of action; absent fields were reported before `build` matters. */
interface ActionType {
  readonly fields: Fields;
  build(read: Readonly<Record<string, unknown>>): ErrorAction;
}

const bare = (action: ErrorAction): ActionType => ({ fields: { type }, build: () => action });

const failureAction = (name: 'return_error' | 'fail'): ActionType => {
  const fields = { type, ...failureFields };
  return {
    fields,
    build(read) {
      const { code, message, details } = read as Read<typeof fields>;
      return {
        type: name,
        ...(code === undefined ? {} : { code }),
        ...(message === undefined ? {} : { message }),
        ...(details === undefined ? {} : { details }),
      };
    },
  };
};

const gotoFields = { type, step: required('step', stepReference('goto'), 'Where to go on.') } satisfies Fields;
const compensateFields = {
  type,
  steps: optional(
    'steps',
    actionSteps,
    'Names of steps, or steps. Default: the `compensate` blocks of the completed steps, last first.',
  ),
} satisfies Fields;

const actionTypes: Readonly<Record<ErrorAction['type'], ActionType>> = {
  return_error: failureAction('return_error'),
  fail: failureAction('fail'),
  retry: bare({ type: 'retry' }),
  ignore: bare({ type: 'ignore' }),
  dead_letter: bare({ type: 'dead_letter' }),
  goto: { fields: gotoFields, build: (read) => ({ type: 'goto', step: (read as Read<typeof gotoFields>).step ?? '' }) },
  compensate: {
    fields: compensateFields,
    build(read) {
      const { steps } = read as Read<typeof compensateFields>;
      return steps === undefined ? { type: 'compensate' } : { type: 'compensate', steps: steps.names };
    },
  },
};

const actionNames = Object.keys(actionTypes) as ErrorAction['type'][];
const actionName = choice(...actionNames);

const action: Kind<DraftAction> = {
  expected: `an action: ${actionNames.join(', ')}, or an object with "type"`,
  read(spot, sink) {
    const place = isMap(spot) ? findEntry(spot, 'type') : spot;
    if (place === undefined) {
      sink.report('FIELD_MISSING', spot, `the action needs "type": ${actionNames.join(', ')}`);
      return undefined;
    }
    const name = actionName.read(place, sink);
    if (name === undefined) return undefined;
    if (!isMap(spot) && name === 'goto') {
      sink.report('FIELD_MISSING', spot, 'a goto action needs "step": write {type: goto, step: <name>}');
      return undefined;
    }
    const { fields, build } = actionTypes[name];
    const read = isMap(spot) ? readFields(fields, spot, sink, `a ${name} action`) : {};
    const steps = (read as { steps?: NamedSteps }).steps;
    return { value: build(read), hoisted: steps?.hoisted ?? [] };
  },
  schema: () => ({ anyOf: [{ enum: actionNames }, ...actionNames.map(actionSchema)] }),
};

function actionSchema(name: ErrorAction['type']) {
  const schema = fieldsSchema(actionTypes[name].fields);
  const needed = Array.isArray(schema['required']) ? schema['required'] : [];
  return {
    ...schema,
    properties: { ...(schema['properties'] as object), type: { const: name } },
    required: ['type', ...needed],
  };
}

const ruleFields = {
  condition: required(
    ['condition', 'when'],
    expression(purposes.condition),
    'The first rule whose condition holds decides.',
  ),
  action: required('action', action, 'What happens then.'),
  description: optional('description', text, 'For people.'),
} satisfies Fields;

const rules: Kind<readonly DraftRule[]> = list(
  map(object('a rule', ruleFields), ({ condition, action: read }) => ({
    value: { condition: condition ?? '', action: read?.value ?? { type: 'fail' } },
    hoisted: read?.hoisted ?? [],
  })),
  { max: rulesMax },
);

const handlingFields = {
  rules: optional('rules', rules, 'Looked at in order after every step that ends.'),
  compensation: optional('compensation', actionSteps, 'What a `compensate` action without steps runs.'),
  deadLetter: optional('dead_letter', jsonObject, 'Where executions go that nobody could end.'),
} satisfies Fields;

export const errorHandling: Kind<DraftErrorHandling> = either(
  (spot) => isList(spot) || textOf(spot) !== undefined,
  map(rules, (read) => draftOf(read, {})),
  map(object('error_handling', handlingFields), ({ rules: read = [], ...rest }) => draftOf(read, rest)),
);

function draftOf(read: readonly DraftRule[], rest: Omit<Read<typeof handlingFields>, 'rules'>): DraftErrorHandling {
  const { compensation, deadLetter } = rest;
  return {
    value: {
      rules: read.map((rule) => rule.value),
      ...(compensation === undefined ? {} : { compensation: compensation.names }),
      ...(deadLetter === undefined ? {} : { deadLetter }),
    },
    hoisted: [...read.flatMap((rule) => rule.hoisted), ...(compensation?.hoisted ?? [])],
  };
}
