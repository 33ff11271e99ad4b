/**
 * Loops, read a second time from the definition: every item has one round, no more run at once than may, a failure ends
 * the loop exactly where the definition says, and what a loop gives counts its rounds.
 */
import type { ExecutionEvent, FrameOpened } from '../../../src/core/events.ts';
import type { LoopState, StepState } from '../../../src/core/state.ts';
import { isObject, type Json } from '../../../src/kit/json.ts';
import type { LoopStep } from '../../../src/model/definition.ts';
import { claim } from '../violation.ts';
import type { Book, Check } from './book.ts';

export function checkLoop(book: Book): Check {
  const { shadow, id, tally } = book;

  function definitionOf(path: string | undefined): LoopStep | undefined {
    const step = path === undefined ? undefined : shadow.steps.get(path);
    const defined = step && book.outline.steps.get(step.name)?.step;
    return defined?.type === 'loop' ? defined : undefined;
  }

  function checkRound({ owner, index, frame }: FrameOpened): void {
    const loop = owner === undefined ? undefined : shadow.loops.get(owner);
    const own = definitionOf(owner);
    if (!own || !loop || index === undefined) return;
    const atOnce = own.parallel ? (own.batchSize ?? 20) : 1;
    claim(loop.running.size < Number(atOnce), 'I10', () => `${id}: ${frame} begins beside ${[...loop.running].join()}`);
    const isNext = index === loop.next || loop.again.includes(index);
    claim(isNext, 'I10', () => `${id}: ${frame} begins where round ${loop.next} is next`);
    const count = itemsOf(own)?.length;
    claim(count === undefined || index < count, 'I10', () => `${id}: ${frame} has no item`);
    if (loop.running.size > 0) tally.saw('rounds side by side');
  }

  function checkCompleted(path: string, output: Json): void {
    const own = definitionOf(path);
    const loop = shadow.loops.get(path);
    if (!own || !loop || own.output !== undefined) return;
    const count = itemsOf(own)?.length ?? loop.next;
    claim(loop.running.size === 0, 'I10', () => `${id}: ${path} completes while rounds run`);
    claim(loop.next === count, 'I10', () => `${id}: ${path} completes after ${loop.next} of ${count} rounds`);
    claim(mayFail(own, loop, count), 'I10', () => `${id}: ${path} completes with ${loop.failures.size} failures`);
    const given = isObject(output) ? output : {};
    const isCounted = given['failed'] === loop.failures.size && given['succeeded'] === count - loop.failures.size;
    claim(isCounted, 'I10', () => `${id}: ${path} counts ${given['succeeded']} and ${given['failed']} of ${count}`);
    tally.saw(loop.failures.size > 0 ? 'loop with failed rounds' : 'loop completed');
  }

  /** A loop fails by a round only once it may not go on any more. */
  function checkFailed(path: string, blamed: string | undefined): void {
    const own = definitionOf(path);
    const loop = shadow.loops.get(path);
    if (!own || !loop || blamed === undefined || !blamed.startsWith(`${path}[`)) return;
    const isWell = mayFail(own, loop, itemsOf(own)?.length ?? loop.roundsMax);
    claim(!isWell, 'I10', () => `${id}: ${path} fails with ${loop.failures.size} failures, which it may have`);
  }

  /** A running loop that may not go on with its failures has failed in the same move. */
  function checkFailures(step: StepState): void {
    const own = step.status === 'running' ? definitionOf(step.path) : undefined;
    const loop = own && shadow.loops.get(step.path);
    if (!own || !loop || shadow.closing) return;
    const isWell = mayFail(own, loop, itemsOf(own)?.length ?? loop.roundsMax);
    claim(isWell, 'I10', () => `${id}: ${step.path} goes on with ${loop.failures.size} failures`);
  }

  return {
    before(event: ExecutionEvent) {
      if (event.type === 'frame.opened') checkRound(event);
      if (event.type === 'step.completed' && !event.insteadOf) checkCompleted(event.step, event.output);
      if (event.type === 'step.failed' || event.type === 'step.retrying') checkFailed(event.step, event.error.step);
      if (event.type === 'loop.folded') tally.saw('rounds folded');
    },
    moved() {
      if (shadow.loops.size > 0) for (const path of shadow.loops.keys()) checkFailures(stepOf(path));
    },
  };

  function stepOf(path: string): StepState {
    const step = shadow.steps.get(path);
    claim(step, 'I10', () => `${id}: the loop ${path} has no step`);
    return step;
  }
}

function mayFail(own: LoopStep, loop: LoopState, count: number): boolean {
  if (own.onItemError === 'fail') return loop.failures.size === 0;
  const given = own.toleratedFailures ?? Number.POSITIVE_INFINITY;
  const tolerated = typeof given === 'string' ? Math.floor((count * Number.parseInt(given, 10)) / 100) : given;
  return loop.failures.size <= tolerated;
}

/** The generated loops go through literal lists and ranges. */
function itemsOf({ iterateOver, streamFrom }: LoopStep): readonly unknown[] | undefined {
  if (iterateOver === undefined || streamFrom !== undefined) return undefined;
  const range = /^range\((\d+)\)$/.exec(iterateOver);
  return range ? Array.from({ length: Number(range[1]) }) : (JSON.parse(iterateOver) as unknown[]);
}
