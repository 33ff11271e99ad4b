/**
 * What becomes of a workflow when a step fails: each step that a passing case answers for fails in turn, by every error
 * that is its own and by never answering, and everything else stays as the case has it.
 *
 * The case says nothing of handlers and compensation that only such a failure reaches: what they call and no mock
 * answers is answered with `{}`, and told. An end that nobody can have meant is flagged: none at all, and a step that
 * the workflow does not define.
 */
import type { ExecutionEvent } from '../core/events.ts';
import type { Json } from '../kit/json.ts';
import type { Definition, RetryPolicy, Step } from '../model/definition.ts';
import { allSteps } from '../model/step-lists.ts';
import type { Mock, MockAnswer, Mocks, TestCase } from '../model/workflow-test.ts';
import type { BoundTest } from './bind.ts';
import { type Call, stepNameOf } from './call.ts';
import { isArrival } from './outcome.ts';
import type { Performance, Play } from './play.ts';
import { settingOf } from './run-case.ts';
import { perform } from './stage.ts';

/** One failure of one step, and what came of it. */
export interface Drill {
  readonly file: string;
  readonly workflow: string;
  /** The case that it was made of. */
  readonly name: string;
  /** As a mock would name it. */
  readonly step: string;
  /** `timeout`, or the code of an error. */
  readonly failure: string;
  /** How often the step was called. */
  readonly calls: number;
  readonly status: string;
  /** The code of the error that it ended with. */
  readonly error: string | undefined;
  /** What took the failure up, in its order: handlers, rules, fallbacks, compensation. */
  readonly handledBy: readonly string[];
  /** Steps that are done and stay so, although the definition says what undoes them. */
  readonly leaves: readonly string[];
  /** Steps that were called and had no mock. */
  readonly unmocked: readonly string[];
  /** Why nobody can have meant this. */
  readonly flaw: string | undefined;
}

/** The code of an error that no policy names. */
const anyFailure = 'ANY_FAILURE';
/** Codes that are tried for one step. */
const codesMax = 10;

export async function failEachStep(
  bound: BoundTest,
  index: number,
  { play, passed }: { play: Play; passed: Performance },
): Promise<readonly Drill[]> {
  const given = bound.test.cases[index] as TestCase;
  const setting = settingOf(bound, given);
  const drills: Drill[] = [];
  for (const [key, step] of calledSteps(play, passed.calls)) {
    for (const [failure, answer] of failuresOf(step, { play, mock: setting.mocks[key] })) {
      const unmocked = new Set<string>();
      const stranger = ({ step: path }: Call): Json => {
        unmocked.add(path);
        return {};
      };
      const mocks = { ...without(setting.mocks, key), [key]: [answer] };
      const performance = await perform(play, given, { ...setting, mocks }, { stranger });
      const about = { file: bound.file, workflow: play.workflow, name: given.name, step: key, failure };
      drills.push({ ...about, ...judged(performance, key, play), unmocked: [...unmocked] });
    }
  }
  return drills;
}

/** Each step that was called, by the name that a mock has for it, in the order of the first calls. */
function calledSteps(play: Play, calls: readonly Call[]): ReadonlyMap<string, Step> {
  const called = new Map<string, Step>();
  for (const { workflow, name } of calls) {
    const step = stepIn(
      play.definitions.filter((each) => each.name === workflow),
      name,
    );
    if (step) called.set(workflow === play.workflow ? name : `${workflow}:${name}`, step);
  }
  return called;
}

function stepIn(definitions: readonly Definition[], name: string): Step | undefined {
  for (const { steps } of definitions) for (const step of allSteps(steps)) if (step.name === name) return step;
  return undefined;
}

/** By what it may fail: any error, the errors that its mock and its policies name, and its timeout if something ends it. */
function failuresOf(
  step: Step,
  { play, mock }: { play: Play; mock: Mock | undefined },
): readonly (readonly [string, MockAnswer])[] {
  const policies = step.retry ?? [];
  const answers = mock === undefined || mock === 'passthrough' ? [] : mock;
  const named = [...answers.flatMap(({ error }) => error?.code ?? []), ...policies.flatMap(codesOf)];
  const codes = [...new Set([anyFailure, ...named])].slice(0, codesMax);
  const own = new Map(answers.flatMap(({ error }) => (error ? [[error.code, error] as const] : [])));
  const errors = codes.map((code) => [code, { error: own.get(code) ?? { code } }] as const);
  // The time limit of a workflow ends with it: what undoes it afterwards has none.
  const isLimited = play.definitions.some(({ timeout }) => timeout !== undefined) && !isUndoing(step, play);
  const isTimed = step.timeout !== undefined || step.type === 'connector' || isLimited;
  return isTimed ? [...errors, ['timeout', { timeout: true }]] : errors;
}

function isUndoing({ name }: Step, { definitions }: Play): boolean {
  return definitions.some(({ steps, errorHandling }) => {
    const named = [...allSteps(steps)].flatMap(({ compensate = [] }) => compensate);
    const byRules = (errorHandling?.rules ?? []).flatMap(({ action }) =>
      action.type === 'compensate' ? (action.steps ?? []) : [],
    );
    return [...named, ...byRules, ...(errorHandling?.compensation ?? [])].includes(name);
  });
}

/** Plain codes: no patterns, no conditions; a timeout is tried as one. */
const codesOf = ({ retryOn = [], giveUpOn = [] }: RetryPolicy): string[] =>
  [...retryOn, ...giveUpOn].filter((each) => /^[A-Z][A-Z0-9_]*$/.test(each) && each !== 'TIMEOUT');

/** Mocks of single places of the step would come before the failure. */
function without(mocks: Mocks, key: string): Mocks {
  const isOfStep = (each: string): boolean =>
    each === key || (each.endsWith(`.${stepNameOf(key)}`) && stepNameOf(each) === stepNameOf(key));
  return Object.fromEntries(Object.entries(mocks).filter(([each]) => !isOfStep(each)));
}

function judged(
  performance: Performance,
  key: string,
  { workflow, definitions }: Play,
): Omit<Drill, 'file' | 'workflow' | 'name' | 'step' | 'failure' | 'unmocked'> {
  const { status, state, stuck, problems, calls, executions } = performance;
  const inWorkflow = (call: Call): string => (call.workflow === workflow ? call.name : `${call.workflow}:${call.name}`);
  const endless = problems.find(({ code }) => code === 'ENDLESS' || code === 'MOCK_FAILED')?.message;
  return {
    calls: calls.filter((call) => inWorkflow(call) === key).length,
    status,
    error: state?.error?.code,
    handledBy: executions.flatMap(({ events, workflow: own }) =>
      handlersOf(events).map((each) => (own === workflow ? each : `${own}: ${each}`)),
    ),
    leaves: leftBy(performance, definitions),
    flaw: flawOf(performance, stuck ?? endless),
  };
}

function flawOf({ state }: Performance, stuck: string | undefined): string | undefined {
  if (stuck !== undefined) return `it never ends: ${stuck}`;
  if (state?.error?.code !== 'UNDEFINED_STEP') return undefined;
  return `it ends at the step "${state.error.step}", which the workflow does not define`;
}

/** What is done, has a `compensate` block, and was not undone when its execution failed. */
function leftBy({ state, executions: [played] }: Performance, definitions: readonly Definition[]): readonly string[] {
  if (!state || (state.status !== 'failed' && state.status !== 'timed_out')) return [];
  const undone = new Set((played?.events ?? []).flatMap((event) => (isUndo(event) ? [event.after] : [])));
  const own = definitions.filter(({ name, version }) => name === state.workflow && version === state.version);
  return [...state.completed].filter(
    (path) => !undone.has(path) && (stepIn(own, stepNameOf(path))?.compensate ?? []).length > 0,
  );
}

const isUndo = (event: ExecutionEvent): event is Extract<ExecutionEvent, { type: 'step.scheduled' }> =>
  isArrival(event) && event.origin === 'compensation';

function handlersOf(events: readonly ExecutionEvent[]): readonly string[] {
  const names: string[] = [];
  const add = (name: string): void => void (names.includes(name) || names.push(name));
  for (const event of events) {
    if (event.type === 'rule.fired') add(`rule ${event.rule + 1}`);
    if (event.type === 'step.completed' && event.insteadOf) add(`fallback_response of ${stepNameOf(event.step)}`);
    if (event.type === 'step.replaced' && event.by === undefined) add(`${stepNameOf(event.step)} is ignored`);
    if (!isArrival(event)) continue;
    if (event.origin === 'fallback') add(`fallback ${event.name}`);
    else if (event.origin === 'compensation') add(`compensation ${event.name}`);
    else if (event.origin === 'handler' || event.after !== undefined) add(`handler ${event.name}`);
  }
  return names;
}
