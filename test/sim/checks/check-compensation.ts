/** Compensation undoes exactly what completed or may have, last first, one after the other. */
import type { ExecutionEvent, Undo } from '../../../src/core/events.ts';
import { attemptId, passId, type StepState } from '../../../src/core/state.ts';
import { claim } from '../violation.ts';
import type { Book, Check } from './book.ts';

export function checkCompensation(book: Book): Check {
  const { shadow, id, tally } = book;
  /** Paths in the order they completed, kept apart from the engine's own list. */
  const completed: string[] = [];
  let undos: readonly Undo[] = [];
  let next = 0;
  let hasArrived = false;
  /** Passes whose child completed although the step had given it up. */
  const completedLate = new Set<string>();

  function expectedUndos(): readonly Undo[] {
    const named = shadow.closing?.steps;
    if (named) return named.map((step) => ({ step }));
    const mayHaveRun = (step: StepState): boolean =>
      completedLate.has(passId(step)) ||
      (step.task !== undefined &&
        (step.outcomeUnknown ||
          step.status === 'running' ||
          (step.status === 'timed_out' && step.error?.code === 'TIMEOUT')));
    const unknown = [...shadow.steps.values()].filter((step) => mayHaveRun(step) && !completed.includes(step.path));
    if (unknown.some((step) => book.outline.steps.get(step.name)?.step.compensate)) {
      tally.saw('compensation of an unknown outcome');
    }
    return [...completed, ...unknown.map((step) => step.path)].reverse().flatMap((path) => {
      const step = shadow.steps.get(path);
      if (!step || step.origin === 'compensation') return [];
      const names = book.outline.steps.get(step.name)?.step.compensate ?? [];
      return names.map((name) => ({ step: path.slice(0, path.length - step.name.length) + name, undoes: path }));
    });
  }

  function begin(event: Extract<ExecutionEvent, { type: 'compensation.started' }>): void {
    const inFlight = [...shadow.outstanding.values()].filter(
      ({ type }) => type === 'dispatch' || type === 'withdraw' || type === 'child',
    );
    claim(inFlight.length === 0, 'I10', () => `${id}: compensation begins while ${inFlight[0]?.id} is in flight`);
    const expected = JSON.stringify(expectedUndos());
    const actual = JSON.stringify(event.undos);
    claim(actual === expected, 'I10', () => `${id}: compensation undoes ${actual}, not ${expected}`);
    undos = event.undos;
    next = 0;
    hasArrived = false;
    tally.saw('compensation started');
  }

  function complete(path: string): void {
    if (completed.includes(path)) completed.splice(completed.indexOf(path), 1);
    completed.push(path);
  }

  return {
    before(event) {
      switch (event.type) {
        case 'compensation.started':
          return begin(event);
        case 'compensation.advanced':
          next += 1;
          hasArrived = false;
          return;
        case 'child.ended': {
          const step = shadow.steps.get(event.step);
          const isLate = step?.status !== 'running' || attemptId(step) !== event.call;
          if (isLate && event.status === 'completed')
            completedLate.add(event.call.slice(0, event.call.lastIndexOf('/')));
          return;
        }
        case 'step.completed': {
          const step = shadow.steps.get(event.step);
          if (step && step.origin !== 'compensation') complete(step.path);
          return;
        }
        case 'step.reused':
          if (event.status === 'completed') complete(event.step);
          return;
        default:
      }
      if (!('visit' in event)) return;
      if (event.origin === 'compensation') {
        const expected = undos[next]?.step;
        claim(
          !hasArrived && event.step === expected,
          'I10',
          () => `${id}: ${event.step} is undone where ${expected} is next`,
        );
        hasArrived = true;
      } else if (completed.includes(event.step)) completed.splice(completed.indexOf(event.step), 1);
    },
  };
}
