/**
 * Steps that wait for the world: for a time, for signals, for whichever of several comes first, for a person.
 *
 * Signals are kept in the execution's mailbox, oldest first, until a step asks for them; which one a wait takes depends
 * on the order in which they came alone, never on whether they came before the wait or during it. Of several times only
 * the earliest can ever end a wait, so there is one timer, and it falls with the step.
 */

import { ExpressionFault, type Scope } from '../expression/expression.ts';
import type { Json } from '../kit/json.ts';
import { isTrue, sightOf } from './arrival.ts';
import type { Awaited, Waits } from './events.ts';
import type { SignalFact } from './facts.ts';
import { succeed } from './flow.ts';
import { humanAsked } from './human-task.ts';
import { signalKeyLengthMax, signalsKeptMax } from './limits.ts';
import type { Alternative, Node, WaitWork } from './program.ts';
import type { Signal, StepState } from './state.ts';
import { emit, evaluated, nodeOf, scopeOf, stepAt, type Turn } from './turn.ts';

/** What the next attempt of a step waits for, its times and keys taken now; undefined where it does not wait. */
export function waitsOf(turn: Turn, { work }: Node, scope: Scope): Waits | undefined {
  if (work.kind === 'human_task') return { human: humanAsked(turn, work, scope) };
  return work.kind === 'wait' ? awaitsOf(turn, work, scope) : undefined;
}

export const isWaitingWork = (work: Node['work']): boolean => work.kind === 'wait' || work.kind === 'human_task';

function awaitsOf(turn: Turn, { alternatives }: WaitWork, scope: Scope): Waits {
  const awaits = alternatives.map((alternative) => awaitedOf(turn, alternative, scope));
  const times = awaits.flatMap(({ dueAt }) => dueAt ?? []);
  const [only] = awaits.length === 1 && awaits[0]?.name === undefined ? awaits : [];
  const isPlain = only !== undefined && only.key === undefined && only.take === undefined;
  return {
    ...(times.length === 0 ? {} : { dueAt: Math.min(...times) }),
    ...(only?.signal === undefined ? {} : { signal: only.signal }),
    ...(isPlain ? {} : { awaits }),
  };
}

function awaitedOf(turn: Turn, alternative: Alternative, scope: Scope): Awaited {
  const { name, signal } = alternative;
  const dueAt = dueAtOf(turn, alternative, scope);
  const key = alternative.key && keyOf(alternative.key.fill(scope));
  const take = alternative.take && takeOf(alternative.take.fill(scope));
  return {
    ...(name === undefined ? {} : { name }),
    ...(dueAt === undefined ? {} : { dueAt }),
    ...(signal === undefined ? {} : { signal }),
    ...(key === undefined ? {} : { key }),
    ...(take === undefined || take === 'first' ? {} : { take }),
  };
}

function dueAtOf(turn: Turn, { duration, until }: Alternative, scope: Scope): number | undefined {
  if (duration) return turn.at + given(duration(scope), 'duration', 'a duration');
  if (!until) return undefined;
  const time = until.fill(scope);
  const timeMs = typeof time === 'number' ? time : Date.parse(String(time));
  return given(Number.isFinite(timeMs) ? timeMs : undefined, 'until', 'a time');
}

function keyOf(value: unknown): string {
  const key = typeof value === 'number' ? String(value) : value;
  const isKey = typeof key === 'string' && key !== '' && key.length <= signalKeyLengthMax;
  return given(isKey ? key : undefined, 'key', `a text of 1 to ${signalKeyLengthMax} characters`);
}

function takeOf(value: unknown): 'first' | 'all' | number {
  const isCount = Number.isInteger(value) && (value as number) >= 1 && (value as number) <= signalsKeptMax;
  const take = value === 'first' || value === 'all' || isCount ? (value as 'first' | 'all' | number) : undefined;
  return given(take, 'take', `first, all or a number from 1 to ${signalsKeptMax}`);
}

function given<T>(value: T | undefined, field: string, wanted: string): T {
  if (value === undefined) throw new ExpressionFault('EXPRESSION_FAILED', `"${field}" does not give ${wanted}`);
  return value;
}

/** A signal came: the first step that can go on with it does. */
export function receiveSignal(turn: Turn, { id, name, payload, key }: SignalFact): void {
  emit(turn, { type: 'signal.received', id, name, payload, ...(key === undefined ? {} : { key }) });
  for (const frame of turn.state.frames.values()) {
    for (const path of frame.active) if (takeSignals(turn, path)) return;
  }
  const [undo] = turn.state.compensation?.remaining ?? [];
  if (undo && turn.state.steps.has(undo.step)) takeSignals(turn, undo.step);
}

/** A step that waits for signals takes the kept ones that it asks for. True where there were enough. */
export function takeSignals(turn: Turn, path: string): boolean {
  const step = stepAt(turn.state, path);
  const { work } = nodeOf(turn, step);
  if (step.status !== 'waiting' || work.kind !== 'wait' || turn.state.signals.length === 0) return false;
  let first: Found | undefined;
  for (const [place, awaited] of awaitedBy(step).entries()) {
    const found = findSignals(turn, step, { awaited, condition: work.alternatives[place]?.condition });
    if (found && (!first || found.completeAt < first.completeAt)) first = found;
  }
  if (!first) return false;
  const { awaited, signals } = first;
  const [signal] = signals;
  const payload = awaited.take === undefined ? (signal?.payload ?? null) : signals.map((each) => each.payload);
  const taken = awaited.take === undefined && signal ? { signal: signal.id } : { signals: signals.map(({ id }) => id) };
  succeed(turn, path, { response: responseOf(awaited, payload), ...taken });
  return true;
}

/** The signals that a step waits for, and where it is one of several its times. */
export function awaitedBy(step: StepState): readonly Awaited[] {
  return step.awaits ?? (step.signal === undefined ? [] : [{ signal: step.signal }]);
}

interface Found {
  readonly awaited: Awaited;
  readonly signals: readonly Signal[];
  /** Place in the mailbox of the signal with which there were enough. */
  readonly completeAt: number;
}

function findSignals(
  turn: Turn,
  step: StepState,
  { awaited, condition }: { awaited: Awaited; condition: Alternative['condition'] },
): Found | undefined {
  if (awaited.signal === undefined) return undefined;
  const { take = 1 } = awaited;
  const needed = take === 'all' ? 1 : take;
  const signals: Signal[] = [];
  let completeAt = 0;
  for (const [place, signal] of turn.state.signals.entries()) {
    if (!isAskedFor(signal, awaited) || !fits(turn, step, { signal, condition })) continue;
    signals.push(signal);
    if (signals.length === needed) completeAt = place;
    if (signals.length === take) break;
  }
  return signals.length < needed ? undefined : { awaited, signals, completeAt };
}

/** A wait without a key takes signals of any. */
const isAskedFor = ({ name, key }: Signal, awaited: Awaited): boolean =>
  name === awaited.signal && (awaited.key === undefined || key === awaited.key);

function fits(
  turn: Turn,
  step: StepState,
  { signal, condition }: { signal: Signal; condition: Alternative['condition'] },
): boolean {
  if (!condition) return true;
  const scope = scopeOf(turn, { ...sightOf(turn, step), extra: { signal: signal.payload } });
  const holds = evaluated(step.path, () => isTrue(condition.evaluate(scope)));
  return holds.ok && holds.value;
}

/** The time is up that a step waited for. */
export function endWait(turn: Turn, path: string): void {
  const step = stepAt(turn.state, path);
  const awaited = step.awaits?.find(({ dueAt }) => dueAt === step.dueAt);
  succeed(turn, path, { response: awaited ? responseOf(awaited, null) : null });
}

const responseOf = ({ name }: Awaited, payload: Json): Json =>
  name === undefined ? payload : { which: name, payload };
