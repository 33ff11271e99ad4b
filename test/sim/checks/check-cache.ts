/** A result from the cache is one that a call of the same key, or of the same step and input, gave within its time. */
import { attemptId, inputOf, type StepState } from '../../../src/core/state.ts';
import { canonicalJson, deepEqual, type Json } from '../../../src/kit/json.ts';
import { claim } from '../violation.ts';
import { type Book, type Check, latenessMaxMs } from './book.ts';

interface Kept {
  readonly output: Json;
  /** Until when it may be taken, in milliseconds since the epoch. */
  readonly endsAt: number;
}

export function openCacheCheck(): { of(book: Book): Check } {
  const kept = new Map<string, Kept[]>();
  return {
    of(book) {
      const { shadow, id, tally, isFair } = book;

      /** Under which it is kept; undefined where it is not. */
      function placeOf(step: StepState): string | undefined {
        const { name, task } = step;
        if (!task?.cache) return undefined;
        const { key } = task.cache;
        const called = key === undefined ? [shadow.definition, inputOf(shadow, step)] : [key];
        return canonicalJson([name, task.executor, task.function, ...called]);
      }

      return {
        before(event, at) {
          if (event.type !== 'step.completed' || event.insteadOf) return;
          const step = shadow.steps.get(event.step);
          const place = step && placeOf(step);
          claim(
            place !== undefined || !event.cached,
            'I4',
            () => `${id}: ${event.step} takes a result from a cache it has not`,
          );
          if (!step || place === undefined) return;
          // What a mapping made of it is not what came back.
          const isMapped = book.outline.steps.get(step.name)?.step.output !== undefined;
          const known = kept.get(place) ?? [];
          if (!event.cached) {
            const endsAt = at + (step.task?.cache?.ttlMs ?? 0);
            const outputs = isMapped ? book.target.answers(id, attemptId(step)) : [event.output];
            kept.set(place, [...known, ...outputs.map((output) => ({ output, endsAt }))]);
            return;
          }
          tally.saw('result from the cache');
          const inTime = known.filter(({ endsAt }) => !isFair || at <= endsAt + latenessMaxMs);
          const isKnown = isMapped ? inTime.length > 0 : inTime.some(({ output }) => deepEqual(output, event.output));
          claim(isKnown, 'I4', () => `${id}: ${event.step} takes from the cache what nobody gave, or too late`);
        },
      };
    },
  };
}
