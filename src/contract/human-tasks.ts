/** What people are asked, and their answers. */
import type { Static } from 'typebox';
import { Type } from './type.ts';
import { AnyJson, closed, Limit, Pagination, TextOrNull, Time, TimeOrNull } from './values.ts';

export const humanTaskStatuses = ['open', 'claimed', 'completed', 'timed_out', 'cancelled'] as const;

export const HumanTaskListQuery = closed({
  assignee: Type.Optional(
    Type.String({
      minLength: 1,
      maxLength: 200,
      description: 'Assigned to, claimed or answered by this person or group.',
    }),
  ),
  status: Type.Optional(
    Type.String({
      maxLength: 200,
      description: `One or more of ${humanTaskStatuses.join(', ')}, separated by commas.`,
    }),
  ),
  workflow: Type.Optional(Type.String({ maxLength: 63 })),
  cursor: Type.Optional(Type.String({ maxLength: 512 })),
  limit: Type.Optional(Limit(200)),
});
export type HumanTaskListRequest = Static<typeof HumanTaskListQuery>;

const summary = {
  id: Type.String(),
  execution_id: Type.String(),
  workflow_name: Type.String(),
  version: Type.String(),
  step: Type.String({ description: 'The path of the step that asks.' }),
  visit: Type.Integer(),
  attempt: Type.Integer(),
  title: Type.String(),
  status: Type.Enum(humanTaskStatuses),
  assignees: Type.Array(Type.String(), { description: 'People or groups; empty: whoever may answer.' }),
  claimed_by: TextOrNull('Who has it alone.'),
  escalations: Type.Integer({ description: 'How often it went on to others because nobody answered.' }),
  created_at: Time('When it was asked.'),
  due_at: TimeOrNull('By when an answer is wished for.'),
  completed_at: TimeOrNull('When it was answered, or over without an answer.'),
  outcome: TextOrNull('Null until it is answered.'),
  answered_by: TextOrNull('The name of the token.'),
};

export const HumanTaskSummary = Type.Object(summary, { title: 'HumanTaskSummary' });
export type HumanTaskSummaryAnswer = Static<typeof HumanTaskSummary>;

export const HumanTaskList = Type.Object(
  { human_tasks: Type.Array(HumanTaskSummary), pagination: Pagination },
  { title: 'HumanTaskList' },
);

export const FormFieldSchema = Type.Object(
  {
    name: Type.String({ description: 'The member of the answer.' }),
    type: Type.Enum(['text', 'multiline', 'number', 'boolean', 'date', 'select', 'file']),
    label: Type.Optional(Type.String()),
    description: Type.Optional(Type.String()),
    required: Type.Boolean(),
    options: Type.Optional(
      Type.Array(Type.Object({ value: AnyJson('What the answer holds.'), label: Type.Optional(Type.String()) })),
    ),
    min: Type.Optional(Type.Number({ description: 'Of a number, or of the length of a text.' })),
    max: Type.Optional(Type.Number()),
    default: AnyJson('What stands there at first; null where nothing does.'),
  },
  { title: 'FormField' },
);
export type FormFieldAnswer = Static<typeof FormFieldSchema>;

export const HumanTask = Type.Object(
  {
    ...summary,
    description: TextOrNull('What the workflow says of the step.'),
    fields: Type.Array(FormFieldSchema, { description: 'The form; empty where the answer is checked otherwise.' }),
    answer_schema: AnyJson('JSON Schema of the answer; null where any answer is taken.'),
    outcomes: Type.Array(Type.String(), { description: 'What an answer may say beside the form.' }),
    input: AnyJson('What the step got, for whoever is asked.'),
    answer: AnyJson('Null until it is answered.'),
    comment: TextOrNull('What was said beside the answer.'),
  },
  { title: 'HumanTask' },
);
export type HumanTaskAnswer = Static<typeof HumanTask>;

export const CompleteHumanTaskBody = closed(
  {
    answer: Type.Optional(AnyJson('What the form asks for: an object with one member a field.')),
    outcome: Type.Optional(
      Type.String({
        minLength: 1,
        maxLength: 63,
        description:
          'One of `outcomes`; default `completed` where the workflow names none. `rejected` needs no answer.',
      }),
    ),
    comment: Type.Optional(Type.String({ maxLength: 4_096, description: 'Kept with the answer.' })),
  },
  { title: 'CompleteHumanTask' },
);
export type CompleteHumanTaskRequest = Static<typeof CompleteHumanTaskBody>;

export const HumanTaskHeaders = Type.Object({
  'idempotency-key': Type.Optional(
    Type.String({ minLength: 1, maxLength: 255, description: 'The same key again is the same answer.' }),
  ),
});
