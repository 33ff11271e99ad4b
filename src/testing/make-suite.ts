/** For tests: a workflow and its test in one call. */
import assert from 'node:assert/strict';
import type { CaseResult } from './run-case.ts';
import { runSuite, type SuiteResult } from './suite.ts';

/** A workflow of these lines below `spec`. */
export function workflowText(spec: string, name = 'flow', version = '1.0.0'): string {
  const indented = spec.trim().replaceAll('\n', '\n  ');
  return `apiVersion: magicflow.io/v2\nkind: Workflow\nmetadata: {name: ${name}, version: ${version}}\nspec:\n  ${indented}\n`;
}

/** A test of `flow` with these lines below `spec`. */
export function testText(spec: string): string {
  const indented = spec.trim().replaceAll('\n', '\n  ');
  return `apiVersion: magicflow.io/v2\nkind: WorkflowTest\nmetadata: {name: flow-tests}\nspec:\n  workflow: flow\n  ${indented}\n`;
}

export const filesOf = (workflow: string, tests: string, more: readonly string[] = []) => [
  { path: 'flow.yaml', text: workflowText(workflow) },
  { path: 'flow.test.yaml', text: testText(tests) },
  ...more.map((text, index) => ({ path: `other-${index}.yaml`, text })),
];

export function runText(workflow: string, tests: string, more: readonly string[] = []): Promise<SuiteResult> {
  return runSuite(filesOf(workflow, tests, more));
}

/** The one case of a run that has no problems. */
export async function runOne(workflow: string, testCase: string, more: readonly string[] = []): Promise<CaseResult> {
  const indented = testCase.trim().replaceAll('\n', '\n    ');
  const { cases, problems } = await runText(workflow, `cases:\n  - name: the case\n    ${indented}`, more);
  assert.deepEqual(problems, []);
  const [only, ...others] = cases;
  assert.ok(only && others.length === 0);
  return only;
}

/** What a case says of its failures, without their places. */
export const toldBy = ({ failures }: CaseResult): string[] =>
  failures.flatMap(({ message, lines }) => [message, ...lines]);

export async function assertPasses(
  workflow: string,
  testCase: string,
  more: readonly string[] = [],
): Promise<CaseResult> {
  const result = await runOne(workflow, testCase, more);
  assert.deepEqual(toldBy(result), []);
  return result;
}

/** `type: function, …`: what a step that calls executor `e` needs. */
export const call = 'type: function, executor: e, function: f';
