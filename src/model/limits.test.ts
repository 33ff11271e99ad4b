import assert from 'node:assert/strict';
import { test } from 'node:test';
import { analyseFlow } from './flow.ts';
import {
  attemptsMax,
  branchesMax,
  expectedCallsMax,
  groupFieldsMax,
  includesMax,
  listedMax,
  mockAnswersMax,
  nameLengthMax,
  nestingMax,
  problemsMax,
  qualityRulesMax,
  retryPoliciesMax,
  rulesMax,
  scriptLengthMax,
  statisticsMax,
  stepsMax,
  testCasesMax,
  testSignalsMax,
  visitsMax,
} from './limits.ts';
import { parseDocuments } from './parse.ts';
import { openSink } from './sink.ts';
import type { DraftList } from './steps/draft.ts';
import { readStep } from './steps/step.ts';
import { suggest } from './suggest.ts';
import { withSpec, withStep, withSteps } from './testing/sample-bad-documents.ts';
import { rootSpot } from './yaml/tree.ts';

const call = 'type: function, executor: e, function: f';
const codes = (text: string): string[] =>
  parseDocuments(text).diagnostics.map((each) => `${each.code} ${each.pointer}`);
const times = (count: number, make: (index: number) => string): string =>
  Array.from({ length: count }, (_, index) => make(index)).join('');

const edges: readonly (readonly [name: string, max: number, make: (count: number) => string, problem: string])[] = [
  [
    'steps in a list',
    stepsMax,
    (count) => withSteps(times(count, (index) => `- {name: s${index}, ${call}}\n`)),
    'LIMIT_EXCEEDED /spec/steps',
  ],
  [
    'steps in all, handlers included',
    stepsMax,
    (count) =>
      withSteps(
        times(
          count - 1,
          (index) => `- {name: s${index}, ${call}${index === 0 ? ', compensate: {executor: e, function: u}' : ''}}\n`,
        ),
      ),
    'LIMIT_EXCEEDED /spec/steps/0/compensate',
  ],
  [
    'rules',
    rulesMax,
    (count) => withSpec(`error_handling: [${times(count, () => '{condition: "true", action: ignore}, ')}]`),
    'LIMIT_EXCEEDED /spec/error_handling',
  ],
  [
    'includes',
    includesMax,
    (count) => withSpec(`includes: [${times(count, (index) => `{workflow: w${index}}, `)}]`),
    'LIMIT_EXCEEDED /spec/includes',
  ],
  [
    'retry policies',
    retryPoliciesMax,
    (count) => withStep(`retry_config: [${times(count, () => '{}, ')}]`),
    'LIMIT_EXCEEDED /spec/steps/0/retry_config',
  ],
  [
    'attempts',
    attemptsMax,
    (count) => withStep(`retry_config: {max_attempts: ${count}}`),
    'VALUE_INVALID /spec/steps/0/retry_config/max_attempts',
  ],
  ['visits', visitsMax, (count) => withStep(`max_visits: ${count}`), 'VALUE_INVALID /spec/steps/0/max_visits'],
  [
    'characters in a name',
    nameLengthMax,
    (count) => withSteps(`- {name: ${'a'.repeat(count)}, ${call}}`),
    'NAME_INVALID /spec/steps/0/name',
  ],
  [
    'rules of quality',
    qualityRulesMax,
    (count) =>
      withSteps(`- {name: a, type: validate, rules: [${times(count, (index) => `{name: r${index}, required: x}, `)}]}`),
    'LIMIT_EXCEEDED /spec/steps/0/rules',
  ],
  [
    'statistics',
    statisticsMax,
    (count) =>
      withSteps(
        `- {name: a, type: aggregate, items: $.input, statistics: {${times(count, (index) => `s${index}: {function: count}, `)}}}`,
      ),
    'LIMIT_EXCEEDED /spec/steps/0/statistics',
  ],
  [
    'fields that make a group',
    groupFieldsMax,
    (count) =>
      withSteps(
        `- {name: a, type: aggregate, items: $.input, statistics: {n: {function: count}}, group_by: [${times(count, (index) => `f${index}, `)}]}`,
      ),
    'LIMIT_EXCEEDED /spec/steps/0/group_by',
  ],
  [
    'values that a list keeps',
    listedMax,
    (count) =>
      withSteps(`- {name: a, type: aggregate, items: $.input, statistics: {n: {function: list, limit: ${count}}}}`),
    'VALUE_INVALID /spec/steps/0/statistics/n/limit',
  ],
  [
    'characters in a script',
    scriptLengthMax,
    (count) => withSteps(`- {name: a, type: transform, script: ${'x'.repeat(count)}}`),
    'LIMIT_EXCEEDED /spec/steps/0/script',
  ],
];

for (const [name, max, make, problem] of edges) {
  test(`a definition may have ${max} ${name}, not one more`, () => {
    assert.deepEqual(codes(make(max)), []);
    assert.deepEqual(codes(make(max + 1)), [problem]);
  });
}

const tests = (lines: string): string =>
  `apiVersion: magicflow.io/v2\nkind: WorkflowTest\nmetadata: {name: t}\nspec:\n  workflow: w\n  cases: ${lines}\n`;
const oneCase = (lines: string): string => tests(`[{name: a, expect: {}, ${lines}}]`);

const testEdges: readonly (readonly [name: string, max: number, make: (count: number) => string, problem: string])[] = [
  [
    'cases',
    testCasesMax,
    (count) => tests(`[${times(count, (index) => `{name: c${index}, expect: {}}, `)}]`),
    'LIMIT_EXCEEDED /spec/cases',
  ],
  [
    'answers of one mock',
    mockAnswersMax,
    (count) => oneCase(`mocks: {pay: [${times(count, () => '{response: 1}, ')}]}`),
    'LIMIT_EXCEEDED /spec/cases/0/mocks/pay',
  ],
  [
    'signals to one case',
    testSignalsMax,
    (count) => oneCase(`signals: [${times(count, () => '{name: s}, ')}]`),
    'LIMIT_EXCEEDED /spec/cases/0/signals',
  ],
  [
    'expected calls',
    expectedCallsMax,
    (count) => tests(`[{name: a, expect: {calls: {pay: ${count}}}}]`),
    'VALUE_INVALID /spec/cases/0/expect/calls/pay',
  ],
];

for (const [name, max, make, problem] of testEdges) {
  test(`a test may have ${max} ${name}, not one more`, () => {
    assert.deepEqual(codes(make(max)), []);
    assert.deepEqual(codes(make(max + 1)), [problem]);
  });
}

test(`a parallel step may have ${branchesMax} branches, not one more`, () => {
  const branches = (count: number): string =>
    withSteps(
      `- {name: a, type: parallel, branches: [${times(count, (index) => `{name: b${index}, steps: [{name: s${index}, ${call}}]},`)}]}`,
    );
  const problem = 'LIMIT_EXCEEDED /spec/steps/0/branches';
  assert.ok(!codes(branches(branchesMax)).includes(problem));
  assert.ok(codes(branches(branchesMax + 1)).includes(problem));
});

test(`lists of steps may stand ${nestingMax} levels inside each other, not one more`, () => {
  const spot = rootSpot({ kind: 'list', start: 0, items: [] });
  const nested = (levels: number): DraftList => {
    const { sink } = openSink({ text: '', readStep });
    const step = readStep(rootSpot({ kind: 'scalar', start: 0, end: 0, value: null, style: 'plain' }), sink);
    return { spot, steps: [{ ...step, name: `s${levels}`, lists: levels === 1 ? [] : [nested(levels - 1)] }] };
  };
  const problemsOf = (levels: number): string[] => {
    const { sink, problems } = openSink({ text: '', readStep });
    analyseFlow(nested(levels), sink);
    return problems.map((problem) => problem.code);
  };
  assert.deepEqual(problemsOf(nestingMax), []);
  assert.deepEqual(problemsOf(nestingMax + 1), ['LIMIT_EXCEEDED']);
});

test(`at most ${problemsMax} problems of a severity are told, and warnings hide no error`, () => {
  const text = withSteps(
    times(problemsMax + 5, (index) => `- {name: s${index}, ${call}, on_success: end, on_failure: gone}\n`),
  ).replace('spec:', 'spec:\n  timeout: 3');
  const { diagnostics, workflows } = parseDocuments(text);
  assert.equal(diagnostics.filter((each) => each.severity === 'warning').length, problemsMax);
  assert.deepEqual(
    diagnostics.filter((each) => each.severity === 'error').map((each) => each.code),
    ['DURATION_INVALID'],
  );
  assert.equal(workflows[0]?.definition, undefined);
});

test('suggestions are made for few edits only', () => {
  assert.equal(suggest('on_sucess', ['on_success', 'on_failure']), 'on_success');
  assert.equal(suggest('Timeout', ['timeout']), 'timeout');
  assert.equal(suggest('zzz', ['timeout']), undefined);
  assert.equal(suggest('a'.repeat(65), ['a'.repeat(65)]), undefined);
});
