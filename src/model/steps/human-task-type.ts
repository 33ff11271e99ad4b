import { template } from '../fields/expression.ts';
import { type Fields, object, optional, required } from '../fields/field.ts';
import { list, oneOrMore } from '../fields/kind.ts';
import { plainName, stepReference } from '../fields/name.ts';
import { timing } from '../fields/time.ts';
import { assigneesMax, escalationsMax, outcomesMax } from '../limits.ts';
import { purposes, type Sink } from '../sink.ts';
import { findEntry } from '../yaml/tree.ts';
import { form } from './form-kind.ts';
import { commonFields } from './step-fields.ts';
import { stepType } from './step-type.ts';

/** `human_task`: asks a person and waits for the answer. */
const people = oneOrMore(template(purposes.value), { max: assigneesMax });

const escalation = object('an escalation', {
  after: required('after', timing(1), 'How long without an answer, from the moment the task is there.'),
  assignee: required(['assignee', 'assignees'], people, 'Who then, in place of those before.'),
} satisfies Fields);

/** Other steps hand their input to a machine, with its secrets; this one shows it to people. */
function reportSecrets(sink: Sink): void {
  for (const { purpose, references, spot } of sink.uses) {
    if (!purpose.secrets || !references.some(({ path: [root] }) => root === 'secrets')) continue;
    sink.report('SECRET_MISPLACED', spot, 'a secret may not stand in the input of a human task: people would see it');
  }
}

export const humanTaskType = stepType({
  name: 'human_task',
  doc: 'Asks a person and waits for the answer.',
  common: commonFields,
  own: {
    title: optional(
      'title',
      template(purposes.value),
      'The question in a line. Default: the description, or the name.',
    ),
    assignees: optional(
      ['assignee', 'assignees'],
      people,
      'People or groups, by the names of their tokens. Default: whoever may answer.',
    ),
    form: optional('form', form, 'The fields of the answer, or a JSON Schema of it. Default: any answer.'),
    outcomes: optional(
      'outcomes',
      list(plainName, { min: 1, max: outcomesMax }),
      'What an answer may say beside the form. Default: completed or rejected.',
    ),
    due: optional('due', timing(1), 'By when, shown to the assignee.'),
    escalation: optional(
      'escalation',
      oneOrMore(escalation, { max: escalationsMax }),
      'Who is asked without an answer.',
    ),
    onTimeout: optional('on_timeout', stepReference('on_failure'), 'The step after a timeout.'),
  } satisfies Fields,
  draft({ escalation: escalations, ...own }, { spot, sink }) {
    const onTimeout = findEntry(spot, 'on_timeout');
    if (onTimeout && findEntry(spot, 'timeout') === undefined) {
      sink.report('FIELD_CONFLICT', onTimeout, '"on_timeout" never comes without a "timeout": give the step one');
    }
    reportSecrets(sink);
    const escalation = escalations?.map(({ after = 0, assignee = [] }) => ({ after, assignees: assignee }));
    return {
      build: (common) => ({
        ...common,
        ...own,
        type: 'human_task',
        ...(escalation === undefined ? {} : { escalation }),
      }),
    };
  },
});
