/**
 * The part of `evolve` that records what happened to a loop. Same promises: total, no rules, constant cost an event (a
 * fold costs by what it removes).
 *
 * A loop knows its rounds by their place. Rounds that have ended are *folded* a chunk at a time: their results and
 * failures go into the loop, their steps and frames out of the state. The fold carries everything that is kept, so the
 * events of folded rounds may be elided from the journal and the replay still gives the same state.
 */

import { unreachable } from '../../kit/assert.ts';
import type { Json } from '../../kit/json.ts';
import type { FrameClosed, LoopFolded, LoopOpened } from '../events.ts';
import { openCommand } from '../outstanding.ts';
import { addQuality } from '../quality-counts.ts';
import type { ExecutionState, LoopState } from '../state.ts';
import { recordVars } from '../variables.ts';

type LoopEvent = LoopOpened | LoopFolded | { type: 'loop.deferred' | 'loop.continued'; step: string } | LoopResumed;

export type LoopResumed = { readonly type: 'loop.resumed'; readonly step: string; readonly again: readonly number[] };

export function evolveLoop(state: ExecutionState, event: LoopEvent): void {
  switch (event.type) {
    case 'loop.opened':
      recordOpened(state, event);
      break;
    case 'loop.folded':
      recordFolded(state, event);
      break;
    case 'loop.deferred':
      openCommand(state, { type: 'continue', id: loopTurn(event.step), frame: event.step, next: '' });
      break;
    case 'loop.continued':
      state.outstanding.delete(loopTurn(event.step));
      break;
    case 'loop.resumed':
      recordResumed(state, event);
      break;
    default:
      unreachable(event);
  }
}

/** The command that a loop waits for when a move grew long. */
export const loopTurn = (path: string): string => `loop:${path}`;

function recordOpened(state: ExecutionState, event: LoopOpened): void {
  const { step: path, total, source, batch, roundsMax, tolerated, vars } = event;
  const { visits = 0, foldedEver = 0 } = state.loops.get(path) ?? {};
  state.loops.set(path, {
    path,
    total,
    ...(source === undefined ? {} : { source }),
    batch,
    roundsMax,
    tolerated,
    openedAt: state.position,
    next: 0,
    running: new Set(),
    again: [],
    results: [],
    failures: new Map(),
    foldedTo: 0,
    foldedEver,
    visits,
  });
  const step = state.steps.get(path);
  if (step) step.hasLists = true;
  recordVars(state, vars);
}

function recordFolded(state: ExecutionState, event: LoopFolded): void {
  // Also of a loop that is gone: its counts stay in the journal where the round it lies in is folded.
  for (const [step, quality] of Object.entries(event.quality ?? {})) addQuality(state.qualityFolded, step, quality);
  state.eventsFolded += event.events;
  const loop = state.loops.get(event.step);
  if (!loop) return;
  const { from, to } = event;
  for (const [offset, result] of event.results.entries()) loop.results[from + offset] = result;
  for (const failure of event.failures) loop.failures.set(failure.index, failure);
  for (let index = from; index < to; index += 1) loop.running.delete(index);
  loop.next = Math.max(loop.next, to);
  loop.foldedTo = to;
  loop.foldedEver = Math.max(loop.foldedEver, to);
  loop.visits = Math.max(loop.visits, event.visits);
  removeRounds(state, event);
}

/** Whatever belongs to these rounds leaves the state. */
function removeRounds(state: ExecutionState, { step, from, to }: LoopFolded): void {
  const isFolded = (path: string): boolean => {
    const index = roundOf(path, step);
    return index !== undefined && index >= from && index < to;
  };
  // Where the event that opened a command stands in a record that was not elided, the one that settled it may be gone.
  for (const command of state.outstanding.values()) {
    if (isFolded('step' in command ? command.step : 'frame' in command ? command.frame : '')) {
      state.outstanding.delete(command.id);
    }
  }
  for (const path of state.frames.keys()) if (isFolded(path)) state.frames.delete(path);
  for (const path of state.loops.keys()) if (isFolded(path)) state.loops.delete(path);
  for (const path of state.roundVars.keys()) if (isFolded(path)) state.roundVars.delete(path);
  for (const path of state.pathsByName.keys()) if (isFolded(path)) state.pathsByName.delete(path);
  for (const path of state.steps.keys()) {
    if (!isFolded(path)) continue;
    state.steps.delete(path);
    state.completed.delete(path);
  }
}

/** The round of a loop that a path lies in: `orders[7].ship` is in round 7 of `orders`. */
export function roundOf(path: string, loop: string): number | undefined {
  if (path.charCodeAt(loop.length) !== openBracket || !path.startsWith(loop)) return undefined;
  const end = path.indexOf(']', loop.length);
  return end < 0 ? undefined : Number(path.slice(loop.length + 1, end));
}

const openBracket = '['.charCodeAt(0);

function recordResumed(state: ExecutionState, { step, again }: LoopResumed): void {
  const loop = state.loops.get(step);
  if (!loop) return;
  loop.again = [...again];
  for (const index of again) loop.failures.delete(index);
}

/** A frame that is a round began: anew, or because the execution was retried. */
export function recordRound(
  state: ExecutionState,
  { owner, index }: { owner?: string | undefined; index?: number | undefined },
): void {
  const loop = owner === undefined || index === undefined ? undefined : state.loops.get(owner);
  if (!loop || index === undefined) return;
  loop.running.add(index);
  while (loop.results.length <= index) loop.results.push(null);
  loop.next = Math.max(loop.next, index + 1);
  if (loop.again[0] === index) loop.again.shift();
}

export function recordRoundClosed(
  state: ExecutionState,
  { owner, index, result }: { owner: string; index: number; result: Json },
  event: FrameClosed,
): void {
  const loop = state.loops.get(owner);
  if (!loop) return;
  loop.running.delete(index);
  if (event.status === 'completed') loop.results[index] = result;
  if (event.status === 'failed') {
    const { code, message } = event.error ?? { code: 'FAILED', message: '' };
    loop.failures.set(index, { index, code, message });
  }
}

/** Rounds that have ended, whatever became of them. */
export function endedRounds(loop: LoopState): number {
  return loop.next - loop.running.size - loop.again.length;
}
