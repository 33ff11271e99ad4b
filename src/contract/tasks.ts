/** What an executor sends and gets. */
import type { Static } from 'typebox';
import { Type } from './type.ts';
import { AnyJson, closed, DurationText, Time, TimeOrNull } from './values.ts';

export const tasksPerCallMax = 1_000;
/** The longest JSON text that an executor may tell of a task's progress. In bytes of UTF-8. */
export const progressBytesMax = 4_096;

const Word = (description: string) => Type.String({ minLength: 1, maxLength: 255, description });
const TaskId = Word('As claim gave it.');
const LeaseToken = Word('As claim gave it: proves who holds the task.');

export const ClaimBody = closed(
  {
    executor: Word('Whose tasks.'),
    worker_id: Word('Names this process, for people who look.'),
    functions: Type.Optional(Type.Array(Word('Only tasks of these.'), { maxItems: 1_000 })),
    max_tasks: Type.Optional(Type.Integer({ minimum: 1, maximum: tasksPerCallMax, default: 1 })),
    wait: Type.Optional(DurationText('Answers empty when there was no work for this long (60s at most; default 0s).')),
  },
  { title: 'ClaimBody' },
);
export type ClaimBodyRequest = Static<typeof ClaimBody>;

export const Task = Type.Object(
  {
    task_id: Type.String(),
    lease_token: Type.String(),
    execution_id: Type.String(),
    workflow: Type.String(),
    version: Type.String(),
    step: Type.String(),
    function: Type.String(),
    attempt: Type.Integer(),
    input: AnyJson('The input of the step.'),
    deadline: TimeOrNull('The attempt times out then; null without a timeout.'),
    lease_expires_at: Time('Complete or heartbeat before then.'),
    idempotency_key: Type.String({ description: 'The same for every delivery of this visit of the step.' }),
    traceparent: Type.String({ description: 'W3C trace context.' }),
  },
  { title: 'Task' },
);
export type TaskOut = Static<typeof Task>;

export const ClaimAnswer = Type.Object({ tasks: Type.Array(Task) }, { title: 'ClaimAnswer' });

const lease = { task_id: TaskId, lease_token: LeaseToken };

const CompletedResult = closed({
  ...lease,
  status: Type.Literal('completed'),
  output: Type.Optional(AnyJson('Any JSON; null where it is absent.')),
});

const FailedResult = closed({
  ...lease,
  status: Type.Literal('failed'),
  error: closed({
    code: Type.String({ minLength: 1, maxLength: 128 }),
    message: Type.String({ maxLength: 16_384 }),
    retryable: Type.Optional(Type.Boolean({ description: 'False: no policy tries again.' })),
    details: Type.Optional(AnyJson('Kept with the error.')),
  }),
});

export type Result = Static<typeof CompletedResult> | Static<typeof FailedResult>;

/** Told apart by `status`, so that a mistake is reported for the form that was meant. */
const ResultSchema = Type.Unsafe<Result>({
  type: 'object',
  required: ['status'],
  discriminator: { propertyName: 'status' },
  oneOf: [CompletedResult, FailedResult],
  title: 'TaskResult',
});

export const CompleteBody = closed(
  {
    results: Type.Array(ResultSchema, { maxItems: tasksPerCallMax }),
    claim: Type.Optional(ClaimBody),
  },
  { title: 'CompleteBody' },
);

const StaleCode = Type.Optional(
  Type.Literal('STALE_LEASE', {
    description: 'The lease is lost or was never given; somebody else may have the task.',
  }),
);
const Accepted = Type.Object({ task_id: Type.String(), accepted: Type.Boolean(), code: StaleCode });

export const CompleteAnswer = Type.Object(
  {
    results: Type.Array(Accepted),
    tasks: Type.Optional(Type.Array(Task)),
  },
  { title: 'CompleteAnswer' },
);

const progressIs = `For people who look: the step shows it while it runs, and nothing keeps it. ${progressBytesMax} bytes at most.`;

const HeldTask = closed({ ...lease, progress: Type.Optional(AnyJson(progressIs)) });

export const HeartbeatBody = closed(
  { tasks: Type.Array(HeldTask, { maxItems: tasksPerCallMax }) },
  { title: 'HeartbeatBody' },
);

export const HeartbeatAnswerSchema = Type.Object(
  {
    tasks: Type.Array(
      Type.Object({
        task_id: Type.String(),
        lease_expires_at: Time('The new end of the lease.'),
        cancel_requested: Type.Boolean({ description: 'Stop: the result is no longer wanted, or the lease is lost.' }),
        code: StaleCode,
      }),
    ),
  },
  { title: 'HeartbeatAnswer' },
);

export const ReleaseBody = closed(
  { tasks: Type.Array(closed(lease), { maxItems: tasksPerCallMax }) },
  { title: 'ReleaseBody' },
);

export const ReleaseAnswer = Type.Object(
  {
    released: Type.Integer({ description: 'How many were given back.' }),
    results: Type.Array(Accepted, { description: 'One per task, in their order.' }),
  },
  { title: 'ReleaseAnswer' },
);
