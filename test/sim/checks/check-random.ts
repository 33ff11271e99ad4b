/** No two draws are alike, within an execution and between them: ids and idempotency keys are made of them. */
import { member } from '../../../src/kit/json.ts';
import { claim } from '../violation.ts';
import type { Book, Check } from './book.ts';

export function openRandomCheck(): { of(book: Book): Check } {
  /** Where each was drawn. */
  const drawn = new Map<string, string>();
  return {
    of(book) {
      let isFirstMove = true;
      return {
        before(event) {
          if (event.type !== 'step.completed') return;
          const defined = book.outline.steps.get(book.shadow.steps.get(event.step)?.name ?? '')?.step;
          // An output mapping may show a number that another step drew.
          if (defined?.type !== 'transform' || defined.output !== undefined) return;
          const id = member(event.output, 'dice');
          if (typeof id !== 'string') return;
          const place = `${event.step} of ${book.id}`;
          claim(!drawn.has(id), 'I19', () => `${place} drew ${id}, which ${drawn.get(id)} drew before`);
          drawn.set(id, place);
          if (isFirstMove) book.tally.saw('number drawn in a first move');
        },
        moved() {
          isFirstMove = false;
        },
      };
    },
  };
}
