import { template } from '../fields/expression.ts';
import { type Fields, object, optional, required } from '../fields/field.ts';
import { boolean, choice, either, json, jsonObject, list, oneOrMore, text } from '../fields/kind.ts';
import { plainName, stepReference } from '../fields/name.ts';
import { timing } from '../fields/time.ts';
import { purposes } from '../sink.ts';
import { commonFields } from './step-fields.ts';
import { laterType } from './step-type.ts';

/** `human_task`: asks a person and waits for the answer. */
const formField = object('a field of a form', {
  name: required('name', plainName, 'The member of the answer.'),
  type: required(
    'type',
    choice('text', 'number', 'boolean', 'date', 'select', 'multiline', 'file'),
    'How it is asked.',
  ),
  label: optional('label', text, 'For people.'),
  required: optional('required', boolean, 'Default false.'),
  options: optional('options', list(json, { min: 1 }), 'With select.'),
  default: optional('default', template(purposes.value), 'What stands there at first.'),
} satisfies Fields);

const escalation = object('an escalation', {
  after: required('after', timing(1), 'How long without an answer.'),
  assignee: required('assignee', oneOrMore(template(purposes.value)), 'Who then.'),
} satisfies Fields);

export const humanTaskType = laterType({
  name: 'human_task',
  doc: 'Asks a person and waits for the answer.',
  common: commonFields,
  own: {
    title: optional('title', template(purposes.value), 'The question in a line.'),
    assignee: required(['assignee', 'assignees'], oneOrMore(template(purposes.value)), 'People or groups.'),
    form: optional(
      'form',
      either((spot) => spot.node.kind === 'list', list(formField, { min: 1 }), jsonObject),
      'The fields of the answer.',
    ),
    due: optional('due', timing(1), 'Shown to the assignee.'),
    escalation: optional('escalation', oneOrMore(escalation), 'What happens without an answer.'),
    onTimeout: optional('on_timeout', stepReference('on_failure'), 'The step after a timeout.'),
  } satisfies Fields,
});
