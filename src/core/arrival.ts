/**
 * The flow comes to a step: its guard, its input and its times are taken, and what it does begins.
 *
 * What each type does when it begins is here alone, for its first attempt and for the later ones.
 */

import type { Scope } from '../expression/expression.ts';
import type { Json } from '../kit/json.ts';
import { aggregate } from './aggregate.ts';
import { callChild } from './child.ts';
import { isStopping } from './closing.ts';
import { openContainer } from './containers.ts';
import type { Origin, TaskSpec, Waits } from './events.ts';
import { failAttempt } from './failure.ts';
import { failFrame, leave, succeed } from './flow.ts';
import { inlineStepsMax } from './limits.ts';
import { itemsOf } from './loop.ts';
import type { Node } from './program.ts';
import { inputOf, isEnded } from './state.ts';
import { beginsAsStream } from './stream.ts';
import { isTaskWork, taskOf } from './task-spec.ts';
import { emit, evaluated, nodeOf, pathIn, type Sight, scopeOf, stepAt, type Turn } from './turn.ts';
import { type ValidateWork, validate } from './validate.ts';
import { isWaitingWork, takeSignals, waitsOf } from './waiting.ts';

export interface Arrival {
  readonly frame: string;
  readonly origin: Origin;
  /** The failed step that led here. */
  readonly after?: string | undefined;
  /** The step whose output is `$.previous`. */
  readonly previous?: string | undefined;
  /** Of compensation: where the step runs, which is where it stands in the flow. */
  readonly path?: string;
  /** The same pass once more, not a jump: it needs no visit left. */
  readonly isAgain?: true;
}

/** The flow comes to a step: a new visit, unless its guard says no. */
export function enter(turn: Turn, node: Node, arrival: Arrival): void {
  if (!canRunIn(turn, arrival) || deferred(turn, node, arrival)) return;
  const head = headOf(turn, node, arrival);
  const { step: path, frame } = head;
  if (!arrival.isAgain && isVisitTooMany(turn, node, head)) {
    const message = `step ${path} was visited ${node.visitsMax} times, which is its max_visits`;
    return failFrame(turn, frame, { code: 'TOO_MANY_VISITS', message, step: path });
  }
  const sight = sightOf(turn, arrival);
  const holds = evaluated(path, () => node.when === undefined || isTrue(node.when.evaluate(scopeOf(turn, sight))));
  if (!holds.ok) {
    emit(turn, { type: 'step.entered', ...head });
    return failAttempt(turn, path, { error: holds.error });
  }
  if (holds.value) return begin(turn, node, head, sight);
  emit(turn, { type: 'step.skipped', ...head });
  turn.endedSteps += 1;
  leave(turn, stepAt(turn.state, path));
}

/** Jumps back to a step are bounded. That its list begins anew, in another attempt or run, is none. */
function isVisitTooMany({ state }: Turn, node: Node, { step: path, frame, visit }: Head): boolean {
  const { visitsBefore = 0 } = state.steps.get(path) ?? {};
  const isBack = state.frames.get(frame)?.begun.has(path) ?? false;
  return isBack && visit - visitsBefore > node.visitsMax;
}

/** Whether a step may still begin or go on there: what was put off may find its frame closed. */
export function canRunIn(turn: Turn, { origin, frame }: Pick<Arrival, 'origin' | 'frame'>): boolean {
  if (isEnded(turn.state)) return false;
  if (origin === 'compensation') return true;
  return turn.state.frames.get(frame)?.status === 'open' && !isStopping(turn.state, frame);
}

/** A long move ends here and the next one goes on with this step; once per list, whose turn is one command. */
function deferred(turn: Turn, node: Node, { frame, origin }: Arrival): boolean {
  if (turn.endedSteps < inlineStepsMax || origin !== 'flow') return false;
  if (turn.state.outstanding.has(`continue:${frame}`)) return false;
  turn.endedSteps = 0;
  emit(turn, { type: 'frame.deferred', frame, next: node.name });
  return true;
}

interface Head {
  readonly step: string;
  readonly name: string;
  readonly kind: string;
  readonly frame: string;
  readonly visit: number;
  readonly origin: Origin;
  readonly after?: string;
  readonly previous?: string;
}

function headOf(turn: Turn, node: Node, { frame, origin, after, previous, path: given }: Arrival): Head {
  const { state } = turn;
  const path = given ?? pathIn(frame, node.name);
  const isUsual = previous === undefined || previous === state.frames.get(frame)?.last;
  return {
    step: path,
    name: node.name,
    kind: node.work.kind === 'connector' ? node.work.connector : node.work.kind,
    frame,
    visit: (state.steps.get(path)?.visit ?? state.frames.get(frame)?.visitsBefore ?? 0) + 1,
    origin,
    ...(after === undefined ? {} : { after }),
    ...(isUsual ? {} : { previous }),
  };
}

/** Conditions hold by truthiness: null, false, 0 and "" do not. */
export function isTrue(value: unknown): boolean {
  return value !== null && value !== undefined && value !== false && value !== 0 && value !== '';
}

/** What the expressions of a step see: where it stands, what led to it, and the error it answers for. */
export function sightOf(turn: Turn, step: Arrival): Sight {
  const { state } = turn;
  if (step.origin === 'compensation') {
    const undone = step.after === undefined ? undefined : state.steps.get(step.after);
    return { frame: undone?.frame ?? '', error: state.closing?.error };
  }
  const previous = step.previous === undefined ? undefined : state.steps.get(step.previous)?.output;
  const error = step.after === undefined ? undefined : state.steps.get(step.after)?.error;
  return { frame: step.frame, previous, error };
}

/** The frame of compensation steps; no step of a definition can bear the name. */
export const compensationFrame = '$compensation';

interface Times {
  readonly timeoutMs: number | undefined;
  /** Of a step that waits for the world. */
  readonly waits: Waits | undefined;
}

function timesOf(turn: Turn, node: Node, scope: Scope): Times {
  return { waits: waitsOf(turn, node, scope), timeoutMs: node.timeout?.(scope) };
}

function begin(turn: Turn, node: Node, head: Head, sight: Sight): void {
  const { work } = node;
  if (node.task && !node.input) return schedule(turn, head, { task: node.task });
  const prepared = evaluated(head.step, () => {
    const scope = scopeOf(turn, sight);
    return {
      ...(beginsAsStream(turn, head.frame, node) ? { input: null } : inputFor(node, scope)),
      times: timesOf(turn, node, scope),
      task: node.task ?? (isTaskWork(work) ? taskOf(node, work, scope) : undefined),
    };
  });
  if (!prepared.ok) {
    emit(turn, { type: 'step.entered', ...head });
    return failAttempt(turn, head.step, { error: prepared.error });
  }
  const { times, task, ...input } = prepared.value;
  if (task) return schedule(turn, head, { ...input, task });
  if (work.kind === 'workflow') return callChild(turn, { ...head, ...input, ...dueOf(turn, times) }, work.target);
  const type = times.waits ? 'step.waiting' : 'step.entered';
  emit(turn, { type, ...head, ...input, ...dueOf(turn, times) });
  perform(turn, head.step, sight);
}

/** Absent where the step gets the execution's own. */
function inputFor({ input, work }: Node, scope: Scope): { input?: Json } {
  if (work.kind === 'loop' && work.iterateOver) return { input: itemsOf(work, work.iterateOver.evaluate(scope)) };
  const template = work.kind === 'connector' ? work.request : input;
  return template ? { input: template.fill(scope) as Json } : {};
}

function schedule(turn: Turn, head: Head, given: { task: TaskSpec; input?: Json }): void {
  const { queueTimeoutMs } = given.task;
  const queue = queueTimeoutMs === undefined ? {} : { queueDeadlineAt: turn.at + queueTimeoutMs };
  emit(turn, { type: 'step.scheduled', ...head, ...given, ...queue });
}

function dueOf(turn: Turn, { timeoutMs, waits }: Times): Waits & { deadlineAt?: number } {
  return {
    ...waits,
    ...(timeoutMs === undefined ? {} : { deadlineAt: turn.at + timeoutMs }),
  };
}

/** Does what a step of the core does, for its newest attempt. */
function perform(turn: Turn, path: string, sight: Sight): void {
  const { work } = nodeOf(turn, stepAt(turn.state, path));
  switch (work.kind) {
    case 'wait':
      takeSignals(turn, path);
      return;
    case 'condition':
    case 'parallel':
    case 'loop':
      return openContainer(turn, path, sight);
    case 'transform': {
      const result = evaluated(path, () => work.mapping.fill(scopeOf(turn, sight)) as Json);
      if (result.ok) return succeed(turn, path, { response: result.value });
      return failAttempt(turn, path, { error: result.error });
    }
    case 'validate':
      return performValidate(turn, path, { work, sight });
    case 'aggregate': {
      const result = evaluated(path, () => aggregate(work, scopeOf(turn, sight)));
      if (result.ok) return succeed(turn, path, { response: result.value });
      return failAttempt(turn, path, { error: result.error });
    }
    case 'fail': {
      const error = evaluated(path, () => failureOf(path, work, scopeOf(turn, sight)));
      return failAttempt(turn, path, { error: error.ok ? error.value : error.error });
    }
    case 'function':
    case 'connector':
    case 'human_task':
    case 'workflow':
      return;
  }
}

function performValidate(turn: Turn, path: string, { work, sight }: { work: ValidateWork; sight: Sight }): void {
  const input = inputOf(turn.state, stepAt(turn.state, path));
  const result = evaluated(path, () => validate(work, scopeOf(turn, sight), input));
  if (!result.ok) return failAttempt(turn, path, { error: result.error });
  const { isValid, quality, report, data, message } = result.value;
  if (isValid || work.isTolerant) return succeed(turn, path, { response: { ...report, data }, quality });
  const error = { code: 'VALIDATION_FAILED', message, details: report, retryable: false };
  failAttempt(turn, path, { error, quality });
}

function failureOf(path: string, work: Extract<Node['work'], { kind: 'fail' }>, scope: Scope) {
  const { code } = work;
  const details = work.details?.fill(scope) as Json | undefined;
  const message = String(work.message?.fill(scope) ?? `step ${path} fails with ${code}`);
  return { code, message, step: path, retryable: false, ...(details === undefined ? {} : { details }) };
}

/**
 * The next attempt of a step: after the delay of a retry, or because the execution was retried. What never came to an
 * attempt (its guard, input or mapping had no value) is entered once more instead.
 */
export function beginAttempt(turn: Turn, path: string): void {
  const step = stepAt(turn.state, path);
  const node = nodeOf(turn, step);
  if (step.task) {
    const queueMs = step.task.queueTimeoutMs;
    const queue = queueMs === undefined ? {} : { queueDeadlineAt: turn.at + queueMs };
    return emit(turn, { type: 'step.attempted', step: path, attempt: step.attempt + 1, ...queue });
  }
  const isLasting = step.child !== undefined || isWaitingWork(node.work) || step.hasLists;
  if (!isLasting || !attemptAnew(turn, path)) return enter(turn, node, { ...step, isAgain: true });
  perform(turn, path, sightOf(turn, step));
}

/** The next attempt of a wait or container, with its times taken anew; false where they have no value. */
export function attemptAnew(turn: Turn, path: string): boolean {
  const step = stepAt(turn.state, path);
  const times = evaluated(path, () => timesOf(turn, nodeOf(turn, step), scopeOf(turn, sightOf(turn, step))));
  if (!times.ok) return false;
  emit(turn, { type: 'step.attempted', step: path, attempt: step.attempt + 1, ...dueOf(turn, times.value) });
  return true;
}
