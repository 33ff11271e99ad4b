/**
 * A test made of what really happened: the journal of an execution, read through the API, as a document.
 *
 * Whoever was called is mocked with what it answered (the output of its step: a journal does not keep what came before
 * the output mapping), attempt by attempt; what came from outside is sent again at its time. Expected is how it ended.
 * Members that bear the name of a secret are masked everywhere alike, and references to secrets are in no answer.
 */
import { emptyObject, isObject, type Json, type JsonObject } from '../kit/json.ts';
import { stepNameOf } from './call.ts';
import { durationText } from './duration-text.ts';
import { literal, masked } from './recorded-values.ts';

/** A journal event as the API answers it. */
export type RecordedEvent = JsonObject & { readonly at: string; readonly type: string };

/** A document of kind WorkflowTest with one case, as it is written. */
export interface RecordedTest {
  readonly document: JsonObject;
  /** What could not be taken over as it was. */
  readonly notes: readonly string[];
}

export interface RecordedExecution {
  readonly executionId: string;
  readonly status: string;
  readonly events: readonly RecordedEvent[];
}

export function recordTest({ executionId, status, events }: RecordedExecution): RecordedTest {
  const notes: string[] = [];
  const started = events[0] ?? ({ type: 'execution.started', at: '' } as RecordedEvent);
  const workflow = String(started['workflow']);
  const timeOf = (event: RecordedEvent): number => Date.parse(event.at) - Date.parse(started.at);
  const passes = readPasses(events, timeOf);
  const sent = sentTo(events, { timeOf, notes });
  const input = masked(started['input'] ?? {});
  const recorded: JsonObject = {
    name: `as execution ${executionId}`,
    input,
    ...nonEmpty('mocks', mocksOf(passes, events, notes)),
    ...sent,
    expect: expectOf({ status, events, passes }),
  };
  const document = {
    apiVersion: 'workflow.magic-flow.io/v2',
    kind: 'WorkflowTest',
    metadata: { name: `${workflow}-recorded`.slice(0, 63) },
    spec: { workflow, version: String(started['version']), clock: started.at, cases: [recorded] },
  };
  if (JSON.stringify(document).includes('***')) notes.push('what bears the name of a secret is masked as ***');
  return { document, notes };
}

const nonEmpty = (name: string, value: JsonObject): JsonObject =>
  Object.keys(value).length === 0 ? {} : { [name]: value };

/** One step that called somebody, and what came of each attempt. */
interface Pass {
  readonly path: string;
  readonly name: string;
  readonly answers: JsonObject[];
  began: number;
  isOpen: boolean;
  /** Another one was under way at the same time: then its own time counts. */
  isBeside: boolean;
}

/** Steps that the engine does by itself, without anybody's answer. */
const ownKinds: ReadonlySet<string> = new Set([
  'transform',
  'validate',
  'aggregate',
  'condition',
  'parallel',
  'loop',
  'wait',
  'human_task',
  'fail',
  'script',
]);

/**
 * By path, in the order of their first attempts; later visits go on where the first one ended. A loop of which rounds
 * were folded is one call, and what its rounds called is none: not all of it is in the journal any more.
 */
function readPasses(
  events: readonly RecordedEvent[],
  timeOf: (event: RecordedEvent) => number,
): ReadonlyMap<string, Pass> {
  const passes = new Map<string, Pass>();
  const folded = foldedLoops(events);
  for (const event of events) {
    const path = String(event['step'] ?? '');
    const pass = passes.get(path);
    switch (event.type) {
      case 'step.scheduled':
      case 'step.entered':
        if (isInRoundOf(folded, path)) break;
        if (folded.has(stepNameOf(path)) || !ownKinds.has(String(event['kind']))) begin(passes, event, timeOf(event));
        break;
      case 'step.attempted':
        if (pass) open(passes, pass, timeOf(event));
        break;
      case 'step.completed':
      case 'step.failed':
      case 'step.retrying':
      case 'step.cancelled':
        if (pass?.isOpen) answer(pass, event, timeOf(event));
        break;
      default:
    }
  }
  return passes;
}

function begin(passes: Map<string, Pass>, event: RecordedEvent, at: number): void {
  const path = String(event['step']);
  const pass = passes.get(path) ?? {
    path,
    name: String(event['name']),
    answers: [],
    began: at,
    isOpen: false,
    isBeside: false,
  };
  passes.set(path, pass);
  open(passes, pass, at);
}

function open(passes: ReadonlyMap<string, Pass>, pass: Pass, at: number): void {
  for (const other of passes.values()) {
    if (!other.isOpen || other === pass) continue;
    other.isBeside = true;
    pass.isBeside = true;
  }
  pass.began = at;
  pass.isOpen = true;
}

/** Shorter delays of a step that runs alone change nothing but the figures. */
const delayMin = 1_000;

function answer(pass: Pass, event: RecordedEvent, at: number): void {
  pass.isOpen = false;
  const tookMs = at - pass.began;
  const delay = pass.isBeside
    ? { delay: durationText(Math.max(1, tookMs)) }
    : tookMs >= delayMin
      ? { delay: durationText(tookMs) }
      : {};
  const error = event['instead_of'] ?? event['error'];
  if (event.type === 'step.cancelled')
    pass.answers.push({ output: null, delay: durationText(Math.max(1, tookMs) + delayMin) });
  else if (error === undefined) pass.answers.push({ output: literal(masked(event['output'] ?? null)), ...delay });
  else if (isObject(error) && error['code'] === 'TIMEOUT') pass.answers.push({ timeout: true });
  else pass.answers.push({ error: errorOf(error), ...delay });
}

function errorOf(error: Json): Json {
  const { code = 'FAILED', message, details, retryable } = (isObject(error) ? error : {}) as JsonObject;
  const told = typeof message === 'string' && message !== '' ? { message } : {};
  return {
    code,
    ...told,
    ...(details === undefined ? {} : { details: masked(details) }),
    ...(retryable === false ? { retryable } : {}),
  };
}

/** By name where one mock answers for every place of a step, else by path. */
function mocksOf(passes: ReadonlyMap<string, Pass>, events: readonly RecordedEvent[], notes: string[]): JsonObject {
  const mocks = emptyObject();
  const folded = foldedLoops(events);
  const byName = Map.groupBy(
    [...passes.values()].filter(({ answers }) => answers.length > 0),
    ({ name }) => name,
  );
  for (const [name, places] of byName) {
    if (folded.has(name)) {
      mocks[name] = oneOrList(places.flatMap(({ answers }) => answers));
      notes.push(`the loop "${name}" is mocked as a whole: the journal keeps results of its rounds, not their steps`);
      continue;
    }
    const [first] = places;
    const isSame = places.every(({ answers }) => JSON.stringify(answers) === JSON.stringify(first?.answers));
    if (isSame && (places.length === 1 || first?.answers.length === 1)) mocks[name] = oneOrList(first?.answers ?? []);
    else for (const { path, answers } of places) mocks[path] = oneOrList(answers);
  }
  return mocks;
}

const oneOrList = (answers: readonly JsonObject[]): Json => (answers.length === 1 ? (answers[0] ?? null) : answers);

/** By name: a step is answered for everywhere or nowhere. */
function foldedLoops(events: readonly RecordedEvent[]): ReadonlySet<string> {
  return new Set(events.flatMap((event) => (event.type === 'loop.folded' ? [stepNameOf(String(event['step']))] : [])));
}

function isInRoundOf(loops: ReadonlySet<string>, path: string): boolean {
  const [, ...outer] = path.split('.').reverse();
  return outer.some((each) => each.endsWith(']') && loops.has(stepNameOf(each)));
}

interface Sent {
  readonly timeOf: (event: RecordedEvent) => number;
  readonly notes: string[];
}

/** Signals, answers of people and operations, at their times. */
function sentTo(events: readonly RecordedEvent[], { timeOf, notes }: Sent): JsonObject {
  const signals: JsonObject[] = [];
  const humanTasks: JsonObject[] = [];
  const operations: JsonObject[] = [];
  const asked = new Map<string, number>();
  const assignees = new Map<string, Json>();
  let isOwnRetry = false;
  for (const event of events) {
    const at = { at: durationText(timeOf(event)) };
    const step = String(event['step'] ?? '');
    if (event.type === 'step.waiting' || event.type === 'step.attempted') asked.set(step, timeOf(event));
    if (isObject(event['human'])) assignees.set(step, event['human']['assignees'] ?? []);
    if (event.type === 'human.escalated') assignees.set(step, event['assignees'] ?? []);
    if (event.type === 'signal.received') signals.push({ name: event['name'] ?? '', ...at, ...payloadOf(event) });
    if (event.type === 'human.answered') {
      const after = durationText(timeOf(event) - (asked.get(step) ?? 0));
      const given = answerOf(event);
      const isForAnother = isStranger(event, assignees.get(step));
      if (isForAnother) notes.push(`"${stepNameOf(step)}" is answered by whom it is for, not by ${given['by']}`);
      const { by: _, ...anonymous } = given;
      humanTasks.push({ step: stepNameOf(step), after, ...(isForAnother ? anonymous : given) });
    }
    if (event.type === 'execution.paused') operations.push({ type: 'pause', ...at });
    if (event.type === 'execution.resumed') operations.push({ type: 'resume', ...at });
    if (event.type === 'execution.retried' && !isOwnRetry) operations.push({ type: 'retry', ...at });
    isOwnRetry = event.type === 'execution.retrying' || (isOwnRetry && event.type !== 'execution.retried');
    if (isCancel(event)) operations.push({ type: 'cancel', ...at });
  }
  return {
    ...(signals.length > 0 ? { signals } : {}),
    ...(humanTasks.length > 0 ? { human_tasks: humanTasks } : {}),
    ...(operations.length > 0 ? { operations: firstCancel(operations) } : {}),
  };
}

function payloadOf({ payload = null, key }: RecordedEvent): JsonObject {
  return { ...(payload === null ? {} : { payload: masked(payload) }), ...(key === undefined ? {} : { key }) };
}

/** An operator, or a member of a group: a test knows names alone. */
const isStranger = ({ by = '' }: RecordedEvent, assignees: Json | undefined): boolean =>
  Array.isArray(assignees) && assignees.length > 0 && !assignees.includes(by);

function answerOf({ answer: given = null, outcome = '', by = '', comment }: RecordedEvent): JsonObject {
  return { answer: masked(given), outcome, by, ...(comment === undefined ? {} : { comment }) };
}

function isCancel(event: RecordedEvent): boolean {
  const closing = event['closing'];
  if (event.type === 'execution.closing') return isObject(closing) && closing['outcome'] === 'cancelled';
  return event.type === 'execution.closed' && event['status'] === 'cancelled';
}

/** A cancellation that compensates is told when it begins and when it ends. */
function firstCancel(operations: readonly JsonObject[]): readonly JsonObject[] {
  const first = operations.findIndex(({ type }) => type === 'cancel');
  return operations.filter(({ type }, index) => type !== 'cancel' || index === first);
}

interface Ended {
  readonly status: string;
  readonly events: readonly RecordedEvent[];
  readonly passes: ReadonlyMap<string, Pass>;
}

function expectOf({ status, events, passes }: Ended): JsonObject {
  const closed = events.findLast(({ type }) => type === 'execution.closed');
  const error = closed?.['error'];
  const output = closed?.['output'];
  const isBeside =
    [...passes.values()].some((pass) => pass.isBeside) || events.some(({ type }) => type === 'journal.elided');
  const steps = events.flatMap((event) =>
    /^step\.(scheduled|entered|waiting)$/.test(event.type) ? [String(event['step'])] : [],
  );
  return {
    status: status === 'running' ? 'waiting' : status,
    ...(output === undefined ? {} : { output: masked(output) }),
    ...(isObject(error)
      ? {
          error: {
            code: error['code'] as Json,
            ...(error['step'] === undefined ? {} : { step: error['step'] as Json }),
          },
        }
      : {}),
    ...(isBeside || steps.length > stepsShown ? {} : { steps }),
  };
}

/** A longer list of steps tells nobody anything. */
const stepsShown = 100;
