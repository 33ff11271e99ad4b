/**
 * Where the flow goes, read a second time from the definition: in a sequence the baton is with one step and the next one
 * is the one it names; in a graph a step begins once all it waits for is done; containers join exactly when they may.
 */
import type { ExecutionEvent, FrameClosed, FrameOpened, StepFailed } from '../../../src/core/events.ts';
import { attemptId, type FrameState, isEnded, type StepState } from '../../../src/core/state.ts';
import type { Step } from '../../../src/model/definition.ts';
import { claim } from '../violation.ts';
import type { Book, Check } from './book.ts';
import { isStarved, streamsFrom } from './check-stream.ts';
import { conditionHolds } from './condition-oracle.ts';

type Arriving = Extract<ExecutionEvent, { visit: number }>;

/** Who may come next in a sequence; `any` after a retry or a rule, whose choice is checked elsewhere. */
type Baton = ReadonlySet<string> | 'any';

export function checkFlow(book: Book): Check {
  const { shadow, id, tally } = book;
  const batons = new Map<string, Baton>();
  let ruleFired = false;

  const defined = (name: string): Step | undefined => book.outline.steps.get(name)?.step;
  const listOf = (frame: FrameState) => book.outline.lists.get(frame.list);
  const isDone = (step: StepState | undefined): boolean =>
    step !== undefined && (step.status === 'completed' || step.status === 'skipped' || step.passed);

  function checkArrival(event: Arriving): void {
    if (event.origin === 'compensation' || event.type === 'step.reused') return;
    const frame = shadow.frames.get(event.frame);
    claim(frame?.status === 'open', 'I10', () => `${id}: ${event.step} begins in a list that is ${frame?.status}`);
    const isWanted = !shadow.closing || isUndoing(event.frame);
    claim(isWanted, 'I10', () => `${id}: ${event.step} begins while the execution is closing`);
    const list = listOf(frame);
    const isListed = list?.steps.some((step) => step.name === event.name);
    claim(list && isListed, 'I10', () => `${id}: ${event.step} is in no such list`);
    checkGuard(event);
    checkOrigin(event);
    if (list.isGraph) return checkGraphArrival(event, frame);
    const isAlone = [...frame.active].every((path) => path === event.step);
    claim(isAlone, 'I10', () => `${id}: ${event.step} begins beside ${[...frame.active].join(', ')}`);
    const baton = batons.get(event.frame) ?? 'any';
    const isNext = baton === 'any' || baton.has(event.name);
    claim(
      isNext,
      'I10',
      () => `${id}: ${event.step} begins where ${baton === 'any' ? '' : [...baton].join(' or ')} is next`,
    );
  }

  /** A list inside a step of compensation. */
  function isUndoing(path: string): boolean {
    const owner = shadow.frames.get(path)?.owner;
    const step = owner === undefined ? undefined : shadow.steps.get(owner);
    return step !== undefined && (step.origin === 'compensation' || isUndoing(step.frame));
  }

  function checkGuard(event: Arriving): void {
    const when = defined(event.name)?.when;
    const holds = when === undefined ? true : conditionHolds(when, shadow.input);
    if (holds === undefined) return;
    const isSkipped = event.type === 'step.skipped';
    claim(
      isSkipped !== holds,
      'I10',
      () => `${id}: ${event.step} was ${isSkipped ? '' : 'not '}skipped against its guard`,
    );
  }

  function checkOrigin(event: Arriving): void {
    const after = event.after === undefined ? undefined : shadow.steps.get(event.after);
    const cause = after && defined(after.name);
    const hasFailed = after?.status === 'failed' || after?.status === 'timed_out';
    if (event.origin === 'handler') {
      const replaced =
        after?.origin === 'fallback' && after.after !== undefined ? shadow.steps.get(after.after) : undefined;
      const named =
        onTimeout(after, after?.status) ?? cause?.onFailure ?? (replaced && defined(replaced.name)?.onFailure);
      claim(hasFailed && named === event.name, 'I10', () => `${id}: the handler ${event.step} has no cause`);
      tally.saw('handler ran');
    }
    if (event.origin === 'fallback') {
      claim(
        hasFailed && cause?.fallbackStep === event.name,
        'I10',
        () => `${id}: the fallback ${event.step} has no cause`,
      );
      tally.saw('fallback step');
    }
    if (event.origin === 'rule')
      claim(ruleFired, 'I10', () => `${id}: ${event.step} begins by a rule that did not fire`);
  }

  /** Where a human task leads that nobody answered in time. */
  function onTimeout(step: StepState | undefined, outcome: string | undefined): string | undefined {
    const own = step && outcome === 'timed_out' ? defined(step.name) : undefined;
    return own?.type === 'human_task' ? own.onTimeout : undefined;
  }

  function checkGraphArrival(event: Arriving, frame: FrameState): void {
    const step = defined(event.name);
    if (event.origin !== 'flow' || step?.handler) return;
    const before = shadow.steps.get(event.step)?.status;
    // A stream that was cut off begins with what stands in for its source.
    const isCutOff = step?.type === 'loop' && step.streamFrom !== undefined && before === 'cancelled';
    const isFirst = !frame.begun.has(event.step) || shadow.run > 1 || before === 'retrying' || isCutOff;
    claim(isFirst, 'I10', () => `${id}: ${event.step} begins a second time in its graph`);
    const needed = (step?.dependsOn ?? []).map((name) => shadow.steps.get(pathBeside(event.step, name)));
    const isFlowing = (other: StepState | undefined): boolean =>
      other?.status === 'running' && streamsFrom(step, other.name);
    claim(
      needed.every((other) => isDone(other) || isFlowing(other)),
      'I10',
      () => `${id}: ${event.step} begins before what it waits for`,
    );
    if (needed.length > 1) tally.saw('graph join');
  }

  function passBaton(path: string, outcome: 'done' | StepFailed['status']): void {
    const step = shadow.steps.get(path);
    if (!step || step.origin === 'compensation') return;
    const own = defined(step.name);
    if (outcome === 'done') {
      batons.set(step.frame, new Set([book.outline.next(step.name)]));
      return;
    }
    const replaced = step.origin === 'fallback' && step.after !== undefined ? shadow.steps.get(step.after) : undefined;
    const handler = onTimeout(step, outcome) ?? own?.onFailure ?? (replaced && defined(replaced.name)?.onFailure);
    batons.set(step.frame, new Set([own?.fallbackStep, handler].filter((name) => name !== undefined)));
  }

  function checkFrameClosed(event: FrameClosed): void {
    const frame = shadow.frames.get(event.frame);
    claim(frame?.status === 'open', 'I10', () => `${id}: the list ${event.frame} closes while ${frame?.status}`);
    claim(frame.active.size === 0, 'I10', () => `${id}: the list ${event.frame} closes with steps active`);
    if (event.status !== 'completed') return;
    const list = listOf(frame);
    if (list?.isGraph) {
      const couldBegin = list.steps.find(
        (step) => !step.handler && !frame.begun.has(inFrame(frame, step.name)) && isFree(frame, step),
      );
      const isEndedBy = [...frame.begun].some((path) => endsItsList(shadow.steps.get(path)));
      claim(
        !couldBegin || isEndedBy,
        'I10',
        () => `${id}: the graph ${event.frame} completes before ${couldBegin?.name}`,
      );
      return;
    }
    const baton = batons.get(event.frame) ?? 'any';
    const isAtEnd = baton === 'any' || baton.has('end');
    claim(isAtEnd, 'I10', () => `${id}: the list ${event.frame} completes before its last step`);
  }

  const isFree = (frame: FrameState, step: Step): boolean =>
    (step.dependsOn ?? []).every((name) => isDone(shadow.steps.get(inFrame(frame, name))));

  function endsItsList(step: StepState | undefined): boolean {
    if (!step) return false;
    const own = defined(step.name);
    return own?.onSuccess === 'end' || own?.onFailure === 'end' || step.origin === 'handler' || step.origin === 'rule';
  }

  function checkFrameOpened(event: FrameOpened): void {
    const earlier = shadow.frames.get(event.frame);
    claim(earlier?.status !== 'open', 'I10', () => `${id}: the list ${event.frame} opens twice`);
    const list = book.outline.lists.get(event.list);
    claim(list, 'I10', () => `${id}: there is no list ${event.list}`);
    const rerunFrom = event.frame === '' ? shadow.rerun?.from : undefined;
    const first = rerunFrom ?? list.steps.find((step) => !step.handler)?.name ?? 'end';
    batons.set(event.frame, new Set([first]));
    const owner = event.owner === undefined ? undefined : defined(shadow.steps.get(event.owner)?.name ?? '');
    if (owner?.type !== 'condition') return;
    const chosen = owner.cases.findIndex((branch) => conditionHolds(branch.when, shadow.input) !== false);
    const expected = chosen < 0 ? 'otherwise' : String(chosen);
    claim(
      event.list.endsWith(`.${expected}`),
      'I10',
      () => `${id}: ${event.owner} runs ${event.list}, not ${expected}`,
    );
  }

  /** Containers end in the very move in which their branches let them. */
  function checkJoins(): void {
    if (isEnded(shadow) || shadow.closing) return;
    for (const step of shadow.steps.values()) {
      const own = step.kind === 'parallel' && step.status === 'running' ? defined(step.name) : undefined;
      if (own?.type !== 'parallel') continue;
      const frames = own.branches.map((branch) => shadow.frames.get(`${step.path}.${branch.name}`));
      if (frames.some((frame) => frame === undefined)) continue;
      const { completed, open, wanted } = countBranches(own, frames);
      const isOver = completed >= wanted || (completed + open < wanted && (own.failFast || open === 0));
      claim(!isOver, 'I10', () => `${id}: ${step.path} should have joined: ${completed} of ${wanted}, ${open} open`);
    }
  }

  function checkJoined(path: string): void {
    const step = shadow.steps.get(path);
    const own = step && defined(step.name);
    if (own?.type !== 'parallel') return;
    const frames = own.branches.map((branch) => shadow.frames.get(`${path}.${branch.name}`));
    const { completed, open, wanted } = countBranches(own, frames);
    claim(completed >= wanted, 'I10', () => `${id}: ${path} joined with ${completed} of ${wanted} branches`);
    claim(open === 0, 'I10', () => `${id}: ${path} joined while ${open} branches run`);
    tally.saw(own.waitFor === 'all' ? 'join of all' : 'join of some');
    if (frames.some((frame) => frame?.status === 'cancelled')) tally.saw('branch cut off');
  }

  /** I7: whatever is open has somebody or something that will move it. */
  function checkAwake(): void {
    if (isEnded(shadow) || shadow.status === 'queued') return;
    // What is wanted of a child that a step gave up is no wish about the step.
    const commands = [...shadow.outstanding.values()].filter(({ type }) => type !== 'child');
    const wanted = new Set(commands.map((command) => ('step' in command ? command.step : '')));
    if (shadow.closing) {
      const isMoved =
        shadow.outstanding.size > 0 || [...shadow.steps.values()].some((step) => step.endedAt === undefined);
      claim(isMoved, 'I7', () => `${id} is ${shadow.status} and nothing will move it`);
    }
    for (const frame of shadow.frames.values()) {
      if (frame.status !== 'open' || shadow.closing) continue;
      const isDeferred = shadow.outstanding.has(`continue:${frame.path}`);
      const isBusy = [...frame.begun].some((path) => shadow.steps.get(path)?.endedAt === undefined || wanted.has(path));
      claim(isDeferred || isBusy, 'I7', () => `${id}: the list «${frame.path}» is open and nothing in it runs`);
    }
    for (const step of shadow.steps.values()) if (step.endedAt === undefined) checkStepAwake(step, wanted);
    for (const path of wanted) checkWanted(path);
  }

  function checkStepAwake(step: StepState, wanted: ReadonlySet<string>): void {
    const isHeld = step.task !== undefined || step.status === 'retrying';
    const isCalling = shadow.outstanding.has(`child:${attemptId(step)}`);
    const isContainer = step.kind === 'parallel' || step.kind === 'condition' || step.kind === 'loop';
    const hasList =
      shadow.outstanding.has(`loop:${step.path}`) ||
      [...shadow.frames.values()].some((frame) => frame.owner === step.path && frame.status === 'open');
    const isAwake =
      isCalling ||
      (isHeld && wanted.has(step.path)) ||
      (step.status === 'waiting' && (isAwaited(step) || wanted.has(step.path))) ||
      (isContainer && hasList) ||
      (step.status === 'running' && isStarved(book, step.path));
    claim(isAwake, 'I7', () => `${id}: ${step.path} is ${step.status} and nothing will move it`);
    if (step.status === 'waiting') tally.saw('execution waiting');
  }

  /** Nothing is wanted of a step whose list is over. */
  function checkWanted(path: string): void {
    const step = shadow.steps.get(path);
    if (!step || step.origin === 'compensation' || shadow.closing) return;
    const frame = shadow.frames.get(step.frame);
    claim(frame?.status === 'open', 'I7', () => `${id}: ${path} is still wanted, its list is ${frame?.status}`);
  }

  return {
    before(event) {
      if ('visit' in event) checkArrival(event);
      switch (event.type) {
        case 'frame.opened':
          return checkFrameOpened(event);
        case 'frame.closed':
          return checkFrameClosed(event);
        case 'frame.reopened':
          batons.set(event.frame, 'any');
          return;
        case 'rule.fired': {
          claim(!shadow.rulesFired.includes(event.rule), 'I10', () => `${id}: rule ${event.rule} fired twice`);
          const step = shadow.steps.get(event.step);
          const isLookedAt = step?.origin === 'flow' || step?.origin === 'fallback';
          claim(isLookedAt, 'I10', () => `${id}: a rule fired after ${event.step}, which came by ${step?.origin}`);
          ruleFired = true;
          for (const path of [step.frame, '']) batons.set(path, 'any');
          const action = book.outline.definition.errorHandling?.rules[event.rule]?.action.type;
          if (action) tally.saw(`rule ${action}`);
          return;
        }
        case 'step.completed': {
          if (!event.insteadOf) checkJoined(event.step);
          return passBaton(event.step, 'done');
        }
        case 'step.failed':
          if (event.error.code === 'TOO_MANY_VISITS') tally.saw('too many visits');
          return passBaton(event.step, event.status);
        case 'step.replaced':
          if (event.by === undefined) tally.saw('timeout ignored');
          return passBaton(event.step, 'done');
        default:
          if (event.type === 'step.skipped') batons.set(event.frame, new Set([book.outline.next(event.name)]));
      }
    },
    moved() {
      checkJoins();
      checkAwake();
    },
  };
}

/** Something of the world may end it: a signal or a person. */
const isAwaited = ({ signal, awaits, human }: StepState): boolean =>
  signal !== undefined || human !== undefined || awaits?.some((each) => each.signal !== undefined) === true;

function countBranches(own: Extract<Step, { type: 'parallel' }>, frames: readonly (FrameState | undefined)[]) {
  const count = (status: FrameState['status']): number => frames.filter((frame) => frame?.status === status).length;
  const wanted = own.waitFor === 'all' ? frames.length : own.waitFor === 'any' ? 1 : own.waitFor;
  return { completed: count('completed'), open: count('open'), wanted };
}

const inFrame = (frame: FrameState, name: string): string => (frame.path === '' ? name : `${frame.path}.${name}`);

function pathBeside(path: string, name: string): string {
  return path.slice(0, path.lastIndexOf('.') + 1) + name;
}
