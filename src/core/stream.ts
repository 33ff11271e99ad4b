/**
 * Loops that take the results of another loop as they come (`stream: true`, decision 61).
 *
 * Both stand in one graph. What the consumer may begin, and whether its producer must wait for it, are predicates over
 * the states of the two loops; whoever changes one of them has the other look again in the same move, so nothing is
 * outstanding between them that could be missed. A consumer is cut off where its producer fails, and begins anew where
 * that begins anew.
 *
 * Neither waits for ever. The producer is held back by a consumer that runs and is far behind; then either a round of
 * the producer is under way, or all its results are there and the consumer has some to take.
 */
import { present } from '../kit/assert.ts';
import { attemptAnew, enter } from './arrival.ts';
import { cancelInner, isDone } from './flow.ts';
import { streamLagMax } from './limits.ts';
import { goOnLoop, openLoop } from './loop.ts';
import type { Node } from './program.ts';
import type { FrameState, LoopState, StepState } from './state.ts';
import { emit, later, nodeOf, pathIn, stepAt, type Turn } from './turn.ts';

const sourceOf = ({ work }: Node): string | undefined => (work.kind === 'loop' ? work.source : undefined);

const isRunning = (turn: Turn, path: string): boolean =>
  turn.state.steps.get(path)?.status === 'running' && turn.state.loops.has(path);

/** Whether a step of a graph can begin: all it depends on is done, or is the loop it streams from, which has begun. */
export function isReady(turn: Turn, frame: FrameState, node: Node): boolean {
  return node.dependsOn.every((name) => isDone(turn, frame, name) || isStreaming(turn, frame.path, node, name));
}

function isStreaming(turn: Turn, frame: string, node: Node, name: string): boolean {
  const source = pathIn(frame, name);
  const isHere = turn.state.frames.get(frame)?.begun.has(source) ?? false;
  return sourceOf(node) === name && isHere && isRunning(turn, source);
}

/** Whether a loop that begins now takes results as they come; one that comes late has its list. */
export function beginsAsStream(turn: Turn, frame: string, node: Node): boolean {
  const source = sourceOf(node);
  return source !== undefined && isStreaming(turn, frame, node, source);
}

/** The path of the loop that a step streams from, which it was when it was entered. */
export function sourceOfStep(turn: Turn, step: StepState): string | undefined {
  const source = sourceOf(nodeOf(turn, step));
  return source !== undefined && step.input === null ? pathIn(step.frame, source) : undefined;
}

/** The loops that stream from this one, whether they have begun or not. */
function consumersOf(turn: Turn, path: string): readonly { readonly node: Node; readonly path: string }[] {
  const step = stepAt(turn.state, path);
  const { name, dependents } = nodeOf(turn, step);
  return dependents
    .filter((node) => sourceOf(node) === name)
    .map((node) => ({ node, path: pathIn(step.frame, node.name) }));
}

function runningConsumersOf(turn: Turn, path: string): readonly LoopState[] {
  return consumersOf(turn, path).flatMap((consumer) => {
    const loop = turn.state.loops.get(consumer.path);
    return loop?.source === path && isRunning(turn, consumer.path) ? [loop] : [];
  });
}

/** A producer's loop was opened, or goes on: what waited only for that begins. False where nothing streams from it. */
export function openStream(turn: Turn, path: string): boolean {
  const frame = turn.state.frames.get(stepAt(turn.state, path).frame);
  const consumers = frame ? consumersOf(turn, path) : [];
  if (!frame || consumers.length === 0) return false;
  for (const { node, path: consumer } of consumers) {
    later(turn, () => {
      if (frame.begun.has(consumer) || !isReady(turn, frame, node)) return;
      enter(turn, node, { frame: frame.path, origin: 'flow' });
    });
  }
  return true;
}

/** Another attempt of the producer: what was taken from the one before is taken again. */
export function reopenStream(turn: Turn, path: string): void {
  for (const consumer of runningConsumersOf(turn, path)) {
    cut(turn, consumer.path);
    if (attemptAnew(turn, consumer.path))
      openLoop(turn, consumer.path, { frame: stepAt(turn.state, consumer.path).frame });
  }
}

/** The producer failed: nothing more will come. Where it is let pass all the same, its consumers begin with what it gives. */
export function cutStream(turn: Turn, path: string): void {
  for (const consumer of runningConsumersOf(turn, path)) cut(turn, consumer.path);
}

function cut(turn: Turn, path: string): void {
  cancelInner(turn, path);
  emit(turn, { type: 'step.cancelled', step: path });
}

/** A consumer that was cut off may begin once its producer is done. */
export function isCutOff(turn: Turn, frame: string, node: Node): boolean {
  return sourceOf(node) !== undefined && turn.state.steps.get(pathIn(frame, node.name))?.status === 'cancelled';
}

/** A loop has come further, or stands still: what takes from it, and what it takes from, looks again. */
export function wakeStream(turn: Turn, path: string): void {
  const { source } = turn.state.loops.get(path) ?? {};
  if (source !== undefined && isRunning(turn, source)) later(turn, () => goOnLoop(turn, source));
  for (const consumer of runningConsumersOf(turn, path)) later(turn, () => goOnLoop(turn, consumer.path));
}

/** Whether what takes from this loop is so far behind that no further round may begin. */
export function isHeldBack(turn: Turn, loop: LoopState): boolean {
  return runningConsumersOf(turn, loop.path).some(({ next }) => loop.next - next >= streamLagMax);
}

/** What a consumer finds at its next place: a result, nothing yet, or the end. */
export function lookAhead(turn: Turn, { source = '', next }: LoopState): 'there' | 'wait' | 'end' {
  const producer = present(turn.state.loops.get(source), `the loop ${source}`);
  if (next < producer.next) {
    const isEnded = !producer.running.has(next) && !producer.again.includes(next) && !producer.failures.has(next);
    return isEnded ? 'there' : 'wait';
  }
  return stepAt(turn.state, source).status === 'completed' ? 'end' : 'wait';
}
