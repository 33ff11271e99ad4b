/** Shared limits as they are used now: who holds a key, who waits for it. */
import type { Static } from 'typebox';
import { Type } from './type.ts';
import { closed, TextOrNull, TimeOrNull } from './values.ts';

const limitKeyText = Type.String({
  minLength: 1,
  maxLength: 512,
  description:
    '`key:…` of steps that name a key, `step:<workflow>.<step>` of those that do not; `rate:…` and `step-rate:<workflow>.<step>` of their rates; `executions:…` and `workflow:<workflow>` of whole executions.',
});

export const LimitListQuery = closed({
  key: Type.Optional(limitKeyText),
  after: Type.Optional(Type.String({ minLength: 1, maxLength: 512, description: '`next_after` of the page before.' })),
  limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 100, default: 20, description: 'Keys a page.' })),
});
export type LimitListRequest = Static<typeof LimitListQuery>;

export const LimitListSchema = Type.Object(
  {
    limits: Type.Array(
      Type.Object({
        key: limitKeyText,
        held: Type.Integer({ description: 'Slots that are held.' }),
        waiting: Type.Integer({ description: 'Steps or executions in line.' }),
        holders: Type.Array(
          Type.Object({
            execution_id: Type.String(),
            step: TextOrNull('The path of the step; null where the execution itself holds it.'),
            attempt: Type.Unsafe<number | null>({ type: ['integer', 'null'] }),
            until: TimeOrNull('The step is settled and its worker may be at work: until its lease is over.'),
          }),
          { description: 'At most 100.' },
        ),
      }),
      { description: 'Keys that are held or waited for, in the order of their names.' },
    ),
    next_after: TextOrNull('Give it back as `after` for the next page; null on the last one.'),
  },
  { title: 'LimitList' },
);
export type LimitListAnswer = Static<typeof LimitListSchema>;
