/**
 * What waits took and why they ended, read a second time from the definition: which signals a wait may take, that it takes
 * them as soon as it may, and which of several came first.
 */
import type { StepCompleted } from '../../../src/core/events.ts';
import type { Signal, StepState } from '../../../src/core/state.ts';
import { deepEqual, type Json, member } from '../../../src/kit/json.ts';
import type { Awaitable, WaitStep } from '../../../src/model/definition.ts';
import { claim } from '../violation.ts';
import type { Book, Check } from './book.ts';

interface Way {
  readonly name: string | undefined;
  readonly signals: readonly Signal[];
  /** Which place of the mailbox made it enough. */
  readonly enoughAt: number;
  readonly isList: boolean;
}

export function checkWaits(book: Book): Check {
  const { shadow, id, tally } = book;

  function definedAs(step: StepState): WaitStep | undefined {
    const found = book.outline.steps.get(step.name)?.step;
    return found?.type === 'wait' ? found : undefined;
  }

  /** Those that a waiting step may go on with now, by the signals that are kept: the one that came first before others. */
  function waysOf(step: StepState): readonly Way[] {
    const defined = definedAs(step);
    const awaited = defined?.any ?? (defined ? [{ ...defined, name: undefined }] : []);
    return awaited.flatMap((each) => wayBy(each) ?? []).sort((one, other) => one.enoughAt - other.enoughAt);
  }

  function wayBy(awaited: Awaitable & { readonly name?: string | undefined }): Way | undefined {
    const fitting = shadow.signals.flatMap((signal, place) => (fits(awaited, signal) ? [{ signal, place }] : []));
    const { take } = awaited;
    const needed = typeof take === 'number' ? take : 1;
    const enough = fitting[needed - 1];
    if (awaited.signal === undefined || !enough) return undefined;
    const taken = take === 'all' ? fitting : fitting.slice(0, needed);
    const signals = taken.map(({ signal }) => signal);
    return { name: awaited.name, signals, enoughAt: enough.place, isList: take !== undefined };
  }

  /** Keys and conditions in the forms that generated workflows use. */
  function fits({ signal: name, key, condition }: Awaitable, signal: Signal): boolean {
    const wanted = key === '$.input.k1' ? String(member(shadow.input, 'k1')) : key;
    const bound = condition === undefined ? -1 : Number(condition.slice(condition.lastIndexOf(' ')));
    const payload = member(signal.payload, 'n');
    const holds = condition === undefined || (typeof payload === 'number' && payload > bound);
    return signal.name === name && (wanted === undefined || signal.key === wanted) && holds;
  }

  function checkTaken(step: StepState, event: StepCompleted): void {
    const ids = event.signals ?? (event.signal === undefined ? [] : [event.signal]);
    const [way, next] = waysOf(step);
    const expected = way?.signals.map((signal) => signal.id) ?? [];
    claim(deepEqual(ids, expected), 'I3', () => `${id}: ${step.path} takes ${ids}, ${expected} are to be taken`);
    if (!way) return checkTime(step, event);
    const payloads = way.signals.map((signal) => signal.payload);
    const payload = way.isList ? payloads : (payloads[0] ?? null);
    checkOutput(step, event, way.name === undefined ? payload : { which: way.name, payload });
    if (way.isList && way.signals.length > 1) tally.saw('several signals taken');
    if (way.name !== undefined) tally.saw('wait for any ended by a signal');
    if (next && next.enoughAt > way.enoughAt) tally.saw('first of several ready');
    if (way.signals[0]?.key !== undefined) tally.saw('signal taken by its key');
  }

  /** Of several times the earliest counts, and of equal ones the first. */
  function checkTime(step: StepState, event: StepCompleted): void {
    const times = definedAs(step)?.any?.filter((each) => each.duration !== undefined) ?? [];
    if (times.length === 0) return checkOutput(step, event, null);
    const earliest = times.reduce((first, each) => (Number(each.duration) < Number(first.duration) ? each : first));
    checkOutput(step, event, { which: earliest.name, payload: null });
    tally.saw('wait for any ended by its time');
  }

  function checkOutput(step: StepState, { output }: StepCompleted, expected: Json): void {
    const [actual, wanted] = [output, expected].map((each) => JSON.stringify(each));
    claim(actual === wanted, 'I4', () => `${id}: the wait ${step.path} gives ${actual}, not ${wanted}`);
  }

  return {
    before(event) {
      if (event.type !== 'step.completed' || event.insteadOf) return;
      const step = shadow.steps.get(event.step);
      if (step?.kind === 'wait') checkTaken(step, event);
    },
    /** A wait goes on in the very move in which it may. */
    moved() {
      if (shadow.signals.length === 0 || shadow.closing) return;
      for (const step of shadow.steps.values()) {
        if (step.status !== 'waiting' || step.kind !== 'wait') continue;
        const [way] = waysOf(step);
        claim(
          !way,
          'I7',
          () => `${id}: ${step.path} waits on, though ${way?.signals.map((each) => each.id)} are there`,
        );
      }
    },
  };
}
