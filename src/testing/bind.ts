/**
 * A test and its workflow, put together: what a test names must be there.
 *
 * A name that is wrong here would be a mock that never answers or an expectation that is never looked at, so each is an
 * error with its place, before anything runs.
 */
import { compileExpression } from '../expression/compile.ts';
import { Fault } from '../kit/fault.ts';
import type { Definition, Step } from '../model/definition.ts';
import type { Diagnostic } from '../model/diagnostic.ts';
import { belongsTo, linkContext } from '../model/documents/context.ts';
import { purposes } from '../model/sink.ts';
import { allSteps } from '../model/step-lists.ts';
import { didYouMean } from '../model/suggest.ts';
import type { Expectations, Mocks, WorkflowTest } from '../model/workflow-test.ts';
import { pointerPart } from '../model/yaml/tree.ts';
import { stepNameOf } from './call.ts';
import type { FoundTest, FoundWorkflow, Library } from './library.ts';

export interface BoundTest {
  readonly file: string;
  readonly test: WorkflowTest;
  readonly workflow: FoundWorkflow;
  /** Those that are played, contexts in place: the workflow and what it calls, ascending by version. */
  readonly definitions: readonly Definition[];
  place(pointer: string): { readonly line: number; readonly column: number };
}

export type Bound =
  | { readonly ok: true; readonly bound: BoundTest }
  | { readonly ok: false; readonly problems: readonly Diagnostic[] };

export function bindTest(library: Library, found: FoundTest): Bound {
  const { test } = found.parsed;
  if (test === undefined) return { ok: false, problems: [] };
  const versions = library.find(found.file, test.workflow);
  const workflow =
    test.version === undefined ? versions.at(-1) : versions.find((each) => each.definition.version === test.version);
  if (!workflow) return { ok: false, problems: missing(library, found, { test, versions }) };
  try {
    const definitions = playedBy(library, found.file, workflow);
    const problems = misnamed(test, definitions).map(({ pointer, message }) => mismatch(found, pointer, message));
    if (problems.length > 0) return { ok: false, problems };
    return { ok: true, bound: { file: found.file, test, workflow, definitions, place: found.place } };
  } catch (fault) {
    if (Fault.is(fault)) return { ok: false, problems: [mismatch(found, '/spec/workflow', fault.message)] };
    throw fault;
  }
}

function mismatch({ file, place }: FoundTest, pointer: string, message: string): Diagnostic {
  return { code: 'TEST_MISMATCH', severity: 'error', message, pointer, file, ...place(pointer) };
}

function missing(
  library: Library,
  found: FoundTest,
  { test, versions }: { test: WorkflowTest; versions: readonly FoundWorkflow[] },
): readonly Diagnostic[] {
  const { workflow } = test;
  const errors = library.errorsOf(found.file, workflow);
  if (errors.length > 0) return errors;
  if (versions.length > 0) {
    const there = versions.map(({ definition }) => definition.version).join(', ');
    return [
      mismatch(
        found,
        '/spec/version',
        `the files beside the test hold ${workflow} in version ${there}, not ${test.version}`,
      ),
    ];
  }
  const hint = didYouMean(workflow, library.names(found.file));
  const message = `no file beside the test, or in the folder around it, holds the workflow "${workflow}"${hint}`;
  return [mismatch(found, '/spec/workflow', message)];
}

/** The workflow and, over and over, what its steps call, as far as it is there. */
function playedBy(library: Library, file: string, workflow: FoundWorkflow): readonly Definition[] {
  const contexts = library.contexts(file);
  const linked = (definition: Definition): Definition => {
    const own = contexts.find(
      (context) =>
        belongsTo(context, definition.name) &&
        (context.version === undefined || context.version === definition.version),
    );
    return own === undefined ? definition : linkContext(definition, own);
  };
  const played = new Map<string, readonly Definition[]>([[workflow.definition.name, [linked(workflow.definition)]]]);
  for (const versions of played.values()) {
    for (const called of versions.flatMap(calledBy)) {
      if (!played.has(called))
        played.set(
          called,
          library.find(file, called).map(({ definition }) => linked(definition)),
        );
    }
  }
  return [...played.values()].flat();
}

function calledBy({ steps, includes = {} }: Definition): string[] {
  return [...allSteps(steps)].flatMap((step) =>
    step.type === 'workflow' ? [includes[step.workflow]?.workflow ?? step.workflow] : [],
  );
}

interface Misnamed {
  /** From the document's root. */
  readonly pointer: string;
  readonly message: string;
}

/** Everything that a test may name. */
interface Names {
  readonly own: ReadonlyMap<string, Step>;
  readonly inside: ReadonlyMap<string, Step>;
  /** `executor/function` and connectors. */
  readonly targets: ReadonlyMap<string, Step>;
}

function namesOf(workflow: string, definitions: readonly Definition[]): Names {
  const [own, inside, targets] = [new Map<string, Step>(), new Map<string, Step>(), new Map<string, Step>()];
  for (const { name, steps } of definitions) {
    for (const step of allSteps(steps)) {
      if (name === workflow) own.set(step.name, step);
      inside.set(`${name}:${step.name}`, step);
      if (step.type === 'function') targets.set(`${step.executor}/${step.function}`, step);
      if (step.type === 'connector') targets.set(step.connector, step);
    }
  }
  return { own, inside, targets };
}

const stepOf = ({ own, inside }: Names, key: string): Step | undefined => {
  const [first = '', ...rest] = key.split(':');
  if (rest.length === 0) return own.get(stepNameOf(key));
  return inside.get(`${first}:${stepNameOf(rest.join(':'))}`);
};

function misnamed(test: WorkflowTest, definitions: readonly Definition[]): readonly Misnamed[] {
  const names = namesOf(test.workflow, definitions);
  const found = [...mocksMisnamed(names, test.defaults.mocks ?? {}, '/spec')];
  for (const [index, { mocks = {}, humanTasks = [], expect }] of test.cases.entries()) {
    const at = `/spec/cases/${index}`;
    found.push(...mocksMisnamed(names, mocks, at), ...expectMisnamed(names, expect, `${at}/expect`));
    for (const [place, { step }] of humanTasks.entries()) {
      const isAsked = [...names.inside.values()].some(
        (each) => each.type === 'human_task' && each.name === stepNameOf(step),
      );
      if (isAsked) continue;
      found.push({
        pointer: `${at}/human_tasks/${place}/step`,
        message: `no human task is called "${step}"${hintOf(names, step)}`,
      });
    }
  }
  return found;
}

const hintOf = ({ own, inside, targets }: Names, word: string): string =>
  didYouMean(word, [...own.keys(), ...inside.keys(), ...targets.keys()]);

function* mocksMisnamed(names: Names, mocks: Mocks, at: string): Generator<Misnamed> {
  for (const [key, mock] of Object.entries(mocks)) {
    const pointer = `${at}/mocks/${pointerPart(key)}`;
    const step = stepOf(names, key) ?? names.targets.get(key);
    const message = step
      ? unmockable(key, step, mock === 'passthrough')
      : `nothing is called "${key}"${hintOf(names, key)}`;
    if (message !== undefined) yield { pointer, message };
  }
}

function unmockable(key: string, step: Step, isPassthrough: boolean): string | undefined {
  const isOutside = step.type === 'function' || (step.type === 'connector' && step.connector !== 'script');
  if (isPassthrough && isOutside) {
    return `"${key}" calls what is outside, and no test goes there: give it a response or an error instead of "passthrough"`;
  }
  const isPath = stepNameOf(key) !== key.slice(key.indexOf(':') + 1);
  if (isPath && step.type !== 'function' && step.type !== 'connector') {
    return `"${key}" is done by the server itself: mock it by its name, "${step.name}", for all its places at once`;
  }
  return undefined;
}

function* expectMisnamed(names: Names, expect: Expectations, at: string): Generator<Misnamed> {
  const isStep = (name: string): boolean => stepOf(names, name) !== undefined;
  const unknown = (pointer: string, name: string): Misnamed => ({
    pointer: `${at}/${pointer}`,
    message: `the workflow has no step "${name}"${hintOf(names, name)}`,
  });
  const lists = { steps: expect.steps, steps_include: expect.stepsInclude, steps_exclude: expect.stepsExclude };
  for (const [field, list = []] of Object.entries(lists)) {
    for (const [index, name] of list.entries()) if (!isStep(name)) yield unknown(`${field}/${index}`, name);
  }
  for (const [field, record = {}] of Object.entries({
    outputs: expect.outputs,
    outputs_include: expect.outputsInclude,
  })) {
    for (const name of Object.keys(record)) if (!isStep(name)) yield unknown(`${field}/${pointerPart(name)}`, name);
  }
  for (const name of Object.keys(expect.calls ?? {})) {
    if (!isStep(name) && !names.targets.has(name)) yield unknown(`calls/${pointerPart(name)}`, name);
  }
  for (const [index, condition] of (expect.conditions ?? []).entries()) {
    for (const name of rootsOf(condition)) if (!names.own.has(name)) yield unknown(`conditions/${index}`, name);
  }
}

/** The names that a condition reads and that can only be steps. */
function rootsOf(condition: string): readonly string[] {
  const compiled = compileExpression(condition);
  if (!compiled.ok) return [];
  return compiled.value.references.flatMap(({ path: [root, next] }) => {
    if (root === 'steps') return typeof next === 'string' ? [next] : [];
    return typeof root === 'string' && !purposes.expectation.roots.some((each) => each === root) ? [root] : [];
  });
}
