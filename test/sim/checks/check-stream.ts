/**
 * Loops that stream, read a second time from the definition and the state: nothing is taken that is not there, in no
 * other order, and whatever is there is taken in the same move; a producer is held back exactly as far as it may be
 * ahead; a consumer ends with its producer.
 */
import type { FrameOpened } from '../../../src/core/events.ts';
import { streamLagMax } from '../../../src/core/limits.ts';
import { isEnded, type LoopState, type StepState } from '../../../src/core/state.ts';
import type { LoopStep } from '../../../src/model/definition.ts';
import { claim } from '../violation.ts';
import type { Book, Check } from './book.ts';

export function checkStream(book: Book): Check {
  const { shadow, id, tally } = book;

  const running = (path: string | undefined): StepState | undefined => {
    const step = path === undefined ? undefined : shadow.steps.get(path);
    return step?.status === 'running' ? step : undefined;
  };

  /** Loops that take from this one now. */
  function consumersOf(path: string): readonly LoopState[] {
    return [...shadow.loops.values()].filter((loop) => loop.source === path && running(loop.path) !== undefined);
  }

  function checkRound({ owner, index }: FrameOpened): void {
    const loop = owner === undefined ? undefined : shadow.loops.get(owner);
    if (!loop || index === undefined) return;
    if (loop.source !== undefined) checkTaking(loop, index);
    if (index !== loop.next) return;
    for (const { path, next } of consumersOf(loop.path)) {
      const lag = index - next;
      claim(lag < streamLagMax, 'I10', () => `${id}: ${loop.path}[${index}] begins ${lag} ahead of ${path}`);
    }
  }

  function checkTaking(loop: LoopState, index: number): void {
    const source = shadow.loops.get(loop.source ?? '');
    const isThere =
      source !== undefined && index < source.next && !source.running.has(index) && !source.failures.has(index);
    claim(isThere, 'I10', () => `${id}: ${loop.path}[${index}] takes what ${loop.source} has not made`);
    if (running(loop.source)) tally.saw('stream taken beside its producer');
  }

  function checkCompleted(path: string): void {
    const loop = shadow.loops.get(path);
    if (loop?.source === undefined) return;
    const source = shadow.loops.get(loop.source);
    const isOver = shadow.steps.get(loop.source)?.status === 'completed';
    claim(isOver, 'I10', () => `${id}: ${path} completes before ${loop.source}`);
    claim(loop.next === source?.next, 'I10', () => `${id}: ${path} took ${loop.next} of ${source?.next} results`);
    tally.saw('stream taken to its end');
  }

  /** What could go on at the end of a move does. */
  function checkMoved(loop: LoopState): void {
    if (loop.source === undefined || !running(loop.path) || shadow.outstanding.has(`loop:${loop.path}`)) return;
    const source = shadow.loops.get(loop.source);
    const step = shadow.steps.get(loop.source);
    const isAlive = step?.status === 'running' || step?.status === 'retrying' || step?.status === 'completed';
    claim(source && isAlive, 'I10', () => `${id}: ${loop.path} takes from ${loop.source}, which is ${step?.status}`);
    claim(loop.openedAt > source.openedAt, 'I10', () => `${id}: ${loop.path} takes on from an earlier ${loop.source}`);
    const { next } = loop;
    const isBegun = next < source.next && !source.again.includes(next);
    const isThere = isBegun && !source.running.has(next) && !source.failures.has(next);
    const hasHands = loop.running.size < loop.batch;
    claim(!(isThere && hasHands), 'I10', () => `${id}: ${loop.path} leaves ${loop.source}[${loop.next}] lying`);
    const isDone = step.status === 'completed' && loop.next >= source.next && loop.running.size === 0;
    claim(!isDone, 'I10', () => `${id}: ${loop.path} goes on after its last result`);
  }

  return {
    before(event) {
      if (event.type === 'frame.opened') checkRound(event);
      if (event.type === 'step.completed' && !event.insteadOf) checkCompleted(event.step);
      if (event.type === 'step.cancelled' && shadow.loops.get(event.step)?.source !== undefined) {
        tally.saw('stream cut off');
      }
      if (event.type === 'loop.opened' && shadow.loops.get(event.step)?.source !== undefined) {
        tally.saw('stream begun anew');
      }
    },
    moved() {
      if (isEnded(shadow) || shadow.closing) return;
      for (const loop of shadow.loops.values()) checkMoved(loop);
    },
  };
}

/** Whether this step may begin while the other one still runs. */
export const streamsFrom = (own: LoopStep | { readonly type: string } | undefined, name: string): boolean =>
  own?.type === 'loop' && (own as LoopStep).streamFrom === name;

/** A loop without a round that waits for the other one: for a result, or for its consumer to catch up. */
export function isStarved(book: Pick<Book, 'shadow' | 'tally'>, path: string): boolean {
  const { shadow } = book;
  const loop = shadow.loops.get(path);
  if (!loop) return false;
  const source = loop.source === undefined ? undefined : shadow.steps.get(loop.source);
  if (source?.status === 'running' || source?.status === 'retrying') return true;
  const isHeld = [...shadow.loops.values()].some(
    (other) =>
      other.source === path &&
      other.running.size > 0 &&
      shadow.steps.get(other.path)?.status === 'running' &&
      loop.next - other.next >= streamLagMax,
  );
  if (isHeld) book.tally.saw('stream holds its producer back');
  return isHeld;
}
