/** How executions begin and end: once, and nothing after the end but a retry that is allowed. */
import type { StepError } from '../../../src/core/errors.ts';
import type { ExecutionEvent } from '../../../src/core/events.ts';
import { isEnded } from '../../../src/core/state.ts';
import { claim } from '../violation.ts';
import { type Book, type Check, latenessMaxMs } from './book.ts';
import { delayRange } from './retry-oracle.ts';

/** A retry, and what passes between an execution that has ended and its parent and children. */
const mayFollowTheEnd: ReadonlySet<string> = new Set([
  'execution.dead_letter_discarded',
  'execution.operated',
  'execution.retried',
  'execution.reported',
  'child.told',
]);

/** Not that of a child, which its step fails with. */
const isOwnTimeout = (error: StepError | undefined): boolean =>
  error?.code === 'WORKFLOW_TIMEOUT' && error.step === undefined;

type Closed = Extract<ExecutionEvent, { type: 'execution.closed' }>;

export function checkLifecycle(book: Book): Check {
  const { shadow, id, tally } = book;
  let lastAt = 0;
  // Kept apart from the engine's own bookkeeping.
  let isPaused = false;
  let hasUndoFailed = false;
  let rerunAt: number | undefined;

  function checkDeadline(at: number): void {
    const dueAt = shadow.deadlineAt ?? Number.POSITIVE_INFINITY;
    claim(at >= dueAt, 'I8', () => `${id} passed its deadline ${dueAt - at} ms early`);
    if (book.isFair) claim(at - dueAt <= latenessMaxMs, 'I8', () => `${id} passed its deadline ${at - dueAt} ms late`);
  }

  function checkRetried(run: number, at: number): void {
    claim(run === shadow.run + 1, 'I5', () => `${id} goes from run ${shadow.run} to ${run}`);
    if (isEnded(shadow)) {
      const isOpenable = ['failed', 'timed_out', 'cancelled'].includes(shadow.status) && !shadow.compensation;
      claim(isOpenable, 'I5', () => `${id} was ${shadow.status} and runs again`);
      tally.saw('run retried by a user');
      return;
    }
    const dueAt = rerunAt;
    claim(dueAt !== undefined, 'I5', () => `${id} runs again while it is open`);
    claim(at >= dueAt, 'I8', () => `${id} runs again ${dueAt - at} ms early`);
    const lateMs = at - Math.max(dueAt, book.heldUntil);
    if (book.isFair) claim(lateMs <= latenessMaxMs, 'I8', () => `${id} runs again ${lateMs} ms late`);
    rerunAt = undefined;
    tally.saw('run retried by its timeout');
  }

  function checkRetrying(dueAt: number, at: number): void {
    const { timeoutAction, retry } = book.outline.definition;
    const max = retry?.maxAttempts ?? 1;
    claim(timeoutAction === 'retry', 'I5', () => `${id} is to run again, which its definition does not say`);
    claim(shadow.run < max, 'I16', () => `${id} is to run again after run ${shadow.run} of ${max}`);
    checkDeadline(at);
    const { minMs, maxMs } = delayRange(retry ?? {}, shadow.run);
    const delayMs = dueAt - at;
    const isInside = delayMs >= minMs && delayMs <= maxMs;
    claim(isInside, 'I16', () => `${id} waits ${delayMs} ms for its next run, not ${minMs} to ${maxMs}`);
    rerunAt = dueAt;
  }

  function checkClosed(event: Closed, at: number): void {
    rerunAt = undefined;
    tally.saw(`execution ${event.status}`);
    if (event.deadLetter) tally.saw('dead letter');
    if (event.error?.code === 'UNDEFINED_STEP') tally.saw('undefined step');
    if (isOwnTimeout(event.error) && !shadow.closing) checkDeadline(at);
    const { closing, compensation } = shadow;
    if (!closing || event.status === 'cancelled') return;
    claim(compensation, 'I10', () => `${id} ended as ${event.status} before it compensated`);
    claim(
      compensation.remaining.length === 0,
      'I10',
      () => `${id} ended with ${compensation.remaining.length} undos left`,
    );
    const expected = hasUndoFailed ? 'failed' : closing.outcome;
    claim(event.status === expected, 'I10', () => `${id} ended as ${event.status}, not as ${expected}`);
    if (hasUndoFailed) tally.saw('compensation failed');
  }

  return {
    before(event, at) {
      claim(at >= lastAt, 'I6', () => `${id}: a record is older than the one before it`);
      lastAt = at;
      const isFirst = shadow.position === 0;
      claim(
        isFirst === (event.type === 'execution.started'),
        'I6',
        () => `${id}: ${event.type} at ${shadow.position + 1}`,
      );
      const isAllowed = isFirst || !isEnded(shadow) || mayFollowTheEnd.has(event.type);
      claim(isAllowed, 'I5', () => `${id} is ${shadow.status} and records ${event.type}`);
      if (event.type === 'execution.paused') isPaused = true;
      if (['execution.resumed', 'execution.closing', 'execution.closed'].includes(event.type)) isPaused = false;
      if (event.type === 'compensation.advanced') hasUndoFailed ||= event.failed;
      switch (event.type) {
        case 'execution.retrying':
          return checkRetrying(event.dueAt, at);
        case 'execution.retried':
          return checkRetried(event.run, at);
        case 'execution.admitted':
          return claim(shadow.status === 'queued', 'I5', () => `${id} was admitted twice`);
        case 'execution.deadline_ignored':
          tally.saw(book.outline.definition.timeoutAction === 'fallback' ? 'workflow fallback' : 'deadline ignored');
          return checkDeadline(at);
        case 'execution.closed':
          return checkClosed(event, at);
        case 'execution.closing':
          if (isOwnTimeout(event.closing.error)) checkDeadline(at);
          return;
        case 'execution.resumed':
          book.heldUntil = at;
          return;
        default:
      }
    },
    moved() {
      if (shadow.status === 'queued') tally.saw('execution queued');
      if (isPaused) tally.saw('execution paused');
      claim(isPaused === shadow.paused, 'I5', () => `${id} was ${isPaused ? '' : 'not '}paused and does not know it`);
      const wanted = [...shadow.outstanding.values()].filter(({ type }) => type !== 'child' && type !== 'report');
      const isClean = !isEnded(shadow) || (wanted.length === 0 && !shadow.paused);
      claim(isClean, 'I7', () => `${id} has ended and still wants ${wanted.map((command) => command.id).join(', ')}`);
    },
  };
}
