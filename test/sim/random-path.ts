/**
 * One path through one workflow, fact by fact, with the core alone: no store, no clock, no executors. What is outstanding
 * is answered at random, and now and then a user interferes.
 */
import { admit } from '../../src/core/admit/admit.ts';
import type { ParentLink } from '../../src/core/child-events.ts';
import { compileProgram } from '../../src/core/compile/compile-program.ts';
import { decide } from '../../src/core/decide.ts';
import type { ExecutionEvent } from '../../src/core/events.ts';
import type { Fact, StartFact } from '../../src/core/facts.ts';
import { takeChanges } from '../../src/core/outstanding.ts';
import { pending } from '../../src/core/pending.ts';
import type { Program } from '../../src/core/program.ts';
import {
  type Command,
  type ExecutionState,
  emptyState,
  type HumanTask,
  isEnded,
  type StepState,
} from '../../src/core/state.ts';
import { assert, present } from '../../src/kit/assert.ts';
import { parseDocuments } from '../../src/model/parse.ts';
import { type Dice, makeDice } from './dice.ts';
import { people, signalKeys, signalNames } from './generate-waits.ts';
import { generateWorkflow } from './generate-workflow.ts';
import { startOfTime } from './virtual-time.ts';

export interface Move {
  readonly at: number;
  readonly events: readonly ExecutionEvent[];
}

export interface Path {
  readonly text: string;
  readonly moves: readonly Move[];
  readonly state: ExecutionState;
}

type Distributed<T> = T extends unknown ? Omit<T, 'at'> : never;

const movesMax = 150;

/** `look` is called after each move, with the state as it is then. */
export function walkPath(seed: number, look: (move: Move, state: ExecutionState) => void = () => undefined): Path {
  const dice = makeDice(seed);
  const named = { name: `path-${seed}`, version: '1.0.0', callees: ['callee'] };
  const text = generateWorkflow(dice.fork(), named, { isShort: true });
  const program = programOf(text);
  const state = emptyState(`exec_${seed}`);
  const moves: Move[] = [];
  let at = startOfTime;

  function take(given: Distributed<Fact>): void {
    const fact = { ...given, at } as Fact;
    if (admit(state, fact)) return;
    const events = decide(program, state, fact);
    takeChanges(state);
    if (events.length === 0) return;
    moves.push({ at, events });
    look({ at, events }, state);
  }

  take(startFact(dice));
  for (let count = 0; count < movesMax && mayGoOn(state, dice); count += 1) {
    const command = dice.chance(0.85) ? pickCommand(state, dice) : undefined;
    at = command?.type === 'timer' ? Math.max(at, command.dueAt) : at + dice.int(0, 2_000);
    take(command ? answerTo(command, dice) : interference(state, dice, count));
  }
  return { text, moves, state };
}

export function programOf(text: string): Program {
  const { workflows, diagnostics } = parseDocuments(text);
  const definition = present(workflows[0]?.definition, 'a definition');
  assert(!diagnostics.some(({ severity }) => severity === 'error'), `the workflow has errors: ${text}`);
  return compileProgram(definition, { hash: `hash-${definition.name}` });
}

function startFact(dice: Dice): Distributed<Fact> {
  const input = { k1: dice.int(0, 9), k2: dice.int(0, 9), k3: dice.int(0, 9), k4: dice.int(0, 9) };
  const labels = { team: 'sim' };
  const seed = dice.int(0, 2 ** 31);
  const queued = dice.chance(0.1);
  const parent = dice.chance(0.2) ? { parent: parentOf(dice) } : {};
  return {
    ...parent,
    ...(dice.chance(0.02) ? { stillborn: 'too late' } : {}),
    type: 'start',
    workspace: 'default',
    input,
    metadata: { labels },
    tags: ['t'],
    labels,
    seed,
    priority: 5,
    queued,
    ...turnOf(dice),
  };
}

/** Some have a limit of their workflow, and wait in line for it. */
function turnOf(dice: Dice): Partial<StartFact> {
  if (!dice.chance(0.15)) return {};
  const turn = { key: 'workflow:sim', limit: 2 } as const;
  return dice.chance(0.5) ? { turn, queued: true, inLine: true } : { turn };
}

/** Ended paths are sometimes retried. */
function mayGoOn(state: ExecutionState, dice: Dice): boolean {
  return !isEnded(state) || dice.chance(0.5);
}

function pickCommand(state: ExecutionState, dice: Dice): Command | undefined {
  const commands = pending(state);
  if (commands.length === 0) return undefined;
  const [earliest] = commands.filter((command) => command.type === 'timer').sort((a, b) => a.dueAt - b.dueAt);
  const others = commands.filter((command) => command.type !== 'timer');
  // A timer only when nothing else is to be done, or by chance: the later ones must wait for it.
  return earliest && (others.length === 0 || dice.chance(0.15))
    ? earliest
    : dice.pick(others.length > 0 ? others : commands);
}

function answerTo(command: Command, dice: Dice): Distributed<Fact> {
  switch (command.type) {
    case 'dispatch':
      return answerOf(command, dice);
    case 'withdraw': {
      const [, step = '', visit, attempt] = /^(.*)#(\d+)\/(\d+)$/.exec(command.dispatch) ?? [];
      const base = { step, visit: Number(visit), attempt: Number(attempt) };
      if (dice.chance(0.3)) return { type: 'task.completed', ...base, output: { n: 1 } };
      return { type: 'task.withdrawn', ...base, outcome: dice.pick(['untouched', 'unknown']) };
    }
    case 'timer':
      return { type: 'timer', id: command.id, isClaimed: dice.chance(0.5) };
    case 'admission':
      return { type: 'admitted' };
    case 'continue':
      return { type: 'continue', id: command.id };
    case 'permit':
      return { type: 'permitted', id: command.id };
    case 'child':
      return answerOfChild(command, dice);
    case 'report':
      return { type: 'reported', isTaken: dice.chance(0.5) };
  }
}

function answerOfChild({ call, phase }: Command & { type: 'child' }, dice: Dice): Distributed<Fact> {
  const execution = `exec_of_${call}`;
  const isDelivered = phase === 'running' || phase === 'ending' || dice.chance(0.15);
  if (isDelivered) {
    const status = dice.pick(['completed', 'completed', 'failed', 'cancelled', 'timed_out', 'compensated'] as const);
    const error = dice.chance(0.7) ? { error: { code: dice.pick(['E1', 'E2']), message: 'it went wrong' } } : {};
    return {
      type: 'child.ended',
      call,
      execution,
      status,
      output: { n: dice.int(0, 9) },
      ...(status === 'completed' ? {} : error),
    };
  }
  if (phase !== 'starting') return { type: 'child.told', call };
  if (dice.chance(0.85)) return { type: 'child.started', call, execution, version: '1.0.0' };
  return { type: 'child.refused', call, error: { code: 'WORKFLOW_NOT_FOUND', message: 'there is none' } };
}

function parentOf(dice: Dice): ParentLink {
  const link = { executionId: 'exec_above', step: 's', call: 's#1/1', root: 'exec_above', depth: dice.int(1, 33) };
  return dice.chance(0.2) ? { ...link, isDetached: true } : link;
}

function answerOf({ step, visit, attempt }: Command & { type: 'dispatch' }, dice: Dice): Distributed<Fact> {
  const base = { step, visit, attempt };
  const number = dice.int(1, 100);
  if (number <= 65) return { type: 'task.completed', ...base, output: { n: dice.int(0, 9) }, startedAt: startOfTime };
  if (number <= 85) {
    const code = dice.pick(['E1', 'E2', 'E3']);
    return { type: 'task.failed', ...base, error: { code, message: 'it went wrong', details: { of: step } } };
  }
  return { type: number <= 93 ? 'task.timed_out' : 'task.lost', ...base };
}

function interference(state: ExecutionState, dice: Dice, count: number): Distributed<Fact> {
  if (isEnded(state)) return { type: 'retry' };
  if (state.paused) return { type: 'resume' };
  const number = dice.int(1, 100);
  const waiting = [...state.steps.values()].find((step) => step.status === 'waiting');
  if (number <= 75) return waiting?.human ? personal(waiting.human, dice, count) : signal(waiting, dice, count);
  if (number <= 90) return { type: 'pause' };
  return number <= 97 ? { type: 'cancel', reason: 'enough' } : { type: 'terminate' };
}

function signal(waiting: StepState | undefined, dice: Dice, count: number): Distributed<Fact> {
  const [awaited] = waiting?.awaits?.filter((each) => each.signal !== undefined) ?? [];
  const name = awaited?.signal ?? waiting?.signal ?? dice.pick(signalNames);
  const key = awaited?.key ?? (dice.chance(0.3) ? dice.pick(signalKeys) : undefined);
  const payload = { n: dice.int(0, 9) };
  return { type: 'signal', id: `sig-${count}`, name, payload, ...(key === undefined ? {} : { key }) };
}

function personal({ step, visit, attempt }: HumanTask, dice: Dice, count: number): Distributed<Fact> {
  const fact = { step, visit, attempt, by: dice.pick(people), isOperator: dice.chance(0.2) };
  const number = dice.int(1, 100);
  if (number <= 30) return { type: 'human.claimed', ...fact };
  if (number <= 40) return { type: 'human.unclaimed', ...fact };
  const outcome = dice.pick(['completed', 'rejected']);
  return {
    type: 'human.answered',
    ...fact,
    outcome,
    answer: { n: dice.int(0, 5) },
    comment: 'so',
    id: `answer-${count}`,
  };
}
