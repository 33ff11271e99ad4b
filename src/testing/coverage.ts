/**
 * What the cases of a run went through: every step of a workflow, and every way that its flow can take.
 *
 * Ways are the cases of conditions and their else, guards that hold and that do not, `on_failure`, fallbacks, timeout
 * actions and the rules of `error_handling`. Read from the events that the engine wrote, never guessed.
 */
import { dirname } from 'node:path';
import type { ExecutionEvent } from '../core/events.ts';
import type { Definition, Step } from '../model/definition.ts';
import { allSteps } from '../model/step-lists.ts';
import type { FoundWorkflow } from './library.ts';
import { isArrival } from './outcome.ts';
import type { Performance, PlayedExecution } from './play.ts';

export interface Coverage {
  readonly workflows: readonly WorkflowCoverage[];
  readonly steps: Share;
  readonly branches: Share;
}

export interface Share {
  readonly covered: number;
  readonly total: number;
}

export interface WorkflowCoverage {
  readonly file: string;
  readonly workflow: string;
  readonly version: string;
  readonly steps: Share;
  readonly branches: Share;
  /** Names of steps, and of ways. */
  readonly stepsMissed: readonly string[];
  readonly branchesMissed: readonly string[];
}

interface Tally {
  readonly found: FoundWorkflow;
  readonly steps: Set<string>;
  readonly branches: Set<string>;
}

export function openCoverage() {
  const tallies = new Map<string, Tally>();

  /** The workflow under test, and those beside it that have tests of their own. */
  function talliesOf(found: FoundWorkflow, { workflow, version }: PlayedExecution): readonly Tally[] {
    return [...tallies.values()].filter(
      ({ found: { file, definition } }) =>
        definition.name === workflow && definition.version === version && dirname(file) === dirname(found.file),
    );
  }

  return {
    /** A workflow that is tested, whether anything of it runs or not. */
    expect(found: FoundWorkflow): void {
      const { name, version } = found.definition;
      const key = `${found.file}\n${name}\n${version}`;
      if (!tallies.has(key)) tallies.set(key, { found, steps: new Set(), branches: new Set() });
    },
    observe(found: FoundWorkflow, { executions }: Pick<Performance, 'executions'>): void {
      for (const played of executions) {
        for (const tally of talliesOf(found, played)) {
          for (const event of played.events) if (isArrival(event)) tally.steps.add(event.name);
          for (const branch of branchesTaken(tally.found.definition, played.events)) tally.branches.add(branch);
        }
      }
    },
    summary(): Coverage {
      const workflows = [...tallies.values()].map(coverageOf);
      const sum = (shares: readonly Share[]): Share => ({
        covered: shares.reduce((total, share) => total + share.covered, 0),
        total: shares.reduce((total, share) => total + share.total, 0),
      });
      return {
        workflows,
        steps: sum(workflows.map(({ steps }) => steps)),
        branches: sum(workflows.map(({ branches }) => branches)),
      };
    },
  };
}

function coverageOf({ found, steps, branches }: Tally): WorkflowCoverage {
  const { file, definition } = found;
  const names = [...allSteps(definition.steps)].map(({ name }) => name);
  const ways = branchesOf(definition);
  return {
    file,
    workflow: definition.name,
    version: definition.version,
    steps: { covered: names.filter((name) => steps.has(name)).length, total: names.length },
    branches: { covered: ways.filter((way) => branches.has(way)).length, total: ways.length },
    stepsMissed: names.filter((name) => !steps.has(name)),
    branchesMissed: ways.filter((way) => !branches.has(way)),
  };
}

/** 1 where there is nothing to cover. */
export const shareOf = ({ covered, total }: Share): number => (total === 0 ? 1 : covered / total);

/** The names of ways, as a report shows them. */
const way = {
  guard: (step: string, holds: boolean): string => `${step}: its condition is ${holds}`,
  case: (step: string, index: number, when: string): string => `${step}: case ${index + 1}, ${when}`,
  otherwise: (step: string): string => `${step}: else`,
  failure: (step: string, target: string): string => `${step}: on_failure → ${target}`,
  late: (step: string, target: string): string => `${step}: on_timeout → ${target}`,
  fallback: (step: string, target: string): string => `${step}: fallback_step → ${target}`,
  response: (step: string): string => `${step}: fallback_response`,
  timeout: (step: string, action: string): string => `${step}: timeout_action ${action}`,
  deadline: (action: string): string => `the workflow: timeout_action ${action}`,
  rule: (index: number, condition: string): string => `error_handling ${index + 1}: ${condition}`,
};

/** Every way there is, in the order of the definition. */
export function branchesOf(definition: Definition): readonly string[] {
  const { timeout, timeoutAction, errorHandling } = definition;
  return [
    ...[...allSteps(definition.steps)].flatMap(waysOf),
    ...(errorHandling?.rules ?? []).map(({ condition }, index) => way.rule(index, condition)),
    ...(timeout !== undefined && timeoutAction !== undefined ? [way.deadline(timeoutAction)] : []),
  ];
}

function waysOf(step: Step): string[] {
  const { name, when, onFailure, fallbackStep, fallbackResponse, timeoutAction } = step;
  return [
    ...(when === undefined ? [] : [way.guard(name, true), way.guard(name, false)]),
    ...(step.type === 'condition' ? casesOf(step) : []),
    ...(onFailure === undefined ? [] : [way.failure(name, onFailure)]),
    ...(step.type === 'human_task' && step.onTimeout !== undefined ? [way.late(name, step.onTimeout)] : []),
    ...(fallbackStep === undefined ? [] : [way.fallback(name, fallbackStep)]),
    ...(fallbackResponse === undefined ? [] : [way.response(name)]),
    ...(timeoutAction === undefined ? [] : [way.timeout(name, timeoutAction)]),
  ];
}

/** What no case is for is a way too, whether steps are written for it or not. */
function casesOf({ name, cases }: Extract<Step, { type: 'condition' }>): string[] {
  return [...cases.map(({ when }, index) => way.case(name, index, when)), way.otherwise(name)];
}

function* branchesTaken(definition: Definition, events: readonly ExecutionEvent[]): Generator<string> {
  const steps = new Map([...allSteps(definition.steps)].map((step) => [step.name, step]));
  const names = new Map<string, string>();
  const stepAt = (path: string): Step | undefined => steps.get(names.get(path) ?? '');
  const opened = new Set<string>();
  for (const event of events) {
    if (isArrival(event) || event.type === 'step.skipped') names.set(event.step, event.name);
    if (event.type === 'frame.opened' && event.owner !== undefined) opened.add(event.owner);
    yield* taken(event, { definition, stepAt, opened });
  }
}

interface Seen {
  readonly definition: Definition;
  readonly stepAt: (path: string) => Step | undefined;
  /** Paths of containers of which a list has begun. */
  readonly opened: ReadonlySet<string>;
}

function* taken(event: ExecutionEvent, { definition, stepAt, opened }: Seen): Generator<string> {
  switch (event.type) {
    case 'step.skipped':
      yield way.guard(event.name, false);
      return;
    case 'step.scheduled':
    case 'step.entered':
    case 'step.waiting':
      yield* arrived(event, stepAt);
      return;
    case 'frame.opened':
      yield* caseOpened(event, stepAt);
      return;
    case 'step.completed': {
      const step = stepAt(event.step);
      if (step && event.insteadOf) yield way.response(step.name);
      if (step?.type === 'condition' && !opened.has(event.step)) yield way.otherwise(step.name);
      return;
    }
    case 'step.failed':
    case 'step.retrying': {
      const step = stepAt(event.step);
      if (step?.timeoutAction !== undefined && event.error.code === 'TIMEOUT')
        yield way.timeout(step.name, step.timeoutAction);
      return;
    }
    case 'rule.fired':
      yield way.rule(event.rule, definition.errorHandling?.rules[event.rule]?.condition ?? '');
      return;
    case 'execution.deadline_ignored':
    case 'execution.retrying':
      yield way.deadline(definition.timeoutAction ?? '');
      return;
    case 'execution.closed':
    case 'execution.closing':
      yield* ended(event, { definition, stepAt });
      return;
    default:
  }
}

function* arrived(
  event: Extract<ExecutionEvent, { type: 'step.scheduled' | 'step.entered' | 'step.waiting' }>,
  stepAt: Seen['stepAt'],
): Generator<string> {
  const step = stepAt(event.step);
  if (step?.when !== undefined) yield way.guard(step.name, true);
  const failed = event.after === undefined ? undefined : stepAt(event.after);
  if (!failed || event.origin === 'compensation' || event.origin === 'rule') return;
  if (event.origin === 'fallback') yield way.fallback(failed.name, event.name);
  else if (failed.onFailure === event.name) yield way.failure(failed.name, event.name);
  if (failed.type === 'human_task' && failed.onTimeout === event.name) yield way.late(failed.name, event.name);
}

/** The list of a case ends with its number, that of the else with `otherwise`. */
function* caseOpened(
  { list, owner }: Extract<ExecutionEvent, { type: 'frame.opened' }>,
  stepAt: Seen['stepAt'],
): Generator<string> {
  const step = owner === undefined ? undefined : stepAt(owner);
  if (step?.type !== 'condition') return;
  const last = list.slice(list.lastIndexOf('.') + 1);
  if (last === 'otherwise') yield way.otherwise(step.name);
  else yield way.case(step.name, Number(last), step.cases[Number(last)]?.when ?? '');
}

type Ended = Extract<ExecutionEvent, { type: 'execution.closed' | 'execution.closing' }>;

function* ended(event: Ended, { definition, stepAt }: Pick<Seen, 'definition' | 'stepAt'>): Generator<string> {
  const { error } = event.type === 'execution.closing' ? event.closing : event;
  if (error?.code === 'WORKFLOW_TIMEOUT') yield way.deadline(definition.timeoutAction ?? '');
  if (error?.code !== 'UNDEFINED_STEP') return;
  // What it led to is not there, and so there is no arrival to see it by: the error names it.
  const step = stepAt(error.cause?.step ?? '');
  if (!step || error.step === undefined) return;
  if (step.onFailure === error.step) yield way.failure(step.name, error.step);
  if (step.fallbackStep === error.step) yield way.fallback(step.name, error.step);
}
