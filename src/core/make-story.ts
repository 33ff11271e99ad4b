/**
 * For tests: the story of one execution, told in YAML and facts.
 *
 * Every fact goes through `admit` and `decide`; after each of them the journal alone must give the same state, and an
 * execution that is open must have a reason to wake.
 */
import assert from 'node:assert/strict';
import type { Json } from '../kit/json.ts';
import { parseDocuments } from '../model/parse.ts';
import { admit, type Refusal } from './admit/admit.ts';
import { isUndelivered } from './child-events.ts';
import { compileProgram } from './compile/compile-program.ts';
import { decide } from './decide.ts';
import { elide } from './elide.ts';
import type { StepError } from './errors.ts';
import type { ExecutionEvent, LoopFolded } from './events.ts';
import { evolve } from './evolve/evolve.ts';
import type { Answer, Fact, Person, StartFact } from './facts.ts';
import { takeChanges } from './outstanding.ts';
import { pending } from './pending.ts';
import type { Program } from './program.ts';
import { readSnapshot, writeSnapshot } from './snapshot.ts';
import { type Command, type ExecutionState, emptyState, isEnded, type StepState, statusOf } from './state.ts';

type Distributed<T> = T extends unknown ? Omit<T, 'at'> : never;
type UntimedFact = Distributed<Fact>;
type Outcomes = { readonly [Name in string]?: Json };

/** Noon of some day: when every story begins. */
export const noon = Date.UTC(2026, 2, 4, 12);

export interface Story {
  readonly state: ExecutionState;
  /** Milliseconds since the epoch; set it to let time pass. */
  at: number;
  /** Every event so far. */
  readonly events: readonly ExecutionEvent[];
  /** Gives the events of the move that follows. */
  when(fact: UntimedFact): readonly ExecutionEvent[];
  /** Many moves whose checks, which cost by the length of the journal, are made once at the end. */
  atOnce(act: () => void): Story;
  refusal(fact: UntimedFact): Refusal | undefined;
  /** The executor answers for what a step has in its hands. */
  completes(step: string, output?: Json): Story;
  /** Each of these steps completes with its output, in this order. */
  completesAll(outputs: Outcomes): Story;
  fails(step: string, code?: string, more?: Partial<StepError>): Story;
  timesOut(step: string): Story;
  /** Time passes until the timer of this kind is due, and it fires. */
  fires(timer: Extract<Command, { type: 'timer' }>['timer'], step?: string): Story;
  signals(name: string, payload?: Json, more?: { readonly id?: string; readonly key?: string }): Story;
  /** A person takes the task of a step, gives it back, or answers it. */
  claims(step: string, by: string): Story;
  unclaims(step: string, by: string): Story;
  answers(step: string, answer?: Json, more?: Partial<Answer> & Partial<Person>): Story;
  step(path: string): StepState;
  /** Statuses of all steps by path, in the order of first arrival. */
  statuses(): Readonly<Record<string, string>>;
  /** Paths that an executor may have in hand. */
  inHand(): readonly string[];
  /** The moves that a loop puts off, so that none grows long, until there are no more. */
  goesOn(): Story;
  /** What users see of it. */
  end(): { status: string; output?: Json; code?: string };
}

/** Compiles a definition from its `spec`. */
export function programOf(spec: string): Program {
  const indented = spec.replaceAll('\n', '\n  ');
  const text = `apiVersion: workflow.magic-flow.io/v2\nkind: Workflow\nmetadata: {name: story, version: 1.0.0}\nspec:\n  ${indented}`;
  const { workflows, diagnostics } = parseDocuments(text);
  const errors = diagnostics.filter((each) => each.severity === 'error');
  assert.deepEqual(errors, [], text);
  const definition = workflows[0]?.definition;
  assert.ok(definition);
  return compileProgram(definition, { hash: 'hash', env: (name) => (name === 'REGION' ? 'eu-1' : undefined) });
}

/** `type: function, …`: what a step that calls an executor needs. */
export const call = 'type: function, executor: e, function: f';

export function started(spec: string, start: Partial<StartFact> & { readonly input?: Json } = {}): Story {
  const program = programOf(spec);
  const state = emptyState('exec_1');
  const moves: { readonly at: number; readonly text: string }[] = [];
  const events: ExecutionEvent[] = [];
  let isAtOnce = false;

  function when(fact: UntimedFact): readonly ExecutionEvent[] {
    const timed = { ...fact, at: story.at } as Fact;
    assert.equal(admit(state, timed), undefined, `${JSON.stringify(fact)} is refused`);
    const decided = decide(program, state, timed);
    takeChanges(state);
    moves.push({ at: story.at, text: JSON.stringify(decided) });
    events.push(...decided);
    if (!isAtOnce) check();
    return decided;
  }

  function check(): void {
    checkReplay(state, moves);
    checkWakes(state);
  }

  function attempt<Type extends string>(type: Type, path: string) {
    const { visit, attempt: number } = story.step(path);
    return { type, step: path, visit, attempt: number };
  }

  const story: Story = {
    state,
    at: noon,
    events,
    when,
    atOnce(act) {
      isAtOnce = true;
      act();
      isAtOnce = false;
      check();
      return story;
    },
    refusal: (fact) => admit(state, { ...fact, at: story.at } as Fact),
    completes(path, output = {}) {
      when({ ...attempt('task.completed', path), output });
      return story;
    },
    completesAll(outputs) {
      for (const [path, output] of Object.entries(outputs)) story.completes(path, output);
      return story;
    },
    fails(path, code = 'BOOM', more = {}) {
      when({ ...attempt('task.failed', path), error: { code, message: `${path} failed`, ...more } });
      return story;
    },
    timesOut(path) {
      when(attempt('task.timed_out', path));
      return story;
    },
    fires(timer, path) {
      const command = [...state.outstanding.values()].find(
        (each) => each.type === 'timer' && each.timer === timer && (path === undefined || each.step === path),
      );
      assert.ok(command?.type === 'timer', `no timer ${timer} is set`);
      story.at = Math.max(story.at, command.dueAt);
      when({ type: 'timer', id: command.id });
      return story;
    },
    signals(name, payload = null, { id = `${name}-${state.position}`, ...key } = {}) {
      when({ type: 'signal', id, name, payload, ...key });
      return story;
    },
    claims(path, by) {
      when({ ...attempt('human.claimed', path), by, isOperator: false });
      return story;
    },
    unclaims(path, by) {
      when({ ...attempt('human.unclaimed', path), by, isOperator: false });
      return story;
    },
    answers(path, answer = null, more = {}) {
      const given = { answer, outcome: 'completed', by: 'ada', isOperator: false, ...more };
      when({ ...attempt('human.answered', path), ...given });
      return story;
    },
    goesOn() {
      for (let next = turnOf(state); next; next = turnOf(state)) when({ type: 'continue', id: next.id });
      return story;
    },
    step(path) {
      const found = state.steps.get(path);
      assert.ok(found, `step ${path} never began`);
      return found;
    },
    statuses: () => Object.fromEntries([...state.steps].map(([path, step]) => [path, step.status])),
    inHand: () => pending(state).flatMap((command) => (command.type === 'dispatch' ? [command.step] : [])),
    end: () => ({
      status: statusOf(state),
      ...(state.output === undefined ? {} : { output: plain(state.output) }),
      ...(state.error === undefined ? {} : { code: state.error.code }),
    }),
  };
  when({
    type: 'start',
    workspace: 'default',
    input: {},
    metadata: {},
    tags: [],
    labels: {},
    seed: 1,
    priority: 5,
    queued: false,
    ...start,
  });
  return story;
}

/** As JSON carries it: objects with the ordinary prototype. */
export const plain = (value: Json): Json => JSON.parse(JSON.stringify(value)) as Json;

function checkReplay(state: ExecutionState, moves: readonly { at: number; text: string }[]): void {
  const journal = moves.map(({ at, text }) => ({ at, events: JSON.parse(text) as readonly ExecutionEvent[] }));
  const text = writeSnapshot(state);
  assert.ok(writeSnapshot(replayOf(state.id, journal)) === text, 'the journal gives another state');
  assert.ok(writeSnapshot(replayOf(state.id, elided(journal))) === text, 'the elided journal gives another state');
  const read = readSnapshot(text);
  assert.ok(read);
  assert.equal(writeSnapshot(read), text);
}

type Moves = readonly { readonly at: number; readonly events: readonly ExecutionEvent[] }[];

/** Every move without what the folds of later moves made needless. */
function elided(journal: Moves): Moves {
  const folds: LoopFolded[] = [];
  return journal
    .toReversed()
    .map(({ at, events }) => ({ at, events: elide(events, folds) }))
    .toReversed();
}

function replayOf(id: string, journal: Moves): ExecutionState {
  const replayed = emptyState(id);
  for (const { at, events } of journal) for (const event of events) evolve(replayed, event, at);
  takeChanges(replayed);
  return replayed;
}

const turnOf = (state: ExecutionState): Command | undefined =>
  [...state.outstanding.values()].find(({ type }) => type === 'continue');

const isOwedToOthers = (command: Command): boolean =>
  command.type === 'report' || (command.type === 'child' && isUndelivered(command));

/** Every open execution has something that will move it: a task, a timer, a withdrawal, a turn, a signal or a person. */
function checkWakes(state: ExecutionState): void {
  if (isEnded(state)) {
    const kept = [...state.outstanding.values()].filter((command) => !isOwedToOthers(command));
    assert.deepEqual(kept, [], 'an ended execution waits for something');
    const open = [...state.steps.values()].filter((step) => step.endedAt === undefined);
    assert.deepEqual(open, [], 'an ended execution has open steps');
    return;
  }
  const waitsForWorld = [...state.steps.values()].some(
    ({ status, signal, awaits, human }) =>
      status === 'waiting' && (signal !== undefined || human !== undefined || awaits?.some((each) => each.signal)),
  );
  assert.ok(state.outstanding.size > 0 || waitsForWorld, 'nothing will ever move this execution');
}
