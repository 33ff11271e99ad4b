/**
 * Where the flow goes: into a step, out of a step that succeeded, out of a list.
 *
 * A list of steps that runs is a *frame*. A sequence has one active step at a time; a graph starts every step whose
 * `depends_on` is done. What a step does when it failed is in `failure.ts`, how containers join their frames in
 * `containers.ts`, how an execution ends in `closing.ts`.
 */

import { present } from '../kit/assert.ts';
import type { Json } from '../kit/json.ts';
import { compensationAdvanced, completeExecution, failExecution } from './closing.ts';
import { frameChanged, openContainer } from './containers.ts';
import type { StepError } from './errors.ts';
import type { Origin, TaskSpec } from './events.ts';
import { failAttempt, firedRule } from './failure.ts';
import { inlineStepsMax } from './limits.ts';
import type { Node, Target } from './program.ts';
import { type FrameState, isEnded, type Signal, type StepState } from './state.ts';
import { emit, evaluated, frameAt, later, nodeOf, pathIn, type Sight, scopeOf, stepAt, type Turn } from './turn.ts';

export interface Arrival {
  readonly frame: string;
  readonly origin: Origin;
  /** The failed step that led here. */
  readonly after?: string;
  /** The step whose output is `$.previous`. */
  readonly previous?: string;
}

/** Opens the frame of a list and starts its first steps. */
export function openFrame(turn: Turn, frame: { path: string; list: string; owner?: string }, previous?: string): void {
  const { path, list, owner } = frame;
  emit(turn, { type: 'frame.opened', frame: path, list, ...(owner === undefined ? {} : { owner }) });
  const first = present(turn.program.lists.get(list), `list ${list}`).first;
  if (first.length === 0) later(turn, () => finishFrame(turn, path));
  for (const node of first) {
    const arrival: Arrival = { frame: path, origin: 'flow', ...(previous === undefined ? {} : { previous }) };
    later(turn, () => enter(turn, node, arrival));
  }
}

export function go(turn: Turn, target: Target, arrival: Arrival): void {
  switch (target.kind) {
    case 'node':
      later(turn, () => enter(turn, target.node, arrival));
      return;
    case 'end':
      later(turn, () => finishFrame(turn, arrival.frame));
      return;
    case 'undefined': {
      const cause = arrival.after === undefined ? undefined : turn.state.steps.get(arrival.after)?.error;
      failFrame(turn, arrival.frame, undefinedStep(target.name, cause));
    }
  }
}

export function undefinedStep(name: string, cause: StepError | undefined): StepError {
  const message = `the flow reached the step ${name}, which the workflow does not define`;
  return { code: 'UNDEFINED_STEP', message, step: name, ...(cause ? { cause } : {}) };
}

/** The flow comes to a step: a new visit, unless its guard says no. */
export function enter(turn: Turn, node: Node, arrival: Arrival): void {
  if (!canRunIn(turn, arrival)) return;
  if (turn.endedSteps >= inlineStepsMax && arrival.origin === 'flow') {
    turn.endedSteps = 0;
    emit(turn, { type: 'frame.deferred', frame: arrival.frame, next: node.name });
    return;
  }
  const path = arrival.origin === 'compensation' ? (arrival.previous ?? node.name) : pathIn(arrival.frame, node.name);
  const visit = (turn.state.steps.get(path)?.visit ?? 0) + 1;
  const { frame, origin, after } = arrival;
  const head = {
    step: path,
    name: node.name,
    kind: node.work.kind,
    frame,
    visit,
    origin,
    ...(after === undefined ? {} : { after }),
  };
  if (visit > node.visitsMax) {
    const message = `step ${path} was visited ${node.visitsMax} times, which is its max_visits`;
    failFrame(turn, frame, { code: 'TOO_MANY_VISITS', message, step: path });
    return;
  }
  const sight = sightOf(turn, arrival);
  if (node.when) {
    const { when } = node;
    const holds = evaluated(path, () => isTrue(when.evaluate(scopeOf(turn, sight))));
    if (holds.ok && !holds.value) {
      emit(turn, { type: 'step.skipped', ...head });
      turn.endedSteps += 1;
      leave(turn, stepAt(turn.state, path));
      return;
    }
    if (!holds.ok) {
      emit(turn, { type: 'step.entered', ...head });
      failAttempt(turn, path, { error: holds.error });
      return;
    }
  }
  begin(turn, node, head, sight);
}

function canRunIn(turn: Turn, arrival: Arrival): boolean {
  if (isEnded(turn.state)) return false;
  if (arrival.origin === 'compensation') return true;
  return !turn.state.closing && turn.state.frames.get(arrival.frame)?.status === 'open';
}

/** Conditions hold by truthiness: null, false, 0 and "" do not. */
export function isTrue(value: unknown): boolean {
  return value !== null && value !== undefined && value !== false && value !== 0 && value !== '';
}

function sightOf(turn: Turn, arrival: Arrival): Sight {
  const { state } = turn;
  const previous = arrival.previous === undefined ? undefined : state.steps.get(arrival.previous)?.output;
  if (arrival.origin === 'compensation') return { frame: '', error: state.closing?.error };
  const error = arrival.after === undefined ? undefined : state.steps.get(arrival.after)?.error;
  return { frame: arrival.frame, previous, error };
}

/** The frame of compensation steps; no step of a definition can bear the name. */
export const compensationFrame = '$compensation';

type Head = { step: string; name: string; kind: string; frame: string; visit: number; origin: Origin; after?: string };

function begin(turn: Turn, node: Node, head: Head, sight: Sight): void {
  const { work } = node;
  const prepared = evaluated(head.step, () => {
    const scope = scopeOf(turn, sight);
    return {
      input: node.input ? (node.input.fill(scope) as Json) : undefined,
      timeoutMs: node.timeout?.(scope),
      queueMs: node.queueTimeout?.(scope),
      heartbeatMs: node.heartbeatTimeout?.(scope),
      key: node.idempotencyKey?.fill(scope),
      dueAt: work.kind === 'wait' ? waitDueAt(turn, work, scope) : undefined,
    };
  });
  if (!prepared.ok) {
    emit(turn, { type: 'step.entered', ...head });
    failAttempt(turn, head.step, { error: prepared.error });
    return;
  }
  const { input, timeoutMs, queueMs, heartbeatMs, key, dueAt } = prepared.value;
  const withInput = input === undefined ? {} : { input };
  const deadline = timeoutMs === undefined ? {} : { deadlineAt: turn.at + timeoutMs };
  switch (work.kind) {
    case 'function': {
      const task: TaskSpec = {
        executor: work.executor,
        function: work.function,
        ...(timeoutMs === undefined ? {} : { timeoutMs }),
        ...(heartbeatMs === undefined ? {} : { heartbeatMs }),
        ...(queueMs === undefined ? {} : { queueTimeoutMs: queueMs }),
        ...(key === undefined ? {} : { idempotencyKey: String(key) }),
      };
      const queue = queueMs === undefined ? {} : { queueDeadlineAt: turn.at + queueMs };
      emit(turn, { type: 'step.scheduled', ...head, ...withInput, task, ...queue });
      return;
    }
    case 'wait': {
      const signal = work.signal === undefined ? {} : { signal: work.signal };
      emit(turn, { type: 'step.waiting', ...head, ...(dueAt === undefined ? {} : { dueAt }), ...signal, ...deadline });
      takeSignal(turn, head.step);
      return;
    }
    case 'condition':
    case 'parallel':
      emit(turn, { type: 'step.entered', ...head, ...withInput, ...deadline });
      openContainer(turn, head.step, sight);
      return;
    case 'transform':
      emit(turn, { type: 'step.entered', ...head, ...withInput });
      settle(
        turn,
        head.step,
        evaluated(head.step, () => work.mapping.fill(scopeOf(turn, sight)) as Json),
      );
      return;
    case 'fail': {
      emit(turn, { type: 'step.entered', ...head });
      const { code } = work;
      const error = evaluated(head.step, () => {
        const scope = scopeOf(turn, sight);
        const details = work.details?.fill(scope) as Json | undefined;
        const message = String(work.message?.fill(scope) ?? `step ${head.step} fails with ${code}`);
        return { code, message, step: head.step, retryable: false, ...(details === undefined ? {} : { details }) };
      });
      failAttempt(turn, head.step, { error: error.ok ? error.value : error.error });
    }
  }
}

function waitDueAt(
  turn: Turn,
  work: Extract<Node['work'], { kind: 'wait' }>,
  scope: ReturnType<typeof scopeOf>,
): number | undefined {
  if (work.duration) return turn.at + (work.duration(scope) ?? 0);
  if (!work.until) return work.signal === undefined ? turn.at : undefined;
  const until = work.until.fill(scope);
  const untilMs = typeof until === 'number' ? until : Date.parse(String(until));
  return Number.isNaN(untilMs) ? turn.at : untilMs;
}

function settle(turn: Turn, path: string, result: ReturnType<typeof evaluated<Json>>): void {
  if (result.ok) succeed(turn, path, { response: result.value });
  else failAttempt(turn, path, { error: result.error });
}

/** A waiting step takes the oldest kept signal that fits it. True where it did. */
export function takeSignal(turn: Turn, path: string): boolean {
  const step = stepAt(turn.state, path);
  if (step.status !== 'waiting' || step.signal === undefined) return false;
  const work = nodeOf(turn, step).work;
  const fits = (signal: Signal): boolean => {
    if (signal.name !== step.signal || work.kind !== 'wait') return false;
    const { condition } = work;
    if (!condition) return true;
    const scope = scopeOf(turn, { frame: step.frame, extra: { signal: signal.payload } });
    const holds = evaluated(path, () => isTrue(condition.evaluate(scope)));
    return holds.ok && holds.value;
  };
  const signal = turn.state.signals.find(fits);
  if (!signal) return false;
  succeed(turn, path, { response: signal.payload, signal: signal.id });
  return true;
}

interface Success {
  readonly response: Json;
  readonly startedAt?: number | undefined;
  readonly signal?: string;
  readonly insteadOf?: StepError;
}

/** A step has its result: map it, set variables, and go on. */
export function succeed(turn: Turn, path: string, success: Success): void {
  const step = stepAt(turn.state, path);
  const node = nodeOf(turn, step);
  const sight: Sight = {
    frame: step.frame,
    error: step.error,
    extra: { response: success.response, result: success.response },
  };
  const mapped = evaluated(path, () => ({
    output: node.output && !success.insteadOf ? (node.output.fill(scopeOf(turn, sight)) as Json) : success.response,
  }));
  if (!mapped.ok) return failAttempt(turn, path, { error: mapped.error, startedAt: success.startedAt });
  const { output } = mapped.value;
  const vars = evaluated(path, () =>
    variablesOf(turn, node, { ...sight, extra: { ...sight.extra, output, [step.name]: output } }),
  );
  if (!vars.ok) return failAttempt(turn, path, { error: vars.error, startedAt: success.startedAt });
  emit(turn, {
    type: 'step.completed',
    step: path,
    output,
    ...(vars.value === undefined ? {} : { vars: vars.value }),
    ...(success.startedAt === undefined ? {} : { startedAt: success.startedAt }),
    ...(success.signal === undefined ? {} : { signal: success.signal }),
    ...(success.insteadOf === undefined ? {} : { insteadOf: success.insteadOf }),
  });
  turn.endedSteps += 1;
  leave(turn, stepAt(turn.state, path));
}

function variablesOf(turn: Turn, node: Node, sight: Sight): Record<string, Json> | undefined {
  if (node.set.length === 0) return undefined;
  const vars: Record<string, Json> = Object.create(null);
  for (const [variable, value] of node.set) vars[variable] = value.fill(scopeOf(turn, sight)) as Json;
  return vars;
}

/** Out of a step that completed, was skipped, or is let pass. */
export function leave(turn: Turn, step: StepState): void {
  if (step.origin === 'compensation') return compensationAdvanced(turn, false);
  if (step.status !== 'skipped' && firedRule(turn, step)) return;
  if (turn.state.closing) return;
  advance(turn, step);
}

/** The successor of a step, in its frame. */
export function advance(turn: Turn, step: StepState): void {
  const { state } = turn;
  const replaced = step.origin === 'fallback' && step.after !== undefined ? state.steps.get(step.after) : undefined;
  if (replaced) {
    emit(turn, { type: 'step.replaced', step: replaced.path, by: step.path });
    return advance(turn, replaced);
  }
  const frame = frameAt(state, step.frame);
  const node = nodeOf(turn, step);
  const list = present(turn.program.lists.get(frame.list), `list ${frame.list}`);
  if (list.isGraph && !node.step.handler) return advanceGraph(turn, frame, node);
  if (step.origin === 'handler' && node.next.kind === 'end' && node.step.onSuccess === undefined) {
    const error = step.after === undefined ? undefined : state.steps.get(step.after)?.error;
    return failFrame(turn, frame.path, error ?? { code: 'FAILED', message: `the handler ${step.path} ran` });
  }
  go(turn, node.next, { frame: frame.path, origin: 'flow', previous: step.path });
}

/** Starts what waited for this step alone. The join is a predicate over the steps, never a counter. */
function advanceGraph(turn: Turn, frame: FrameState, done: Node): void {
  const previous = pathIn(frame.path, done.name);
  for (const node of done.dependents) {
    if (!node.dependsOn.every((name) => isDone(turn, frame, name))) continue;
    later(turn, () => {
      if (!frame.begun.has(pathIn(frame.path, node.name)))
        enter(turn, node, { frame: frame.path, origin: 'flow', previous });
    });
  }
  const isFinished = done.list.nodes.every((node) => node.step.handler || isDone(turn, frame, node.name));
  if (isFinished) later(turn, () => finishFrame(turn, frame.path));
}

function isDone(turn: Turn, frame: FrameState, name: string): boolean {
  const path = pathIn(frame.path, name);
  const step = turn.state.steps.get(path);
  if (!step || !frame.begun.has(path)) return false;
  return step.status === 'completed' || step.status === 'skipped' || step.passed;
}

/** A list ran to its end. */
export function finishFrame(turn: Turn, path: string): void {
  const frame = frameAt(turn.state, path);
  if (frame.status !== 'open' || turn.state.closing) return;
  const template = turn.program.lists.get(frame.list)?.result;
  const result = evaluated(undefined, () => template?.fill(scopeOf(turn, { frame: path })) as Json | undefined);
  if (!result.ok) return failFrame(turn, path, result.error);
  cancelSteps(turn, frame);
  emit(turn, {
    type: 'frame.closed',
    frame: path,
    status: 'completed',
    ...(result.value === undefined ? {} : { result: result.value }),
  });
  if (frame.owner === undefined) completeExecution(turn);
  else frameChanged(turn, frame.owner);
}

/** A list fails: what still runs in it is cancelled, and its owner learns of it. */
export function failFrame(turn: Turn, path: string, error: StepError): void {
  const frame = frameAt(turn.state, path);
  if (frame.status !== 'open') return;
  cancelSteps(turn, frame);
  emit(turn, { type: 'frame.closed', frame: path, status: 'failed', error });
  if (frame.owner === undefined) failExecution(turn, error);
  else frameChanged(turn, frame.owner);
}

export function cancelFrame(turn: Turn, path: string): void {
  const frame = frameAt(turn.state, path);
  if (frame.status !== 'open') return;
  cancelSteps(turn, frame);
  emit(turn, { type: 'frame.closed', frame: path, status: 'cancelled' });
}

/** Ends every step of a frame that has begun, innermost first. */
export function cancelSteps(turn: Turn, frame: FrameState): void {
  for (const path of [...frame.active]) {
    for (const inner of turn.state.frames.values()) if (inner.owner === path) cancelFrame(turn, inner.path);
    emit(turn, { type: 'step.cancelled', step: path });
  }
}
