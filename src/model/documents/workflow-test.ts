import type { Reference } from '../../expression/expression.ts';
import { present } from '../../kit/assert.ts';
import { duration } from '../fields/duration.ts';
import { type Fields, object, optional, type Read, required } from '../fields/field.ts';
import { choice, integer, json, type Kind, list, record, reportType, text } from '../fields/kind.ts';
import { plainName, workflowName } from '../fields/name.ts';
import { testCasesMax, testSignalsMax } from '../limits.ts';
import { purposes, type Sink, type Use } from '../sink.ts';
import { operationTypes, type TestCase, type WorkflowTest } from '../workflow-test.ts';
import { placeInside } from '../yaml/place.ts';
import { findEntry, isList, itemSpots, nameOf, type Spot, shorten, textOf } from '../yaml/tree.ts';
import { expectations } from './expectations.ts';
import { apiVersion, contextMetadata, version } from './metadata.ts';
import { mock, textValue } from './mocks.ts';

/**
 * A document of kind WorkflowTest: cases for a workflow, run by `magicflow test`.
 *
 * What can be said without the workflow is said here; whether the steps that a test names are there is the question of
 * whoever has both.
 */
const moment: Kind<number> = {
  expected: 'a time with its zone like 2030-01-31T09:00:00Z',
  read(spot, sink) {
    const found = textOf(spot);
    if (found === undefined) return reportType(spot, sink, moment.expected);
    const timeMs = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(:\d{2}(\.\d{1,3})?)?(Z|[+-]\d{2}:\d{2})$/.test(found)
      ? Date.parse(found)
      : Number.NaN;
    if (!Number.isNaN(timeMs) && timeMs >= 0) return timeMs;
    sink.report('VALUE_INVALID', spot, `"${nameOf(spot)}" must be ${moment.expected}, it is "${shorten(found)}"`);
    return undefined;
  },
  schema: () => ({ type: 'string', format: 'date-time' }),
};

const settingFields = {
  clock: optional('clock', moment, 'When the virtual clock begins. Default: 2026-01-01T00:00:00Z.'),
  seed: optional('seed', integer({ min: 0, max: 2 ** 32 - 1 }), 'Of every random number. Default 1.'),
  env: optional('env', record(plainName, textValue), 'Environment variables that the workflow reads.'),
  secrets: optional(
    'secrets',
    record(plainName, textValue),
    'Values of secrets. Others have the value `secret:<name>`.',
  ),
  mocks: optional(
    'mocks',
    record(text, mock),
    'What steps answer: by step, by path, by `executor/function`, or by `workflow:step` inside a called workflow.',
  ),
} satisfies Fields;

const at = optional('at', duration(), 'When, after the start, in virtual time. Default 0s.');

const signal = object('a signal', {
  name: required('name', text, 'Its name.'),
  at,
  payload: optional('payload', json, 'What it brings.'),
  key: optional('key', text, 'The key it is sent under.'),
} satisfies Fields);

const answer = object('an answer', {
  step: required('step', text, 'The human task.'),
  after: optional('after', duration(), 'How long after the question, in virtual time. Default 0s.'),
  answer: optional('answer', json, 'What the form holds.'),
  outcome: optional('outcome', text, 'One of the outcomes of the task.'),
  by: optional('by', text, 'Who answers. Default: the first whom it is assigned to.'),
  comment: optional('comment', text, 'What else they say.'),
} satisfies Fields);

const operation = object('an operation', {
  type: required('type', choice(...operationTypes), 'What an operator does.'),
  at,
} satisfies Fields);

const testCase = object('a case', {
  name: required('name', text, 'What the case shows.'),
  description: optional('description', text, 'For people.'),
  input: optional('input', json, 'The input of the execution. Default: {}.'),
  ...settingFields,
  signals: optional('signals', list(signal, { max: testSignalsMax }), 'What is sent to it.'),
  humanTasks: optional('human_tasks', list(answer, { max: testSignalsMax }), 'What people answer.'),
  operations: optional('operations', list(operation, { max: testSignalsMax }), 'What operators do to it.'),
  expect: required('expect', expectations, 'What must come of it.'),
} satisfies Fields);

const cases: Kind<readonly TestCase[]> = {
  ...list(testCase, { min: 1, max: testCasesMax }),
  read(spot, sink) {
    reportDoubles(spot, sink);
    return list(testCase, { min: 1, max: testCasesMax })
      .read(spot, sink)
      ?.map(({ name = '', signals, humanTasks, operations, expect = {}, ...rest }) => ({
        ...rest,
        name,
        expect,
        ...(signals && { signals: signals.map((each) => ({ ...each, name: each.name ?? '' })) }),
        ...(humanTasks && { humanTasks: humanTasks.map((each) => ({ ...each, step: each.step ?? '' })) }),
        ...(operations && { operations: operations.map((each) => ({ ...each, type: each.type ?? 'cancel' })) }),
      }));
  },
};

function reportDoubles(spot: Spot, sink: Sink): void {
  if (!isList(spot)) return;
  const seen = new Set<string>();
  for (const item of itemSpots(spot)) {
    const entry = findEntry(item, 'name');
    const name = entry && textOf(entry);
    if (entry === undefined || name === undefined) continue;
    if (seen.has(name)) sink.report('NAME_DUPLICATE', entry, `two cases are called "${shorten(name)}": rename one`);
    seen.add(name);
  }
}

const { version: _version, ...described } = contextMetadata;

const testMetadata = {
  ...described,
  name: required('name', workflowName, 'The name of the test.'),
} satisfies Fields;

const testSpec = {
  workflow: required('workflow', workflowName, 'The workflow under test; its file lies beside the test.'),
  version: optional('version', version, 'Its version, where there are several. Default: the highest.'),
  ...settingFields,
  cases: required('cases', cases, 'What is tried.'),
} satisfies Fields;

export const testDocument = object('a workflow test', {
  apiVersion: required('apiVersion', apiVersion, 'The version of the language.'),
  kind: required('kind', choice('WorkflowTest'), 'What the document is.'),
  metadata: required('metadata', object('metadata', testMetadata), 'What the test is called.'),
  spec: required('spec', object('spec', testSpec), 'The workflow and the cases.'),
} satisfies Fields);

export interface DraftTest {
  readonly name: string | undefined;
  readonly workflow: string | undefined;
  /** Called only where no problem stands in the way. */
  build(): WorkflowTest;
}

export function readWorkflowTest(spot: Spot, sink: Sink): DraftTest {
  const { metadata = {}, spec = {} } = testDocument.read(spot, sink) ?? {};
  for (const use of sink.uses) checkUse(use, sink);
  return { name: metadata.name, workflow: spec.workflow, build: () => buildTest(metadata, spec) };
}

function buildTest(metadata: Read<typeof testMetadata>, spec: Read<typeof testSpec>): WorkflowTest {
  const { workflow, version: number, cases: given, ...defaults } = spec;
  return {
    name: present(metadata.name, 'name'),
    ...(metadata.description === undefined ? {} : { description: metadata.description }),
    workflow: present(workflow, 'workflow'),
    ...(number === undefined ? {} : { version: number }),
    defaults,
    cases: present(given, 'cases'),
  };
}

/** A mock sees its call alone; an expectation also steps, whose names are known beside the workflow only. */
function checkUse({ purpose, references, spot }: Use, sink: Sink): void {
  for (const { path, offset } of references) {
    const [root] = path;
    const isSecret = root === 'secrets';
    const isSeen = purpose.roots.includes(String(root)) || (purpose === purposes.expectation && isStepLike(path));
    if (!isSecret && (isSeen || root === undefined)) continue;
    const seen = purpose.roots.map((each) => `$.${each}`).join(', ');
    const message = isSecret
      ? `a secret may not stand in ${purpose.label}: give its value under "secrets"`
      : `"$.${String(root)}" cannot be read in ${purpose.label}: it sees ${seen}`;
    sink.report(
      isSecret ? 'SECRET_MISPLACED' : 'EXPRESSION_INVALID',
      spot,
      message,
      placeInside(sink.text, spot.node, offset),
    );
  }
}

const isStepLike = ([root]: Reference['path']): boolean => typeof root === 'string' && root !== 'env';
