/** How long what has ended is kept. */
import type { Static } from 'typebox';
import { Type } from './type.ts';
import { closed, IntegerOrNull, NumberOrNull, TimeOrNull } from './values.ts';

const ages = {
  completed: NumberOrNull('Seconds that completed executions are kept; null: for ever.'),
  failed: NumberOrNull('The same for those that ended in any other way.'),
};

export const RetentionStatus = Type.Object(
  {
    policy: Type.Object({
      ...ages,
      max_executions: IntegerOrNull('Ended executions that a workspace keeps at most.'),
      max_size_bytes: IntegerOrNull('What everything may take together.'),
    }),
    workflows: Type.Array(Type.Object({ name: Type.String(), ...ages }), {
      description: 'Those that say their own; null: as the policy says.',
    }),
    storage_bytes: Type.Integer({ description: 'What everything takes now.' }),
    removed_total: Type.Integer({ description: 'Since the start of the server.' }),
    last_sweep: Type.Object({
      at: TimeOrNull('Null before the first one.'),
      duration: NumberOrNull('Seconds.'),
      removed: IntegerOrNull('How many executions went.'),
    }),
  },
  { title: 'RetentionStatus' },
);
export type RetentionStatusAnswer = Static<typeof RetentionStatus>;

export const RetentionRunBody = closed(
  { dry_run: Type.Optional(Type.Boolean({ description: 'Counts what is due and removes nothing.' })) },
  { title: 'RetentionRun' },
);
export type RetentionRunRequest = Static<typeof RetentionRunBody>;

export const RetentionDue = Type.Object(
  {
    dry_run: Type.Boolean({ description: 'False: it is being removed now.' }),
    due_by_age: Type.Integer({ description: 'At most 100,000 for each age are counted.' }),
    due_by_number: Type.Integer({ description: 'Beyond those that go because of their age.' }),
  },
  { title: 'RetentionDue' },
);
