/** Operations on many executions at once. */
import type { Static } from 'typebox';
import { ExecutionSummary, executionFilter } from './executions.ts';
import { Type } from './type.ts';
import { AnyJson, AnyObject, closed, Limit, Pagination, Time, TimeOrNull } from './values.ts';

export const bulkActions = ['cancel', 'terminate', 'pause', 'resume', 'retry', 'rerun', 'signal'] as const;
export const bulkIdsMax = 1_000;

/** The filter of a list of executions, or its ids. */
export const BulkFilterBody = closed(
  {
    execution_ids: Type.Optional(
      Type.Array(Type.String({ minLength: 1, maxLength: 128 }), { minItems: 1, maxItems: bulkIdsMax }),
    ),
    ...executionFilter,
    status: Type.Optional(
      Type.String({
        maxLength: 200,
        description: 'One or more, separated by commas. Default: those that the action fits.',
      }),
    ),
  },
  { title: 'BulkFilter' },
);
export type BulkFilterRequest = Static<typeof BulkFilterBody>;

export const BulkBody = closed(
  {
    action: Type.Enum(bulkActions),
    filter: BulkFilterBody,
    reason: Type.Optional(Type.String({ maxLength: 1_024, description: 'Of cancel and terminate.' })),
    signal: Type.Optional(
      closed({
        name: Type.String({ minLength: 1, maxLength: 128 }),
        payload: Type.Optional(AnyJson('Null where it is absent.')),
        key: Type.Optional(Type.String({ minLength: 1, maxLength: 255 })),
      }),
    ),
    from_step: Type.Optional(
      Type.String({ minLength: 1, maxLength: 255, description: "Of rerun: a step of the workflow's own list." }),
    ),
    input: Type.Optional(AnyJson("Of rerun: in place of each execution's own.")),
    outputs: Type.Optional(AnyObject('Of rerun: in place of what these earlier steps gave, by their names.')),
    dry_run: Type.Optional(Type.Boolean({ description: 'Tells how many would be looked at, and does nothing.' })),
  },
  { title: 'BulkBody' },
);
export type BulkBodyRequest = Static<typeof BulkBody>;

const Counts = (description: string) =>
  Type.Unsafe<Readonly<Record<string, number>>>({
    type: 'object',
    additionalProperties: { type: 'integer' },
    description,
  });

export const BulkOperation = Type.Object(
  {
    bulk_id: Type.String(),
    action: Type.String(),
    status: Type.Enum(['running', 'cancelling', 'completed', 'cancelled']),
    requested_by: Type.String({ description: 'The name of the token.' }),
    filter: AnyObject('As it was asked for, with the statuses and the end that it was given.'),
    matched: Type.Integer({ description: 'How many there were when it was asked for.' }),
    done: Type.Integer(),
    skipped: Type.Integer({ description: 'Passed over, because the action does not fit them.' }),
    failed: Type.Integer(),
    skipped_by_code: Counts('Why they were passed over.'),
    failed_by_code: Counts('Why it failed.'),
    problems: Type.Array(Type.Object({ execution_id: Type.String(), code: Type.String(), message: Type.String() }), {
      description: 'The first of those that were passed over or failed.',
    }),
    created_at: Time('When it was asked for.'),
    ended_at: TimeOrNull('Null while it goes on.'),
  },
  { title: 'BulkOperation' },
);
export type BulkOperationAnswer = Static<typeof BulkOperation>;

export const BulkPreviewSchema = Type.Object(
  {
    dry_run: Type.Boolean(),
    action: Type.String(),
    matched: Type.Integer(),
    sample: Type.Array(ExecutionSummary, { description: 'The newest of them.' }),
  },
  { title: 'BulkPreview' },
);

export const BulkList = Type.Object(
  { bulk_operations: Type.Array(BulkOperation), pagination: Pagination },
  { title: 'BulkList' },
);

export const BulkListQuery = closed({
  cursor: Type.Optional(Type.String({ maxLength: 512 })),
  limit: Type.Optional(Limit(200)),
});
export type BulkListRequest = Static<typeof BulkListQuery>;
