/** What a played execution shows of itself: steps, their outputs, and the roots that conditions read. */
import type { ExecutionEvent } from '../core/events.ts';
import { type ExecutionState, inputOf, type StepState } from '../core/state.ts';
import { emptyObject, isObject, type Json } from '../kit/json.ts';
import { allSteps } from '../model/step-lists.ts';
import { keysOf } from './call.ts';
import type { Performance, Play } from './play.ts';

/** The flow came to a step and its guard held. */
export interface Visit {
  readonly path: string;
  readonly name: string;
}

export function visitsOf({ executions: [played] }: Pick<Performance, 'executions'>): readonly Visit[] {
  return (played?.events ?? []).flatMap((event) => (isArrival(event) ? { path: event.step, name: event.name } : []));
}

type ArrivalEvent = Extract<ExecutionEvent, { type: 'step.scheduled' | 'step.entered' | 'step.waiting' }>;

export function isArrival(event: ExecutionEvent): event is ArrivalEvent {
  return event.type === 'step.scheduled' || event.type === 'step.entered' || event.type === 'step.waiting';
}

/** By name or by path; the newest visit. Undefined where there is none. */
export function outputOf({ state }: Pick<Performance, 'state'>, step: string): Json | undefined {
  return state && findStep(state, step)?.output;
}

function findStep(state: Readonly<ExecutionState>, step: string): StepState | undefined {
  return state.steps.get(step) ?? state.steps.get(state.pathsByName.get(step) ?? '');
}

/** `$.<step>` is its output, as in the workflow. */
export function rootsOf(
  performance: Performance,
  { workflow, definitions }: Pick<Play, 'workflow' | 'definitions'>,
): ReadonlyMap<string, unknown> {
  const { state } = performance;
  const roots = new Map<string, unknown>();
  const steps = emptyObject<unknown>();
  for (const { name, steps: list } of definitions) {
    if (name === workflow) for (const step of allSteps(list)) notBegun(step.name);
  }
  for (const step of state?.steps.values() ?? []) {
    if (!state) continue;
    const found = findStep(state, step.name) ?? step;
    roots.set(step.name, statusIn(found));
    steps[step.name] = recordOf(state, found);
  }
  roots.set('steps', steps);
  roots.set('input', state?.input ?? null);
  roots.set('output', state?.output ?? null);
  roots.set('status', performance.status);
  roots.set('error', state?.error ?? performance.refusal ?? null);
  roots.set('vars', state?.vars ?? {});
  roots.set('calls', callsByKey(performance, workflow));
  roots.set('duration', performance.durationMs / 1_000);
  return roots;

  function notBegun(name: string): void {
    roots.set(name, { status: 'pending' });
    steps[name] = { output: null, status: 'pending', error: null, attempts: 0, input: null };
  }
}

/** `$.<step>.status` is its status where the output has no such member. */
function statusIn({ output = null, status }: StepState): unknown {
  if (isObject(output)) return Object.hasOwn(output, 'status') ? output : { ...output, status };
  return output === null ? { status } : output;
}

function recordOf(state: Readonly<ExecutionState>, step: StepState): unknown {
  const { output = null, status, error = null, attempt } = step;
  return { output, status, error, attempts: attempt, input: inputOf(state as ExecutionState, step) };
}

/** Inputs of calls, by every name that a call answers to. */
function callsByKey({ calls }: Performance, workflow: string): Record<string, unknown[]> {
  const byKey = emptyObject<unknown[]>();
  for (const call of calls) {
    for (const key of keysOf(call, workflow)) {
      byKey[key] ??= [];
      byKey[key].push(call.input);
    }
  }
  return byKey;
}
