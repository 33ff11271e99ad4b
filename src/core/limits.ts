import { signalsTakenMax } from '../model/limits.ts';

/** Every bound of one execution, with its unit. A bound that is passed fails with LIMIT_EXCEEDED or the code named here. */

/** Events in one journal; beyond it the execution fails with EVENT_LIMIT_EXCEEDED. Room is kept for closing it. */
export const eventsMax = 1_000_000;
/** Visits of one step that sets no `max_visits`. */
export const visitsDefault = 100;
/** Signals kept for an execution that has not asked for them yet; the next one is refused. */
export const signalsKeptMax = signalsTakenMax;
/** Ids of signals and of operations on many executions, remembered to refuse a repeat. */
export const signalIdsKept = 1_000;
/** Rounds of a loop at once where it is parallel and sets no `batch_size`. */
export const loopBatchDefault = 20;
/** Rounds of a loop with `while` or `until` that sets no `max_iterations`; one more fails with TOO_MANY_ITERATIONS. */
export const loopRoundsDefault = 10_000;
/** Rounds that a loop is ahead of one that takes its results as they come; it begins no further one meanwhile. */
export const streamLagMax = 100;
/** Rounds that are folded together once all of them have ended. */
export const loopChunk = 1_000;
/** Rounds that begin in one move; the rest goes on in the next one. */
export const roundsPerMoveMax = 1_000;
/** Failures that the result of a loop names; all of them are counted. */
export const loopErrorsMax = 1_000;
/** Items of one validate step, and its rules (`model/limits.ts` has their number). */
export const validatedItemsMax = 100_000;
/** Errors that the result of a validate step names; all of them are counted. */
export const validationErrorsMax = 100;
/** Items of one aggregate step, its groups, and the values that one `list` keeps unless it says how many. */
export const aggregatedItemsMax = 100_000;
export const groupsMax = 10_000;
export const listedDefault = 100;
/** Values that all `list`s of one aggregate step keep together. */
export const listedTotalMax = 100_000;
/** What one validate or aggregate step may cost, in the steps of expressions: some tens of nanoseconds each. */
export const dataEffortMax = 10_000_000;
/** Characters of a signal's key. */
export const signalKeyLengthMax = 255;
/** Characters of the key of a limit. */
export const limitKeyLengthMax = 255;
/** Characters of the title of a human task, and of a name that it is written to. */
export const titleLengthMax = 1_000;
export const assigneeLengthMax = 200;
/** How long an attempt of a step that the server carries out itself may take where the step sets no `timeout`. */
export const connectorTimeoutDefaultMs = 60_000;
/** Executions that wait for each other, one inside the other; the next call fails with CHILD_DEPTH_EXCEEDED. */
export const childDepthMax = 32;
/** Deliveries of one attempt before it counts as poison and goes to the dead letters. */
export const deliveriesMax = 5;
/** Steps that end in one move without waiting for anything; the rest goes on in the next move. */
export const inlineStepsMax = 1_000;

/** How long an error may put off the next attempt by its `retry_after_ms`, in milliseconds. */
export const retryAfterMaxMs = 3_600_000;

/** Defaults of a retry policy. */
export const retryDefaults = {
  maxAttempts: 1,
  backoff: 'exponential',
  initialDelayMs: 1_000,
  maxDelayMs: 60_000,
  multiplier: 2,
  jitter: true,
} as const;
