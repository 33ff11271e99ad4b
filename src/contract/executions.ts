/** Executions: starting, reading, steering. */
import type { Static } from 'typebox';
import { Type } from './type.ts';
import {
  AnyJson,
  AnyObject,
  closed,
  DurationText,
  ExecutionError,
  ExecutionErrorOrNull,
  Limit,
  NumberOrNull,
  Page,
  Pagination,
  Position,
  TextOrNull,
  Time,
  TimeOrNull,
} from './values.ts';

export const batchExecutionsMax = 1_000;
/** Steps in one answer before they are paged. */
export const stepsPageMax = 200;

export const executionStatuses = [
  'queued',
  'running',
  'waiting',
  'paused',
  'completed',
  'failed',
  'cancelled',
  'timed_out',
  'compensating',
  'compensated',
] as const;

const IdempotencyKey = Type.String({ minLength: 1, maxLength: 255, description: 'The same key starts one execution.' });

export const ExecuteBody = closed(
  {
    input: Type.Optional(AnyJson('What the workflow starts with; `{}` where it is absent.')),
    metadata: Type.Optional(AnyObject('Kept beside the execution; `metadata.labels` can be searched for.')),
    options: Type.Optional(
      closed({
        version: Type.Optional(Type.String({ minLength: 1, maxLength: 64, description: 'Default: the active one.' })),
        timeout: Type.Optional(DurationText('Instead of the one in the definition.')),
        priority: Type.Optional(Type.Integer({ minimum: 0, maximum: 9, description: '9 goes first; default 5.' })),
        async: Type.Optional(Type.Boolean({ description: 'False waits for the end, as `?wait=30s` does.' })),
        idempotency_key: Type.Optional(IdempotencyKey),
        tags: Type.Optional(Type.Array(Type.String({ minLength: 1, maxLength: 200 }), { maxItems: 50 })),
      }),
    ),
  },
  { title: 'ExecuteBody' },
);
export type ExecuteRequest = Static<typeof ExecuteBody>;

export const ExecuteQuery = closed({
  wait: Type.Optional(
    DurationText('Answers when the execution has ended, at the latest after this long (60s at most).'),
  ),
});

export const ExecuteHeaders = Type.Object({ 'idempotency-key': Type.Optional(IdempotencyKey) });

export const ExecutionStarted = Type.Object(
  {
    execution_id: Type.String(),
    workflow_id: Type.String(),
    workflow_name: Type.String(),
    version: Type.String(),
    status: Type.String(),
    created_at: Time('When it was started.'),
    estimated_completion: TimeOrNull('From past executions; null where there are none.'),
    tracking_url: Type.String(),
    stream_url: Type.String(),
    output: Type.Optional(AnyJson('Only of one that completed within `wait`.')),
    error: Type.Optional(ExecutionError),
  },
  { title: 'ExecutionStarted' },
);
export type ExecutionStartedAnswer = Static<typeof ExecutionStarted>;

export const ExecuteBatchBody = closed(
  {
    executions: Type.Array(
      closed({
        input: Type.Optional(AnyJson('As with execute.')),
        idempotency_key: Type.Optional(IdempotencyKey),
        metadata: Type.Optional(AnyObject('As with execute.')),
      }),
      { minItems: 1, maxItems: batchExecutionsMax },
    ),
  },
  { title: 'ExecuteBatchBody' },
);

export const ExecuteBatch = Type.Object(
  {
    executions: Type.Array(
      Type.Object({
        execution_id: Type.Optional(Type.String()),
        error: Type.Optional(AnyJson('`{code, message, errors?}`: this one was not started.')),
      }),
    ),
  },
  { title: 'ExecuteBatch' },
);

export const StepAnswerSchema = Type.Object(
  {
    name: Type.String(),
    path: Type.String({ description: 'Where it stands: branches and rounds included.' }),
    visit: Type.Integer({ description: 'Counts from 1: how often the flow came here.' }),
    type: Type.String(),
    status: Type.String({ description: '`pending` until an executor has taken it.' }),
    attempt: Type.Integer(),
    started_at: TimeOrNull('When the work on it began.'),
    completed_at: TimeOrNull('When it ended.'),
    duration: NumberOrNull('Seconds.'),
    input: AnyJson('What it was given.'),
    output: AnyJson('Null until it completed.'),
    error: ExecutionErrorOrNull,
    progress: AnyJson('What its executor told last; null where it told nothing, and once the step has ended.'),
    child_execution_id: Type.Optional(
      TextOrNull('Of a step that calls a workflow: the execution that its newest attempt started.'),
    ),
    iterations: Type.Optional(
      Type.Object(
        {
          total: Type.Union([Type.Integer(), Type.Null()], { description: 'Null where a condition decides.' }),
          running: Type.Integer(),
          succeeded: Type.Integer(),
          failed: Type.Integer(),
        },
        { description: 'Of a loop: what became of its rounds so far.' },
      ),
    ),
    human_task_id: Type.Optional(Type.String({ description: 'Of a human task: where it is answered.' })),
  },
  { title: 'Step' },
);
export type StepAnswer = Static<typeof StepAnswerSchema>;

const ParentOrNull = Type.Unsafe<{ execution_id: string; step: string } | null>({
  anyOf: [{ type: 'null' }, Type.Object({ execution_id: Type.String(), step: Type.String() })],
  description: 'The step that started it, by its path; null where a user did.',
});

export const ExecutionDetail = Type.Object(
  {
    execution_id: Type.String(),
    workflow_id: Type.String(),
    workflow_name: Type.String(),
    version: Type.String(),
    status: Type.Enum(executionStatuses),
    run: Type.Integer({ description: 'Counts from 1; `retry` opens the next one.' }),
    rerun_of: TextOrNull('The earlier execution that it takes up.'),
    rerun_from: TextOrNull('The step that it takes it up at.'),
    created_at: Time('When it was started.'),
    started_at: TimeOrNull('When its first step began.'),
    completed_at: TimeOrNull('When it ended.'),
    duration: NumberOrNull('Seconds; of one that runs, until now.'),
    progress: Type.Object({
      current_step: TextOrNull('The path of the step that began last and has not ended.'),
      completed_steps: Type.Integer(),
      total_steps: Type.Integer({ description: 'Steps of the workflow that are no handlers.' }),
      percentage: Type.Number({ minimum: 0, maximum: 100 }),
    }),
    input: AnyJson('What it was started with.'),
    output: AnyJson('Null until it completed.'),
    error: ExecutionErrorOrNull,
    warnings: Type.Array(AnyJson('`{code, message, pointer}`: where the output breaks its schema.')),
    steps: Type.Array(StepAnswerSchema),
    steps_total: Type.Integer({ description: `Beyond ${stepsPageMax} ask for the rest with \`steps_offset\`.` }),
    tags: Type.Array(Type.String()),
    parent: ParentOrNull,
    metadata: AnyObject('As given at the start.'),
  },
  { title: 'Execution' },
);
export type ExecutionDetailAnswer = Static<typeof ExecutionDetail>;

export const ExecutionDetailQuery = closed({
  steps_offset: Type.Optional(Type.Integer({ minimum: 0, maximum: 10_000_000 })),
  steps_limit: Type.Optional(Type.Integer({ minimum: 0, maximum: stepsPageMax })),
});

/** What tells executions apart, in the query of their list and in the filter of a bulk operation. */
export const executionFilter = {
  workflow: Type.Optional(Type.String({ maxLength: 63 })),
  version: Type.Optional(Type.String({ maxLength: 64 })),
  status: Type.Optional(Type.String({ maxLength: 200, description: 'One or more, separated by commas.' })),
  parent: Type.Optional(Type.String({ maxLength: 128, description: 'Those that steps of this execution started.' })),
  from: Type.Optional(Type.String({ maxLength: 64, description: 'Created at or after this time (ISO 8601).' })),
  to: Type.Optional(Type.String({ maxLength: 64, description: 'Created before this time (ISO 8601).' })),
  tag: Type.Optional(Type.String({ maxLength: 200 })),
  labels: Type.Optional(Type.String({ maxLength: 1_024, description: '`team:web,tier:gold`: all of them.' })),
  search: Type.Optional(Type.String({ maxLength: 200, description: 'Part of ids, names and metadata.' })),
};

/** `label.team=web`: as often as there are labels to ask for. */
const labelParameters = {
  '^label\\..+$': { type: 'string', maxLength: 1_024, description: 'One label of `labels`, by its name.' },
};

export const ExecutionListQuery = closed(
  {
    ...executionFilter,
    page: Type.Optional(Page),
    cursor: Type.Optional(Type.String({ maxLength: 512 })),
    count: Type.Optional(Type.Boolean({ description: 'Also count all that match.' })),
    limit: Type.Optional(Limit(200)),
  },
  { patternProperties: labelParameters },
);
export type ExecutionListRequest = Static<typeof ExecutionListQuery> & { readonly [label: `label.${string}`]: string };

export const ExecutionSummary = Type.Object(
  {
    execution_id: Type.String(),
    workflow_id: Type.String(),
    workflow_name: Type.String(),
    version: Type.String(),
    status: Type.String(),
    run: Type.Integer(),
    created_at: Time('When it was started.'),
    started_at: TimeOrNull('When its first step began.'),
    completed_at: TimeOrNull('When it ended.'),
    duration: NumberOrNull('Seconds, of one that ended.'),
    tags: Type.Array(Type.String()),
    parent_execution_id: TextOrNull('The execution whose step started it.'),
    labels: AnyObject('Search attributes.'),
    error: ExecutionErrorOrNull,
  },
  { title: 'ExecutionSummary' },
);
export type ExecutionSummaryAnswer = Static<typeof ExecutionSummary>;

export const ExecutionList = Type.Object(
  { executions: Type.Array(ExecutionSummary), pagination: Pagination },
  { title: 'ExecutionList' },
);

export const ExecutionResults = Type.Object(
  {
    execution_id: Type.String(),
    status: Type.String(),
    completed_at: TimeOrNull('When it ended.'),
    output: AnyJson('Null until it completed.'),
    error: ExecutionErrorOrNull,
    steps: AnyObject('The outputs of completed steps, by path.'),
  },
  { title: 'ExecutionResults' },
);

export const JournalQuery = closed({
  after: Type.Optional(Position({ default: 0, description: 'A position; events behind it follow.' })),
  limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 1_000, default: 200 })),
});

export const JournalPage = Type.Object(
  {
    execution_id: Type.String(),
    events: Type.Array(AnyObject('`position`, `at`, `type`, and what the type adds.')),
    next_after: Type.Integer({ description: 'Give it back as `after`.' }),
    has_more: Type.Boolean(),
  },
  { title: 'JournalPage' },
);

export const StreamQuery = closed({
  after: Type.Optional(Position({ description: 'As the header Last-Event-ID, which wins.' })),
});

export const ReasonBody = closed({ reason: Type.Optional(Type.String({ maxLength: 1_024 })) }, { title: 'Reason' });

export const RerunBody = closed(
  {
    from_step: Type.String({ minLength: 1, maxLength: 255, description: "A step of the workflow's own list." }),
    input: Type.Optional(AnyJson("In place of the earlier execution's; checked by the input schema.")),
    outputs: Type.Optional(AnyObject('In place of what these earlier steps gave, by their names.')),
    metadata: Type.Optional(AnyObject('Over the metadata of the earlier execution.')),
    idempotency_key: Type.Optional(IdempotencyKey),
  },
  { title: 'Rerun' },
);
export type RerunBodyRequest = Static<typeof RerunBody>;

export const SignalBody = closed(
  {
    payload: Type.Optional(AnyJson('What the waiting step gets; null where it is absent.')),
    key: Type.Optional(
      Type.String({ minLength: 1, maxLength: 255, description: 'For a step that waits for the name under this key.' }),
    ),
    id: Type.Optional(
      Type.String({
        minLength: 1,
        maxLength: 255,
        description: 'Makes a repeat harmless; the header Idempotency-Key means the same.',
      }),
    ),
  },
  { title: 'SignalBody' },
);
export type SignalRequest = Static<typeof SignalBody>;

export const SignalHeaders = Type.Object({
  'idempotency-key': Type.Optional(
    Type.String({ minLength: 1, maxLength: 255, description: 'The same key again is the same signal.' }),
  ),
});

export const ExplanationSchema = Type.Object(
  {
    execution_id: Type.String(),
    status: Type.Enum(executionStatuses),
    summary: Type.String({ description: 'The one reason, in a sentence.' }),
    reasons: Type.Array(
      Type.Object({
        kind: Type.String(),
        message: Type.String(),
        step: TextOrNull('The path of the step.'),
        since: TimeOrNull('Since when.'),
        until: TimeOrNull('Until when at the latest.'),
      }),
      { description: 'The most telling first, at most 100.' },
    ),
    reasons_total: Type.Integer(),
  },
  { title: 'Explanation' },
);
