/**
 * Functions that run in this process: executors like any other, without rows for their tasks.
 *
 * What is in hand here is known to this node alone; after a crash the wake row of its execution brings the attempt back
 * and it is handed out again, counted in the journal. A function gets a copy of its input, and its result is checked
 * like one from outside.
 */

import type { StepError } from '../../core/errors.ts';
import { serverExecutor, type TaskSpec } from '../../core/events.ts';
import { type Command, type ExecutionState, inputOf, passId } from '../../core/state.ts';
import type { Clock } from '../../kit/clock.ts';
import type { Json, JsonObject } from '../../kit/json.ts';
import { SlotMap } from '../../kit/slot-map.ts';
import type { EngineCounters, LocalFunction, LocalTask } from '../engine.ts';
import type { Live, UntimedFact } from '../moves/live.ts';
import { copyJson, kept } from '../moves/storable.ts';
import { traceRootOf } from '../moves/trace.ts';

type Dispatch = Command & { type: 'dispatch' };

export interface Local {
  register(workspace: string, executor: string, functionName: string, run: LocalFunction): void;
  isLocal(state: ExecutionState, command: Command): boolean;
  /** A function that a user registered. */
  find(workspace: string, executor: string, functionName: string): LocalFunction | undefined;
  run(live: Live, command: Dispatch): void;
  isRunning(live: Live, attempt: string): boolean;
  /** The attempt is settled, or asked back: a function that still runs is told that its result is not wanted. */
  abort(live: Live, attempt: string): void;
  /** Ends what is past its timeout, and what does not stop after it was asked to. */
  sweep(): void;
  running(): number;
}

/** A task in this process, and what its function is told of it. */
export class Running implements LocalTask {
  readonly workspace: string;
  /** Of a step that the server carries out: what its definition says of it. */
  readonly settings: JsonObject;
  /** What the attempt before failed with. */
  readonly lastError: StepError | undefined;
  readonly dispatch: Dispatch;
  readonly executionId: string;
  readonly traceRoot: string;
  /** Its place among all calls of this process. */
  readonly number: number;
  readonly idempotencyKey: string;
  readonly startedAt: number;
  readonly deadlineAt: number | undefined;
  abortedAt: number | undefined = undefined;
  /** Made when the function asks for its signal: most never do. */
  #controller: AbortController | undefined = undefined;

  constructor(
    live: Live,
    dispatch: Dispatch,
    given: { number: number; idempotencyKey: string; startedAt: number; timeoutMs: number | undefined },
  ) {
    this.workspace = live.state.workspace;
    this.settings = settingsOf(live, dispatch.step);
    this.lastError = live.state.steps.get(dispatch.step)?.error;
    this.dispatch = dispatch;
    this.executionId = live.id;
    this.traceRoot = traceRootOf(live.state);
    this.number = given.number;
    this.idempotencyKey = given.idempotencyKey;
    this.startedAt = given.startedAt;
    this.deadlineAt = given.timeoutMs === undefined ? undefined : given.startedAt + given.timeoutMs;
  }

  get step(): string {
    return this.dispatch.step;
  }

  get attempt(): number {
    return this.dispatch.attempt;
  }

  get signal(): AbortSignal {
    this.#controller ??= new AbortController();
    if (this.abortedAt !== undefined) this.#controller.abort();
    return this.#controller.signal;
  }

  abort(nowMs: number): void {
    this.abortedAt ??= nowMs;
    this.#controller?.abort();
  }
}

function settingsOf({ program, state }: Live, path: string): JsonObject {
  const step = program?.nodes.get(state.steps.get(path)?.name ?? '')?.step;
  return step?.type === 'connector' ? step.settings : {};
}

/** What carries a task out: a function that a user registered, or the server itself. */
export type LocalCall = (input: Json, task: Running) => unknown;

/** How long a function may go on after it was asked to stop, before its outcome counts as unknown. */
const abortGraceMs = 30_000;

export function openLocal(deps: {
  clock: Clock;
  counters: EngineCounters;
  submit: (executionId: string, fact: UntimedFact) => void;
  /** What the server carries out itself, by the name of the connector; the same in every workspace. */
  server: ReadonlyMap<string, LocalCall>;
}): Local {
  const functions = new Map<string, Map<string, Map<string, LocalFunction>>>();
  const running = new SlotMap<number, Running>();
  let calls = 0;

  const find = (workspace: string, executor: string, functionName: string): LocalFunction | undefined =>
    functions.get(workspace)?.get(executor)?.get(functionName);

  const callFor = (workspace: string, task: TaskSpec): LocalCall | undefined =>
    task.executor === serverExecutor ? deps.server.get(task.function) : find(workspace, task.executor, task.function);

  const isRunning = (task: Running | undefined): task is Running => task !== undefined && running.has(task.number);

  function finish(task: Running, outcome: FunctionOutcome): void {
    if (!running.delete(task.number)) return;
    const { dispatch, startedAt } = task;
    const { step, visit, attempt } = dispatch;
    const known = 'error' in outcome ? outcome : kept(outcome.output ?? null);
    deps.submit(
      task.executionId,
      'error' in known
        ? { type: 'task.failed', step, visit, attempt, error: known.error, startedAt }
        : { type: 'task.completed', step, visit, attempt, output: known.output, startedAt },
    );
  }

  function run(live: Live, dispatch: Dispatch): void {
    const step = live.state.steps.get(dispatch.step);
    const spec = step?.task;
    const call = spec && callFor(live.state.workspace, spec);
    if (!step || !spec || !call) return;
    const idempotencyKey = spec.idempotencyKey ?? `${live.id}/${passId(step)}`;
    calls += 1;
    const task = new Running(live, dispatch, {
      number: calls,
      idempotencyKey,
      startedAt: deps.clock.nowMs(),
      timeoutMs: spec.timeoutMs,
    });
    running.set(task.number, task);
    live.inProcess ??= new Map();
    live.inProcess.set(dispatch.id, task);
    deps.counters.tasksHandedOut += 1;
    const input = copyJson(inputOf(live.state, step));
    callFunction({ call, input, task }, (outcome) => finish(task, outcome));
  }

  return {
    register(workspace, executor, functionName, call) {
      const executors = functions.get(workspace) ?? new Map<string, Map<string, LocalFunction>>();
      const known = executors.get(executor) ?? new Map<string, LocalFunction>();
      functions.set(workspace, executors.set(executor, known.set(functionName, call)));
    },
    isLocal(state, command) {
      if (command.type !== 'dispatch') return false;
      const task = state.steps.get(command.step)?.task;
      return task !== undefined && callFor(state.workspace, task) !== undefined;
    },
    find,
    run,
    isRunning: (live, attempt) => isRunning(live.inProcess?.get(attempt)),
    abort(live, attempt) {
      const task = live.inProcess?.get(attempt);
      const isWithdrawal = live.state.outstanding.has(`withdraw:${attempt}`);
      if (!isWithdrawal) live.inProcess?.delete(attempt);
      if (!isRunning(task)) return;
      task.abort(deps.clock.nowMs());
      if (!isWithdrawal) running.delete(task.number);
    },
    sweep() {
      const nowMs = deps.clock.nowMs();
      for (const task of running.values()) {
        const { step, visit, attempt } = task.dispatch;
        if (task.abortedAt !== undefined && nowMs - task.abortedAt >= abortGraceMs) {
          running.delete(task.number);
          deps.submit(task.executionId, { type: 'task.withdrawn', step, visit, attempt, outcome: 'unknown' });
        } else if (task.deadlineAt !== undefined && task.deadlineAt <= nowMs && task.abortedAt === undefined) {
          running.delete(task.number);
          task.abort(nowMs);
          deps.submit(task.executionId, { type: 'task.timed_out', step, visit, attempt, startedAt: task.startedAt });
        }
      }
    },
    running: () => running.size,
  };
}

type FunctionOutcome = { readonly output: unknown } | { readonly error: StepError };

/** A function may answer at once, by a promise, or by throwing. */
function callFunction(
  { call, input, task }: { call: LocalCall; input: Json; task: Running },
  settle: (outcome: FunctionOutcome) => void,
): void {
  try {
    const returned = call(input, task);
    if (isPromise(returned)) {
      Promise.resolve(returned).then(
        (output) => settle({ output }),
        (thrown: unknown) => settle({ error: errorOf(thrown) }),
      );
    } else settle({ output: returned });
  } catch (thrown) {
    settle({ error: errorOf(thrown) });
  }
}

/** Also one that waits in its own way, as queries of many database libraries do: no result that is kept has such a member. */
function isPromise(value: unknown): value is PromiseLike<unknown> {
  return typeof value === 'object' && value !== null && 'then' in value && typeof value.then === 'function';
}

/** What a function throws, as the error of its attempt. It may be anything, down to what throws when it is read. */
function errorOf(thrown: unknown): StepError {
  try {
    return thrown instanceof Error ? errorOfError(thrown) : { code: unnamed, message: plainText(thrown) };
  } catch {
    return { code: unnamed, message: 'the function threw what cannot be read' };
  }
}

/** Of a failure that brings no code of its own. */
const unnamed = 'EXECUTOR_ERROR';

/** `code`, `details` and `retryable` are taken from it. */
function errorOfError(thrown: Error): StepError {
  const { code, details, retryable } = thrown as { code?: unknown; details?: unknown; retryable?: unknown };
  const told = details === undefined ? undefined : kept(details);
  return {
    code: typeof code === 'string' && code !== '' ? code : unnamed,
    message: plainText(thrown.message),
    ...(told === undefined || 'error' in told ? {} : { details: told.output }),
    ...(retryable === false ? { retryable: false } : {}),
  };
}

const plainText = (value: unknown): string => String(value).toWellFormed().replaceAll('\u0000', '');
