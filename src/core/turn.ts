/**
 * One move in the making: the events so far, the state they led to, and what is still to be looked at.
 *
 * The state moves along with each event, so that a later decision of the same move sees the earlier ones. Whoever
 * owns the state throws it away when the move does not become durable.
 */

import { ExpressionFault, type Scope } from '../expression/expression.ts';
import { present } from '../kit/assert.ts';
import { isObject, type Json } from '../kit/json.ts';
import { type Random, seededRandom } from '../kit/random.ts';
import { type StepError, StepFault } from './errors.ts';
import type { ExecutionEvent } from './events.ts';
import { evolve } from './evolve/evolve.ts';
import { loopValue } from './loop.ts';
import type { Node, Program } from './program.ts';
import { type ExecutionState, type FrameState, inputOf, type StepState, statusOf } from './state.ts';
import { visible } from './variables.ts';

export interface Turn {
  readonly program: Program;
  readonly state: ExecutionState;
  readonly at: number;
  readonly random: Random;
  readonly events: ExecutionEvent[];
  readonly agenda: (() => void)[];
  /** Steps that ended in this move. */
  endedSteps: number;
  /** Rounds of loops that began in this move. */
  roundsBegun: number;
}

/** `seed` is the execution's: that of its start, which the state does not hold before the first move. */
export function openTurn(program: Program, state: ExecutionState, { at, seed }: { at: number; seed: number }): Turn {
  const random = seededRandom(seed + Math.imul(state.position, 0x9e3779b1));
  return { program, state, at, random, events: [], agenda: [], endedSteps: 0, roundsBegun: 0 };
}

export function emit(turn: Turn, event: ExecutionEvent): void {
  turn.events.push(event);
  evolve(turn.state, event, turn.at);
}

/** Puts off a decision until those before it are taken: no recursion, whatever the definition looks like. */
export function later(turn: Turn, decision: () => void): void {
  turn.agenda.push(decision);
}

export function runAgenda(turn: Turn): void {
  for (let next = 0; next < turn.agenda.length; next += 1) turn.agenda[next]?.();
  turn.agenda.length = 0;
}

export function nodeOf(turn: Turn, step: StepState): Node {
  return present(turn.program.nodes.get(step.name), `step ${step.name} in ${turn.program.definition.name}`);
}

export function stepAt(state: ExecutionState, path: string): StepState {
  return present(state.steps.get(path), `step ${path} of ${state.id}`);
}

export function frameAt(state: ExecutionState, path: string): FrameState {
  return present(state.frames.get(path), `frame ${path} of ${state.id}`);
}

/** Path of a step inside a frame. Compensation runs under the paths that its steps have in the flow. */
export function pathIn(frame: string, name: string): string {
  return frame === '' ? name : `${frame}.${name}`;
}

/** What an expression sees beside the execution itself. */
export interface Sight {
  /** Where it stands: names are looked up in this frame, then in those around it. */
  readonly frame: string;
  readonly previous?: Json | undefined;
  readonly error?: StepError | undefined;
  /** `$.response`, `$.signal` and the like, by name. */
  readonly extra?: Readonly<Record<string, unknown>>;
}

export function scopeOf(turn: Turn, sight: Sight): Scope {
  const { program } = turn;
  return {
    nowMs: turn.at,
    random: () => turn.random.next(),
    env: program.env,
    root(name, next) {
      const value = rootValue(turn, sight, name, next);
      return value === undefined ? stepValue(turn, { sight, name, next }) : value;
    },
  };
}

function rootValue(turn: Turn, sight: Sight, name: string, next: string | number | undefined): unknown {
  const { state, program } = turn;
  if (sight.extra && Object.hasOwn(sight.extra, name)) return sight.extra[name];
  switch (name) {
    case '':
      return everything(turn, sight);
    case 'input':
      return state.input;
    case 'vars':
      return visible(state, sight.frame);
    case 'steps':
      return allSteps(turn, sight.frame, next);
    case 'previous':
      return sight.previous ?? null;
    case 'error':
      return sight.error ?? null;
    case 'execution':
      return {
        id: state.id,
        started_at: new Date(state.startedAt ?? state.createdAt).toISOString(),
        duration: (turn.at - (state.startedAt ?? state.createdAt)) / 1_000,
        attempt: state.run,
        status: statusOf(state),
      };
    case 'workflow':
      return { name: program.definition.name, version: program.definition.version };
    case 'workspace':
      return state.workspace;
    default:
      return state.loops.size === 0 ? undefined : loopValue(turn, sight.frame, name);
  }
}

const rootNames = ['input', 'vars', 'previous', 'error', 'execution', 'workflow', 'workspace', 'steps'];

/** `$` itself: every root by name, steps by theirs. */
function everything(turn: Turn, sight: Sight): unknown {
  const all: Record<string, unknown> = Object.create(null);
  for (const step of turn.state.steps.values()) all[step.name] = step.output ?? null;
  for (const name of rootNames) all[name] = rootValue(turn, sight, name, undefined);
  return Object.assign(all, sight.extra);
}

/** `$.<step>` is its output; `$.<step>.status` its status where the output has no such field. */
function stepValue(
  turn: Turn,
  { sight, name, next }: { sight: Sight; name: string; next: string | number | undefined },
): unknown {
  if (!turn.program.nodes.has(name)) return undefined;
  const step = findStep(turn.state, sight.frame, name);
  const output = step?.output ?? null;
  if (next !== 'status' || (isObject(output) && Object.hasOwn(output, 'status'))) return output;
  return { status: step?.status ?? 'pending' };
}

const notBegun = { output: null, status: 'pending', error: null, attempts: 0, input: null };

/** `$.steps`: one record where the path goes on with a name, else all of them. */
function allSteps({ state, program }: Turn, frame: string, next: string | number | undefined): unknown {
  const records: Record<string, unknown> = Object.create(null);
  const names = typeof next === 'string' ? [next] : new Set([...state.steps.values()].map((step) => step.name));
  for (const name of names) {
    const step = findStep(state, frame, name);
    if (!step && program.nodes.has(name)) records[name] = notBegun;
    if (!step) continue;
    records[name] = {
      output: step.output ?? null,
      status: step.status,
      error: step.error ?? null,
      attempts: step.attempt,
      input: inputOf(state, step),
    };
  }
  return records;
}

/**
 * The newest pass through a step of that name, seen from a frame: its own list first, then the ones around it. Steps of a
 * branch are visible by name after the join, in the round that it stands in or the whole execution.
 */
function findStep(state: ExecutionState, frame: string, name: string): StepState | undefined {
  let around = frame;
  for (;;) {
    const path = pathIn(around, name);
    const step = state.steps.get(path) ?? findInside(state, path);
    if (step || around === '') return step;
    const cut = around.lastIndexOf('.');
    around = cut < 0 ? '' : around.slice(0, cut);
  }
}

function findInside(state: ExecutionState, path: string): StepState | undefined {
  const step = state.steps.get(state.pathsByName.get(path) ?? '');
  return step && (path === step.name || isOfThisRound(state, step)) ? step : undefined;
}

/** A round that begins anew, with another item maybe, does not see what its branches and cases did before. */
function isOfThisRound(state: ExecutionState, { path, frame: at }: StepState): boolean {
  const frame = state.frames.get(at);
  if (!frame?.begun.has(path)) return false;
  if (frame.index !== undefined) return true;
  const owner = state.steps.get(frame.owner ?? '');
  return owner?.hasLists === true && isOfThisRound(state, owner);
}

/** A value, or the error that a step or execution fails with where an expression has none. */
export type Evaluated<T> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly error: StepError };

export function evaluated<T>(step: string | undefined, evaluate: () => T): Evaluated<T> {
  try {
    return { ok: true, value: evaluate() };
  } catch (fault) {
    if (fault instanceof StepFault)
      return { ok: false, error: { ...fault.error, ...(step === undefined ? {} : { step }) } };
    if (!(fault instanceof ExpressionFault)) throw fault;
    const error: StepError = {
      code: 'EXPRESSION_FAILED',
      message: fault.message,
      ...(step === undefined ? {} : { step }),
    };
    return { ok: false, error };
  }
}
