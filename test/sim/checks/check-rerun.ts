/**
 * Executions that take up an earlier one, read from both journals: they take over what that one did before their step, as
 * it was, and nothing else; so does each run of theirs that begins anew.
 */
import { type ExecutionState, isEnded, type StepState } from '../../../src/core/state.ts';
import { deepEqual } from '../../../src/kit/json.ts';
import { claim } from '../violation.ts';
import type { Book, Check } from './book.ts';
import type { OutlinedList } from './outline.ts';

export function openRerunCheck(books: ReadonlyMap<string, Book>): (book: Book) => Check {
  return (book) => checkRerun(book, books);
}

function checkRerun(book: Book, books: ReadonlyMap<string, Book>): Check {
  const { shadow, id, tally } = book;
  /** What the move that is looked at has to take over; undefined where that cannot be told. */
  let due: Map<string, StepState> | undefined = new Map();

  function expect(earlier: Readonly<ExecutionState>, from: string): void {
    const names = namesBefore(book.outline.lists.get(''), { earlier, from });
    const steps = [...earlier.steps.values()].filter(
      (step) => names.has(rootOf(step.path)) && !step.path.includes('[') && isDone(step),
    );
    due = new Map(steps.map((step) => [step.path, step]));
    if (steps.length > 0) tally.saw('rerun takes steps over');
  }

  /** A graph may end before it comes to the step. */
  function checkBegun(): void {
    const from = shadow.rerun?.from;
    if (from === undefined || book.outline.lists.get('')?.isGraph) return;
    claim(shadow.steps.has(from), 'I11', () => `${id} completed and never came to ${from}, where it was to begin`);
  }

  return {
    before(event) {
      if (event.type === 'execution.started' && event.rerun) {
        const earlier = books.get(event.rerun.of)?.shadow;
        claim(earlier, 'I2', () => `${id} takes up ${event.rerun?.of}, which never was`);
        claim(earlier.definition === event.definition, 'I17', () => `${id} takes up another version`);
        // Somebody has retried it since it was read.
        if (isEnded(earlier)) expect(earlier, event.rerun.from);
        else due = undefined;
      }
      if (event.type === 'execution.retried' && shadow.rerun && !isEnded(shadow)) expect(shadow, shadow.rerun.from);
      if (event.type === 'execution.closed' && event.status === 'completed') checkBegun();
      if (event.type !== 'step.reused' || !due) return;
      const step = due.get(event.step);
      claim(step, 'I4', () => `${id} takes over ${event.step}, which is not done or not before its step`);
      const isSame = deepEqual(event.output, step.output ?? null);
      claim(isSame, 'I4', () => `${id} takes over another output of ${event.step}`);
      due.delete(event.step);
    },
    moved() {
      claim(!due?.size, 'I4', () => `${id} does not take over ${[...(due?.keys() ?? [])].join(', ')}`);
      due = new Map();
    },
  };
}

/** Of a sequence those that came before the step did, of a graph those that neither wait for it nor came in place of one. */
function namesBefore(
  list: OutlinedList | undefined,
  { earlier, from }: { earlier: Readonly<ExecutionState>; from: string },
): ReadonlySet<string> {
  const steps = list?.steps ?? [];
  if (!list?.isGraph) {
    const paths = [...earlier.steps.keys()];
    return new Set(paths.includes(from) ? paths.slice(0, paths.indexOf(from)) : paths);
  }
  const waiting = new Set([from]);
  for (let size = 0; size < waiting.size; ) {
    size = waiting.size;
    for (const { name, dependsOn = [] } of steps) if (dependsOn.some((other) => waiting.has(other))) waiting.add(name);
  }
  for (const { name, frame, after } of earlier.steps.values()) {
    if (frame === '' && after !== undefined && waiting.has(rootOf(after))) waiting.add(name);
  }
  return new Set(steps.map(({ name }) => name).filter((name) => !waiting.has(name)));
}

const rootOf = (path: string): string => path.split(/[.[]/, 1)[0] ?? '';

const isDone = ({ origin, status, passed }: StepState): boolean =>
  origin !== 'compensation' && (status === 'completed' || status === 'skipped' || passed === true);
