/**
 * How an execution ends.
 *
 * Without compensation it closes at once. With it, what is in an executor's hands is first asked back; only when every
 * such attempt has settled (by its result, its withdrawal or the loss of its lease) do the undo steps run, one after
 * the other, so that no step can complete behind the back of its own compensation.
 */
import { emptyObject, isObject, type Json, type JsonObject, member } from '../kit/json.ts';
import { compensationFrame, enter } from './arrival.ts';
import { askChild, waitsForChild } from './child.ts';
import { deadLetterOf } from './dead-letter.ts';
import type { StepError } from './errors.ts';
import type { Closing, ExecutionClosed, Undo } from './events.ts';
import { cancelSteps, undefinedStep } from './flow.ts';
import { cancelledOrFailed, type ExecutionState, type StepState } from './state.ts';
import { emit, evaluated, later, nodeOf, pathIn, scopeOf, type Turn } from './turn.ts';

/** The execution is ending, and what runs in this list is no part of its compensation. */
export function isStopping(state: ExecutionState, frame: string): boolean {
  if (!state.closing) return false;
  let path = frame;
  while (path !== compensationFrame) {
    const owner = state.frames.get(path)?.owner;
    const step = owner === undefined ? undefined : state.steps.get(owner);
    if (!step) return true;
    path = step.frame;
  }
  return false;
}

/** The execution's own list failed. */
export function failExecution(turn: Turn, error: StepError): void {
  close(turn, { status: 'failed', error });
}

export function closeExecution(turn: Turn, closing: Closing, options: { deadLetter?: true } = {}): void {
  const hasNothingToUndo = closing.steps === undefined && findUndos(turn).length === 0;
  if (closing.steps?.length === 0 || (hasNothingToUndo && !waitsForChild(turn.state))) {
    close(turn, { status: closing.outcome, ...(closing.error ? { error: closing.error } : {}), ...options });
    return;
  }
  emit(turn, { type: 'execution.closing', closing });
  for (const command of [...turn.state.outstanding.values()]) {
    if (command.type === 'dispatch') emit(turn, { type: 'step.cancel_requested', step: command.step });
    if (command.type === 'child') askChild(turn, command);
    // It went out before, nobody has answered for it, and it shall not go out again.
    const isBetween = command.type === 'permit' && turn.state.steps.get(command.step)?.status === 'running';
    if (isBetween) emit(turn, { type: 'step.cancelled', step: command.step, outcome: 'unknown' });
  }
  for (const step of turn.state.steps.values()) {
    const isIdle = step.status === 'waiting' || step.status === 'retrying';
    if (isIdle) emit(turn, { type: 'step.cancelled', step: step.path });
  }
  settleInFlight(turn);
}

/** Starts compensation once nothing is in flight any more. */
export function settleInFlight(turn: Turn): void {
  const { state } = turn;
  if (!state.closing || state.compensation || waitsForChild(state)) return;
  for (const command of state.outstanding.values()) if (command.type === 'withdraw') return;
  const undos = state.closing.steps?.map((name): Undo => ({ step: name })) ?? findUndos(turn);
  for (const frame of state.frames.values()) {
    if (frame.status !== 'open') continue;
    cancelSteps(turn, frame);
    emit(turn, { type: 'frame.closed', frame: frame.path, status: 'cancelled' });
  }
  emit(turn, { type: 'compensation.started', undos });
  compensateNext(turn);
}

/** The `compensate` blocks of what completed, last first, and of what may have: attempts of unknown outcome. */
function findUndos(turn: Turn): readonly Undo[] {
  const { state } = turn;
  const unknown = [...state.steps.values()].filter((step) => mayHaveRun(step) && !state.completed.has(step.path));
  const completed = [...state.completed].map((path) => state.steps.get(path));
  return [...completed, ...unknown].reverse().flatMap((step): readonly Undo[] => {
    if (!step || step.origin === 'compensation') return [];
    const frame = step.path.slice(0, Math.max(0, step.path.length - step.name.length - 1));
    return (nodeOf(turn, step).step.compensate ?? []).map((name) => ({ step: pathIn(frame, name), undoes: step.path }));
  });
}

function mayHaveRun(step: StepState): boolean {
  return (step.task ?? step.child) !== undefined && (step.outcomeUnknown || step.status === 'running');
}

export function compensationAdvanced(turn: Turn, failed: boolean): void {
  emit(turn, { type: 'compensation.advanced', failed });
  compensateNext(turn);
}

function compensateNext(turn: Turn): void {
  const { state } = turn;
  const [undo] = state.compensation?.remaining ?? [];
  if (undo === undefined) return finishCompensation(turn);
  const name = undo.step.slice(undo.step.lastIndexOf('.') + 1);
  const node = turn.program.nodes.get(name);
  if (!node) return compensationAdvanced(turn, true);
  const after = undo.undoes === undefined ? {} : { after: undo.undoes };
  later(turn, () => enter(turn, node, { frame: compensationFrame, origin: 'compensation', path: undo.step, ...after }));
}

function finishCompensation(turn: Turn): void {
  const { closing, compensation } = turn.state;
  if (!closing) return;
  if (!compensation?.failed) {
    return close(turn, { status: closing.outcome, ...(closing.error ? { error: closing.error } : {}) });
  }
  const failed = [...turn.state.steps.values()].filter(
    (step) => step.origin === 'compensation' && cancelledOrFailed(step) && !step.passed,
  );
  const names = failed.map((step) => step.path).join(', ') || closing.steps?.join(', ');
  const cause = closing.error ?? undefinedStep(names ?? '', undefined);
  close(turn, {
    status: 'failed',
    error: { code: 'COMPENSATION_FAILED', message: `compensation failed in: ${names}`, cause },
  });
}

/** The execution's own list ran to its end. */
export function completeExecution(turn: Turn): void {
  const { program, state } = turn;
  const output = evaluated(undefined, () => {
    const frame = state.frames.get('');
    const previous = frame?.last === undefined ? undefined : state.steps.get(frame.last)?.output;
    return program.output ? (program.output.fill(scopeOf(turn, { frame: '', previous })) as Json) : mergedOutput(turn);
  });
  if (!output.ok) return failExecution(turn, output.error);
  const checked = program.outputCheck?.check(output.value);
  if (checked === undefined || checked.ok)
    return close(turn, { status: 'completed', output: checked?.value ?? output.value });
  if (program.definition.runtimeValidation?.output === 'fail') {
    const message = `the output breaks output_schema: ${checked.errors[0]?.message}`;
    return failExecution(turn, { code: 'OUTPUT_INVALID', message, details: checked.errors as unknown as Json });
  }
  close(turn, { status: 'completed', output: output.value, warnings: checked.errors });
}

/**
 * The outputs of the completed steps over each other in their order, cut to what `output_schema` names. Steps of a loop
 * are seen inside their rounds alone: what they gave stands in the results of the loop.
 */
function mergedOutput(turn: Turn): Json {
  const schema = turn.program.definition.outputSchema;
  const properties = isObject(schema) && isObject(schema['properties']) ? schema['properties'] : undefined;
  const merged = emptyObject();
  for (const path of turn.state.completed) {
    const output = turn.state.steps.get(path)?.output;
    if (!isObject(output) || path.includes('[')) continue;
    for (const name of Object.keys(output)) {
      if (properties === undefined || Object.hasOwn(properties, name)) merged[name] = member(output, name) as Json;
    }
  }
  return merged as JsonObject;
}

function close(turn: Turn, closed: Omit<ExecutionClosed, 'type'>): void {
  endOpenSteps(turn, turn.state);
  emit(turn, { type: 'execution.closed', ...closed, ...deadLetterOf(turn, closed) });
  turn.agenda.length = 0;
}

function endOpenSteps(turn: Turn, state: ExecutionState): void {
  for (const frame of state.frames.values()) if (frame.status === 'open') cancelSteps(turn, frame);
  for (const step of state.steps.values()) {
    if (step.origin === 'compensation' && step.endedAt === undefined)
      emit(turn, { type: 'step.cancelled', step: step.path });
  }
}
