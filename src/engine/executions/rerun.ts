/** A rerun as a start: what the earlier execution did before the step, with what the caller gives in its place. */
import type { Program } from '../../core/program.ts';
import { canBeginAt, type Rerun, type ReusedStep, reusable } from '../../core/rerun.ts';
import { type ExecutionState, isEnded } from '../../core/state.ts';
import { Fault } from '../../kit/fault.ts';
import { isObject, type Json, type JsonObject } from '../../kit/json.ts';
import { pointerPart } from '../../model/yaml/tree.ts';
import type { RerunRequest, StartRequest } from '../engine.ts';
import { copyJson, findUnstorableText } from '../moves/storable.ts';

export interface PreparedRerun {
  readonly program: Program;
  readonly request: StartRequest;
  readonly rerun: Rerun;
}

/** Reads the earlier state; keeps nothing of it but values, which never change. */
export function prepareRerun(program: Program, state: Readonly<ExecutionState>, given: RerunRequest): PreparedRerun {
  const { fromStep: from, outputs = {} } = given;
  if (!isEnded(state)) {
    throw new Fault('STATE_CONFLICT', `execution ${state.id} has not ended: cancel it first, or wait for its end`);
  }
  if (!canBeginAt(program, from)) throw invalid('/from_step', noSuchStep(program, from));
  const steps = reusable(program, state, from);
  for (const [name, output] of Object.entries(outputs)) checkOutput(steps, { name, output, from });
  return {
    program,
    request: startOf(state, given),
    rerun: {
      of: state.id,
      from,
      steps: steps.map((step) =>
        Object.hasOwn(outputs, step.name) ? { ...step, output: copyJson(outputs[step.name] as Json) } : step,
      ),
      vars: { ...state.vars },
    },
  };
}

function startOf(state: Readonly<ExecutionState>, given: RerunRequest): StartRequest {
  const { workspace, idempotencyKey, keyLifetimeMs, metadata } = given;
  return {
    workspace,
    workflow: state.workflow,
    version: state.version,
    input: given.input === undefined ? state.input : given.input,
    metadata: { ...state.metadata, ...metadata } as JsonObject,
    tags: state.tags,
    priority: state.priority,
    ...(idempotencyKey === undefined ? {} : { idempotencyKey }),
    ...(keyLifetimeMs === undefined ? {} : { keyLifetimeMs }),
  };
}

function noSuchStep(program: Program, from: string): string {
  const names = program.root.nodes.filter((node) => !node.step.handler).map((node) => node.name);
  const known = program.nodes.has(from) ? 'is a handler or stands inside another step' : 'is no step of the workflow';
  return `"${from}" ${known}: begin at one of ${names.join(', ')}`;
}

function checkOutput(
  steps: readonly ReusedStep[],
  { name, output, from }: { name: string; output: unknown; from: string },
): void {
  const pointer = `/outputs/${pointerPart(name)}`;
  const taken = steps.filter(({ frame, status }) => frame === '' && status === 'completed').map((step) => step.name);
  if (!taken.includes(name)) {
    const choices = taken.length === 0 ? 'nothing is taken over' : `taken over are ${taken.join(', ')}`;
    throw invalid(pointer, `what "${name}" gave is not taken over when the flow begins at "${from}": ${choices}`);
  }
  const found = findUnstorableText(output);
  if (found) throw invalid(pointer, `the output cannot be kept: ${found}`);
}

function invalid(pointer: string, message: string): Fault {
  const error = { code: 'VALUE_INVALID', message, pointer, in: 'body' };
  return new Fault('REQUEST_INVALID', `the body is refused at ${pointer}: ${message}`, { detail: { errors: [error] } });
}

/** What makes two requests for a rerun the same one. */
export function rerunFingerprint({ executionId, fromStep, input, outputs, metadata }: RerunRequest): JsonObject {
  const body = { executionId, fromStep, input, outputs, metadata };
  return Object.fromEntries(
    Object.entries(body).filter(([, value]) => value !== undefined && isKept(value)),
  ) as JsonObject;
}

const isKept = (value: unknown): boolean => !isObject(value) || Object.keys(value).length > 0;
