/** What a case expects, held against what came of it: every expectation that does not hold, with its place. */
import { compileExpression } from '../expression/compile.ts';
import { ExpressionFault, type Scope } from '../expression/expression.ts';
import { present } from '../kit/assert.ts';
import type { Json, JsonObject } from '../kit/json.ts';
import type { Expectations, ExpectedCalls, ExpectedDuration, TestCase } from '../model/workflow-test.ts';
import { pointerPart } from '../model/yaml/tree.ts';
import { answersTo, type Call } from './call.ts';
import { differenceLines, differences, shown } from './differences.ts';
import { durationText } from './duration-text.ts';
import { differenceLinesMax } from './limits.ts';
import { outputOf, rootsOf, type Visit, visitsOf } from './outcome.ts';
import type { Performance, Play } from './play.ts';

export interface Failure {
  /** Below the case. */
  readonly pointer: string;
  readonly message: string;
  /** Each place where a value differs. */
  readonly lines: readonly string[];
}

interface Checked {
  readonly performance: Performance;
  readonly expect: Expectations;
  readonly workflow: string;
}

export function checkExpectations(
  given: TestCase,
  performance: Performance,
  { workflow, definitions }: Pick<Play, 'workflow' | 'definitions'>,
): readonly Failure[] {
  const checked: Checked = { performance, expect: given.expect, workflow };
  return [
    ...checkEnd(checked),
    ...checkOutputs(checked),
    ...checkSteps(checked),
    ...checkCalls(checked),
    ...checkDuration(performance, given.expect.duration),
    ...checkConditions(given, performance, rootsOf(performance, { workflow, definitions })),
  ];
}

const failure = (pointer: string, message: string, lines: readonly string[] = []): Failure => ({
  pointer: `/expect${pointer === '' ? '' : `/${pointer}`}`,
  message,
  lines,
});

/** Nothing where they agree. */
function compared(
  { pointer, subject, isPartial }: { pointer: string; subject: string; isPartial: boolean },
  expected: Json,
  actual: Json | undefined,
): Failure[] {
  const found = differences(expected, actual, isPartial);
  if (found.length === 0) return [];
  const verb = isPartial ? 'does not include what is expected' : 'is not what is expected';
  return [failure(pointer, `${subject} ${verb}`, differenceLines(subject, found))];
}

/** A case that says nothing of its end wants none that surprises: it must complete. */
function checkEnd({ performance, expect }: Checked): Failure[] {
  const { status, stuck } = performance;
  const error = performance.state?.error ?? refusalOf(performance);
  const told =
    error === undefined
      ? []
      : [`error ${error.code}${error.step === undefined ? '' : ` of step ${error.step}`}: ${error.message}`];
  const wanted =
    expect.status ?? (expect.error === undefined ? 'completed' : status === 'completed' ? 'failed' : status);
  const failures: Failure[] = [];
  if (status !== wanted) {
    const why = stuck === undefined ? [] : [`nothing happens any more: ${stuck}`];
    failures.push(
      failure(expect.status === undefined ? '' : 'status', `the status is ${status}, expected ${wanted}`, [
        ...told,
        ...why,
      ]),
    );
  } else if (stuck !== undefined && expect.status === undefined) {
    failures.push(failure('', `it does not end: ${stuck}`));
  }
  if (expect.error === undefined) return failures;
  const { details, ...named } = expect.error;
  if (error === undefined) return [...failures, failure('error', 'there is no error')];
  const actual = {
    code: error.code,
    message: error.message,
    ...(error.step === undefined ? {} : { step: error.step }),
  };
  failures.push(...compared({ pointer: 'error', subject: 'error', isPartial: true }, { ...named }, actual));
  if (details !== undefined) {
    failures.push(
      ...compared({ pointer: 'error/details', subject: 'error.details', isPartial: true }, details, error.details),
    );
  }
  return failures;
}

/** What refuses a start is an error like one of a step, without a step. */
function refusalOf({
  refusal,
}: Performance): { code: string; message: string; step?: string; details?: Json } | undefined {
  return refusal && { code: refusal.code, message: refusal.message, details: { ...refusal.detail } as JsonObject };
}

function checkOutputs({ performance, expect }: Checked): Failure[] {
  const { state } = performance;
  const failures: Failure[] = [];
  const output = state?.output;
  if (expect.output !== undefined) {
    failures.push(
      ...compared({ pointer: 'output', subject: 'output', isPartial: false }, expect.output, output ?? null),
    );
  }
  if (expect.outputIncludes !== undefined) {
    const at = { pointer: 'output_includes', subject: 'output', isPartial: true };
    failures.push(...compared(at, expect.outputIncludes, output ?? null));
  }
  for (const [field, record, isPartial] of [
    ['outputs', expect.outputs, false],
    ['outputs_include', expect.outputsInclude, true],
  ] as const) {
    for (const [step, expected] of Object.entries(record ?? {})) {
      const at = { pointer: `${field}/${pointerPart(step)}`, subject: `output of ${step}`, isPartial };
      failures.push(...compared(at, expected, outputOf(performance, step)));
    }
  }
  for (const [name, expected] of Object.entries(expect.vars ?? {})) {
    const at = { pointer: `vars/${pointerPart(name)}`, subject: `vars.${name}`, isPartial: false };
    failures.push(...compared(at, expected, state?.vars[name]));
  }
  return failures;
}

const isVisit = ({ name, path }: Visit, wanted: string): boolean => wanted === name || wanted === path;

function checkSteps({ performance, expect }: Checked): Failure[] {
  const visits = visitsOf(performance);
  const failures: Failure[] = [];
  const { steps, stepsInclude = [], stepsExclude = [] } = expect;
  if (steps !== undefined) {
    const isSame = steps.length === visits.length && visits.every((visit, index) => isVisit(visit, steps[index] ?? ''));
    if (!isSame) failures.push(failure('steps', 'other steps begin than expected', stepLines(steps, visits)));
  }
  let from = 0;
  for (const [index, wanted] of stepsInclude.entries()) {
    const place = visits.findIndex((visit, at) => at >= from && isVisit(visit, wanted));
    if (place < 0) {
      const after = index === 0 ? '' : ` after ${stepsInclude[index - 1]}`;
      failures.push(
        failure(`steps_include/${index}`, `step ${wanted} does not begin${after}`, stepLines(undefined, visits)),
      );
      break;
    }
    from = place + 1;
  }
  for (const [index, unwanted] of stepsExclude.entries()) {
    if (visits.some((visit) => isVisit(visit, unwanted))) {
      failures.push(failure(`steps_exclude/${index}`, `step ${unwanted} begins`, stepLines(undefined, visits)));
    }
  }
  return failures;
}

function stepLines(expected: readonly string[] | undefined, visits: readonly Visit[]): string[] {
  const began = `begun:    ${visits.map(({ path }) => path).join(' → ') || 'none'}`;
  return expected === undefined ? [began] : [`expected: ${expected.join(' → ') || 'none'}`, began];
}

function checkCalls({ performance, expect, workflow }: Checked): Failure[] {
  return Object.entries(expect.calls ?? {}).flatMap(([key, expected]) => {
    const calls = performance.calls.filter((call) => answersTo(call, key, workflow));
    return callFailures(key, { expected, calls });
  });
}

function callFailures(
  key: string,
  { expected, calls }: { expected: ExpectedCalls; calls: readonly Call[] },
): Failure[] {
  const pointer = `calls/${pointerPart(key)}`;
  const { count = expected.inputs?.length, input, inputIncludes, inputs = [] } = expected;
  const failures: Failure[] = [];
  if (count !== undefined && calls.length !== count) {
    const lines = calls
      .slice(0, differenceLinesMax)
      .map(
        (call, index) => `call ${index + 1} at ${durationText(call.at)}, attempt ${call.attempt}: ${shown(call.input)}`,
      );
    failures.push(failure(pointer, `${key} is called ${times(calls.length)}, expected ${times(count)}`, lines));
  }
  if ((input !== undefined || inputIncludes !== undefined) && calls.length === 0 && count === undefined) {
    failures.push(failure(pointer, `${key} is never called`));
  }
  for (const [index, call] of calls.entries()) {
    const subject = `input of call ${index + 1} of ${key}`;
    if (input !== undefined)
      failures.push(...compared({ pointer: `${pointer}/input`, subject, isPartial: false }, input, call.input));
    if (inputIncludes !== undefined) {
      failures.push(
        ...compared({ pointer: `${pointer}/input_includes`, subject, isPartial: true }, inputIncludes, call.input),
      );
    }
    const own = inputs[index];
    if (own !== undefined)
      failures.push(...compared({ pointer: `${pointer}/inputs/${index}`, subject, isPartial: false }, own, call.input));
  }
  return failures;
}

const times = (count: number): string => (count === 1 ? 'once' : `${count} times`);

function checkDuration({ durationMs }: Performance, expected: ExpectedDuration | undefined): Failure[] {
  if (expected === undefined) return [];
  const { exactly, atLeast, atMost } = expected;
  const wanted = [
    ...(exactly !== undefined && durationMs !== exactly ? [`${durationText(exactly)}`] : []),
    ...(atLeast !== undefined && durationMs < atLeast ? [`at least ${durationText(atLeast)}`] : []),
    ...(atMost !== undefined && durationMs > atMost ? [`at most ${durationText(atMost)}`] : []),
  ];
  return wanted.map((each) => failure('duration', `it takes ${durationText(durationMs)}, expected ${each}`));
}

function checkConditions(
  { expect }: TestCase,
  performance: Performance,
  roots: ReadonlyMap<string, unknown>,
): Failure[] {
  const { conditions = [] } = expect;
  if (conditions.length === 0) return [];
  const scope: Scope = {
    root: (name) => (name === '' ? Object.fromEntries(roots) : roots.get(name)),
    nowMs: performance.state?.endedAt ?? performance.state?.createdAt ?? 0,
    random: () => 0,
    env: () => undefined,
  };
  return conditions.flatMap((text, index) => {
    const compiled = compileExpression(text);
    const expression = present(compiled.ok ? compiled.value : undefined, 'a compiled condition');
    const pointer = `conditions/${index}`;
    try {
      if (expression.evaluate(scope)) return [];
      const lines = expression.references.map(({ path }) => `$.${path.join('.')} is ${shown(valueAt(roots, path))}`);
      return [failure(pointer, `«${text}» does not hold`, [...new Set(lines)])];
    } catch (fault) {
      if (!(fault instanceof ExpressionFault)) throw fault;
      return [failure(pointer, `«${text}» has no value: ${fault.message}`)];
    }
  });
}

function valueAt(
  roots: ReadonlyMap<string, unknown>,
  [root = '', ...rest]: readonly (string | number)[],
): Json | undefined {
  let value = roots.get(String(root));
  for (const part of rest) {
    value =
      typeof value === 'object' && value !== null && Object.hasOwn(value, part)
        ? (value as JsonObject)[part]
        : undefined;
  }
  return value as Json | undefined;
}
