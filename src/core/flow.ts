/**
 * Where the flow goes: out of a step that succeeded, on to the next one, out of a list.
 *
 * A list of steps that runs is a *frame*. A sequence has one active step at a time; a graph starts every step whose
 * `depends_on` is done. What happens on arrival at a step is in `arrival.ts`, what a step does when it failed in `failure.ts`, how containers join their frames in
 * `containers.ts`, how an execution ends in `closing.ts`.
 */

import { present } from '../kit/assert.ts';
import { emptyObject, type Json, type JsonObject } from '../kit/json.ts';
import { type Arrival, enter, sightOf } from './arrival.ts';
import { compensationAdvanced, completeExecution, failExecution, isStopping } from './closing.ts';
import { frameClosed, isContainer } from './containers.ts';
import type { StepError } from './errors.ts';
import type { Quality } from './events.ts';
import { failAttempt, firedRule } from './failure.ts';
import { iterationsOf, sightAfterRounds } from './loop.ts';
import type { Node, ProgramList, Target } from './program.ts';
import type { FrameState, StepState } from './state.ts';
import { isCutOff, isReady } from './stream.ts';
import { emit, evaluated, frameAt, later, nodeOf, pathIn, type Sight, scopeOf, stepAt, type Turn } from './turn.ts';
import { assigned } from './variables.ts';

/** Opens the frame of a list and starts its first steps. */
export function openFrame(turn: Turn, frame: { path: string; list: string; owner?: string; index?: number }): void {
  const { path, ...placed } = frame;
  emit(turn, { type: 'frame.opened', frame: path, ...placed });
  const first = present(turn.program.lists.get(frame.list), `list ${frame.list}`).first;
  if (first.length === 0) later(turn, () => finishFrame(turn, path));
  for (const node of first) later(turn, () => enter(turn, node, { frame: path, origin: 'flow' }));
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

interface Success {
  readonly response: Json;
  readonly startedAt?: number | undefined;
  readonly signal?: string;
  readonly signals?: readonly string[];
  readonly insteadOf?: StepError;
  readonly quality?: Quality;
  readonly cached?: true | undefined;
}

/** A step has its result: map it, set variables, and go on. */
export function succeed(turn: Turn, path: string, success: Success): void {
  const step = stepAt(turn.state, path);
  const node = nodeOf(turn, step);
  const result = evaluated(path, () => resultOfStep(turn, { step, node, success }));
  if (!result.ok) return failAttempt(turn, path, { error: result.error, startedAt: success.startedAt });
  const { output, vars } = result.value;
  emit(turn, {
    type: 'step.completed',
    step: path,
    output,
    ...(vars === undefined ? {} : { vars }),
    ...(success.startedAt === undefined ? {} : { startedAt: success.startedAt }),
    ...(success.signal === undefined ? {} : { signal: success.signal }),
    ...(success.signals === undefined ? {} : { signals: success.signals }),
    ...(success.insteadOf === undefined ? {} : { insteadOf: success.insteadOf }),
    ...(success.quality === undefined ? {} : { quality: success.quality }),
    ...(success.cached === undefined ? {} : { cached: success.cached }),
  });
  turn.endedSteps += 1;
  leave(turn, stepAt(turn.state, path));
}

interface Result {
  readonly output: Json;
  readonly vars?: JsonObject;
}

/** The step's output by its mapping, and the variables it sets. Most steps have neither. */
function resultOfStep(turn: Turn, given: { step: StepState; node: Node; success: Success }): Result {
  const { step, node, success } = given;
  const { response } = success;
  if (!node.output && node.set.length === 0) return { output: response };
  const sight = sightOfResult(turn, { step, node, response });
  const output = node.output && !success.insteadOf ? (node.output.fill(scopeOf(turn, sight)) as Json) : response;
  if (node.set.length === 0) return { output };
  const scope = scopeOf(turn, { ...sight, extra: { ...sight.extra, output, [step.name]: output } });
  const vars: Record<string, Json> = emptyObject();
  for (const [variable, value] of node.set) vars[variable] = value.fill(scope) as Json;
  return { output, vars: assigned(turn.state, step.frame, vars) };
}

/** What an output mapping and `set` see: the response, and what a container tells of its lists. */
function sightOfResult(turn: Turn, { step, node, response }: { step: StepState; node: Node; response: Json }): Sight {
  const sight = sightOf(turn, step);
  const answer = { response, result: response };
  if (node.work.kind === 'parallel') return { ...sight, extra: { ...answer, branches: response } };
  const loop = node.work.kind === 'loop' ? turn.state.loops.get(step.path) : undefined;
  if (!loop) return { ...sight, extra: answer };
  const { extra, ...inRound } = sightAfterRounds(turn, loop);
  return { ...sight, ...inRound, extra: { ...extra, ...answer, iterations: iterationsOf(loop) } };
}

/** Out of a step that completed, was skipped, or is let pass. */
export function leave(turn: Turn, step: StepState): void {
  if (step.origin === 'compensation') return compensationAdvanced(turn, false);
  if (isStopping(turn.state, step.frame)) return;
  if (step.status !== 'skipped' && firedRule(turn, step)) return;
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
    if (isReady(turn, frame, node)) beginOnce(turn, frame, { node, previous });
  }
  later(turn, () => restGraph(turn, frame, done.list));
}

/**
 * Nothing runs: the graph is over unless something can begin. What a rule's goto passed by begins now; what waits for a
 * step that never counts as done never does.
 */
export function restGraph(turn: Turn, frame: FrameState, list: ProgramList): void {
  if (frame.active.size > 0 || turn.state.outstanding.has(`continue:${frame.path}`)) return;
  const passedBy = list.nodes.filter(
    (node) => !node.step.handler && !frame.begun.has(pathIn(frame.path, node.name)) && isReady(turn, frame, node),
  );
  if (passedBy.length === 0) finishFrame(turn, frame.path);
  for (const node of passedBy) beginOnce(turn, frame, { node });
}

/** Several steps that end in one move may let the same one begin. */
function beginOnce(turn: Turn, frame: FrameState, { node, previous }: { node: Node; previous?: string }): void {
  later(turn, () => {
    if (frame.begun.has(pathIn(frame.path, node.name)) && !isCutOff(turn, frame.path, node)) return;
    enter(turn, node, { frame: frame.path, origin: 'flow', previous });
  });
}

export function isDone(turn: Turn, frame: FrameState, name: string): boolean {
  const path = pathIn(frame.path, name);
  const step = turn.state.steps.get(path);
  if (!step || !frame.begun.has(path)) return false;
  return step.status === 'completed' || step.status === 'skipped' || step.passed;
}

/** A list ran to its end. */
export function finishFrame(turn: Turn, path: string): void {
  const frame = frameAt(turn.state, path);
  if (frame.status !== 'open' || isStopping(turn.state, path)) return;
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
  else frameClosed(turn, { owner: frame.owner, path });
}

/** A list fails: what still runs in it is cancelled, and its owner learns of it. */
export function failFrame(turn: Turn, path: string, error: StepError): void {
  const frame = frameAt(turn.state, path);
  if (frame.status !== 'open') return;
  cancelSteps(turn, frame);
  emit(turn, { type: 'frame.closed', frame: path, status: 'failed', error });
  if (frame.owner === undefined) failExecution(turn, error);
  else frameClosed(turn, { owner: frame.owner, path });
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
    cancelInner(turn, path);
    const step = stepAt(turn.state, path);
    const isInHand = step.task !== undefined && step.status === 'running';
    emit(turn, { type: 'step.cancelled', step: path, ...(isInHand ? { outcome: 'unknown' } : {}) });
  }
}

/** Ends the lists of a container that run. */
export function cancelInner(turn: Turn, path: string): void {
  if (!isContainer(nodeOf(turn, stepAt(turn.state, path)).work)) return;
  for (const inner of turn.state.frames.values()) if (inner.owner === path) cancelFrame(turn, inner.path);
}
