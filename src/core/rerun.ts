/**
 * An execution that takes up an earlier one: what that one did before a step is taken over as it is, and the flow begins
 * at the step. The earlier execution is not touched.
 */
import { present } from '../kit/assert.ts';
import type { Json, JsonObject } from '../kit/json.ts';
import { enter } from './arrival.ts';
import type { ExecutionEvent } from './events.ts';
import type { Node, Program } from './program.ts';
import { type ExecutionState, inputOf, type StepState } from './state.ts';
import { isReady } from './stream.ts';
import { emit, frameAt, later, type Turn } from './turn.ts';
import { roundOfVariable } from './variables.ts';

/** What a start takes over. */
export interface Rerun {
  /** Id of the earlier execution. */
  readonly of: string;
  /** The step of the workflow's own list that the flow begins at. */
  readonly from: string;
  readonly steps: readonly ReusedStep[];
  readonly vars: JsonObject;
}

export interface ReusedStep {
  readonly step: string;
  readonly name: string;
  readonly kind: string;
  readonly frame: string;
  readonly status: 'completed' | 'skipped';
  readonly input: Json;
  readonly output: Json;
}

/** The steps of the workflow's own list that an execution of it can begin at. */
export function canBeginAt(program: Program, name: string): boolean {
  const node = program.nodes.get(name);
  return node !== undefined && node.list === program.root && !node.step.handler;
}

/**
 * What an execution that begins at `from` takes over: in a sequence what was done before that step was first reached, in
 * a graph everything that does not wait for it. Rounds of loops stay behind, their loop's output goes along.
 */
export function reusable(program: Program, state: Readonly<ExecutionState>, from: string): readonly ReusedStep[] {
  const own = new Set(program.root.isGraph ? independentOf(program, state, from) : namesBefore(state, from));
  const isTaken = (step: StepState): boolean => own.has(rootOf(step.path)) && !step.path.includes('[') && isOver(step);
  return [...state.steps.values()].filter(isTaken).map((step) => ({
    step: step.path,
    name: step.name,
    kind: step.kind,
    frame: step.frame,
    status: step.status === 'skipped' ? 'skipped' : 'completed',
    input: inputOf(state, step),
    output: step.output ?? null,
  }));
}

/**
 * The variables that an event sets for whoever takes over these steps of the workflow's own list. A state has them as they
 * were set last of all, by whatever step.
 */
export function varsSetIn(event: ExecutionEvent, taken: ReadonlySet<string>): JsonObject | undefined {
  if (event.type === 'execution.started') return event.rerun?.vars;
  if (event.type !== 'step.completed' && event.type !== 'loop.opened') return undefined;
  if (!taken.has(rootOf(event.step))) return undefined;
  const own = Object.entries(event.vars ?? {}).filter(([key]) => roundOfVariable(key) === undefined);
  return Object.fromEntries(own);
}

export const rootOf = (path: string): string => path.split(/[.[]/, 1)[0] ?? path;

const isOver = (step: StepState): boolean =>
  step.origin !== 'compensation' && (step.status === 'completed' || step.status === 'skipped' || step.passed);

function namesBefore(state: Readonly<ExecutionState>, from: string): readonly string[] {
  const paths = [...state.steps.keys()];
  const place = paths.indexOf(from);
  return place < 0 ? paths : paths.slice(0, place);
}

function independentOf(program: Program, state: Readonly<ExecutionState>, from: string): readonly string[] {
  const waiting = new Set([from]);
  const add = (node: Node): void => {
    for (const dependent of node.dependents) {
      if (waiting.has(dependent.name)) continue;
      waiting.add(dependent.name);
      add(dependent);
    }
  };
  add(present(program.nodes.get(from), `step ${from}`));
  // What stood in for one of these, or answered for it, is no part of what comes now.
  for (const { path, after } of state.steps.values()) {
    if (after !== undefined && waiting.has(rootOf(after))) waiting.add(rootOf(path));
  }
  return program.root.nodes.filter((node) => !waiting.has(node.name)).map((node) => node.name);
}

/** Takes over the steps. Where the execution waits for its turn, this is all that happens yet. */
export function takeOver(turn: Turn, { steps }: Pick<Rerun, 'steps'>): void {
  emit(turn, { type: 'frame.opened', frame: '', list: '' });
  for (const step of steps) {
    const visit = turn.state.steps.get(step.step)?.visit ?? 1;
    emit(turn, { type: 'step.reused', visit, origin: 'flow', ...step });
  }
}

/** Whether the flow has come to a first step: what ended before its turn came has at most taken over what another did. */
export function hasBegun({ rerun, steps, frames }: Readonly<ExecutionState>): boolean {
  const begun = [...(frames.get('')?.begun ?? [])];
  return rerun ? begun.some((path) => steps.get(path)?.isReused === false) : begun.length > 0;
}

/** Another run of such an execution: what was done before the step stays done, as in the run before. */
export function takeOverAgain(turn: Turn, from: string): void {
  takeOver(turn, { steps: reusable(turn.program, turn.state, from) });
}

export function beginAt(turn: Turn, from: string): void {
  const { root, nodes } = turn.program;
  const frame = frameAt(turn.state, '');
  // In a graph whatever has its turn begins: the step itself later, where it waits for what was never done.
  const first = root.isGraph
    ? root.nodes.filter((node) => !node.step.handler && !frame.begun.has(node.name) && isReady(turn, frame, node))
    : [present(nodes.get(from), `step ${from}`)];
  for (const node of first) {
    later(turn, () => enter(turn, node, { frame: '', origin: 'flow', previous: frame.last }));
  }
}
