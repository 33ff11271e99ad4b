/** Dead letters: which ends make one, by the definition and the error alone; and that the list shows what is one. */
import type { StepError } from '../../../src/core/errors.ts';
import type { ExecutionClosed } from '../../../src/core/events.ts';
import { claim } from '../violation.ts';
import type { Book, Check } from './book.ts';

export function checkDeadLetter(book: Book): Check {
  const { shadow, id, tally } = book;
  // Kept apart from the engine's own bookkeeping.
  let isDead = false;
  let firedAction: string | undefined;

  function expected({ status, error }: ExecutionClosed): string | undefined {
    if (status === 'failed' && firedAction === 'dead_letter') return 'rule';
    const isAwaited = shadow.parent !== undefined && shadow.parent.isDetached !== true;
    if (status !== 'failed' || shadow.compensation || isAwaited) return undefined;
    if (codesOf(error).includes('DELIVERIES_EXHAUSTED')) return 'poison';
    return book.outline.definition.errorHandling?.deadLetter === undefined ? undefined : 'policy';
  }

  function close(event: ExecutionClosed): void {
    const reason = expected(event);
    const found = event.deadLetter ? (event.deadLetterReason ?? 'none') : undefined;
    claim(found === reason, 'I20', () => `${id} is a dead letter by ${found}, not by ${reason}`);
    if (reason === 'policy') tally.saw('dead letter by policy');
    if (reason === 'poison') tally.saw('dead letter by poison');
    isDead = reason !== undefined;
  }

  return {
    before(event) {
      // A rule ends the execution in the move that it fires in, or not at all.
      if (event.type === 'rule.fired')
        firedAction = book.outline.definition.errorHandling?.rules[event.rule]?.action.type;
      if (event.type === 'execution.closed') close(event);
      if (event.type === 'execution.dead_letter_discarded') {
        claim(isDead, 'I20', () => `${id} is discarded and is no dead letter`);
        tally.saw('dead letter discarded');
        isDead = false;
      }
      if (event.type === 'execution.retried') {
        if (isDead) tally.saw('dead letter replayed');
        isDead = false;
      }
    },
    moved() {
      firedAction = undefined;
      claim(shadow.deadLetter === isDead, 'I20', () => `${id} is ${isDead ? 'a' : 'no'} dead letter and does not know`);
    },
  };
}

function codesOf(error: StepError | undefined): string[] {
  return error ? [error.code, ...codesOf(error.cause)] : [];
}
