/** Executions that ended where nobody could go on, until somebody replays or discards them. */
import type { Static } from 'typebox';
import { bulkIdsMax } from './bulk.ts';
import { Type } from './type.ts';
import { closed, ExecutionErrorOrNull, IntegerOrNull, Limit, Pagination, TextOrNull, Time } from './values.ts';

export const deadLetterReasons = ['rule', 'poison', 'policy'] as const;

const reasonsExplained =
  '`rule`: the action dead_letter; `poison`: handed out too often without an answer; `policy`: error_handling.dead_letter.';

const filter = {
  workflow: Type.Optional(Type.String({ maxLength: 63 })),
  executor: Type.Optional(Type.String({ maxLength: 255, description: 'The executor of the step that failed.' })),
  code: Type.Optional(Type.String({ maxLength: 128, description: 'The code of the error.' })),
  from: Type.Optional(Type.String({ maxLength: 64, description: 'Ended at or after this time (ISO 8601).' })),
  to: Type.Optional(Type.String({ maxLength: 64, description: 'Ended before this time (ISO 8601).' })),
};

export const DeadLetterListQuery = closed({
  ...filter,
  reason: Type.Optional(Type.String({ maxLength: 20, description: reasonsExplained })),
  cursor: Type.Optional(Type.String({ maxLength: 512 })),
  limit: Type.Optional(Limit(200)),
});
export type DeadLetterListRequest = Static<typeof DeadLetterListQuery>;

export const DeadLettersBody = closed(
  {
    filter: closed(
      {
        ...filter,
        reason: Type.Optional(Type.Enum(deadLetterReasons, { description: reasonsExplained })),
        execution_ids: Type.Optional(
          Type.Array(Type.String({ minLength: 1, maxLength: 128 }), { minItems: 1, maxItems: bulkIdsMax }),
        ),
      },
      { description: 'Without members: all dead letters.' },
    ),
    dry_run: Type.Optional(Type.Boolean({ description: 'Tells how many there are, and does nothing.' })),
  },
  { title: 'DeadLettersBody' },
);
export type DeadLettersRequest = Static<typeof DeadLettersBody>;

export const DeadLetter = Type.Object(
  {
    execution_id: Type.String(),
    workflow_name: Type.String(),
    version: Type.String(),
    status: Type.String({ description: '`failed`; of one that was just replayed what it is now.' }),
    run: Type.Integer(),
    reason: TextOrNull('Null once it is no dead letter any more.'),
    step: TextOrNull('The path of the step that failed.'),
    executor: TextOrNull('Null where no executor is to blame.'),
    function: TextOrNull('Of the executor.'),
    attempt: IntegerOrNull('Of the step, counted from 1.'),
    deliveries: IntegerOrNull('How often that attempt was handed out.'),
    error: ExecutionErrorOrNull,
    created_at: Time('When the execution was started.'),
    dead_at: Time('When it ended.'),
  },
  { title: 'DeadLetter' },
);
export type DeadLetterAnswer = Static<typeof DeadLetter>;

export const DeadLetterList = Type.Object(
  { dead_letters: Type.Array(DeadLetter), pagination: Pagination },
  { title: 'DeadLetterList' },
);
