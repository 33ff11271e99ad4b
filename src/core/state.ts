import type { Json, JsonObject } from '../kit/json.ts';
import type { ChildCommand, ChildState, ParentLink, ReportCommand } from './child-events.ts';
import type { DeadLetterReason } from './dead-letter.ts';
import type { StepError } from './errors.ts';
import type { Awaited, Closing, Escalation, Origin, Quality, RoundFailure, TaskSpec, Undo } from './events.ts';
import type { ExecutionTurn } from './execution-turn.ts';
import type { QualityCounts } from './quality-counts.ts';
import type { LimitLeft, PermitCommand } from './task-limits.ts';

/**
 * What an execution is after its events so far. Made by `evolve` alone; everything else reads.
 *
 * Outputs and inputs are held by reference and never changed: whoever hands one to a user's code hands a copy.
 */
export interface ExecutionState {
  id: string;
  workspace: string;
  workflow: string;
  version: string;
  definition: string;
  status: ExecutionStatus;
  /** True beside any open status: results are recorded, nothing is handed out. */
  paused: boolean;
  run: number;
  /** The earlier execution that it takes up, and from which step. */
  rerun: { readonly of: string; readonly from: string } | undefined;
  /** Events so far: the position of the last one. */
  position: number;
  /** Time of the last one; the next is never older. */
  recordedAt: number;
  input: Json;
  metadata: JsonObject;
  tags: readonly string[];
  labels: { readonly [label: string]: string };
  seed: number;
  priority: number;
  /** Undefined where a user started it. */
  parent: ParentLink | undefined;
  /** The limit that its workflow sets, and whether it holds a slot of it. */
  turn: (ExecutionTurn & { readonly isHeld: boolean }) | undefined;
  /** Whether the parent took its result; undefined until it was told. */
  isReportTaken: boolean | undefined;
  createdAt: number;
  startedAt: number | undefined;
  endedAt: number | undefined;
  deadlineAt: number | undefined;
  /** Own members only; no prototype. */
  vars: Record<string, Json>;
  /** Variables that loops declared in rounds of parallel loops, by the path of the round. */
  roundVars: Map<string, Record<string, Json>>;
  /** By path; the newest visit of each. In the order of first arrival. */
  steps: Map<string, StepState>;
  /** Newest path of each step that stands in a branch or a case, by the path that it would have without: `orders[7].ship`. */
  pathsByName: Map<string, string>;
  frames: Map<string, FrameState>;
  /** By the path of their step. */
  loops: Map<string, LoopState>;
  /** Events of folded rounds, about; they do not count against the limit. */
  eventsFolded: number;
  /** What validate steps of folded rounds found. */
  qualityFolded: QualityCounts;
  /** Paths in the order they completed; a path visited again moves to the end. */
  completed: Set<string>;
  /** Commands that are not settled, by id. */
  outstanding: Map<string, Command>;
  /** The shell's inbox, see `outstanding.ts`. */
  opened: Command[];
  settled: string[];
  humanTasks: HumanTask[];
  limitsLeft: LimitLeft[] | undefined;
  /** Signals that nobody has taken yet, oldest first. */
  signals: Signal[];
  /** Of signals and of operations on many executions, oldest first: a repeat is refused. */
  signalIds: string[];
  /** Indices of rules. */
  rulesFired: number[];
  closing: Closing | undefined;
  compensation: CompensationState | undefined;
  output: Json | undefined;
  error: StepError | undefined;
  /** The step that the error named which the newest run goes on from. */
  blamed: string | undefined;
  warnings: readonly { readonly code: string; readonly message: string; readonly pointer: string }[];
  deadLetter: boolean;
  deadLetterReason: DeadLetterReason | undefined;
}

export type ExecutionStatus =
  | 'queued'
  | 'running'
  | 'completed'
  | 'failed'
  | 'cancelled'
  | 'timed_out'
  | 'compensating'
  | 'compensated';

export type StepStatus =
  | 'running'
  | 'retrying'
  | 'waiting'
  | 'completed'
  | 'failed'
  | 'skipped'
  | 'timed_out'
  | 'cancelled'
  | 'compensated';

export interface StepState {
  readonly path: string;
  readonly name: string;
  readonly kind: string;
  frame: string;
  visit: number;
  /** The visit before the first one since its list began. */
  visitsBefore: number;
  attempt: number;
  /** The attempt before this run's first: retries count from here. */
  attemptsBefore: number;
  deliveries: number;
  status: StepStatus;
  origin: Origin;
  /** The failed step that led here. */
  after: string | undefined;
  /** The step that led here; its output is `$.previous`. */
  previous: string | undefined;
  /** Undefined where it is the execution's input. */
  input: Json | undefined;
  task: TaskSpec | undefined;
  child: ChildState | undefined;
  output: Json | undefined;
  error: StepError | undefined;
  /** Failed, and yet it counts as done: ignored, or a fallback stands in for it. */
  passed: boolean;
  /** An attempt was in an executor's hands when the flow stopped waiting for it. */
  outcomeUnknown: boolean;
  /** An earlier execution, or an earlier run of a rerun, did it. */
  isReused: boolean;
  /** Of a container: its lists were opened in this visit. */
  hasLists: boolean;
  /** Of a validate step: how many items passed each rule and how many failed it. */
  quality: Quality | undefined;
  scheduledAt: number;
  startedAt: number | undefined;
  endedAt: number | undefined;
  dueAt: number | undefined;
  deadlineAt: number | undefined;
  signal: string | undefined;
  /** What it waits for, where that is more than `signal` and `dueAt` say. */
  awaits: readonly Awaited[] | undefined;
  human: HumanTask | undefined;
}

/** What a person is asked in one attempt of a step. */
export interface HumanTask {
  readonly step: string;
  readonly name: string;
  readonly visit: number;
  readonly attempt: number;
  readonly title: string;
  readonly defaults: JsonObject | undefined;
  readonly createdAt: number;
  /** By when an answer is wished for. */
  readonly dueAt: number | undefined;
  readonly escalations: readonly Escalation[];
  /** How many of them have come. */
  escalated: number;
  assignees: readonly string[];
  status: HumanTaskStatus;
  claimedBy: string | undefined;
  answer: HumanAnswer | undefined;
  endedAt: number | undefined;
}

export type HumanTaskStatus = 'open' | 'claimed' | 'completed' | 'timed_out' | 'cancelled';

export interface HumanAnswer {
  readonly by: string;
  readonly outcome: string;
  readonly answer: Json;
  readonly comment: string | undefined;
  readonly id: string | undefined;
}

export interface FrameState {
  readonly path: string;
  readonly list: string;
  /** Path of the container step; undefined for the execution's own list. */
  readonly owner: string | undefined;
  status: 'open' | 'completed' | 'failed' | 'cancelled';
  /** Path of the step that completed last. */
  last: string | undefined;
  /** Paths of the steps that have begun and not ended. */
  active: Set<string>;
  /** Paths of the steps that have begun since the frame was opened. */
  begun: Set<string>;
  error: StepError | undefined;
  result: Json | undefined;
  /** Of a round of a loop: its place. */
  readonly index: number | undefined;
  /** Visits of the steps of a folded frame of this path: theirs count on from here. */
  readonly visitsBefore: number;
}

export interface LoopState {
  readonly path: string;
  readonly total: number | undefined;
  /** The path of the loop whose results it takes as they come. */
  readonly source?: string | undefined;
  readonly batch: number;
  readonly roundsMax: number;
  /** Undefined: any failure ends the loop. */
  readonly tolerated: number | undefined;
  /** Position of the event that opened it. */
  readonly openedAt: number;
  /** The first round that has never begun. */
  next: number;
  running: Set<number>;
  /** Rounds that a retry runs once more, next first. */
  again: number[];
  /** By round; a round that failed has none. */
  results: Json[];
  failures: Map<number, RoundFailure>;
  /** Rounds below have left the state, all but their results and failures. */
  foldedTo: number;
  /** Rounds below were folded in this attempt of the loop or an earlier one: their steps had visits that nothing else tells of. */
  foldedEver: number;
  visits: number;
}

export interface CompensationState {
  /** Still to run, first next. */
  remaining: Undo[];
  failed: boolean;
}

export interface Signal {
  readonly id: string;
  readonly name: string;
  readonly payload: Json;
  readonly key?: string;
}

/** A wish that outlives the move that made it: it stays until a later event settles it. */
export type Command =
  | {
      readonly type: 'dispatch';
      readonly id: string;
      readonly step: string;
      readonly visit: number;
      readonly attempt: number;
      /** The key of the slot that it holds. */
      readonly slot?: string;
    }
  | PermitCommand
  /** Take a task back: it settles as withdrawn, by its result or by the loss of its lease. */
  | {
      readonly type: 'withdraw';
      readonly id: string;
      readonly step: string;
      readonly dispatch: string;
      readonly slot?: string;
    }
  | {
      readonly type: 'timer';
      readonly id: string;
      readonly timer: TimerKind;
      readonly step: string;
      readonly dueAt: number;
    }
  /** Waits for nothing but its turn. */
  | { readonly type: 'admission'; readonly id: 'admission' }
  /** The rest of a long move. */
  | { readonly type: 'continue'; readonly id: string; readonly frame: string; readonly next: string }
  | ChildCommand
  | ReportCommand;

/**
 * `deadline`: of the execution. `rerun`: of its next run. `timeout`: of a container or a wait. `queue`: of waiting for an
 * executor. `escalation`: of a human task.
 */
export type TimerKind = 'deadline' | 'rerun' | 'retry' | 'wait' | 'timeout' | 'queue' | 'escalation';

export function emptyState(id: string): ExecutionState {
  return {
    id,
    workspace: '',
    workflow: '',
    version: '',
    definition: '',
    status: 'running',
    paused: false,
    run: 1,
    rerun: undefined,
    position: 0,
    recordedAt: 0,
    input: null,
    metadata: {},
    tags: [],
    labels: {},
    seed: 0,
    priority: 5,
    parent: undefined,
    turn: undefined,
    isReportTaken: undefined,
    createdAt: 0,
    startedAt: undefined,
    endedAt: undefined,
    deadlineAt: undefined,
    vars: Object.create(null),
    roundVars: new Map(),
    steps: new Map(),
    pathsByName: new Map(),
    frames: new Map(),
    loops: new Map(),
    eventsFolded: 0,
    qualityFolded: new Map(),
    completed: new Set(),
    outstanding: new Map(),
    opened: [],
    settled: [],
    humanTasks: [],
    limitsLeft: undefined,
    signals: [],
    signalIds: [],
    rulesFired: [],
    closing: undefined,
    compensation: undefined,
    output: undefined,
    error: undefined,
    blamed: undefined,
    warnings: [],
    deadLetter: false,
    deadLetterReason: undefined,
  };
}

const endedStatuses: ReadonlySet<ExecutionStatus> = new Set([
  'completed',
  'failed',
  'cancelled',
  'timed_out',
  'compensated',
]);

export function isEnded(state: ExecutionState): boolean {
  return endedStatuses.has(state.status);
}

/** The status that users see. */
export function statusOf(state: ExecutionState): ExecutionStatus | 'paused' | 'waiting' {
  if (isEnded(state) || state.status !== 'running') return state.status;
  if (state.paused) return 'paused';
  return isWaiting(state) ? 'waiting' : 'running';
}

/** Nothing runs: every step that has begun waits for a time or a signal. */
function isWaiting(state: ExecutionState): boolean {
  let isAnyWaiting = false;
  for (const command of state.outstanding.values()) {
    if (command.type !== 'timer') return false;
    if (command.timer === 'retry') return false;
  }
  for (const frame of state.frames.values()) {
    for (const path of frame.active) isAnyWaiting ||= state.steps.get(path)?.status === 'waiting';
  }
  return isAnyWaiting;
}

/** Identity of one pass through a step. */
export function passId(step: StepState): string {
  return `${step.path}#${step.visit}`;
}

/** Identity of one attempt, and of the command that hands it out. */
export function attemptId(step: StepState, attempt = step.attempt): string {
  return `${step.path}#${step.visit}/${attempt}`;
}

/** Where a step is found by its name: in the round that it stands in, whatever branches lie between. */
export function pathByName(path: string, name: string): string {
  const round = path.slice(0, path.lastIndexOf(']') + 1);
  return round === '' ? name : `${round}.${name}`;
}

export function inputOf(state: ExecutionState, step: StepState): Json {
  return step.input === undefined ? state.input : step.input;
}

export function cancelledOrFailed(step: StepState): boolean {
  return step.status === 'failed' || step.status === 'timed_out' || step.status === 'cancelled';
}

/** A list's own output mapping, else the output of its last completed step. */
export function resultOf(state: ExecutionState, frame: FrameState): Json {
  if (frame.result !== undefined) return frame.result;
  return frame.last === undefined ? null : (state.steps.get(frame.last)?.output ?? null);
}
