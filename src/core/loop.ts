/**
 * `loop`: its list once for every item, or while a condition holds.
 *
 * A round is a frame like any other, called by its place (`orders[7]`). The loop keeps the rounds' results and failures
 * (`LoopState`); whether it goes on, waits or ends is a predicate over them, never a counter of its own. What a round
 * leaves in the state is folded a chunk at a time, so that neither the state nor the journal grows with the rounds.
 */
import { ExpressionFault } from '../expression/expression.ts';
import { present } from '../kit/assert.ts';
import type { Json } from '../kit/json.ts';
import { roundsMax as roundsMaxOfAll } from '../model/limits.ts';
import { isTrue } from './arrival.ts';
import { waitsForChildIn } from './child.ts';
import type { StepError } from './errors.ts';
import type { LoopFolded, LoopOpened } from './events.ts';
import { endedRounds, loopTurn, roundOf } from './evolve/evolve-loop.ts';
import { failAttempt } from './failure.ts';
import { openFrame, succeed } from './flow.ts';
import { loopBatchDefault, loopChunk, loopErrorsMax, loopRoundsDefault, roundsPerMoveMax } from './limits.ts';
import type { LoopWork } from './program.ts';
import { qualityOf } from './quality-counts.ts';
import { resumeFrame } from './resume.ts';
import type { FrameState, LoopState, StepState } from './state.ts';
import { isHeldBack, lookAhead, openStream, reopenStream, sourceOfStep, wakeStream } from './stream.ts';
import { emit, evaluated, later, nodeOf, type Sight, scopeOf, stepAt, type Turn } from './turn.ts';
import { declared } from './variables.ts';

const roundFrame = (path: string, index: number): string => `${path}[${index}]`;

const loopAt = (turn: Turn, path: string): LoopState => present(turn.state.loops.get(path), `loop ${path}`);

function workOf(turn: Turn, path: string): LoopWork {
  const { work } = nodeOf(turn, stepAt(turn.state, path));
  return present(work.kind === 'loop' ? work : undefined, `the loop ${path}`);
}

/** The list that a loop goes through, as its step's input; undefined with `while` and `until`. */
export function itemsOf(work: LoopWork, items: unknown): Json[] {
  if (Array.isArray(items)) return items as Json[];
  const found = items === null ? 'null' : typeof items;
  throw new ExpressionFault(
    'EXPRESSION_FAILED',
    `"iterate_over" (${work.iterateOver?.text}) gives no list but ${found}`,
  );
}

/** The first attempt of a loop, and each later one, begins with its first round. */
export function openLoop(turn: Turn, path: string, sight: Sight): void {
  const work = workOf(turn, path);
  const opened = evaluated(path, () => openingOf(turn, path, { work, sight }));
  if (!opened.ok) return failAttempt(turn, path, { error: opened.error });
  const { total = 0, roundsMax } = opened.value;
  if (total > roundsMax) return failAttempt(turn, path, { error: tooMany(path, `${total} items`, roundsMax) });
  emit(turn, opened.value);
  reopenStream(turn, path);
  // What streams from it is there first, to hold it back.
  if (openStream(turn, path)) later(turn, () => goOnLoop(turn, path));
  else goOnLoop(turn, path);
}

function openingOf(turn: Turn, path: string, { work, sight }: { work: LoopWork; sight: Sight }): LoopOpened {
  const scope = scopeOf(turn, sight);
  const step = stepAt(turn.state, path);
  const source = sourceOfStep(turn, step);
  const total = work.iterateOver && source === undefined ? (step.input as Json[]).length : undefined;
  const given = (amount: number | undefined, field: string): number => {
    if (amount === undefined)
      throw new ExpressionFault('EXPRESSION_FAILED', `"${field}" does not give a whole number above 0`);
    return amount;
  };
  const batch = work.batchSize ? given(work.batchSize(scope), 'batch_size') : loopBatchDefault;
  const roundsMax = work.maxIterations
    ? given(work.maxIterations(scope), 'max_iterations')
    : work.iterateOver === undefined
      ? loopRoundsDefault
      : roundsMaxOfAll;
  const vars: Record<string, Json> = {};
  for (const [name, value] of work.variables) vars[name] = value.fill(scope) as Json;
  const tolerated = work.isTolerant ? work.tolerated(total ?? 0) : undefined;
  return {
    type: 'loop.opened',
    step: path,
    ...(total === undefined ? {} : { total }),
    ...(source === undefined ? {} : { source }),
    batch: work.parallel ? batch : 1,
    roundsMax,
    ...(tolerated === undefined || tolerated === Number.POSITIVE_INFINITY ? {} : { tolerated }),
    ...(work.variables.length === 0 ? {} : { vars: declared(vars, path, (each) => workOf(turn, each).parallel) }),
  };
}

/** Begins rounds while there are any and as many may run, or ends the loop. */
export function goOnLoop(turn: Turn, path: string): void {
  const step = stepAt(turn.state, path);
  if (step.endedAt !== undefined || step.status !== 'running') return;
  if (turn.state.outstanding.has(loopTurn(path))) return;
  const loop = loopAt(turn, path);
  const begun = loop.next;
  let next: ReturnType<typeof nextRound> = 'wait';
  while (loop.running.size < loop.batch) {
    next = nextRound(turn, loop);
    if (typeof next !== 'number') break;
    if (turn.roundsBegun >= roundsPerMoveMax) {
      emit(turn, { type: 'loop.deferred', step: path });
      break;
    }
    turn.roundsBegun += 1;
    beginRound(turn, loop, next);
  }
  if (loop.next > begun) wakeStream(turn, path);
  if (next === 'end' && loop.running.size === 0) finishLoop(turn, loop);
}

/** The place of the next round; `end` where there is none, `wait` where none can begin yet, `fail` where the loop has failed. */
function nextRound(turn: Turn, loop: LoopState): number | 'end' | 'wait' | 'fail' {
  const [again] = loop.again;
  if (again !== undefined) return again;
  const work = workOf(turn, loop.path);
  const { next, total } = loop;
  if (total !== undefined && next >= total) return 'end';
  if (isHeldBack(turn, loop)) return 'wait';
  const ahead = loop.source === undefined ? 'there' : lookAhead(turn, loop);
  if (ahead !== 'there') return ahead;
  if (work.while || (work.until && next > 0)) {
    const goesOn = evaluated(loop.path, () => testRound(turn, loop, work));
    if (!goesOn.ok) {
      failAttempt(turn, loop.path, { error: goesOn.error });
      return 'fail';
    }
    if (!goesOn.value) return 'end';
  }
  if (next < loop.roundsMax) return next;
  failAttempt(turn, loop.path, { error: tooMany(loop.path, 'another round', loop.roundsMax) });
  return 'fail';
}

/** The condition between two rounds sees the steps of the last one. */
function testRound(turn: Turn, loop: LoopState, work: LoopWork): boolean {
  const scope = scopeOf(turn, sightAfterRounds(turn, loop));
  return work.while ? isTrue(work.while.evaluate(scope)) : !isTrue(work.until?.evaluate(scope));
}

/** What a loop's own fields see once it has rounds: where it stands, and the steps of its newest round. */
export function sightAfterRounds(turn: Turn, loop: LoopState): Sight {
  const work = workOf(turn, loop.path);
  const frame = roundFrame(loop.path, loop.next - 1);
  return {
    frame: turn.state.frames.has(frame) ? frame : stepAt(turn.state, loop.path).frame,
    previous: loop.results[loop.next - 1] ?? null,
    extra: { [work.indexVariable]: loop.next },
  };
}

function beginRound(turn: Turn, loop: LoopState, index: number): void {
  const path = roundFrame(loop.path, index);
  const frame = turn.state.frames.get(path);
  const isAgain = loop.again[0] === index;
  if (isAgain && frame) return resumeFrame(turn, frame);
  openFrame(turn, { path, list: workOf(turn, loop.path).list.id, owner: loop.path, index });
}

/** A round of this loop closed. */
export function roundClosed(turn: Turn, frame: FrameState): void {
  const loop = loopAt(turn, present(frame.owner, 'the loop of a round'));
  const work = workOf(turn, loop.path);
  const isTooMuch = !work.isTolerant || loop.failures.size > (loop.tolerated ?? Number.POSITIVE_INFINITY);
  if (frame.status === 'failed' && isTooMuch) {
    return failAttempt(turn, loop.path, { error: present(frame.error, 'error of a failed round') });
  }
  if (work.isFoldable) fold(turn, loop);
  later(turn, () => goOnLoop(turn, loop.path));
  wakeStream(turn, loop.path);
}

/**
 * Folds the oldest rounds once a whole chunk of them has ended, but never the newest round: the loop's own fields see its
 * steps. Most rounds begin in order, so the first look suffices.
 */
function fold(turn: Turn, loop: LoopState): void {
  const [oldest = loop.next - 1] = loop.running;
  if (oldest - loop.foldedTo < loopChunk || loop.again.length > 0) return;
  const from = loop.foldedTo;
  const to = from + loopChunk;
  for (const index of loop.running) if (index < to) return;
  // A child that a round gave up must still be told.
  if (waitsForChildIn(turn.state, (path) => isIn(path, loop.path, { from, to }))) return;
  emit(turn, foldOf(turn, loop, { from, to }));
}

function isIn(path: string, loop: string, { from, to }: { from: number; to: number }): boolean {
  const index = roundOf(path, loop);
  return index !== undefined && index >= from && index < to;
}

function foldOf(turn: Turn, loop: LoopState, { from, to }: { from: number; to: number }): LoopFolded {
  const isFolded = (path: string): boolean => isIn(path, loop.path, { from, to });
  let visits = 0;
  let events = 0;
  const steps = [...turn.state.steps.values()].filter(({ path }) => isFolded(path));
  for (const { visit, attempt } of steps) {
    visits = Math.max(visits, visit);
    events += 2 * attempt;
  }
  for (const path of turn.state.frames.keys()) if (isFolded(path)) events += 2;
  const failures = [...loop.failures.values()].filter(({ index }) => index >= from && index < to);
  const quality = qualityOf(steps);
  return {
    type: 'loop.folded',
    step: loop.path,
    from,
    to,
    results: loop.results.slice(from, to),
    failures,
    visits,
    events,
    ...(quality && { quality }),
  };
}

function finishLoop(turn: Turn, loop: LoopState): void {
  const failed = loop.failures.size;
  const errors = [...loop.failures.values()].sort((a, b) => a.index - b.index).slice(0, loopErrorsMax);
  const response = { results: loop.results, succeeded: endedRounds(loop) - failed, failed, errors };
  succeed(turn, loop.path, { response: response as unknown as Json });
  wakeStream(turn, loop.path);
}

/** `$.iterations`: what became of each round. */
export function iterationsOf(loop: LoopState): Json {
  return loop.results.map((result, index): Json => {
    const failure = loop.failures.get(index);
    if (!failure) return { index, status: 'completed', result };
    return { index, status: 'failed', error: { code: failure.code, message: failure.message } };
  });
}

/** The next move of a loop whose last one grew long. */
export function continueLoop(turn: Turn, path: string): void {
  emit(turn, { type: 'loop.continued', step: path });
  goOnLoop(turn, path);
}

/**
 * A retry of the execution: the rounds that failed or were cut off run again, and those that the retry before had no time
 * for; then those that never began.
 */
export function resumeLoop(turn: Turn, path: string): void {
  const loop = loopAt(turn, path);
  const rounds = [...turn.state.frames.values()].filter(({ owner }) => owner === path);
  const cut = rounds.flatMap(({ index, status }) => (status === 'cancelled' && index !== undefined ? index : []));
  // Beyond the newest round lie those of an earlier visit or attempt.
  const again = new Set([...loop.again, ...loop.failures.keys(), ...cut.filter((index) => index < loop.next)]);
  emit(turn, { type: 'loop.resumed', step: path, again: [...again].sort((a, b) => a - b) });
  openStream(turn, path);
  later(turn, () => goOnLoop(turn, path));
}

/** What the fields of a loop give while its rounds run: the item and its place, by the names it chose. */
export function loopValue(turn: Turn, from: string, name: string): unknown {
  let frame = turn.state.frames.get(from);
  while (frame?.owner !== undefined) {
    const step = turn.state.steps.get(frame.owner);
    if (!step) return undefined;
    if (frame.index !== undefined) {
      const work = workOf(turn, frame.owner);
      if (name === work.indexVariable) return frame.index;
      if (work.iterateOver && name === work.itemVariable) return itemAt(turn, step, frame.index);
    }
    frame = turn.state.frames.get(step.frame);
  }
  return undefined;
}

function itemAt({ state }: Turn, { path, input }: StepState, index: number): Json {
  const source = state.loops.get(path)?.source;
  const items = source === undefined ? (input as Json[]) : state.loops.get(source)?.results;
  return items?.[index] ?? null;
}

function tooMany(path: string, found: string, roundsMax: number): StepError {
  const message = `loop ${path} has ${found}, it may have ${roundsMax} rounds: raise max_iterations, or give it less`;
  return { code: 'TOO_MANY_ITERATIONS', message, step: path };
}
