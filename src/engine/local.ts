/**
 * Functions that run in this process: executors like any other, without rows for their tasks.
 *
 * What is in hand here is known to this node alone; after a crash the wake row of its execution brings the attempt back
 * and it is handed out again, counted in the journal. A function gets a copy of its input, and its result is checked
 * like one from outside.
 */

import type { StepError } from '../core/errors.ts';
import { type Command, type ExecutionState, inputOf, passId } from '../core/state.ts';
import type { Clock } from '../kit/clock.ts';
import type { Json } from '../kit/json.ts';
import type { EngineCounters, LocalFunction, LocalTask } from './engine.ts';
import type { Live, UntimedFact } from './live.ts';
import { copyJson, findUnstorable } from './storable.ts';

type Dispatch = Command & { type: 'dispatch' };

export interface Local {
  register(workspace: string, executor: string, functionName: string, run: LocalFunction): void;
  isLocal(state: ExecutionState, command: Command): boolean;
  find(workspace: string, executor: string, functionName: string): LocalFunction | undefined;
  run(live: Live, command: Dispatch): void;
  isRunning(live: Live, attempt: string): boolean;
  /** The attempt is settled, or asked back: a function that still runs is told that its result is not wanted. */
  abort(live: Live, attempt: string): void;
  /** Ends what is past its timeout, and what does not stop after it was asked to. */
  sweep(): void;
  running(): number;
}

/** A task in this process. */
export interface Running {
  readonly executionId: string;
  readonly dispatch: Dispatch;
  /** Made when the function asks for its signal: most never do. */
  controller: AbortController | undefined;
  readonly startedAt: number;
  readonly deadlineAt: number | undefined;
  abortedAt: number | undefined;
}

/** How long a function may go on after it was asked to stop, before its outcome counts as unknown. */
const abortGraceMs = 30_000;

export function openLocal(deps: {
  clock: Clock;
  counters: EngineCounters;
  submit: (executionId: string, fact: UntimedFact) => void;
}): Local {
  const functions = new Map<string, Map<string, LocalFunction>>();
  const running = new Set<Running>();

  const find = (workspace: string, executor: string, functionName: string): LocalFunction | undefined =>
    functions.get(`${workspace}\n${executor}`)?.get(functionName);

  function finish(task: Running, fact: UntimedFact): void {
    if (running.delete(task)) deps.submit(task.executionId, fact);
  }

  function run(live: Live, dispatch: Dispatch): void {
    const step = live.state.steps.get(dispatch.step);
    const spec = step?.task;
    const call = spec && find(live.state.workspace, spec.executor, spec.function);
    if (!step || !spec || !call) return;
    const startedAt = deps.clock.nowMs();
    const deadlineAt = spec.timeoutMs === undefined ? undefined : startedAt + spec.timeoutMs;
    const task: Running = {
      executionId: live.id,
      dispatch,
      controller: undefined,
      startedAt,
      deadlineAt,
      abortedAt: undefined,
    };
    running.add(task);
    live.inProcess.set(dispatch.id, task);
    deps.counters.tasksHandedOut += 1;
    const { step: path, visit, attempt } = dispatch;
    const context = makeTask(task, spec.idempotencyKey ?? `${live.id}/${passId(step)}`);
    const settle = (outcome: { output: unknown } | { error: StepError }): void => {
      const error = 'error' in outcome ? outcome.error : findUnstorable(outcome.output ?? null);
      const base = { step: path, visit, attempt, startedAt };
      if (error) return finish(task, { type: 'task.failed', ...base, error });
      const output = copyJson(('output' in outcome ? (outcome.output ?? null) : null) as Json);
      finish(task, { type: 'task.completed', ...base, output });
    };
    callFunction(() => call(copyJson(inputOf(live.state, step)), context), settle);
  }

  return {
    register(workspace, executor, functionName, call) {
      const key = `${workspace}\n${executor}`;
      const known = functions.get(key) ?? new Map<string, LocalFunction>();
      functions.set(key, known.set(functionName, call));
    },
    isLocal(state, command) {
      if (command.type !== 'dispatch') return false;
      const task = state.steps.get(command.step)?.task;
      return task !== undefined && find(state.workspace, task.executor, task.function) !== undefined;
    },
    find,
    run,
    isRunning: (live, attempt) => running.has(live.inProcess.get(attempt) as Running),
    abort(live, attempt) {
      const task = live.inProcess.get(attempt);
      const isWithdrawal = live.state.outstanding.has(`withdraw:${attempt}`);
      if (!isWithdrawal) live.inProcess.delete(attempt);
      if (!task || !running.has(task)) return;
      stop(task, deps.clock.nowMs());
      if (!isWithdrawal) running.delete(task);
    },
    sweep() {
      const nowMs = deps.clock.nowMs();
      for (const task of running) {
        const { step, visit, attempt } = task.dispatch;
        if (task.abortedAt !== undefined && nowMs - task.abortedAt >= abortGraceMs) {
          running.delete(task);
          deps.submit(task.executionId, { type: 'task.withdrawn', step, visit, attempt, outcome: 'unknown' });
        } else if (task.deadlineAt !== undefined && task.deadlineAt <= nowMs && task.abortedAt === undefined) {
          running.delete(task);
          stop(task, nowMs);
          deps.submit(task.executionId, { type: 'task.timed_out', step, visit, attempt, startedAt: task.startedAt });
        }
      }
    },
    running: () => running.size,
  };
}

function makeTask(task: Running, idempotencyKey: string): LocalTask {
  return {
    executionId: task.executionId,
    step: task.dispatch.step,
    attempt: task.dispatch.attempt,
    idempotencyKey,
    deadlineAt: task.deadlineAt,
    get signal() {
      task.controller ??= new AbortController();
      if (task.abortedAt !== undefined) task.controller.abort();
      return task.controller.signal;
    },
  };
}

function stop(task: Running, nowMs: number): void {
  task.abortedAt ??= nowMs;
  task.controller?.abort();
}

/** A function may answer at once, by a promise, or by throwing. */
function callFunction(
  call: () => unknown,
  settle: (outcome: { output: unknown } | { error: StepError }) => void,
): void {
  try {
    const returned = call();
    if (returned instanceof Promise) {
      returned.then(
        (output) => settle({ output }),
        (thrown: unknown) => settle({ error: errorOf(thrown) }),
      );
    } else settle({ output: returned });
  } catch (thrown) {
    settle({ error: errorOf(thrown) });
  }
}

/** What a function throws, as the error of its attempt: `code`, `details` and `retryable` are taken from it. */
function errorOf(thrown: unknown): StepError {
  if (!(thrown instanceof Error)) return { code: 'EXECUTOR_ERROR', message: String(thrown) };
  const { code, details, retryable } = thrown as { code?: unknown; details?: unknown; retryable?: unknown };
  return {
    code: typeof code === 'string' && code !== '' ? code : 'EXECUTOR_ERROR',
    message: thrown.message.toWellFormed().replaceAll('\u0000', ''),
    ...(details === undefined || findUnstorable(details) ? {} : { details: details as Json }),
    ...(retryable === false ? { retryable: false } : {}),
  };
}
